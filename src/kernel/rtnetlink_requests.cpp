#include "rtnetlink_requests.hpp"

#include <fmt/format.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "holdfast/kernel/netlink_dump.hpp"
#include "holdfast/kernel/rtnetlink_codec.hpp"
#include "netlink_attributes.hpp"

namespace holdfast::kernel {

using namespace netstate;

namespace {

/// Requests per send. Their answers, one each at worst, wait in the receive buffer until they are read, some
/// 800 bytes each by the kernel's reckoning, so the default buffer of 208 KiB holds them even where a larger
/// one is not granted.
constexpr size_t kChunk = 128;

constexpr int kDumpAttempts = 5;

/// What an NLMSG_ERROR message says: 0 or an errno, and sometimes a reason in words (netlink extended
/// acknowledgements).
struct Answer {
    int error = 0;
    std::string reason;
};

Answer read_answer(const NetlinkHeader& message) {
    Answer answer;
    const auto content = message.family_header<nlmsgerr>();
    if (!content) return {EBADMSG, {}};
    answer.error = -content->error;
    if ((message.flags() & NLM_F_ACK_TLVS) == 0) return answer;
    // The request is echoed before the attributes unless the answer is capped to its header.
    size_t skip = sizeof(nlmsgerr);
    if ((message.flags() & NLM_F_CAPPED) == 0)
        skip = sizeof(int) + NLMSG_ALIGN(size_t{content->msg.nlmsg_len});
    const auto body = message.body();
    if (skip <= body.size())
        answer.reason = NetlinkAttributes<NLMSGERR_ATTR_MSG>(body.subspan(skip)).text(NLMSGERR_ATTR_MSG);
    return answer;
}

/// An acknowledgement costs as much as a tenth of adding an address. Failures are answered all the same.
void ask_for_failures_only(std::span<uint8_t> run) {
    while (run.size() >= sizeof(nlmsghdr)) {
        nlmsghdr header;
        std::memcpy(&header, run.data(), sizeof header);
        header.nlmsg_flags = static_cast<uint16_t>(header.nlmsg_flags & ~NLM_F_ACK);
        std::memcpy(run.data(), &header, sizeof header);
        run = run.subspan(std::min(run.size(), size_t{NLMSG_ALIGN(header.nlmsg_len)}));
    }
}

template <class T>
std::span<const uint8_t> bytes_of(const T& value) {
    return {reinterpret_cast<const uint8_t*>(&value), sizeof value};
}

bool is_one_of(uint8_t protocol, std::span<const uint8_t> protocols) {
    return std::ranges::find(protocols, protocol) != protocols.end();
}

}  // namespace

Result<std::unique_ptr<RouteNetlink::Requests>> RouteNetlink::Requests::open(
    const RouteNetlinkSettings& settings) {
    auto socket = NetlinkSocket::open(settings.request_buffer, settings.force_request);
    if (!socket) return Failure(std::move(socket.error()));
    // All three are improvements a kernel may lack: short answers, reasons in words, dumps filtered by the
    // kernel.
    (void)socket->set_option(NETLINK_CAP_ACK, 1);
    (void)socket->set_option(NETLINK_EXT_ACK, 1);
    (void)socket->set_option(NETLINK_GET_STRICT_CHK, 1);
    return std::make_unique<Requests>(*std::move(socket));
}

std::vector<Result<>> RouteNetlink::Requests::apply(std::span<const Operation> operations) {
    std::vector<Result<>> results(operations.size());
    const auto send = [&](size_t first, size_t end) {
        for (; first < end; first += kChunk) {
            const size_t count = std::min(kChunk, end - first);
            apply_chunk(operations.subspan(first, count), std::span(results).subspan(first, count));
        }
    };
    // Runs of netlink requests, and what is done by other means between them.
    size_t first = 0;
    std::vector<size_t> untuned;
    const auto finish = [&](size_t end) {
        send(first, end);
        first = end;
        for (const size_t i : std::exchange(untuned, {})) {
            const auto& link = std::get<TuneLink>(operations[i]);
            if (!results[i]) continue;
            auto written = write_sysctl(interface_sysctl(Family::ipv6, link.name, "disable_ipv6"),
                                        link.ipv6 ? "0" : "1");
            // A host without IPv6 has nothing to switch off.
            if (!written && link.ipv6) results[i] = std::move(written);
        }
    };
    for (size_t i = 0; i < operations.size(); ++i) {
        if (!is_request(operations[i])) {
            finish(i);
            results[i] = apply_knob(operations[i]);
            first = i + 1;
        } else if (std::holds_alternative<TuneLink>(operations[i])) {
            untuned.push_back(i);
        } else if (std::holds_alternative<SwitchLinkOn>(operations[i]) && !untuned.empty()) {
            // A link without IPv6 must not have it for a moment after it is switched on.
            finish(i);
        }
    }
    finish(operations.size());
    return results;
}

Result<> RouteNetlink::Requests::apply_knob(const Operation& operation) {
    if (const auto* set = std::get_if<SetSysctl>(&operation)) return knobs_.set(set->path, set->value);
    if (const auto* restore = std::get_if<RestoreSysctl>(&operation)) knobs_.restore(restore->path);
    if (std::holds_alternative<RelaxReversePath>(operation)) return reverse_path_.relax();
    if (std::holds_alternative<RestoreReversePath>(operation)) reverse_path_.restore();
    return {};
}

void RouteNetlink::Requests::apply_chunk(std::span<const Operation> operations, std::span<Result<>> results) {
    run_.clear();
    const uint32_t first = sequence_ + 1;
    size_t last = 0;
    for (const Operation& operation : operations) {
        last = run_.size();
        append_request(operation, ++sequence_, run_);
    }
    ask_for_failures_only(std::span(run_).first(last));
    if (auto sent = socket_.send(run_); !sent) {
        std::ranges::fill(results, sent);
        return;
    }
    std::vector<bool> is_answered(operations.size(), false);
    bool is_over = false;
    const auto on_message = [&](std::span<const uint8_t> bytes) {
        const NetlinkHeader message(bytes);
        const size_t number = message.sequence() - first;
        if (message.type() != NLMSG_ERROR || number >= operations.size() || is_answered[number]) return;
        is_answered[number] = true;
        is_over = number + 1 == operations.size();
        const Answer answer = read_answer(message);
        if (answer.error == 0) return;
        auto failure = fail_errno("cannot " + to_string(operations[number]), answer.error);
        if (!answer.reason.empty()) failure.error().message += " (" + answer.reason + ")";
        results[number] = std::move(failure);
    };
    // The kernel has worked off the run before send returned, so every answer that comes at all is there
    // already. They come in order: what has none before the last one was done, unless an answer was lost.
    bool is_complete = true;
    while (!is_over) {
        const auto read = socket_.read(on_message);
        if (read == NetlinkSocket::Read::overrun) is_complete = false;
        if (read == NetlinkSocket::Read::nothing || read == NetlinkSocket::Read::failed) break;
    }
    if (is_over && is_complete) return;
    for (size_t i = 0; i < operations.size(); ++i)
        if (!is_answered[i]) results[i] = fail_errno("no answer to " + to_string(operations[i]), ENOBUFS);
}

void RouteNetlink::Requests::wait_for_kernel() {
    // Asking for one link takes the lock under which links and addresses change; it is the cheapest question.
    constexpr int kLoopback = 1;
    struct {
        nlmsghdr header;
        ifinfomsg link;
    } request{};
    request.header.nlmsg_len = sizeof request;
    request.header.nlmsg_type = RTM_GETLINK;
    request.header.nlmsg_flags = NLM_F_REQUEST;
    request.header.nlmsg_seq = ++sequence_;
    request.link.ifi_index = kLoopback;
    if (!socket_.send(bytes_of(request))) return;
    // The answer is of no interest, but must not be found by the next request.
    (void)socket_.read([](std::span<const uint8_t>) {});
}

Result<KernelState> RouteNetlink::Requests::dump(std::span<const uint8_t> protocols) {
    KernelState state;
    const auto collect = [&](std::span<const uint8_t> bytes) {
        RouteNews news = decode_news(bytes);
        if (auto* link = std::get_if<LinkInfo>(&news.object)) state.links.push_back(std::move(*link));
        if (auto* address = std::get_if<KernelAddress>(&news.object))
            state.addresses.push_back(std::move(*address));
        if (auto* route = std::get_if<KernelRoute>(&news.object);
            route != nullptr && is_one_of(route->protocol, protocols))
            state.routes.push_back(std::move(*route));
        if (auto* rule = std::get_if<KernelRule>(&news.object);
            rule != nullptr && is_one_of(rule->protocol, protocols))
            state.rules.push_back(std::move(*rule));
    };
    if (auto done = dump_table(RTM_GETLINK, bytes_of(ifinfomsg{}), collect); !done)
        return Failure(done.error());
    if (auto done = dump_table(RTM_GETADDR, bytes_of(ifaddrmsg{}), collect); !done)
        return Failure(done.error());
    if (protocols.empty()) return state;
    for (const uint8_t family : {uint8_t{AF_INET}, uint8_t{AF_INET6}}) {
        for (const uint8_t protocol : protocols) {
            // Rules may go without; for routes it would mean all of them.
            if (protocol == RTPROT_UNSPEC) continue;
            rtmsg wanted{};
            wanted.rtm_family = family;
            wanted.rtm_protocol = protocol;
            // A kernel that does not filter gives all routes each time; those of other protocols are not
            // taken twice.
            const auto collect_protocol = [&](std::span<const uint8_t> bytes) {
                const auto header = NetlinkHeader(bytes).family_header<rtmsg>();
                if (header && header->rtm_protocol == protocol) collect(bytes);
            };
            if (auto done = dump_table(RTM_GETROUTE, bytes_of(wanted), collect_protocol); !done)
                return Failure(done.error());
        }
        fib_rule_hdr rules{};
        rules.family = family;
        auto done = dump_table(RTM_GETRULE, bytes_of(rules), collect);
        // A kernel without policy routing, or without IPv6, has no rules.
        if (!done && done.error().os_error != EOPNOTSUPP && done.error().os_error != EAFNOSUPPORT)
            return Failure(done.error());
    }
    return state;
}

Result<> RouteNetlink::Requests::dump_table(uint16_t type, std::span<const uint8_t> family_header,
                                            const std::function<void(std::span<const uint8_t>)>& on_object) {
    // What an earlier, abandoned dump has left behind; the kernel does not begin a second one before that is
    // read.
    while (socket_.read([](std::span<const uint8_t>) {}) == NetlinkSocket::Read::some) {
    }
    // An interrupted dump may have missed what moved meanwhile. Objects are kept back until one has gone
    // through.
    for (int attempt = 0; attempt < kDumpAttempts; ++attempt) {
        nlmsghdr header{};
        header.nlmsg_len = static_cast<uint32_t>(NLMSG_LENGTH(family_header.size()));
        header.nlmsg_type = type;
        header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
        header.nlmsg_seq = ++sequence_;
        const auto head = bytes_of(header);
        std::vector<uint8_t> request(head.begin(), head.end());
        request.insert(request.end(), family_header.begin(), family_header.end());

        NetlinkDump dump(sequence_);
        if (auto read = read_dump(request, dump); !read) return read;
        const auto is_consistent = dump.verdict();
        if (!is_consistent) return Failure(is_consistent.error());
        if (!*is_consistent) continue;
        for (const auto& object : dump.objects()) on_object(object);
        return {};
    }
    return fail_errno("the kernel's tables change faster than they can be read", EAGAIN);
}

Result<> RouteNetlink::Requests::read_dump(std::span<const uint8_t> request, NetlinkDump& dump) {
    if (auto sent = socket_.send(request); !sent) return sent;
    const auto on_message = [&](std::span<const uint8_t> bytes) { dump.take(bytes); };
    while (!dump.is_done()) {
        switch (socket_.read(on_message)) {
            case NetlinkSocket::Read::some:
                break;
            case NetlinkSocket::Read::nothing: {
                // Reading makes the kernel go on with the dump, so it cannot be long.
                pollfd ready{socket_.fd(), POLLIN, 0};
                if (poll(&ready, 1, 1000) <= 0)
                    return fail_errno("the kernel does not finish a dump", ETIMEDOUT);
                break;
            }
            case NetlinkSocket::Read::overrun:
                return fail_errno("cannot read a netlink dump", ENOBUFS);
            case NetlinkSocket::Read::failed:
                return fail_errno("cannot read a netlink dump", errno);
        }
    }
    return {};
}

}  // namespace holdfast::kernel
