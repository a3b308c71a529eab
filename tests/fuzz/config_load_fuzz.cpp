// The whole way from text to a Config: language, keyword tables, validation, dump. Whatever a file says,
// loading ends, in bounded time and memory, and what was loaded can be dumped and compared with itself.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "config_mutator.hpp"
#include "holdfast/config/diff.hpp"
#include "holdfast/config/dump.hpp"
#include "holdfast/config/load.hpp"

namespace {

using namespace holdfast;

/// A machine with eth0, root, and every file there and safe.
class FuzzEnvironment final : public config::Environment {
  public:
    std::string host_name() const override { return "fuzz"; }
    std::optional<config::InterfaceFacts> interface(std::string_view name) const override {
        if (name != "eth0") return std::nullopt;
        return config::InterfaceFacts{};
    }
    std::optional<config::UserFacts> user(std::string_view name) const override {
        if (name != "root") return std::nullopt;
        return config::UserFacts{};
    }
    std::optional<uint32_t> group(std::string_view) const override { return 0; }
    config::FileFacts file(const std::string&) const override {
        config::FileFacts facts;
        facts.kind = config::FileKind::regular;
        facts.mode = 0755;
        return facts;
    }
    std::string real_path(const std::string& path) const override { return path; }
    Result<std::string> contents(const std::string&, size_t) const override { return std::string(32, 'k'); }
    std::vector<std::string> search_path() const override { return {"/bin"}; }
    std::optional<uint32_t> named_number(config::NameTable, std::string_view) const override { return 1; }
    std::optional<IpAddress> resolve(const std::string&) const override { return std::nullopt; }
    uint32_t effective_uid() const override { return 0; }
    uint32_t processor_count() const override { return 2; }
    std::optional<std::string> variable(std::string_view) const override { return "value"; }
    uint64_t random(uint64_t min, uint64_t) const override { return min; }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    config::MemoryFiles files("/");
    files.add("/keepalived.conf", std::string(reinterpret_cast<const char*>(data), size));
    files.add("/other.conf", "priority 10\n");
    const FuzzEnvironment environment;
    config::LoadOptions options;
    options.path = "/keepalived.conf";
    const config::LoadResult loaded = config::load(options, files, environment);
    (void)config::render(loaded.diagnostics);
    if (loaded.config) {
        (void)config::dump(*loaded.config);
        if (!config::diff(*loaded.config, *loaded.config).empty()) std::abort();
    }
    return 0;
}
