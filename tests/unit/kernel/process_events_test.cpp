#include "holdfast/kernel/process_events.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace holdfast::kernel {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

/// A message as the connector sends it, with the event filled in by the test.
std::vector<uint8_t> message(uint32_t what, const std::function<void(proc_event&)>& fill, uint32_t ack = 0) {
    cn_msg head{};
    head.id.idx = CN_IDX_PROC;
    head.id.val = CN_VAL_PROC;
    head.ack = ack;
    proc_event event{};
    std::memcpy(&event.what, &what, sizeof what);
    fill(event);
    std::vector<uint8_t> bytes(sizeof head + sizeof event);
    std::memcpy(bytes.data(), &head, sizeof head);
    std::memcpy(bytes.data() + sizeof head, &event, sizeof event);
    return bytes;
}

TEST(DecodeProcessEvent, KnowsForksExecutionsNamesAndEnds) {
    const auto fork =
        decode_process_event(message(1, [](proc_event& event) { event.event_data.fork = {10, 10, 20, 20}; }));
    ASSERT_TRUE(fork && std::holds_alternative<io::ProcessForked>(*fork));
    EXPECT_EQ(std::get<io::ProcessForked>(*fork).parent, 10);
    EXPECT_EQ(std::get<io::ProcessForked>(*fork).child, 20);
    const auto execution = decode_process_event(message(2, [](proc_event& event) {
        event.event_data.exec.process_pid = event.event_data.exec.process_tgid = 5;
    }));
    ASSERT_TRUE(execution && std::holds_alternative<io::ProcessExecuted>(*execution));
    const auto name = decode_process_event(message(0x200, [](proc_event& event) {
        event.event_data.comm.process_pid = event.event_data.comm.process_tgid = 5;
        std::memcpy(event.event_data.comm.comm, "abcdefghijklmnop", 16);  // Not terminated.
    }));
    ASSERT_TRUE(name && std::holds_alternative<io::ProcessRenamed>(*name));
    EXPECT_EQ(std::get<io::ProcessRenamed>(*name).name, "abcdefghijklmnop");
    const auto end = decode_process_event(message(0x80000000, [](proc_event& event) {
        event.event_data.exit.process_pid = event.event_data.exit.process_tgid = 5;
    }));
    ASSERT_TRUE(end && std::holds_alternative<io::ProcessEnded>(*end));
}

TEST(DecodeProcessEvent, LeavesOutThreadsForeignMessagesAndWhatIsCutShort) {
    EXPECT_FALSE(decode_process_event(
        message(1, [](proc_event& event) { event.event_data.fork = {10, 10, 21, 20}; })));
    EXPECT_FALSE(decode_process_event(message(0x80000000, [](proc_event& event) {
        event.event_data.exit.process_pid = 6;
        event.event_data.exit.process_tgid = 5;
    })));
    EXPECT_FALSE(decode_process_event(message(4, [](proc_event&) {})));
    auto foreign = message(2, [](proc_event&) {});
    foreign[0] = 99;
    EXPECT_FALSE(decode_process_event(foreign));
    EXPECT_FALSE(decode_process_event(std::span(foreign).first(10)));
}

TEST(DecodeProcessEvent, OnlyAnAnswerIsAConfirmation) {
    EXPECT_FALSE(decode_process_event(message(0, [](proc_event&) {})));
    const auto answer = decode_process_event(message(0, [](proc_event&) {}, 1));
    ASSERT_TRUE(answer && std::holds_alternative<io::ProcessNewsConfirmed>(*answer));
}

TEST(ParseProcessStat, TakesNamesWithBlanksAndParentheses) {
    const auto stat = parse_process_stat("12 (a b) c)) S 1 2 3");
    ASSERT_TRUE(stat);
    EXPECT_EQ(stat->name, "a b) c)");
    EXPECT_FALSE(stat->zombie);
    EXPECT_TRUE(parse_process_stat("12 (x) Z 1")->zombie);
    EXPECT_FALSE(parse_process_stat("12 x Z 1"));
    EXPECT_FALSE(parse_process_stat("12 (x)"));
}

/// A real child, stopped before it runs to an end.
class Sleeper {
  public:
    Sleeper() {
        char program[] = "/bin/sleep";
        char time[] = "100";
        char* arguments[] = {program, time, nullptr};
        if (posix_spawn(&pid, program, nullptr, nullptr, arguments, environ) != 0) pid = 0;
    }
    ~Sleeper() { end(); }
    void end() {
        if (pid == 0) return;
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
        pid = 0;
    }
    pid_t pid = 0;
};

TEST(ProcessEvents, ScansTheHostAndReadsOneProcess) {
    io::EventLoop loop;
    ProcessEvents events(loop);
    const Sleeper sleeper;
    ASSERT_GT(sleeper.pid, 0);
    std::optional<io::ProcessIdentity> found;
    // Until it has executed; the name changes a moment before the command line.
    for (int i = 0; i < 1000 && (!found || found->name != "sleep" || found->command_line.empty()); ++i) {
        for (auto& one : events.scan({.name = true, .command_line = true}))
            if (one.pid == sleeper.pid) found = std::move(one);
    }
    ASSERT_TRUE(found);
    EXPECT_EQ(found->name, "sleep");
    EXPECT_THAT(found->command_line, ElementsAre("/bin/sleep", "100"));
    const auto read = events.read(sleeper.pid, {.name = true, .command_line = false});
    ASSERT_TRUE(read);
    EXPECT_EQ(read->name, "sleep");
    EXPECT_TRUE(read->command_line.empty());
    EXPECT_FALSE(events.read(0x7ffffff0, {}));
}

TEST(ProcessEvents, HearsWhatAProcessDoes) {
    io::EventLoop loop;
    ProcessEvents events(loop);
    bool confirmed = false;
    std::vector<pid_t> executed;
    std::vector<pid_t> ended;
    const auto listening = events.listen([&](const io::ProcessNews& news) {
        if (std::holds_alternative<io::ProcessNewsConfirmed>(news)) confirmed = true;
        if (const auto* one = std::get_if<io::ProcessExecuted>(&news)) executed.push_back(one->pid);
        if (const auto* one = std::get_if<io::ProcessEnded>(&news)) ended.push_back(one->pid);
    });
    if (!listening) GTEST_SKIP() << "no process events here: " << listening.error().message;
    ASSERT_TRUE(events.set_buffer(1 << 20, true));
    Sleeper sleeper;
    const pid_t pid = sleeper.pid;
    const Instant limit = std::chrono::steady_clock::now() + 20s;
    const auto until = [&](const std::vector<pid_t>& list) {
        while (std::ranges::find(list, pid) == list.end() && std::chrono::steady_clock::now() < limit)
            loop.run_once(100ms);
        return std::ranges::find(list, pid) != list.end();
    };
    EXPECT_TRUE(until(executed));
    EXPECT_TRUE(confirmed);
    sleeper.end();
    EXPECT_TRUE(until(ended));
    events.stop_listening();
    executed.clear();
    const Sleeper unheard;
    loop.run_once(100ms);
    EXPECT_TRUE(executed.empty());
}

}  // namespace
}  // namespace holdfast::kernel
