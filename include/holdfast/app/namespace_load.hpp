// Reading the configuration where it will be used: which interfaces there are depends on the network
// namespace, and its name may stand in the file.
#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "holdfast/app/options.hpp"
#include "holdfast/base/result.hpp"
#include "holdfast/config/load.hpp"

namespace holdfast::app {

struct NamespaceLoad {
    config::LoadResult loaded;
    std::string net_namespace;  ///< The one that was entered; empty: none was asked for.
};

/// Enters the namespace of `-s`, else of net_namespace, for good, and reads the configuration there.
/// `before_entering` is called first, for what only the machine's own namespace has. Fails when the namespace
/// is not there or may not be entered.
Result<NamespaceLoad> load_in_namespace(const Options& options,
                                        const std::function<void()>& before_entering = {});

/// Reads the configuration in the namespace we are in. When it is to stop it finds no more files, and what it
/// gives is of no use.
config::LoadResult load_here(const config::LoadOptions& options, const std::stop_token& stop = {});

}  // namespace holdfast::app
