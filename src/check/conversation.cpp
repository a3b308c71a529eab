#include "holdfast/check/conversation.hpp"

#include "holdfast/check/tcp.hpp"

namespace holdfast::check {
namespace {

struct Make {
    std::unique_ptr<Conversation> operator()(const TcpCheck& check) const {
        return std::make_unique<TcpConversation>(check);
    }
    template <class Other>
    std::unique_ptr<Conversation> operator()(const Other&) const {
        return nullptr;
    }
};

}  // namespace

std::unique_ptr<Conversation> make_conversation(const Checker& checker) {
    return std::visit(Make{}, checker.probe);
}

}  // namespace holdfast::check
