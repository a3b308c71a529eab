#include "holdfast/app/bfd_service.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace holdfast::app {

namespace {

/// How long a session without a socket (its address is not there yet) waits before it tries again. The
/// reference takes 60 s.
constexpr Duration kSocketRetry = std::chrono::seconds(1);

/// RFC 5881, section 5. keepalived sends 64 over IPv6, which others refuse, and takes anything from 64 on.
constexpr uint8_t kSentTtl = 255;

bfd::ChannelSettings channel_settings(const bfd::SessionSettings& session) {
    return {session.neighbor, session.source, session.ttl.value_or(kSentTtl), session.multihop};
}

}  // namespace

/// One session: its machine, its timer and its channel.
class BfdService::Runner {
  public:
    Runner(BfdService& owner, const bfd::SessionSettings& settings)
        : owner_(owner),
          session_(
              settings, [&owner] { return owner.edges_.random(); },
              [&owner] { return owner.new_discriminator(); }),
          timer_(owner.edges_.timers, [this] { handle(bfd::DeadlineReached{}); }),
          retry_(owner.edges_.timers, [this] { open(); }) {}
    ~Runner() { close(); }
    Runner(const Runner&) = delete;
    Runner& operator=(const Runner&) = delete;

    const bfd::Session& session() const { return session_; }
    const bfd::SessionSettings& settings() const { return session_.settings(); }

    void open() {
        close();
        auto opened = owner_.edges_.bfd.open_channel(channel_settings(settings()));
        if (opened) {
            channel_ = *opened;
            retry_.cancel();
            handle(bfd::Started{});
            return;
        }
        if (session_.state() != bfd::State::AdminDown) {
            owner_.edges_.log.write(Part::bfd, LogLevel::error,
                                    fmt::format("({}) Unable to open output socket ({}), disabling instance",
                                                settings().name, opened.error().message));
            handle(bfd::SocketFailed{});
        }
        retry_.arm_after(kSocketRetry);
    }

    /// Goes over to new settings; the neighbour stays.
    void reconfigure(const bfd::SessionSettings& settings) {
        const bool same_socket = channel_settings(settings) == channel_settings(session_.settings());
        handle(bfd::Reconfigured{settings});
        if (same_socket) return;
        close();
        auto opened = owner_.edges_.bfd.open_channel(channel_settings(settings));
        if (opened)
            channel_ = *opened;
        else
            open();
    }

    void receive(const bfd::ControlPacket& packet, uint8_t ttl) {
        if (session_.state() == bfd::State::AdminDown) open();  // Its address may be there by now.
        handle(bfd::PacketReceived{packet, ttl});
    }

  private:
    void handle(const bfd::Event& event) {
        bfd::Actions actions;
        session_.handle(owner_.edges_.timers.now(), event, actions);
        if (const auto deadline = session_.deadline())
            timer_.arm(*deadline);
        else
            timer_.cancel();
        for (const bfd::Action& action : actions)
            std::visit([this](const auto& what) { perform(what); }, action);
    }
    void perform(const bfd::SendPacket& action) {
        const auto sent = owner_.edges_.bfd.send(channel_, bfd::encode(action.packet));
        // Said once: a neighbour that is not there refuses every packet.
        if (!sent && !std::exchange(send_failed_, true)) {
            owner_.edges_.log.write(
                Part::bfd, LogLevel::error,
                fmt::format("({}) Error sending packet: {}", settings().name, sent.error().message));
        }
        if (sent) send_failed_ = false;
    }
    void perform(const bfd::Reachability& action) { owner_.listener_(settings(), action.up); }
    void perform(const bfd::LogLine& action) {
        Log& log = owner_.edges_.log;
        if (action.when == bfd::Detail::detail && !log.has_detail()) return;
        if (action.when == bfd::Detail::extra && !log.has_extra_detail()) return;
        log.write(Part::bfd, action.warning ? LogLevel::warning : LogLevel::info, action.text);
    }
    void close() {
        if (channel_) owner_.edges_.bfd.close_channel(std::exchange(channel_, {}));
    }

