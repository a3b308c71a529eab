// Private network namespaces for the tests that need a real kernel. They need root; without it such tests are
// skipped.
#pragma once

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "holdfast/base/address.hpp"
#include "holdfast/io/fd.hpp"

namespace holdfast::kernel::testing {

/// A network namespace of its own, left and gone when destroyed. The calling thread is inside after
/// construction.
class Namespace {
  public:
    Namespace() : outside_(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)) {
        if (unshare(CLONE_NEWNET) != 0) return;
        inside_.reset(::open("/proc/self/ns/net", O_RDONLY));
        run("ip link set lo up");
    }
    ~Namespace() { leave(); }
    Namespace(const Namespace&) = delete;
    Namespace& operator=(const Namespace&) = delete;

    bool exists() const { return static_cast<bool>(inside_); }
    void enter() const { ASSERT_EQ(setns(inside_.get(), CLONE_NEWNET), 0); }
    void leave() const { (void)setns(outside_.get(), CLONE_NEWNET); }
    /// For `ip link set DEV netns PATH`.
    std::string path() const { return fmt::format("/proc/{}/fd/{}", getpid(), inside_.get()); }

    /// A shell command in the thread's namespace; it must succeed.
    static void run(const std::string& command) { ASSERT_EQ(std::system(command.c_str()), 0) << command; }
    static InterfaceIndex index(const char* name) { return {if_nametoindex(name)}; }
    /// Until the kernel says the link has a carrier, which it does up to a second late.
    static void wait_until_running(const char* name) {
        const io::Fd any(::socket(AF_INET, SOCK_DGRAM, 0));
        ifreq request{};
        std::snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
        for (int i = 0; i < 5000 && (request.ifr_flags & IFF_RUNNING) == 0; ++i) {
            ASSERT_EQ(ioctl(any.get(), SIOCGIFFLAGS, &request), 0);
            usleep(1000);
        }
        ASSERT_NE(request.ifr_flags & IFF_RUNNING, 0) << name;
    }

  private:
    io::Fd outside_;
    io::Fd inside_;
};

/// A test inside one namespace with a veth pair v0 - v1, both up; v0 is 02:00:00:00:00:0a.
class NamespaceTest : public ::testing::Test {
  protected:
    void SetUp() override {
        if (!space.exists()) GTEST_SKIP() << "needs CAP_SYS_ADMIN for a network namespace";
        Namespace::run(
            "ip link add v0 address 02:00:00:00:00:0a type veth peer name v1 address 02:00:00:00:00:0b");
        Namespace::run("ip link set v0 up && ip link set v1 up");
        Namespace::wait_until_running("v0");
        Namespace::wait_until_running("v1");
        v0 = Namespace::index("v0");
    }
    Namespace space;
    InterfaceIndex v0;
};

}  // namespace holdfast::kernel::testing
