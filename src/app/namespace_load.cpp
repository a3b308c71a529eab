#include "holdfast/app/namespace_load.hpp"

#include <fcntl.h>
#include <sched.h>

#include <cerrno>

#include "holdfast/app/config_test.hpp"
#include "holdfast/io/fd.hpp"

namespace holdfast::app {

namespace {

Result<> enter(const std::string& name) {
    const std::string path = "/run/netns/" + name;
    const io::Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) return fail_errno("network namespace " + name, errno);
    if (setns(fd.get(), CLONE_NEWNET) != 0) return fail_errno("network namespace " + name, errno);
    return {};
}

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
    if (auto entered = enter(result.net_namespace); !entered) return Failure(entered.error());
    result.loaded = load_here(load_from);
    return result;
}

}  // namespace holdfast::app