    BfdService& owner_;
    bfd::Session session_;
    bfd::ChannelId channel_;
    io::Timer timer_;
    io::Timer retry_;
    bool send_failed_ = false;
};

BfdService::BfdService(Edges& edges, Listener listener) : edges_(edges), listener_(std::move(listener)) {
    edges_.bfd.on_receive([this](const bfd::ReceivedDatagram& datagram) { received(datagram); });
}

BfdService::~BfdService() {
    edges_.bfd.on_receive({});
}

void BfdService::load(const std::vector<bfd::SessionSettings>& sessions) {
    std::vector<std::unique_ptr<Runner>> before = std::exchange(runners_, {});
    std::vector<Runner*> fresh;
    std::vector<std::pair<Runner*, const bfd::SessionSettings*>> changed;
    for (const bfd::SessionSettings& settings : sessions) {
        const auto known = std::ranges::find_if(before, [&](const auto& runner) {
            return runner != nullptr && runner->settings().name == settings.name &&
                   runner->settings().neighbor == settings.neighbor;
        });
        if (known == before.end()) {
            fresh.push_back(runners_.emplace_back(std::make_unique<Runner>(*this, settings)).get());
            continue;
        }
        Runner* runner = runners_.emplace_back(std::move(*known)).get();
        if (runner->settings() != settings) changed.emplace_back(runner, &settings);
    }
    // Sockets of ended sessions are closed first: a new one may want the same address.
    before.clear();
    for (const auto& [runner, settings] : changed) runner->reconfigure(*settings);
    for (Runner* runner : fresh) runner->open();
    for (const auto& runner : runners_)
        listener_(runner->settings(), runner->session().state() == bfd::State::Up);
}

void BfdService::stop() {
    runners_.clear();
}

bool BfdService::is_up(std::string_view name) const {
    return std::ranges::any_of(runners_, [&](const auto& runner) {
        return runner->settings().name == name && runner->session().state() == bfd::State::Up;
    });
}

std::vector<const bfd::Session*> BfdService::sessions() const {
    std::vector<const bfd::Session*> list;
    for (const auto& runner : runners_) list.push_back(&runner->session());
    return list;
}

void BfdService::received(const bfd::ReceivedDatagram& datagram) {
    const std::string from = edges_.log.has_detail() ? datagram.source.to_string() : std::string();
    const auto packet = bfd::decode(datagram.payload);
    if (!packet) {
        edges_.log.detail(Part::bfd, packet.error());
        edges_.log.detail(Part::bfd, fmt::format("Discarding bogus packet from {}", from));
        return;
    }
    Runner* runner = find(datagram, packet->your_discriminator);
    if (runner == nullptr) {
        edges_.log.detail(Part::bfd, fmt::format("Discarding packet from {} (session is not found - your "
                                                 "discriminator field is {:#010x})",
                                                 from, packet->your_discriminator));
        return;
    }
    if (!runner->session().accepts_ttl(datagram.ttl)) {
        edges_.log.detail(Part::bfd, fmt::format("({}) Packet from {} came with TTL {} - discarding",
                                                 runner->settings().name, from, datagram.ttl));
        return;
    }
    runner->receive(*packet, datagram.ttl);
}

/// By our discriminator once the neighbour knows it, else by addresses and port (RFC 5880, 6.8.6; RFC 5881,
/// 3).
BfdService::Runner* BfdService::find(const bfd::ReceivedDatagram& datagram, uint32_t discriminator) const {
    const auto at = std::ranges::find_if(runners_, [&](const auto& runner) {
        if (discriminator != 0) return runner->session().discriminator() == discriminator;
        const bfd::SessionSettings& settings = runner->settings();
        return settings.neighbor == datagram.source && settings.multihop == datagram.multihop &&
               (!settings.source || *settings.source == datagram.destination);
    });
    return at == runners_.end() ? nullptr : at->get();
}

uint32_t BfdService::new_discriminator() const {
    for (;;) {
        const auto number = static_cast<uint32_t>(edges_.random() * 4294967295.0) | 1U;
        const bool taken = std::ranges::any_of(
            runners_, [&](const auto& runner) { return runner->session().discriminator() == number; });
        if (!taken) return number;
    }
}

}  // namespace holdfast::app
