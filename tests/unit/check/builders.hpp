// Short ways to write virtual servers and to read actions in the tests of this module.
#pragma once

#include <string>
#include <vector>

#include "holdfast/check/director.hpp"
#include "holdfast/check/pool.hpp"

namespace holdfast::check {

inline Endpoint at(uint8_t last, uint16_t port = 80) {
    return {IpAddress::v4(10, 0, 0, last), port};
}

inline notify::Command command(std::string name) {
    notify::Command one;
    one.arguments = {std::move(name)};
    return one;
}

inline Checker tcp_checker(bool alpha = false, uint16_t port = 80) {
    return {.schedule = {.alpha = alpha}, .probe = TcpCheck{.connect = {.destination = at(1, port)}}};
}

/// [10.0.0.LAST]:tcp:80 by direct routing with one TCP_CHECK, notify_up "up-LAST" and notify_down
/// "down-LAST".
inline RealServerSettings real(uint8_t last, int32_t weight = 1) {
    return {.endpoint = at(last),
            .weight = weight,
            .forwarding = {.method = ipvs::ForwardingMethod::direct_route},
            .notify_up = command("up-" + std::to_string(last)),
            .notify_down = command("down-" + std::to_string(last)),
            .smtp_alert = false,
            .checkers = {tcp_checker()}};
}

/// [192.0.2.LAST]:tcp:80 with these servers, quorum_up "quorum-up" and quorum_down "quorum-down".
inline VirtualServerSettings virtual_server(std::vector<RealServerSettings> servers, uint8_t last = 1) {
    return {.key = {.protocol = ipvs::Protocol::tcp, .endpoint = {IpAddress::v4(192, 0, 2, last), 80}},
            .attributes = {.scheduler = "wrr"},
            .forwarding = {.method = ipvs::ForwardingMethod::direct_route},
            .quorum_up = command("quorum-up"),
            .quorum_down = command("quorum-down"),
            .real_servers = std::move(servers)};
}

inline SorryServerSettings sorry(uint8_t last, bool inhibit = false) {
    return {.endpoint = at(last),
            .forwarding = {.method = ipvs::ForwardingMethod::direct_route},
            .inhibit = inhibit};
}

/// "10.0.0.1:3 10.0.0.2:0": the destinations with their weights.
inline std::string pool_text(const ipvs::Service& service) {
    std::string text;
    for (const ipvs::Destination& one : service.destinations)
        text += (text.empty() ? "" : " ") + one.key.address.to_string() + ":" +
                std::to_string(one.attributes.weight);
    return text;
}

/// Each action as one string: "log: ...", "pool", "run: ...", "stop-run: ...", "fifo: ...", "mail: SUBJECT |
/// BODY".
template <class Actions>
std::vector<std::string> words(const Actions& actions) {
    std::vector<std::string> out;
    for (const auto& action : actions) {
        std::visit(
            [&]<class Action>(const Action& one) {
                if constexpr (std::is_same_v<Action, Log>) {
                    out.push_back("log: " + one.text);
                } else if constexpr (std::is_same_v<Action, RunCommand>) {
                    out.push_back((one.at_stop ? "stop-run: " : "run: ") + one.command.arguments[0]);
                } else if constexpr (std::is_same_v<Action, FifoLine>) {
                    out.push_back("fifo: " + one.text);
                } else if constexpr (std::is_same_v<Action, Mail>) {
                    out.push_back("mail: " + one.subject + " | " + one.body);
                } else if constexpr (std::is_same_v<Action, UpdatePool>) {
                    out.push_back("pool");
                } else {
                    std::string text = "services:";
                    for (const auto& key : one.keys) text += " " + key.to_string();
                    out.push_back(text);
                }
            },
            action);
    }
    return out;
}

}  // namespace holdfast::check
