#include "ip_sets.hpp"

#include <fmt/format.h>
#include <libipset/data.h>
#include <libipset/session.h>
#include <libipset/types.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <string_view>

#include "holdfast/io/shared_library.hpp"

namespace holdfast::kernel {

namespace {

int say_nothing(ipset_session*, void*, const char*, ...) {
    return 0;
}

constexpr const char* type_name(IpSet::Type type) {
    return type == IpSet::Type::ip ? "hash:ip" : "hash:net,iface";
}

}  // namespace

class IpSets::Library {
  public:
    Library() : library_("libipset.so.13") {
        library_.find(init_, "ipset_session_init");
        library_.find(fini_, "ipset_session_fini");
        library_.find(data_, "ipset_session_data");
        library_.find(set_option_, "ipset_envopt_set");
        library_.find(unset_option_, "ipset_envopt_unset");
        library_.find(message_, "ipset_session_report_msg");
        library_.find(reset_, "ipset_session_report_reset");
        library_.find(type_, "ipset_type_get");
        library_.find(set_, "ipset_data_set");
        library_.find(command_, "ipset_cmd");
        library_.find(load_types_, "ipset_load_types");
    }
    Library(const Library&) = delete;
    Library& operator=(const Library&) = delete;
    ~Library() { close(); }

    Result<> load() {
        if (auto verdict = library_.verdict(); !verdict) return verdict;
        load_types_();
        return {};
    }

    /// A session for each batch: it remembers the sets that it has seen, and others may destroy them
    /// meanwhile.
    Result<> open() {
        session_ = init_(say_nothing, nullptr);
        if (session_ == nullptr) return fail_errno("cannot use ipset", errno);
        return {};
    }
    void close() {
        if (session_ != nullptr) fini_(session_);
        session_ = nullptr;
    }

    Result<> apply(const IpSetChange& change) {
        switch (change.what) {
            case IpSetChange::What::create:
                return create(change.set);
            case IpSetChange::What::destroy:
                if (!exists(change.set)) return {};
                return run(IPSET_CMD_DESTROY, change.set);
            case IpSetChange::What::add:
                return entry(IPSET_CMD_ADD, change);
            case IpSetChange::What::remove:
                return entry(IPSET_CMD_DEL, change);
        }
        return {};
    }

  private:
    void put(ipset_opt option, const void* value) { set_(data_(session_), option, value); }

    Result<> run(enum ipset_cmd command, const IpSet& set) {
        put(IPSET_SETNAME, set.name.c_str());
        return finish(command_(session_, command, 0), set);
    }
    Result<> finish(int result, const IpSet& set) {
        if (result == 0) return {};
        std::string_view message = message_(session_);
        message = message.substr(0, message.find('\n'));
        auto failure = fail(fmt::format("ipset {}: {}", set.name, message));
        reset_(session_);
        return failure;
    }
    bool exists(const IpSet& set) {
        put(IPSET_SETNAME, set.name.c_str());
        const bool is_there = command_(session_, IPSET_CMD_HEADER, 0) == 0;
        reset_(session_);
        return is_there;
    }
    Result<> create(const IpSet& set) {
        put(IPSET_SETNAME, set.name.c_str());
        put(IPSET_OPT_TYPENAME, type_name(set.type));
        const ipset_type* type = type_(session_, IPSET_CMD_CREATE);
        if (type == nullptr) return finish(-1, set);
        put(IPSET_OPT_TYPE, type);
        const uint8_t family = set.family == Family::ipv4 ? NFPROTO_IPV4 : NFPROTO_IPV6;
        put(IPSET_OPT_FAMILY, &family);
        set_option_(session_, IPSET_ENV_EXIST);
        auto made = finish(command_(session_, IPSET_CMD_CREATE, 0), set);
        unset_option_(session_, IPSET_ENV_EXIST);
        // What an earlier run has left in it.
        return made ? run(IPSET_CMD_FLUSH, set) : made;
    }
    Result<> entry(enum ipset_cmd command, const IpSetChange& change) {
        const IpSet& set = change.set;
        put(IPSET_SETNAME, set.name.c_str());
        if (type_(session_, command) == nullptr) return finish(-1, set);
        const uint8_t family = set.family == Family::ipv4 ? NFPROTO_IPV4 : NFPROTO_IPV6;
        put(IPSET_OPT_FAMILY, &family);
        // Sixteen bytes for both families.
        std::array<uint8_t, 16> address{};
        if (change.address) {
            const auto bytes = change.address->bytes();
            std::copy(bytes.begin(), bytes.end(), address.begin());
        }
        put(IPSET_OPT_IP, address.data());
        const uint8_t any = 0;
        if (!change.address) put(IPSET_OPT_CIDR, &any);
        if (!change.interface.empty()) put(IPSET_OPT_IFACE, change.interface.c_str());
        return finish(command_(session_, command, 0), set);
    }

    io::SharedLibrary library_;
    decltype(&ipset_session_init) init_ = nullptr;
    decltype(&ipset_session_fini) fini_ = nullptr;
    decltype(&ipset_session_data) data_ = nullptr;
    decltype(&ipset_envopt_set) set_option_ = nullptr;
    decltype(&ipset_envopt_unset) unset_option_ = nullptr;
    decltype(&ipset_session_report_msg) message_ = nullptr;
    decltype(&ipset_session_report_reset) reset_ = nullptr;
    decltype(&ipset_type_get) type_ = nullptr;
    decltype(&ipset_data_set) set_ = nullptr;
    int (*command_)(ipset_session*, enum ipset_cmd, uint32_t) = nullptr;
    decltype(&ipset_load_types) load_types_ = nullptr;
    ipset_session* session_ = nullptr;
};

IpSets::IpSets(std::unique_ptr<Library> library) : library_(std::move(library)) {}
IpSets::~IpSets() = default;

Result<std::unique_ptr<IpSets>> IpSets::open() {
    auto library = std::make_unique<Library>();
    if (auto started = library->load(); !started) return Failure(std::move(started.error()));
    return std::unique_ptr<IpSets>(new IpSets(std::move(library)));
}

Result<> IpSets::apply(std::span<const IpSetChange> changes) {
    if (changes.empty()) return {};
    Result<> done = library_->open();
    for (size_t i = 0; done && i < changes.size(); ++i) done = library_->apply(changes[i]);
    library_->close();
    return done;
}

}  // namespace holdfast::kernel
