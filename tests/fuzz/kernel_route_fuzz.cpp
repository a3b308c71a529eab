// Hostile news of route netlink: the input is one message, header included. Beside the sanitizers' findings
// it fails when something is accepted that the rest of the program could not live with, and when a value,
// sent back as a request, changes more than once: what a request does not carry may be lost on the way, but
// then it is stable.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "holdfast/kernel/netlink_dump.hpp"
#include "holdfast/kernel/rtnetlink_codec.hpp"

using namespace holdfast;
using namespace holdfast::kernel;
using namespace holdfast::netstate;

namespace {

// Messages have room for what a configuration can ask for; the kernel may know longer texts and lists.
constexpr size_t kLongestToSendBack = 400;

void must(bool holds) {
    if (!holds) std::abort();
}

bool is_sound(const Prefix& prefix) {
    return prefix.length <= prefix.address.max_prefix_length();
}

void look_at(const LinkInfo& link) {
    must(link.index.value > 0 && !link.name.empty() && link.name.find('\0') == std::string::npos);
    must(link.kind_flags == 0 || link.kind == "ipvlan");
}
void look_at(const KernelAddress& address) {
    must(is_sound(address.prefix));
    must(address.key().address == address.prefix.address);
    must(!address.to_string().empty());
}
void look_at(const KernelRoute& route) {
    must(is_sound(route.destination) && route.destination.address.family() == route.family);
    must(!route.source || (is_sound(*route.source) && route.source->address.family() == route.family));
    must(route.key().table == route.table);
    for (const KernelNextHop& hop : route.next_hops) must(hop.weight >= 1 && hop.weight <= 256);
    for (size_t i = 1; i < route.metrics.size(); ++i)
        must(route.metrics[i - 1].number < route.metrics[i].number);
}
void look_at(const KernelRule& rule) {
    must(!rule.from || (is_sound(*rule.from) && rule.from->address.family() == rule.family));
    must(!rule.to || (is_sound(*rule.to) && rule.to->address.family() == rule.family));
    must(!to_string(rule).empty());
}

Operation request_for(const KernelAddress& address) {
    return AddAddress{address};
}
Operation request_for(const KernelRoute& route) {
    return AddRoute{route};
}
Operation request_for(const KernelRule& rule) {
    return AddRule{rule};
}

template <class Object>
Object through(const Object& object) {
    std::vector<uint8_t> run;
    append_request(request_for(object), 1, run);
    const RouteNews news = decode_news(run);
    must(std::holds_alternative<Object>(news.object) && !news.removed);
    return std::get<Object>(news.object);
}

struct Inspect {
    bool send_back;

    void operator()(const std::monostate&) const {}
    void operator()(const LinkInfo& link) const { look_at(link); }
    template <class Object>
    void operator()(const Object& object) const {
        look_at(object);
        if (!send_back) return;
        const Object once = through(object);
        look_at(once);
        must(through(once) == once);
    }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::span message(data, size);
    std::visit(Inspect{size <= kLongestToSendBack}, decode_news(message).object);

    uint32_t sequence = 0;
    if (size >= 12) std::memcpy(&sequence, data + 8, sizeof sequence);
    NetlinkDump dump(sequence);
    dump.take(message);
    dump.take(message);
    must(dump.objects().size() <= 2 && (!dump.is_done() || dump.objects().empty()));
    if (dump.is_done()) (void)dump.verdict();
    return 0;
}
