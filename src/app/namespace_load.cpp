#include "holdfast/app/namespace_load.hpp"

#include "holdfast/app/config_test.hpp"
#include "holdfast/kernel/net_namespace.hpp"

namespace holdfast::app {

namespace {

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

config::LoadResult load_here(const config::LoadOptions& options) {
    const config::SystemFileReader files;
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
