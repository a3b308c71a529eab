// The examples of the compatibility list, each inside the blocks its path names: what examples_test and
// dump_test load.
#pragma once

#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "keyword_fixture.hpp"

namespace holdfast::config {

struct Example {
    std::string path;
    std::string text;  ///< The whole file.
};

/// A machine on which every interface, user and program an example names exists.
class GenerousEnvironment : public FakeEnvironment {
  public:
    GenerousEnvironment() { texts["/etc/keepalived/hmac.key"] = "0123456789abcdef0123456789abcdef"; }
    std::optional<InterfaceFacts> interface(std::string_view name) const override {
        if (name == "vrrp51" || name == "ipv51") return std::nullopt;
        if (auto known = FakeEnvironment::interface(name)) return known;
        InterfaceFacts facts;
        if (name.starts_with("vrf")) facts.vrf_table = 1000;
        return facts;
    }
    std::optional<UserFacts> user(std::string_view) const override { return UserFacts{}; }
    std::optional<uint32_t> group(std::string_view) const override { return 0U; }
    FileFacts file(const std::string& path) const override {
        FileFacts facts;
        facts.kind = path.find('.') == std::string::npos && path.find("bin/") == std::string::npos &&
                             path != "/etc/passwd"
                         ? FileKind::directory
                         : FileKind::regular;
        facts.mode = 0755;
        return facts;
    }
    std::string real_path(const std::string& path) const override { return path; }
    std::optional<IpAddress> resolve(const std::string&) const override {
        return IpAddress::parse("192.0.2.25");
    }
};

inline std::vector<std::string> split(const std::string& text, char separator) {
    std::vector<std::string> parts;
    std::istringstream stream(text);
    for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
    return parts;
}

inline std::string first_word(const std::string& text) {
    std::istringstream stream(text);
    std::string word;
    stream >> word;
    return word;
}

/// The example as a file: the objects it may refer to, then the blocks of its path with the lines they need.
inline std::string wrap_example(const std::string& path, std::string example) {
    for (size_t at; (at = example.find("\\n")) != std::string::npos;) example.replace(at, 2, "\n");
    const std::string before =
        "track_group TG1 {\n group {\n  VI_1\n }\n}\nvrrp_script chk_a {\n script \"/usr/bin/true\"\n}\n"
        "track_file tfile {\n file /tmp/ka-track.txt\n}\nvrrp_track_process tproc {\n process sleep\n}\n"
        "bfd_instance bfd0 {\n neighbor_ip 198.51.100.80\n}\n"
        "vrrp_instance VI_1 {\n interface eth0\n virtual_router_id 1\n virtual_ipaddress {\n  192.0.2.1\n "
        "}\n}\n"
        "vrrp_instance VI_2 {\n interface eth0\n virtual_router_id 2\n virtual_ipaddress {\n  192.0.2.1\n "
        "}\n}\n";
    const std::string security = "global_defs {\n enable_script_security\n script_user root\n}\n";
    std::vector<std::string> blocks = split(path, '/');
    if (path == "virtual_server/fwmark" || path == "virtual_server/group" || blocks.size() == 1)
        return security + before + example + "\n";
    blocks.pop_back();
    if (path.ends_with("track_file/<entry>")) example = "tfile weight 3";
    for (size_t i = 0; i < blocks.size(); ++i)
        if (blocks[i] == "<entry>") blocks.resize(i);
    static const std::map<std::string, std::string> headers = {{"vrrp_script", "x"},
                                                               {"vrrp_track_process", "x"},
                                                               {"track_file", "x"},
                                                               {"vrrp_track_file", "x"},
                                                               {"track_group", "x"},
                                                               {"vrrp_instance", "VI_9"},
                                                               {"vrrp_sync_group", "VG"},
                                                               {"bfd_instance", "b9"},
                                                               {"virtual_server_group", "g"},
                                                               {"virtual_server", "10.9.0.1 80"},
                                                               {"real_server", "192.0.2.99 80"}};
    static const std::map<std::string, std::vector<std::string>> needs = {
        {"vrrp_script", {"script /usr/bin/true"}},
        {"vrrp_track_process", {"process sleep"}},
        {"track_file", {"file /tmp/ka-track.txt"}},
        {"vrrp_track_file", {"file /tmp/ka-track.txt"}},
        {"vrrp_instance", {"interface eth0", "virtual_router_id 77", "priority 100"}},
        {"vrrp_sync_group", {"group {\n VI_1\n VI_2\n }"}},
        {"bfd_instance", {"neighbor_ip 192.0.2.81"}},
        {"virtual_server", {"lb_algo rr", "lb_kind NAT", "protocol TCP"}},
        {"MISC_CHECK", {"misc_path /usr/bin/true"}},
        {"HTTP_GET", {"url {\n path /\n }"}},
        {"SSL_GET", {"url {\n path /\n }"}},
        {"url", {"path /"}},
        {"auth_hmac", {"key 1 0123456789abcdef0123456789abcdef", "active_key 1"}},
        {"garp_group", {"garp_interval 1"}},
        {"global_defs", {"enable_script_security", "script_user root"}},
        {"FILE_CHECK", {"track_file tfile"}},
        {"BFD_CHECK", {"name bfd0"}}};
    // What makes a keyword legal that is not legal alone.
    static const std::map<std::string, std::string> companions = {
        {"vrrp_instance/vmac_xmit_base", "use_vmac"},
        {"vrrp_instance/check_unicast_src", "unicast_peer {\n 192.0.2.7\n}"},
        {"vrrp_instance/old_unicast_checksum", "unicast_peer {\n 192.0.2.7\n}"},
        {"vrrp_instance/unicast_src_ip", "unicast_peer {\n 192.0.2.7\n}"},
        {"vrrp_instance/unicast_ttl", "unicast_peer {\n 192.0.2.7\n}"},
        {"vrrp_instance/timer_expired_backup", "nopreempt"},
        {"vrrp_instance/owner_ignore_adverts", "priority 255\nstate MASTER"},
        {"vrrp_instance/authentication/auth_type", "auth_pass secret"},
        {"vrrp_instance/auth_hmac/key", "key 1 0123456789abcdef0123456789abcdef"},
        {"virtual_server/hashed", "lvs_sched sh"},
        {"virtual_server/sh-port", "lvs_sched sh"},
        {"virtual_server/sh-fallback", "lvs_sched sh"},
        {"virtual_server/mh-port", "lvs_sched mh"},
        {"virtual_server/mh-fallback", "lvs_sched mh"},
        {"virtual_server/ops", "protocol UDP"},
        {"virtual_server/sorry_server_inhibit", "sorry_server 192.0.2.97 80"},
        {"virtual_server/sorry_server_lvs_method", "sorry_server 192.0.2.97 80"}};
    const bool in_real_server = path.find("real_server/") != std::string::npos;
    std::string inner = example;
    std::string keyword = first_word(inner);
    for (size_t i = blocks.size(); i-- > 0;) {
        const std::string& name = blocks[i];
        std::string body;
        if (const auto found = needs.find(name); found != needs.end() && (i == 0 || name != "track_file"))
            for (const std::string& line : found->second)
                if (first_word(line) != keyword) body += line + "\n";
        if (i + 1 == blocks.size())
            if (const auto found = companions.find(path); found != companions.end())
                body += found->second + "\n";
        if (name == "vrrp_instance" && keyword != "virtual_ipaddress" && keyword != "no_virtual_ipaddress")
            body += std::string("virtual_ipaddress {\n ") +
                    (keyword.find("ipv6") != std::string::npos ? "2001:db8::99" : "192.0.2.99") + "\n}\n";
        if (name == "virtual_server" && !in_real_server && keyword != "real_server")
            body += "real_server 192.0.2.98 80 {\n weight 1\n}\n";
        if (name == "track_group" && keyword != "group") body += "group {\n VI_1\n}\n";
        const auto header = headers.find(name);
        inner = name + (header == headers.end() ? "" : " " + header->second) + " {\n" + body + inner + "\n}";
        keyword = name;
    }
    return (blocks[0] == "global_defs" ? "" : security) + before + inner + "\n";
}

/// Nothing when the list is not on this machine.
inline std::vector<Example> compatibility_examples() {
    const char* folder = std::getenv("HOLDFAST_SHARED");
    std::ifstream file(std::string(folder != nullptr ? folder : HOLDFAST_SOURCE_DIR "/../shared") +
                       "/compat/keywords.tsv");
    std::vector<Example> examples;
    std::string line;
    if (!file || !std::getline(file, line)) return examples;
    while (std::getline(file, line)) {
        const std::vector<std::string> columns = split(line, '\t');
        if (columns.size() > 1)
            examples.push_back({columns.front(), wrap_example(columns.front(), columns.back())});
    }
    return examples;
}

}  // namespace holdfast::config
