#include "holdfast/kernel/firewall.hpp"

#include <fmt/format.h>
#include <nftables/libnftables.h>

#include <string_view>
#include <utility>

#include "holdfast/io/shared_library.hpp"

namespace holdfast::kernel {

/// libnftables, loaded by the first change, and one context of it.
class NftFirewall::Library {
  public:
    static Result<std::unique_ptr<Library>> open() {
        auto library = std::make_unique<Library>();
        if (auto verdict = library->library_.verdict(); !verdict)
            return fail(fmt::format("firewall rules need libnftables: {}", verdict.error().message));
        library->context_ = library->new_(NFT_CTX_DEFAULT);
        if (library->context_ == nullptr) return fail_errno("cannot use nftables", errno);
        // What it has to say is for our log, not for the terminal.
        library->buffer_output_(library->context_);
        library->buffer_error_(library->context_);
        return library;
    }
    Library() : library_("libnftables.so.1") {
        library_.find(new_, "nft_ctx_new");
        library_.find(free_, "nft_ctx_free");
        library_.find(buffer_output_, "nft_ctx_buffer_output");
        library_.find(buffer_error_, "nft_ctx_buffer_error");
        library_.find(get_error_, "nft_ctx_get_error_buffer");
        library_.find(run_, "nft_run_cmd_from_buffer");
    }
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
    io::SharedLibrary library_;
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
