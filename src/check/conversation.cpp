#include "holdfast/check/conversation.hpp"

#include "holdfast/check/dns.hpp"
#include "holdfast/check/http.hpp"
#include "holdfast/check/ping.hpp"
#include "holdfast/check/smtp.hpp"
#include "holdfast/check/tcp.hpp"
#include "holdfast/check/udp.hpp"

namespace holdfast::check {
namespace {

struct Make {
    ProbeMemory* memory;

    std::unique_ptr<Conversation> operator()(const TcpCheck& check) const {
        return std::make_unique<TcpConversation>(check);
    }
    std::unique_ptr<Conversation> operator()(const HttpCheck& check) const {
        return std::make_unique<HttpConversation>(check, *memory);
    }
    std::unique_ptr<Conversation> operator()(const SmtpCheck& check) const {
        return std::make_unique<SmtpConversation>(check);
    }
    std::unique_ptr<Conversation> operator()(const DnsCheck& check) const {
        return std::make_unique<DnsConversation>(check, *memory);
    }
    std::unique_ptr<Conversation> operator()(const UdpCheck& check) const {
        return std::make_unique<UdpConversation>(check);
    }
    std::unique_ptr<Conversation> operator()(const PingCheck& check) const {
        return std::make_unique<PingConversation>(check, *memory);
    }
    std::unique_ptr<Conversation> operator()(const MiscCheck&) const { return nullptr; }
    std::unique_ptr<Conversation> operator()(const FileCheck&) const { return nullptr; }
    std::unique_ptr<Conversation> operator()(const BfdCheck&) const { return nullptr; }
};

}  // namespace

std::unique_ptr<Conversation> make_conversation(const Checker& checker, ProbeMemory* memory) {
    return std::visit(Make{memory}, checker.probe);
}

}  // namespace holdfast::check
