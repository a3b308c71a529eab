#include "filter_table.hpp"

#include <fmt/format.h>
#include <linux/netfilter/xt_set.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "holdfast/io/fd.hpp"

namespace holdfast::kernel {

namespace {

/// Revision 4 of the match `set`: since Linux 3.19.
constexpr uint8_t kSetRevision = 4;

/// What asks the kernel for the number of a set; 0xffff when there is none of this name.
ip_set_id_t number_of_set(const std::string& name) {
    const io::Fd socket(::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW));
    ip_set_req_version version{};
    version.op = IP_SET_OP_VERSION;
    socklen_t length = sizeof version;
    if (!socket || getsockopt(socket.get(), IPPROTO_IP, SO_IP_SET, &version, &length) != 0)
        return IPSET_INVALID_ID;
    ip_set_req_get_set request{};
    request.op = IP_SET_OP_GET_BYNAME;
    request.version = version.version;
    name.copy(request.set.name, sizeof request.set.name - 1);
    length = sizeof request;
    if (getsockopt(socket.get(), IPPROTO_IP, SO_IP_SET, &request, &length) != 0) return IPSET_INVALID_ID;
    return request.set.index;
}

template <class Header>
void set_interface(Header& header, bool incoming, const std::string& name) {
    if (name.empty()) return;
    auto& text = incoming ? header.iniface : header.outiface;
    auto& mask = incoming ? header.iniface_mask : header.outiface_mask;
    const size_t length = name.copy(text, sizeof text - 1);
    std::memset(mask, 0xff, length + 1);
}

/// Builds an entry: header, matches, target, each aligned as x_tables asks for (XT_ALIGN).
class Entry {
  public:
    explicit Entry(const IptablesRule& rule) {
        const bool v4 = rule.family == Family::ipv4;
        append(v4 ? sizeof(ipt_entry) : sizeof(ip6t_entry));
        if (!rule.set.empty()) {
            auto& match = append_match<xt_set_info_match_v4>("set", kSetRevision);
            match.match_set.index = number_of_set(rule.set);
            is_possible_ = match.match_set.index != IPSET_INVALID_ID;
            match.match_set.dim = static_cast<uint8_t>(rule.sides.size());
            for (size_t i = 0; i < rule.sides.size(); ++i)
                if (rule.sides[i] == SetSide::source)
                    match.match_set.flags =
                        static_cast<uint8_t>(match.match_set.flags | IPSET_DIM_ONE_SRC << i);
        }
        if (rule.message_type) {
            auto& match = append_match<ip6t_icmp>("icmp6", 0);
            match.type = *rule.message_type;
            match.code[1] = 0xff;
        }
        const auto target_offset = static_cast<uint16_t>(size());
        auto& target = *reinterpret_cast<xt_standard_target*>(append(sizeof(xt_standard_target)));
        target.target.u.user.target_size = XT_ALIGN(sizeof(xt_standard_target));
        std::strcpy(target.target.u.user.name, rule.accept ? "ACCEPT" : "DROP");
        if (v4) {
            auto& entry = *reinterpret_cast<ipt_entry*>(words_.data());
            entry.target_offset = target_offset;
            entry.next_offset = static_cast<uint16_t>(size());
            entry.ip.proto = rule.protocol;
            set_address(rule.source, &entry.ip.src, &entry.ip.smsk, sizeof entry.ip.src);
            set_address(rule.destination, &entry.ip.dst, &entry.ip.dmsk, sizeof entry.ip.dst);
            set_interface(entry.ip, true, rule.in_interface);
            set_interface(entry.ip, false, rule.out_interface);
        } else {
            auto& entry = *reinterpret_cast<ip6t_entry*>(words_.data());
            entry.target_offset = target_offset;
            entry.next_offset = static_cast<uint16_t>(size());
            entry.ipv6.proto = rule.protocol;
            if (rule.protocol != 0) entry.ipv6.flags |= IP6T_F_PROTO;
            set_address(rule.source, &entry.ipv6.src, &entry.ipv6.smsk, sizeof entry.ipv6.src);
            set_address(rule.destination, &entry.ipv6.dst, &entry.ipv6.dmsk, sizeof entry.ipv6.dst);
            set_interface(entry.ipv6, true, rule.in_interface);
            set_interface(entry.ipv6, false, rule.out_interface);
        }
    }

