#include "holdfast/kernel/ipvs.hpp"

#include <fmt/format.h>
#include <linux/ip_vs.h>
#include <linux/netlink.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>

#include "holdfast/kernel/ipvs_codec.hpp"
#include "holdfast/kernel/net_namespace.hpp"
#include "ipvs_channel.hpp"

namespace holdfast::kernel {
namespace {

namespace codec = ipvs_codec;

// How often a dump is tried again when the table changed while it was read.
constexpr int kDumpAttempts = 5;

// The kernel's own helper knows where modules are, also where the administrator has redirected it.
bool modprobe_ip_vs() {
    std::string program;
    std::getline(std::ifstream("/proc/sys/kernel/modprobe"), program);
    if (program.empty()) program = "/sbin/modprobe";
    std::string words[] = {program, "-s", "-q", "ip_vs"};
    char* arguments[] = {words[0].data(), words[1].data(), words[2].data(), words[3].data(), nullptr};
    pid_t child = 0;
    if (posix_spawn(&child, program.c_str(), nullptr, nullptr, arguments, environ) != 0) return false;
    int status = 0;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR) return false;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

Failure because(std::string what, const Error& error) {
    return Failure(Error{fmt::format("{}: {}", what, error.message), error.os_error, error.raised});
}

// Runs a dump and decodes each answer; again when it was interrupted by a change.
template <class Value, class Decode>
Result<std::vector<Value>> dump_all(IpvsChannel& channel, const codec::Request& request, Decode decode) {
    Result<> done = fail("no attempt");
    for (int attempt = 0; attempt < kDumpAttempts; ++attempt) {
        std::vector<Value> values;
        std::optional<Error> malformed;
        done = channel.request(request, NLM_F_DUMP, [&](std::span<const uint8_t> answer) {
            auto value = decode(answer);
            if (value) {
                values.push_back(std::move(*value));
            } else if (!malformed) {
                malformed = std::move(value.error());
            }
        });
        if (done && malformed) return Failure(std::move(*malformed));
        if (done) return values;
        if (done.error().os_error != EINTR) break;
    }
    return Failure(std::move(done.error()));
}

}  // namespace

IpvsTable::IpvsTable() : IpvsTable(modprobe_ip_vs) {}
IpvsTable::IpvsTable(ModuleLoader load_module) : load_module_(std::move(load_module)) {}
IpvsTable::IpvsTable(const std::optional<std::string>& net_namespace)
    : load_module_(modprobe_ip_vs), net_namespace_(net_namespace) {}
IpvsTable::~IpvsTable() = default;

Result<std::unique_ptr<IpvsChannel>> IpvsTable::open() const {
    if (!net_namespace_) return IpvsChannel::open();
    const auto there = InNetNamespace::enter(namespace_path(*net_namespace_));
    // Not the kernel's fault: no module helps.
    if (!there) return fail("net_namespace_ipvs: " + there.error().message);
    return IpvsChannel::open();
}

Result<IpvsChannel*> IpvsTable::channel() {
    if (channel_) return channel_.get();
    auto opened = open();
    const bool family_missing = !opened && opened.error().os_error == ENOENT;
    bool loaded = false;
    if (family_missing && load_module_) {
        loaded = load_module_();
        if (loaded) opened = open();
    }
    if (!opened) {
        const std::string reason = family_missing
                                       ? fmt::format("it does not know the generic netlink family IPVS{}",
                                                     loaded ? " although module ip_vs is loaded"
                                                            : ", and module ip_vs could not be loaded")
                                       : opened.error().message;
        return Failure(Error{fmt::format("IPVS is not available in this kernel: {}", reason),
                             opened.error().os_error, opened.error().raised});
    }
    channel_ = std::move(*opened);
    return channel_.get();
}

Result<> IpvsTable::available() {
    auto open = channel();
    if (!open) return Failure(std::move(open.error()));
    return {};
}

Result<ipvs::Info> IpvsTable::info() {
    auto open = channel();
    if (!open) return Failure(std::move(open.error()));
    Result<ipvs::Info> info = fail("IPVS gave no info");
    auto done = (*open)->request({.command = IPVS_CMD_GET_INFO}, NLM_F_ACK,
                                 [&](std::span<const uint8_t> answer) { info = codec::decode_info(answer); });
    if (!done) return because("cannot read IPVS info", done.error());
    return info;
}

Result<std::vector<ipvs::Destination>> IpvsTable::destinations(IpvsChannel& open,
                                                               const ipvs::ServiceKey& key) {
    return dump_all<ipvs::Destination>(open, codec::encode_get_destinations(key), [&](auto answer) {
        return codec::decode_destination(answer, key.family);
    });
}

Result<ipvs::Table> IpvsTable::dump() {
    auto open = channel();
    if (!open) return Failure(std::move(open.error()));
    auto services =
        dump_all<codec::NamedService>(**open, {.command = IPVS_CMD_GET_SERVICE}, codec::decode_service);
    if (!services) return because("cannot read the IPVS services", services.error());
    ipvs::Table table;
    for (codec::NamedService& service : *services) {
        auto pool = destinations(**open, service.key);
        if (!pool) return because("cannot read the destinations of " + service.key.to_string(), pool.error());
        table.put(service.key, {std::move(service.attributes), std::move(*pool)});
    }
    return table;
}

Result<std::optional<ipvs::Service>> IpvsTable::read(const ipvs::ServiceKey& key) {
    auto open = channel();
    if (!open) return Failure(std::move(open.error()));
    Result<codec::NamedService> service = fail("IPVS gave no service");
    auto done =
        (*open)->request(codec::encode_get_service(key), NLM_F_ACK,
                         [&](std::span<const uint8_t> answer) { service = codec::decode_service(answer); });
    if (!done && done.error().os_error == ESRCH) return std::nullopt;
    if (!done) return because("cannot read " + key.to_string(), done.error());
    if (!service) return because("cannot read " + key.to_string(), service.error());
    // A service for all ports also answers for addresses that have none of their own.
    if (service->key != key) return std::nullopt;
    auto pool = destinations(**open, key);
    if (!pool) return because("cannot read the destinations of " + key.to_string(), pool.error());
    return ipvs::Service{std::move(service->attributes), std::move(*pool)};
}

std::vector<Result<>> IpvsTable::apply(std::span<const ipvs::Operation> operations) {
    std::vector<Result<>> results;
    results.reserve(operations.size());
    auto open = channel();
    if (!open) {
        results.assign(operations.size(), Failure(open.error()));
        return results;
    }
    std::vector<codec::Request> requests;
    requests.reserve(operations.size());
    for (const ipvs::Operation& operation : operations) requests.push_back(codec::encode(operation));
    const std::vector<int> errors = (*open)->batch(requests);
    for (size_t i = 0; i < operations.size(); ++i) {
        if (errors[i] == 0) {
            results.emplace_back();
        } else {
            results.emplace_back(
                Failure(Error{codec::explain(operations[i], errors[i]), errors[i], CodePosition::here()}));
        }
    }
    return results;
}

namespace {

Result<> simply(Result<IpvsChannel*> open, const codec::Request& request, std::string_view what) {
    if (!open) return Failure(std::move(open.error()));
    auto done = (*open)->request(request, NLM_F_ACK, [](std::span<const uint8_t>) {});
    if (!done) return because(std::string(what), done.error());
    return {};
}

}  // namespace

Result<> IpvsTable::flush() {
    return simply(channel(), {.command = IPVS_CMD_FLUSH}, "cannot empty the IPVS table");
}

Result<ipvs::Timeouts> IpvsTable::timeouts() {
    auto open = channel();
    if (!open) return Failure(std::move(open.error()));
    Result<ipvs::Timeouts> timeouts = fail("IPVS gave no timeouts");
    auto done =
        (*open)->request({.command = IPVS_CMD_GET_CONFIG}, NLM_F_ACK,
                         [&](std::span<const uint8_t> answer) { timeouts = codec::decode_timeouts(answer); });
    if (!done) return because("cannot read the IPVS timeouts", done.error());
    return timeouts;
}

Result<> IpvsTable::set_timeouts(const ipvs::Timeouts& timeouts) {
    return simply(channel(), codec::encode_set_timeouts(timeouts), "cannot set the IPVS timeouts");
}

Result<std::vector<ipvs::SyncDaemon>> IpvsTable::sync_daemons() {
    auto open = channel();
    if (!open) return Failure(std::move(open.error()));
    auto daemons = dump_all<ipvs::SyncDaemon>(**open, {.command = IPVS_CMD_GET_DAEMON}, codec::decode_daemon);
    if (!daemons) return because("cannot read the IPVS sync daemons", daemons.error());
    return daemons;
}

Result<> IpvsTable::start_sync_daemon(const ipvs::SyncDaemon& daemon) {
    const std::string what = fmt::format("cannot start the IPVS sync daemon on {}", daemon.interface);
    auto done = simply(channel(), codec::encode_start_daemon(daemon), what);
    // net/netfilter/ipvs/ip_vs_ctl.c, ip_vs_genl_new_daemon: the protocol has no room for two families.
    if (!done && done.error().os_error == EINVAL)
        done.error().message += " (refused as long as a service has a destination of another address family)";
    return done;
}

Result<> IpvsTable::stop_sync_daemon(ipvs::SyncRole role) {
    auto done = simply(channel(), codec::encode_stop_daemon(role), "cannot stop the IPVS sync daemon");
    if (!done && done.error().os_error == ESRCH) return {};
    return done;
}

}  // namespace holdfast::kernel
