#include "holdfast/app/sd_notify.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

#include "datagram_socket.hpp"
#include "temp_dir.hpp"

namespace holdfast::app {
namespace {

using namespace std::chrono_literals;

TEST(SystemdNotifierTest, SendsOneDatagramPerMessage) {
    const TempDir directory;
    const DatagramSocket systemd(directory / "notify");
    const SystemdNotifier notifier(directory / "notify");
    EXPECT_TRUE(notifier.is_active());
    notifier.ready(4711);
    EXPECT_EQ(systemd.receive(), "READY=1\nMAINPID=4711");
    notifier.reloading(Instant(1234567us));
    EXPECT_EQ(systemd.receive(), "RELOADING=1\nMONOTONIC_USEC=1234567");
    notifier.stopping();
    EXPECT_EQ(systemd.receive(), "STOPPING=1");
    notifier.failed(22);
    EXPECT_EQ(systemd.receive(), "ERRNO=22");
    notifier.status("VI_1 MASTER");
    EXPECT_EQ(systemd.receive(), "STATUS=VI_1 MASTER");
    notifier.status("a line\nREADY=1");
    EXPECT_EQ(systemd.receive(), "STATUS=a line READY=1");
    notifier.watchdog_ping();
    EXPECT_EQ(systemd.receive(), "WATCHDOG=1");
    EXPECT_EQ(systemd.receive(), "(nothing)");
}

TEST(SystemdNotifierTest, SpeaksToAbstractSockets) {
    const std::string name = "@holdfast-test-" + std::to_string(getpid());
    const DatagramSocket systemd(name);
    ASSERT_TRUE(systemd.bound());
    EXPECT_TRUE(SystemdNotifier(name).send("X=1"));
    EXPECT_EQ(systemd.receive(), "X=1");
}

TEST(SystemdNotifierTest, SilenceIsSuccessAndAMissingSocketAnError) {
    EXPECT_FALSE(SystemdNotifier().is_active());
    EXPECT_TRUE(SystemdNotifier().send("READY=1"));
    EXPECT_FALSE(SystemdNotifier("/no/such/socket").send("READY=1"));
    EXPECT_FALSE(SystemdNotifier("relative").send("READY=1"));
    EXPECT_FALSE(SystemdNotifier("/" + std::string(200, 'x')).send("READY=1"));
}

TEST(SystemdNotifierTest, PingsTwicePerWatchdogTime) {
    EXPECT_EQ(SystemdNotifier("/x", 30s).watchdog_period(), 15s);
    EXPECT_EQ(SystemdNotifier("/x").watchdog_period(), std::nullopt);
}

TEST(SystemdNotifierTest, TakesItsVariablesOutOfTheEnvironment) {
    setenv("NOTIFY_SOCKET", "/no/such", 1);
    setenv("WATCHDOG_USEC", "1000", 1);
    setenv("WATCHDOG_PID", "1", 1);
    const auto notifier = SystemdNotifier::from_environment();
    EXPECT_EQ(notifier.is_active(), parent_is_systemd());
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"})
        EXPECT_EQ(std::getenv(name), nullptr);
}

}  // namespace
}  // namespace holdfast::app