    /// False when its set does not exist.
    bool is_possible() const { return is_possible_; }
    const void* data() const { return words_.data(); }
    size_t size() const { return words_.size() * sizeof words_[0]; }

  private:
    uint64_t* append(size_t size) {
        // The largest that is needed has been reserved: what is pointed to stays in place.
        const size_t begin = words_.size();
        words_.resize(begin + XT_ALIGN(size) / sizeof words_[0]);
        return &words_[begin];
    }
    template <class Info>
    Info& append_match(const char* name, uint8_t revision) {
        auto& match = *reinterpret_cast<xt_entry_match*>(append(sizeof(xt_entry_match)));
        match.u.user.match_size = XT_ALIGN(sizeof(xt_entry_match)) + XT_ALIGN(sizeof(Info));
        std::strcpy(match.u.user.name, name);
        match.u.user.revision = revision;
        return *reinterpret_cast<Info*>(append(sizeof(Info)));
    }
    static void set_address(const std::optional<IpAddress>& address, void* to, void* mask, size_t size) {
        if (!address) return;
        std::memcpy(to, address->bytes().data(), size);
        std::memset(mask, 0xff, size);
    }

    std::vector<uint64_t> words_ = reserved();
    bool is_possible_ = true;

    static std::vector<uint64_t> reserved() {
        std::vector<uint64_t> words;
        words.reserve(128);
        return words;
    }
};

/// A chain's name as libiptc takes it.
std::array<char, 32> label(const std::string& chain) {
    std::array<char, 32> name{};
    chain.copy(name.data(), name.size() - 1);
    return name;
}

}  // namespace

FilterTable::FilterTable(Family family)
    : library_(family == Family::ipv4 ? "libip4tc.so.2" : "libip6tc.so.2") {
    const std::string prefix = family == Family::ipv4 ? "iptc_" : "ip6tc_";
    library_.find(init_, (prefix + "init").c_str());
    library_.find(free_, (prefix + "free").c_str());
    library_.find(is_chain_, (prefix + "is_chain").c_str());
    library_.find(insert_, (prefix + "insert_entry").c_str());
    library_.find(append_, (prefix + "append_entry").c_str());
    library_.find(check_, (prefix + "check_entry").c_str());
    library_.find(remove_, (prefix + "delete_entry").c_str());
    library_.find(commit_, (prefix + "commit").c_str());
    library_.find(text_of_, (prefix + "strerror").c_str());
}

Result<> FilterTable::read() {
    forget();
    table_ = init_("filter");
    if (table_ == nullptr) return fail(text_of_(errno));
    return {};
}

void FilterTable::forget() {
    if (table_ != nullptr) free_(table_);
    table_ = nullptr;
}

bool FilterTable::contains(const IptablesRule& rule) {
    const Entry entry(rule);
    if (!entry.is_possible()) return false;
    std::vector<unsigned char> mask(entry.size(), 0xff);
    return check_(label(rule.chain).data(), entry.data(), mask.data(), table_) != 0;
}

Result<> FilterTable::change(const RuleChange& change) {
    const IptablesRule& rule = change.rule;
    const auto chain = label(rule.chain);
    const Entry entry(rule);
    std::vector<unsigned char> mask(entry.size(), 0xff);
    using What = RuleChange::What;
    if (!entry.is_possible()) {
        if (change.what == What::remove_all) return {};
        return fail(fmt::format("the set of \"{}\" does not exist", rule.to_text()));
    }
    int done = 0;
    switch (change.what) {
        case What::append:
            done = append_(chain.data(), entry.data(), table_);
            break;
        case What::insert:
            done = insert_(chain.data(), entry.data(), 0, table_);
            break;
        case What::remove:
            done = remove_(chain.data(), entry.data(), mask.data(), table_);
            break;
        case What::remove_all:
            while (remove_(chain.data(), entry.data(), mask.data(), table_) != 0) {
            }
            return {};
    }
    if (done != 0) return {};
    return fail(fmt::format("\"{}\": {}", rule.to_text(), text_of_(errno)));
}

Result<> FilterTable::commit() {
    if (commit_(table_) != 0) {
        forget();
        return {};
    }
    const int number = errno;
    Failure failure = fail(text_of_(number));
    failure.error().os_error = number;
    forget();
    return failure;
}

}  // namespace holdfast::kernel
