#include "holdfast/kernel/process_events.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <utility>

#include "holdfast/kernel/net_namespace.hpp"

namespace holdfast::kernel {

namespace {

/// Tells the kernel to send events, or no more of them.
Result<> subscribe(int fd, bool on) {
    nlmsghdr header{};
    cn_msg message{};
    const uint32_t operation = on ? PROC_CN_MCAST_LISTEN : PROC_CN_MCAST_IGNORE;
    std::array<uint8_t, NLMSG_HDRLEN + sizeof message + sizeof operation> request{};
    header.nlmsg_len = request.size();
    header.nlmsg_type = NLMSG_DONE;
    message.id.idx = CN_IDX_PROC;
    message.id.val = CN_VAL_PROC;
    message.len = sizeof operation;
    std::memcpy(request.data(), &header, sizeof header);
    std::memcpy(request.data() + NLMSG_HDRLEN, &message, sizeof message);
    std::memcpy(request.data() + NLMSG_HDRLEN + sizeof message, &operation, sizeof operation);
    if (::send(fd, request.data(), request.size(), 0) < 0) return fail_errno("process events", errno);
    return {};
}

Result<io::Fd> open_here() {
    io::Fd fd(::socket(PF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_CONNECTOR));
    if (!fd) return fail_errno("process events", errno);
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    address.nl_groups = CN_IDX_PROC;
    if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        return fail_errno("process events", errno);
    // Only where the connector lives does anybody take this message: elsewhere "connection refused".
    if (auto listening = subscribe(fd.get(), true); !listening) return std::unexpected(listening.error());
    return fd;
}

std::optional<std::string> read_proc(pid_t pid, const char* name, size_t limit) {
    const std::string path = "/proc/" + std::to_string(pid) + "/" + name;
    const io::Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) return std::nullopt;
    std::string text(limit, '\0');
    size_t length = 0;
    while (length < limit) {
        const ssize_t got = ::read(fd.get(), text.data() + length, limit - length);
        if (got < 0) return std::nullopt;
        if (got == 0) break;
        length += static_cast<size_t>(got);
    }
    text.resize(length);
    return text;
}

std::vector<std::string> words_of(std::string_view command_line) {
    std::vector<std::string> words;
    while (!command_line.empty()) {
        const size_t end = std::min(command_line.find('\0'), command_line.size());
        words.emplace_back(command_line.substr(0, end));
        command_line.remove_prefix(std::min(end + 1, command_line.size()));
    }
    return words;
}

// Enough for names and parameters that anybody would write into a configuration.
constexpr size_t kCommandLineLimit = 65536;
constexpr size_t kStatLimit = 512;

/// The identity, or nothing for what is gone or a zombie.
std::optional<io::ProcessIdentity> identify(pid_t pid, const io::ProcessDetails& details) {
    io::ProcessIdentity identity;
    identity.pid = pid;
    if (details.command_line) {
        const auto text = read_proc(pid, "cmdline", kCommandLineLimit);
        if (!text) return std::nullopt;
        identity.command_line = words_of(*text);
    }
    if (details.name) {
        const auto text = read_proc(pid, "stat", kStatLimit);
        if (!text) return std::nullopt;
        auto stat = parse_process_stat(*text);
        if (!stat || stat->zombie) return std::nullopt;
        identity.name = std::move(stat->name);
    }
    return identity;
}

template <class T>
T copy_of(std::span<const uint8_t> bytes) {
    T value{};
    std::memcpy(&value, bytes.data(), std::min(bytes.size(), sizeof value));
    return value;
}

}  // namespace

Result<io::Fd> open_process_events() {
    auto here = open_here();
    if (here || here.error().os_error != ECONNREFUSED) return here;
    const auto machine = InNetNamespace::enter(namespace_path(""));
    return machine ? open_here() : std::move(here);
}

std::optional<ProcessStat> parse_process_stat(std::string_view text) {
    // The name may hold anything, also parentheses; what follows the last one is numbers.
    const size_t open = text.find('(');
    const size_t close = text.rfind(')');
    if (open == std::string_view::npos || close == std::string_view::npos || close < open ||
        close + 2 >= text.size())
        return std::nullopt;
    return ProcessStat{std::string(text.substr(open + 1, close - open - 1)), text[close + 2] == 'Z'};
}

