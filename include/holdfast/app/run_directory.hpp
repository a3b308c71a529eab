// /run/keepalived of one network namespace. Daemons of several namespaces use the same names of pid files;
// each sees /run/keepalived/NAMESPACE under the name /run/keepalived, in a mount namespace of its own, as
// with keepalived. From outside the files are found in /run/keepalived/NAMESPACE.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "holdfast/base/result.hpp"

namespace holdfast::app {

class RunDirectory {
  public:
    RunDirectory() = default;
    /// Makes both directories (mode 0755) and mounts the inner one over the outer one. Called before the pid
    /// files are opened and before any thread exists. When mounting is not allowed, the outer directory is
    /// used as it is, and the error says so.
    static Result<RunDirectory> enter(std::string directory, std::string_view net_namespace);
    RunDirectory(RunDirectory&& other) noexcept
        : outer_(std::exchange(other.outer_, {})), inner_(std::exchange(other.inner_, {})) {}
    RunDirectory& operator=(RunDirectory&& other) noexcept {
        std::swap(outer_, other.outer_);
        std::swap(inner_, other.inner_);
        return *this;
    }
    /// Takes the mount and the directories away, unless something is left in them.
    ~RunDirectory();

  private:
    std::string outer_;
    std::string inner_;  ///< Empty: nothing is mounted.
};

}  // namespace holdfast::app
