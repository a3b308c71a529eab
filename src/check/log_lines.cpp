#include "holdfast/check/log_lines.hpp"

#include <fmt/format.h>

#include "holdfast/check/expand.hpp"

namespace holdfast::check::log_lines {

std::string real_server(const Endpoint& endpoint, ipvs::Protocol protocol) {
    return ipvs::ServiceKey{.family = endpoint.address.family(), .protocol = protocol, .endpoint = endpoint}
        .to_string();
}

std::string service_state(bool up, bool inhibit, std::string_view rs, std::string_view vs) {
    if (inhibit) return fmt::format("{} service {} of VS {}", up ? "Enabling" : "Disabling", rs, vs);
    return up ? fmt::format("Adding service {} to VS {}", rs, vs)
              : fmt::format("Removing service {} from VS {}", rs, vs);
}

std::string quorum_gained(uint32_t quorum, uint32_t hysteresis, int64_t threshold, int64_t weight,
                          std::string_view vs) {
    return fmt::format("Gained quorum {}+{}={} <= {} for VS {}", quorum, hysteresis, threshold, weight, vs);
}

std::string quorum_lost(bool at_start, uint32_t quorum, uint32_t hysteresis, int64_t threshold,
                        int64_t weight, std::string_view vs) {
    return fmt::format("{} {}-{}={} > {} for VS {}", at_start ? "Starting with quorum down" : "Lost quorum",
                       quorum, hysteresis, threshold, weight, vs);
}

std::string quorum_mail_body(bool up, bool at_start, uint32_t quorum, uint32_t hysteresis, int64_t threshold,
                             int64_t weight) {
    const std::string_view what = up ? (at_start ? "Starting with quorum up" : "Gained quorum")
                                     : (at_start ? "Starting with quorum down" : "Lost quorum");
    return fmt::format("=> {} {}+{}={} <= {} <=", what, quorum, hysteresis, threshold, weight);
}

std::string sorry_server(bool up, bool inhibit, std::string_view sorry, std::string_view vs) {
    if (up) return fmt::format("{} sorry server {} to VS {}", inhibit ? "Enabling" : "Adding", sorry, vs);
    return fmt::format("{} sorry server {} from VS {}", inhibit ? "Disabling" : "Removing", sorry, vs);
}

std::string alive_servers(bool adding, std::string_view vs) {
    return fmt::format("{} the pool for VS {}",
                       adding ? "Adding alive servers to" : "Removing alive servers from", vs);
}

std::string weight_change(int32_t from, int32_t to, bool active, std::string_view rs, std::string_view vs) {
    return fmt::format("Changing weight from {} to {} for {}active service {} of VS {}", from, to,
                       active ? "" : "in", rs, vs);
}

std::string healthchecker(bool enabled, std::string_view rs, std::string_view vs) {
    return fmt::format("{}ctivating healthchecker for service {} for VS {}", enabled ? "A" : "Dea", rs, vs);
}

std::string healthchecker_resumed(bool active, std::string_view rs, std::string_view vs) {
    return fmt::format("{} healthchecker for service {} for VS {}", active ? "Activating" : "Suspending", rs,
                       vs);
}

std::string service_shutdown(bool stopping, bool inhibited, std::string_view rs, std::string_view vs) {
    return fmt::format("{} {}service {} from VS {}", stopping ? "Shutting down" : "Removing",
                       inhibited ? "(inhibited) " : "", rs, vs);
}

std::string service_gone(std::string_view rs) {
    return fmt::format("service {} no longer exist", rs);
}

std::string virtual_server_gone(const VirtualServerSettings& server) {
    if (!server.group.empty()) return fmt::format("Removing Virtual Server Group [{}]", server.group);
    return fmt::format("Removing Virtual Server {}", server.to_string());
}

std::string group_entry(const GroupEntry& entry, bool added, std::string_view group,
                        ipvs::Protocol protocol) {
    const std::string_view end = added ? "added into group" : "in group";
    const std::string_view rest = added ? "" : " no longer exists";
    if (entry.firewall_mark != 0)
        return fmt::format("VS [{}{}] {} {}{}", added ? "FWM " : "", entry.firewall_mark, end, group, rest);
    std::string name = real_server(entry.first, protocol);
    if (entry.count > 1) name += "-" + advance(entry.first.address, entry.count - 1).to_string();
    return fmt::format("VS [{}] {} {}{}", name, end, group, rest);
}

std::string address_seen(const IpAddress& address, bool added) {
    return fmt::format("Netlink reflector reports IP {} {}", address.to_string(),
                       added ? "added" : "removed");
}

std::string tracked_file(bool fault, std::string_view rs, std::string_view file) {
    return fmt::format("({}): tracked file {} {} FAULT state", rs, file, fault ? "now" : "leaving");
}

std::string fifo_virtual_server(std::string_view vs, bool up) {
    return fmt::format("VS {} {}", vs, up ? "UP" : "DOWN");
}

std::string fifo_real_server(std::string_view rs, std::string_view vs, bool up) {
    return fmt::format("RS {} {} {}", rs, vs, up ? "UP" : "DOWN");
}

std::string mail_subject_virtual_server(std::string_view vs, bool up) {
    return fmt::format("Virtualserver {} - {}", vs, up ? "UP" : "DOWN");
}

std::string mail_subject_real_server(std::string_view rs, std::string_view vs, bool up) {
    return fmt::format("Realserver {} of virtual server {} - {}", rs, vs, up ? "UP" : "DOWN");
}

}  // namespace holdfast::check::log_lines
