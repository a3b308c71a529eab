#include "holdfast/kernel/firewall.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <nftables/libnftables.h>

#include <string_view>
#include <utility>

namespace holdfast::kernel {

/// libnftables, opened at run time, and one context of it.
class NftFirewall::Library {
  public:
    static Result<std::unique_ptr<Library>> open() {
        auto library = std::make_unique<Library>();
        library->handle_.reset(::dlopen("libnftables.so.1", RTLD_NOW | RTLD_LOCAL));
        if (library->handle_ == nullptr)
            return fail(fmt::format("firewall rules need libnftables: {}", ::dlerror()));
        const bool is_whole = library->find("nft_ctx_new", library->new_) &&
                              library->find("nft_ctx_free", library->free_) &&
                              library->find("nft_ctx_buffer_output", library->buffer_output_) &&
                              library->find("nft_ctx_buffer_error", library->buffer_error_) &&
                              library->find("nft_ctx_get_error_buffer", library->get_error_) &&
                              library->find("nft_run_cmd_from_buffer", library->run_);
        if (!is_whole) return fail("libnftables lacks a function");
        library->context_ = library->new_(NFT_CTX_DEFAULT);
        if (library->context_ == nullptr) return fail_errno("cannot use nftables", errno);
        // What it has to say is for our log, not for the terminal.
        library->buffer_output_(library->context_);
        library->buffer_error_(library->context_);
        return library;
    }
    Library() = default;
    Library(const Library&) = delete;
    Library& operator=(const Library&) = delete;
    ~Library() {
        if (context_ != nullptr) free_(context_);
    }

    Result<> run(const std::string& script) {
        if (run_(context_, script.c_str()) == 0) return {};
        std::string_view error = get_error_(context_);
        error = error.substr(0, error.find('\n'));
        return fail(fmt::format("nftables: {}", error));
    }

  private:
    template <class Function>
    bool find(const char* name, Function& function) {
        function = reinterpret_cast<Function>(::dlsym(handle_.get(), name));
        return function != nullptr;
    }
    struct Close {
        void operator()(void* handle) const { ::dlclose(handle); }
    };
    std::unique_ptr<void, Close> handle_;
    decltype(&nft_ctx_new) new_ = nullptr;
    decltype(&nft_ctx_free) free_ = nullptr;
    decltype(&nft_ctx_buffer_output) buffer_output_ = nullptr;
    decltype(&nft_ctx_buffer_error) buffer_error_ = nullptr;
    decltype(&nft_ctx_get_error_buffer) get_error_ = nullptr;
    decltype(&nft_run_cmd_from_buffer) run_ = nullptr;
    nft_ctx* context_ = nullptr;
};

NftFirewall::NftFirewall() = default;
NftFirewall::~NftFirewall() = default;

Result<> NftFirewall::apply(const netstate::FirewallSettings& settings,
                            std::span<const netstate::FirewallOperation> operations) {
    if (operations.empty()) return {};
    if (library_ == nullptr) {
        auto opened = Library::open();
        if (!opened) return Failure(std::move(opened.error()));
        library_ = *std::move(opened);
    }
    return library_->run(nft_script(settings, operations));
}

Result<> HostFirewall::apply(const netstate::FirewallSettings& settings,
                             std::span<const netstate::FirewallOperation> operations) {
    if (settings.iptables) return iptables_.apply(settings, operations);
    if (monitor_ == nullptr && !is_unwatched_ && handler_) {
        auto opened = NftMonitor::open(loop_, [this](const std::string& program) {
            if (handler_) handler_(program);
        });
        is_unwatched_ = !opened;
        if (opened) {
            monitor_ = *std::move(opened);
        } else {
            notices_.push_back(opened.error().message);
        }
    }
    const auto transaction = [&] { return nftables_.apply(settings, operations); };
    return monitor_ == nullptr ? transaction() : monitor_->during(settings.table, transaction);
}

std::vector<std::string> HostFirewall::take_notices() {
    std::vector<std::string> all = std::exchange(notices_, {});
    for (std::string& notice : iptables_.take_notices()) all.push_back(std::move(notice));
    return all;
}

}  // namespace holdfast::kernel