std::optional<io::ProcessNews> decode_process_event(std::span<const uint8_t> message) {
    if (message.size() < sizeof(cn_msg)) return std::nullopt;
    const auto head = copy_of<cn_msg>(message);
    if (head.id.idx != CN_IDX_PROC || head.id.val != CN_VAL_PROC) return std::nullopt;
    // The kernel's structure has grown at its end; what is missing is not looked at.
    const auto event = copy_of<proc_event>(message.subspan(sizeof(cn_msg)));
    const auto& data = event.event_data;
    const bool is_answer = head.ack != 0;
    // Numbers, because the kernel has changed the type of `what` and adds values.
    switch (static_cast<uint32_t>(event.what)) {
        case 0x00000000:
            if (!is_answer || data.ack.err != 0) return std::nullopt;
            return io::ProcessNewsConfirmed{};
        case 0x00000001:
            if (data.fork.child_tgid != data.fork.child_pid) return std::nullopt;  // A thread.
            return io::ProcessForked{data.fork.parent_tgid, data.fork.child_tgid};
        case 0x00000002:
            if (data.exec.process_tgid != data.exec.process_pid) return std::nullopt;
            return io::ProcessExecuted{data.exec.process_tgid};
        case 0x00000200:
            if (data.comm.process_tgid != data.comm.process_pid) return std::nullopt;
            return io::ProcessRenamed{
                data.comm.process_tgid,
                std::string(data.comm.comm, strnlen(data.comm.comm, sizeof data.comm.comm))};
        case 0x80000000:
            if (data.exit.process_tgid != data.exit.process_pid) return std::nullopt;
            return io::ProcessEnded{data.exit.process_tgid};
        default:
            return std::nullopt;
    }
}

ProcessEvents::ProcessEvents(io::EventLoop& loop, io::Fd early)
    : loop_(loop), socket_(std::move(early)), subscribed_(static_cast<bool>(socket_)) {}

ProcessEvents::~ProcessEvents() {
    stop_listening();
}

std::vector<io::ProcessIdentity> ProcessEvents::scan(const io::ProcessDetails& details) {
    std::vector<io::ProcessIdentity> found;
    DIR* directory = ::opendir("/proc");
    if (directory == nullptr) return found;
    while (const dirent* entry = ::readdir(directory)) {
        const std::string_view name = entry->d_name;
        pid_t pid = 0;
        const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
        if (error != std::errc{} || end != name.data() + name.size() || pid <= 0) continue;
        if (auto identity = identify(pid, details)) found.push_back(std::move(*identity));
    }
    ::closedir(directory);
    return found;
}

std::optional<io::ProcessIdentity> ProcessEvents::read(pid_t pid, const io::ProcessDetails& details) {
    return identify(pid, details);
}

Result<> ProcessEvents::listen(std::function<void(const io::ProcessNews&)> handler) {
    if (!socket_) {
        auto opened = open_process_events();
        if (!opened) return std::unexpected(opened.error());
        socket_ = std::move(*opened);
        subscribed_ = true;
    }
    if (!subscribed_) {
        if (auto listening = subscribe(socket_.get(), true); !listening) return listening;
        subscribed_ = true;
    }
    handler_ = std::move(handler);
    watch_ = std::make_unique<io::Watch>(loop_, socket_.get(), io::Events{.readable = true},
                                         [this](io::Events) { on_ready(); });
    return {};
}

void ProcessEvents::stop_listening() {
    watch_.reset();
    if (!subscribed_) return;
    // The socket stays: from inside a namespace it could not be had again. Kernels before 6.6 count listeners
    // and are wrong for everybody when one goes without a word, or says it twice.
    (void)subscribe(socket_.get(), false);
    subscribed_ = false;
    std::array<uint8_t, 1024> rest;
    while (::recv(socket_.get(), rest.data(), rest.size(), 0) > 0) {
    }
}

Result<> ProcessEvents::set_buffer(uint32_t bytes, bool force) {
    const int size = static_cast<int>(bytes);
    if (::setsockopt(socket_.get(), SOL_SOCKET, force ? SO_RCVBUFFORCE : SO_RCVBUF, &size, sizeof size) != 0)
        return fail_errno(force ? "SO_RCVBUFFORCE" : "SO_RCVBUF", errno);
    return {};
}

uint32_t ProcessEvents::buffer() const {
    int size = 0;
    socklen_t length = sizeof size;
    if (!socket_ || ::getsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUF, &size, &length) != 0) return 0;
    return static_cast<uint32_t>(size);
}

void ProcessEvents::on_ready() {
    // A host that starts thousands of processes a second may not keep the loop from its adverts.
    constexpr int kPerTurn = 256;
    alignas(nlmsghdr) std::array<uint8_t, 1024> buffer;
    for (int i = 0; i < kPerTurn; ++i) {
        sockaddr_nl sender{};
        socklen_t sender_length = sizeof sender;
        const ssize_t length = ::recvfrom(socket_.get(), buffer.data(), buffer.size(), 0,
                                          reinterpret_cast<sockaddr*>(&sender), &sender_length);
        if (length < 0) {
            if (errno == ENOBUFS) {
                handler_(io::ProcessNewsLost{});
                continue;
            }
            return;
        }
        if (sender.nl_pid != 0 || length < static_cast<ssize_t>(NLMSG_HDRLEN)) continue;  // Not the kernel.
        const auto received = std::span<const uint8_t>(buffer).first(static_cast<size_t>(length));
        const auto header = copy_of<nlmsghdr>(received);
        if (header.nlmsg_type == NLMSG_ERROR || header.nlmsg_type == NLMSG_NOOP) continue;
        if (const auto news = decode_process_event(received.subspan(NLMSG_HDRLEN))) {
            handler_(*news);
            if (watch_ == nullptr) return;  // The handler has heard enough.
        }
    }
}

}  // namespace holdfast::kernel
