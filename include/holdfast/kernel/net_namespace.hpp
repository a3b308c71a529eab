// Network namespaces: entering one for good, and opening sockets in another than the daemon's own (a socket
// stays where it was made).
#pragma once

#include <string>

#include "holdfast/base/result.hpp"
#include "holdfast/io/fd.hpp"

namespace holdfast::kernel {

/// Where ip-netns(8) keeps the namespace NAME; without a name the one of process 1.
std::string namespace_path(const std::string& name);

/// This thread, and those it starts from now on, are in the namespace for good. Fails when there is none, or
/// when we may not enter it.
Result<> enter_net_namespace(const std::string& path);

/// As long as it lives, this thread is in another network namespace.
class InNetNamespace {
  public:
    /// Fails when there is no such namespace, or when we may not enter it.
    static Result<InNetNamespace> enter(const std::string& path);
    InNetNamespace(InNetNamespace&&) = default;
    InNetNamespace& operator=(InNetNamespace&&) = delete;
    /// Ends the process when there is no way back: everything else would happen in the wrong place.
    ~InNetNamespace();

  private:
    explicit InNetNamespace(io::Fd own) : own_(std::move(own)) {}
    io::Fd own_;
};

}  // namespace holdfast::kernel
