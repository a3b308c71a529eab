// The words of log lines, FIFO lines and mail subjects about virtual and real servers, as people grep for
// them (compat/runtime.md, sections 6 to 8).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "holdfast/check/health.hpp"
#include "holdfast/check/settings.hpp"

namespace holdfast::check::log_lines {

/// "[10.0.0.1]:tcp:80": a real server, with the protocol of its virtual server ("none" for a mark service).
std::string real_server(const Endpoint& endpoint, ipvs::Protocol protocol);
inline std::string real_server(const RealServerSettings& server, const VirtualServerSettings& of) {
    return real_server(server.endpoint, of.key.protocol);
}

std::string service_state(bool up, bool inhibit, std::string_view rs, std::string_view vs);
std::string quorum_gained(uint32_t quorum, uint32_t hysteresis, int64_t threshold, int64_t weight,
                          std::string_view vs);
/// `threshold` as the reference prints it; at start the sign before `hysteresis` is still a minus.
std::string quorum_lost(bool at_start, uint32_t quorum, uint32_t hysteresis, int64_t threshold,
                        int64_t weight, std::string_view vs);
std::string sorry_server(bool up, bool inhibit, std::string_view sorry, std::string_view vs);
std::string alive_servers(bool adding, std::string_view vs);
std::string weight_change(int32_t from, int32_t to, bool active, std::string_view rs, std::string_view vs);
std::string healthchecker(bool enabled, std::string_view rs, std::string_view vs);
/// ha_suspend: "Activating ..." and "Suspending ...".
std::string healthchecker_resumed(bool active, std::string_view rs, std::string_view vs);
std::string service_shutdown(bool stopping, bool inhibited, std::string_view rs, std::string_view vs);
std::string service_gone(std::string_view rs);
/// A reload has added the entry to the group, or taken it away.
std::string group_entry(const GroupEntry& entry, bool added, std::string_view group, ipvs::Protocol protocol);
std::string address_seen(const IpAddress& address, bool added);
std::string tracked_file(bool fault, std::string_view rs, std::string_view file);
std::string virtual_server_gone(const VirtualServerSettings& server);

/// What a checker says about a verdict: "TCP connection to R success.", "TCP_CHECK on service R failed after
/// 3 retries." Empty when this kind says nothing.
std::string verdict(const Checker& checker, const Verdict& verdict, std::string_view rs, std::string_view vs);
/// With log_all_failures: "TCP connection to R failed." or "... timeout." Empty when this kind says nothing.
std::string failure(const Checker& checker, const FailureSeen& failure, std::string_view rs,
                    std::string_view vs);
/// While down: "HTTP status code success to R url(/)".
std::string success(const SuccessSeen& success, std::string_view rs);
/// Outcome::remark as a line.
std::string remark(std::string_view remark, std::string_view rs, std::string_view vs);
/// Body of the mail a verdict causes: "=> TCP CHECK failed on service <=".
std::string mail_body(const Checker& checker, const Verdict& verdict);
/// Body of the mail about quorum: "=> Gained quorum 1+0=1 <= 2 <=".
std::string quorum_mail_body(bool up, bool at_start, uint32_t quorum, uint32_t hysteresis, int64_t threshold,
                             int64_t weight);

std::string fifo_virtual_server(std::string_view vs, bool up);
std::string fifo_real_server(std::string_view rs, std::string_view vs, bool up);
std::string mail_subject_virtual_server(std::string_view vs, bool up);
std::string mail_subject_real_server(std::string_view rs, std::string_view vs, bool up);

}  // namespace holdfast::check::log_lines
