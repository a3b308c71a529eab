// Words of lb_kind, lvs_method and sorry_server_lvs_method, and addresses with ports.
#include <fmt/format.h>

#include "tables_virtual_server.hpp"

namespace holdfast::config {

bool read_endpoint(Loading& loading, const Line& line, size_t first, std::string_view what, Endpoint& out) {
    const auto address = parse_address(line.word(first));
    if (loading.stopped()) return false;
    uint16_t port = 0;
    bool usable = address.has_value();
    if (line.has(first + 1) && line.word(first + 1).find_first_not_of('0') != std::string_view::npos) {
        const auto number = parse_integer(line.word(first + 1), 1, 65535, Lenient::yes);
        if (!number.problem.empty())
            loading.report(ReportClass::number, line, first + 1,
                           fmt::format("port {} {}", line.word(first + 1), number.problem));
        usable = usable && number.value;
        port = static_cast<uint16_t>(number.value.value_or(0));
    }
    if (!usable) {
        loading.error(
            line, first,
            fmt::format("{} is not an address and port of a {}; it is skipped", join(line, first), what));
        return false;
    }
    out = {*address, port};
    return true;
}

std::string endpoint_text(const Endpoint& endpoint) {
    return endpoint.port == 0 ? endpoint.address.to_string()
                              : fmt::format("{} {}", endpoint.address.to_string(), endpoint.port);
}

bool read_forwarding(Loading& loading, const Line& line, ipvs::Forwarding& out) {
    const std::string_view method = line.word(1);
    if (loading.stopped()) return false;
    ipvs::Forwarding result;
    if (method == "NAT") {
        result.method = ipvs::ForwardingMethod::masquerade;
    } else if (method == "DR") {
        result.method = ipvs::ForwardingMethod::direct_route;
    } else if (method == "TUN") {
        result.method = ipvs::ForwardingMethod::tunnel;
    } else {
        constexpr std::string_view kMethods[] = {"NAT", "DR", "TUN"};
        bad_choice(loading, line, 1, "is not NAT, DR or TUN", kMethods);
        return false;
    }
    // From here on a mistake keeps the method and the options that were in force.
    out.method = result.method;
    for (size_t i = 2; i < line.size(); ++i) {
        const std::string_view word = line.word(i);
        if (word == "type" || word == "port") {
            if (!line.has(i + 1)) {
                bad_word(loading, ReportClass::general, line, i, "has no value");
                return true;
            }
            const std::string_view value = line.word(++i);
            if (word == "port") {
                const auto port = parse_integer(value, 1, 65535, Lenient::no);
                if (!port.value) {
                    bad_word(loading, ReportClass::number, line, i, port.problem);
                    return true;
                }
                result.tunnel_port = static_cast<uint16_t>(*port.value);
            } else if (value == "ipip") {
                result.tunnel_type = ipvs::TunnelType::ipip;
            } else if (value == "gue") {
                result.tunnel_type = ipvs::TunnelType::gue;
            } else if (value == "gre") {
                result.tunnel_type = ipvs::TunnelType::gre;
            } else {
                bad_word(loading, ReportClass::general, line, i, "is not ipip, gue or gre");
                return true;
            }
        } else if (word == "nocsum") {
            result.tunnel_checksum = ipvs::TunnelChecksum::none;
        } else if (word == "csum") {
            result.tunnel_checksum = ipvs::TunnelChecksum::checksum;
        } else if (word == "remcsum") {
            result.tunnel_checksum = ipvs::TunnelChecksum::remote_checksum;
        } else {
            bad_word(loading, ReportClass::general, line, i, "is not an option of a tunnel");
            return true;
        }
    }
    const auto complain = [&](std::string_view problem) {
        bad_word(loading, ReportClass::general, line, 0, problem);
        return true;
    };
    if ((result.tunnel_type == ipvs::TunnelType::gue) != (result.tunnel_port != 0))
        return complain("needs a port for gue, and for gue only");
    if (result.tunnel_type == ipvs::TunnelType::ipip && result.tunnel_checksum != ipvs::TunnelChecksum::none)
        return complain("cannot have a checksum with ipip");
    if (result.tunnel_type == ipvs::TunnelType::gre &&
        result.tunnel_checksum == ipvs::TunnelChecksum::remote_checksum)
        return complain("cannot have a remote checksum with gre");
    out = result;
    return true;
}

std::string to_text(const ipvs::Forwarding& forwarding) {
    switch (forwarding.method) {
        case ipvs::ForwardingMethod::local:
        case ipvs::ForwardingMethod::masquerade:
            return "NAT";
        case ipvs::ForwardingMethod::direct_route:
            return "DR";
        case ipvs::ForwardingMethod::tunnel:
            break;
    }
    std::string text = "TUN";
    if (forwarding.tunnel_type == ipvs::TunnelType::gue)
        text += fmt::format(" type gue port {}", forwarding.tunnel_port);
    if (forwarding.tunnel_type == ipvs::TunnelType::gre) text += " type gre";
    if (forwarding.tunnel_checksum == ipvs::TunnelChecksum::checksum) text += " csum";
    if (forwarding.tunnel_checksum == ipvs::TunnelChecksum::remote_checksum) text += " remcsum";
    return text;
}

}  // namespace holdfast::config
