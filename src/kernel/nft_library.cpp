#include "holdfast/kernel/nft_library.hpp"

#include <fmt/format.h>
#include <nftables/libnftables.h>

#include <string_view>
#include <utility>

#include "holdfast/io/shared_library.hpp"

namespace holdfast::kernel {

/// libnftables, loaded by the first change, and one context of it.
class NftLibrary::Context {
  public:
    static Result<std::unique_ptr<Context>> open() {
        auto context = std::make_unique<Context>();
        if (auto verdict = context->library_.verdict(); !verdict)
            return fail(fmt::format("firewall rules need libnftables: {}", verdict.error().message));
        context->context_ = context->new_(NFT_CTX_DEFAULT);
        if (context->context_ == nullptr) return fail_errno("cannot use nftables", errno);
        // What it has to say is for our log, not for the terminal.
        context->buffer_output_(context->context_);
        context->buffer_error_(context->context_);
        return context;
    }
    Context() : library_("libnftables.so.1") {
        library_.find(new_, "nft_ctx_new");
        library_.find(free_, "nft_ctx_free");
        library_.find(buffer_output_, "nft_ctx_buffer_output");
        library_.find(buffer_error_, "nft_ctx_buffer_error");
        library_.find(get_error_, "nft_ctx_get_error_buffer");
        library_.find(run_, "nft_run_cmd_from_buffer");
    }
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;
    ~Context() {
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

NftLibrary::NftLibrary() = default;
NftLibrary::~NftLibrary() = default;

Result<> NftLibrary::run(const std::string& script) {
    if (context_ == nullptr) {
        auto opened = Context::open();
        if (!opened) return Failure(std::move(opened.error()));
        context_ = *std::move(opened);
    }
    return context_->run(script);
}

}  // namespace holdfast::kernel
