#include "holdfast/kernel/net_namespace.hpp"

#include <fcntl.h>
#include <sched.h>

#include <cerrno>
#include <cstdlib>

namespace holdfast::kernel {

std::string namespace_path(const std::string& name) {
    return name.empty() ? "/proc/1/ns/net" : "/run/netns/" + name;
}

Result<> enter_net_namespace(const std::string& path) {
    const io::Fd there(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!there || setns(there.get(), CLONE_NEWNET) != 0)
        return fail_errno("network namespace " + path, errno);
    return {};
}

Result<InNetNamespace> InNetNamespace::enter(const std::string& path) {
    io::Fd own(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
    if (!own) return fail_errno("our own network namespace", errno);
    if (auto entered = enter_net_namespace(path); !entered) return Failure(entered.error());
    return InNetNamespace(std::move(own));
}

InNetNamespace::~InNetNamespace() {
    if (own_ && setns(own_.get(), CLONE_NEWNET) != 0) std::abort();
}

}  // namespace holdfast::kernel
