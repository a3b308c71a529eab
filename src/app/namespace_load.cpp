#include "holdfast/app/namespace_load.hpp"

#include <utility>

#include "holdfast/app/config_test.hpp"
#include "holdfast/kernel/net_namespace.hpp"

namespace holdfast::app {

namespace {

/// The machine's files, until nobody wants to know any more.
class FilesUntilStop final : public config::FileReader {
  public:
    explicit FilesUntilStop(std::stop_token stop) : stop_(std::move(stop)) {}

    config::PathStatus status(const std::string& path) const override {
        return stop_.stop_requested() ? config::PathStatus{} : files_.status(path);
    }
    std::optional<std::vector<std::string>> list(const std::string& directory) const override {
        return stop_.stop_requested() ? std::nullopt : files_.list(directory);
    }
    Result<std::string> read(const std::string& path) const override {
        return stop_.stop_requested() ? fail(path + ": not read any more") : files_.read(path);
    }
    std::string resolve_directory(const std::string& directory) const override {
        return files_.resolve_directory(directory);
    }

  private:
    config::SystemFileReader files_;
    std::stop_token stop_;
};

/// What the file asks for. Where it cannot run as a whole, because its interfaces are not here, only the
/// lines outside the blocks are judged.
std::string wanted_namespace(const config::LoadOptions& options, const config::LoadResult& loaded) {
    if (loaded.config) return loaded.config->root.net_namespace;
    config::LoadOptions root_only = options;
    root_only.vrrp = root_only.checkers = root_only.bfd = false;
    const config::LoadResult root = load_here(root_only);
    return root.config ? root.config->root.net_namespace : std::string{};
}

}  // namespace

config::LoadResult load_here(const config::LoadOptions& options, const std::stop_token& stop) {
    const FilesUntilStop files(stop);
    const config::SystemEnvironment environment;
    return config::load(options, files, environment);
}

Result<NamespaceLoad> load_in_namespace(const Options& options,
                                        const std::function<void()>& before_entering) {
    const config::LoadOptions load_from = load_options(options);
    NamespaceLoad result;
    if (options.network_namespace) {
        result.net_namespace = *options.network_namespace;
    } else {
        result.loaded = load_here(load_from);
        result.net_namespace = wanted_namespace(load_from, result.loaded);
        if (result.net_namespace.empty()) return result;
    }
    if (before_entering) before_entering();
    if (auto entered = kernel::enter_net_namespace(kernel::namespace_path(result.net_namespace)); !entered)
        return Failure(entered.error());
    result.loaded = load_here(load_from);
    return result;
}

}  // namespace holdfast::app
