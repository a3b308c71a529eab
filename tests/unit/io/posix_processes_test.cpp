#include "holdfast/io/posix_processes.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>

#include "test_support.hpp"

namespace holdfast::io {
namespace {

using testing::HasSubstr;
using testing::Not;

class PosixProcessesTest : public testing::Test {
  protected:
    Result<std::unique_ptr<Child>> spawn(const SpawnRequest& request) {
        return processes.spawn(request, [this](ExitStatus ended) { status = ended; });
    }
    Result<std::unique_ptr<Child>> shell(const std::string& script) {
        return spawn({.arguments = {"/bin/sh", "-c", script}});
    }
    ExitStatus run(const SpawnRequest& request) {
        status.reset();
        const auto child = spawn(request);
        EXPECT_TRUE(child) << child.error().message;
        if (child) turn_until(loop, [this] { return status.has_value(); });
        return status.value_or(ExitStatus{.code = -1});
    }
    // Runs a script whose standard output goes to a file, and gives its content.
    std::string output(const std::string& script, SpawnRequest request = {}) {
        request.arguments = {"/bin/sh", "-c", "(" + script + ") > " + folder.file("out")};
        EXPECT_TRUE(run(request).is_success());
        return folder.read("out");
    }

    EventLoop loop;
    PosixProcesses processes{loop};
    TemporaryFolder folder;
    std::optional<ExitStatus> status;
};

TEST_F(PosixProcessesTest, AChildHasTheLimitOfDescriptorsFromBeforeTheDaemonChangedIt) {
    rlimit former{};
    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &former), 0);
    const rlimit other{former.rlim_cur - 1, former.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &other), 0);
    EXPECT_EQ(output("ulimit -n"), std::to_string(former.rlim_cur) + "\n");
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &former), 0);
}

TEST_F(PosixProcessesTest, ChildrenStandAsWeDidAtFirst) {
    rlimit before{};
    ASSERT_EQ(getrlimit(RLIMIT_CORE, &before), 0);
    const rlimit other{before.rlim_max == 0 ? rlim_t{0} : rlim_t{512 * 1024}, before.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_CORE, &other), 0);
    const int nice_before = getpriority(PRIO_PROCESS, 0);
    if (geteuid() == 0) setpriority(PRIO_PROCESS, 0, nice_before + 3);
    const std::string expected =
        before.rlim_cur == RLIM_INFINITY ? "unlimited" : std::to_string(before.rlim_cur / 512);
    EXPECT_EQ(output("ulimit -S -c"), expected + "\n");
    EXPECT_EQ(output("cut -d' ' -f19 /proc/self/stat"), std::to_string(nice_before) + "\n");
    setrlimit(RLIMIT_CORE, &before);
    if (geteuid() == 0) setpriority(PRIO_PROCESS, 0, nice_before);
}

TEST_F(PosixProcessesTest, ReportsTheExitStatus) {
    EXPECT_EQ(run({.arguments = {"/bin/true"}}), ExitStatus{});
    EXPECT_EQ(run({.arguments = {"/bin/sh", "-c", "exit 7"}}), (ExitStatus{.code = 7}));
    EXPECT_EQ(run({.arguments = {"/bin/sh", "-c", "kill -9 $$"}}), (ExitStatus{.signal = SIGKILL}));
    EXPECT_EQ(processes.running(), 0U);
}

TEST_F(PosixProcessesTest, PassesArgumentsUnchanged) {
    EXPECT_EQ(run({.arguments = {"/bin/sh", "-c", R"([ "$0|$1|$2" = "a b||*" ])", "a b", "", "*"}}),
              ExitStatus{});
}

TEST_F(PosixProcessesTest, SaysWhyAProgramCannotRun) {
    const auto missing = spawn({.arguments = {"/nonexistent/program"}});
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().os_error, ENOENT);
    EXPECT_EQ(missing.error().message, "cannot run /nonexistent/program: No such file or directory");

    folder.write("plain", "#!/bin/sh\n", 0644);
    const auto plain = spawn({.arguments = {folder.file("plain")}});
    ASSERT_FALSE(plain);
    EXPECT_EQ(plain.error().os_error, EACCES);

    const auto lost = spawn({.arguments = {"no-such-program-in-path"}});
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().os_error, ENOENT);

    EXPECT_EQ(processes.running(), 0U);
    EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "a failed start leaves a zombie";
    EXPECT_EQ(errno, ECHILD);
}

TEST_F(PosixProcessesTest, ATextFileWithoutInterpreterLineIsRunByTheShell) {
    folder.write("script", "[ \"$1 $#\" = \"x y 1\" ] || exit 1\nexit 5\n", 0755);
    EXPECT_EQ(run({.arguments = {folder.file("script"), "x y"}}), (ExitStatus{.code = 5}));
}

TEST_F(PosixProcessesTest, AnUnknownBinaryIsNotFedToTheShell) {
    folder.write("binary", std::string("exit 0\n\0\1\2", 10), 0755);
    const auto child = spawn({.arguments = {folder.file("binary")}});
    ASSERT_FALSE(child);
    EXPECT_EQ(child.error().os_error, ENOEXEC);
}

TEST_F(PosixProcessesTest, LooksABareNameUpInTheChildsPath) {
    EXPECT_TRUE(run({.arguments = {"true"}}).is_success());
    std::filesystem::create_directory(folder.file("first"));
    std::filesystem::create_directory(folder.file("second"));
    folder.write("first/tool", "#!/bin/sh\nexit 1\n", 0644);
    folder.write("second/tool", "#!/bin/sh\nexit 2\n", 0755);
    const std::string path = folder.file("none") + ":" + folder.file("first") + ":" + folder.file("second");
    EXPECT_EQ(run({.arguments = {"tool"}, .environment = {{"PATH", path}}}), (ExitStatus{.code = 2}))
        << "what may not be executed is passed over";
    const auto denied =
        spawn({.arguments = {"tool"}, .environment = {{"PATH", folder.file("first") + ":/none"}}});
    ASSERT_FALSE(denied);
    EXPECT_EQ(denied.error().os_error, EACCES) << "more telling than the last directory's ENOENT";
}

TEST_F(PosixProcessesTest, InheritsTheEnvironmentButForTheDangerousAndTheChanged) {
    setenv("IFS", "x", 1);
    setenv("LD_LIBRARY_PATH", "/nowhere", 1);
    setenv("LD_LIBRARY_PATH_NOT", "kept", 1);
    setenv("HOLDFAST_KEPT", "1", 1);
    setenv("HOLDFAST_GONE", "1", 1);
    setenv("HOLDFAST_CHANGED", "old", 1);
    const std::string text =
        output("cat /proc/self/environ | tr '\\0' '\\n'; echo end",
               {.environment = {
                    {"HOLDFAST_GONE", std::nullopt}, {"HOLDFAST_CHANGED", "new"}, {"HOLDFAST_NEW", "a=b"}}});
    for (const char* name : {"IFS", "LD_LIBRARY_PATH", "LD_LIBRARY_PATH_NOT", "HOLDFAST_KEPT",
                             "HOLDFAST_GONE", "HOLDFAST_CHANGED"}) {
        unsetenv(name);
    }
    EXPECT_THAT(text, HasSubstr("HOLDFAST_KEPT=1\n"));
    EXPECT_THAT(text, HasSubstr("HOLDFAST_CHANGED=new\n"));
    EXPECT_THAT(text, HasSubstr("HOLDFAST_NEW=a=b\n"));
    EXPECT_THAT(text, HasSubstr("LD_LIBRARY_PATH_NOT=kept\n"));
    EXPECT_THAT(text, Not(HasSubstr("HOLDFAST_GONE")));
    EXPECT_THAT(text, Not(HasSubstr("HOLDFAST_CHANGED=old")));
    EXPECT_THAT(text, Not(HasSubstr("IFS=x")));
    EXPECT_THAT(text, Not(HasSubstr("/nowhere")));
    EXPECT_THAT(text, HasSubstr("end\n"));
}

TEST_F(PosixProcessesTest, TheChildHasDevNullAndNoDescriptorOfOurs) {
    const Fd leaky(open("/dev/zero", O_RDONLY));  // Without O_CLOEXEC, as a careless library does.
    EXPECT_EQ(output("readlink /proc/$$/fd/0; readlink /proc/$$/fd/1; readlink /proc/$$/fd/2"),
              "/dev/null\n/dev/null\n/dev/null\n");
    EXPECT_EQ(output("ls /proc/$$/fd"), "0\n1\n2\n");
    EXPECT_EQ(fcntl(leaky.get(), F_GETFD), 0) << "our own table is untouched";
}

TEST_F(PosixProcessesTest, TheChildStartsWithAllSignalsAtDefaultAndUnblocked) {
    sigset_t blocked;
    sigset_t former;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigaddset(&blocked, SIGRTMIN + 2);
    pthread_sigmask(SIG_BLOCK, &blocked, &former);
    const auto old_pipe = std::signal(SIGPIPE, SIG_IGN);
    const auto old_user = std::signal(SIGUSR1, SIG_IGN);
    const std::string text = output("grep -E '^Sig(Blk|Ign)' /proc/self/status");
    std::signal(SIGUSR1, old_user);
    std::signal(SIGPIPE, old_pipe);
    sigset_t after;
    pthread_sigmask(SIG_SETMASK, &former, &after);
    EXPECT_EQ(text, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
    EXPECT_EQ(sigismember(&after, SIGTERM), 1) << "our own mask is untouched";
    EXPECT_EQ(sigismember(&after, SIGINT), 0);
}

TEST_F(PosixProcessesTest, RunsInAProcessGroupOfItsOwnUnlessToldOtherwise) {
    const std::string script = "ps -o pgid= -p $$ | tr -d ' '; echo $$";
    const std::string own = output(script);
    const size_t end = own.find('\n');
    EXPECT_EQ(own.substr(0, end + 1), own.substr(end + 1));
    const std::string shared = output(script, {.new_process_group = false});
    EXPECT_EQ(shared.substr(0, shared.find('\n')), std::to_string(getpgrp()));
}

TEST_F(PosixProcessesTest, RunsInOurWorkingDirectory) {
    EXPECT_EQ(output("pwd"), std::filesystem::current_path().string() + "\n");
}

TEST_F(PosixProcessesTest, ChangesToTheGivenUserAndGroups) {
    if (geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
    const SpawnRequest nobody{.run_as = Credentials{65534, 65533, {12, 65533}}};
    EXPECT_EQ(output("id -u; id -g; id -G", nobody), "65534\n65533\n65533 12\n");
    const SpawnRequest no_groups{.run_as = Credentials{65534, 65534, {}}};
    EXPECT_EQ(output("id -G", no_groups), "65534\n");
    EXPECT_EQ(geteuid(), 0U) << "only the child changes";
    EXPECT_EQ(prctl(PR_GET_DUMPABLE), 1) << "the child's change of user shows in our memory";
}

TEST_F(PosixProcessesTest, AUserWithoutTheRightCannotRunAProgram) {
    if (geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
    folder.write("private", "#!/bin/sh\n", 0700);
    const auto child =
        spawn({.arguments = {folder.file("private")}, .run_as = Credentials{65534, 65534, {}}});
    ASSERT_FALSE(child);
    EXPECT_EQ(child.error().os_error, EACCES);
}

TEST_F(PosixProcessesTest, NoFreeDescriptorIsAnErrorAndStartsNothing) {
    rlimit former{};
    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &former), 0);
    const rlimit none{0, former.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
    const auto child = spawn({.arguments = {"/bin/true"}});
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &former), 0);
    ASSERT_FALSE(child);
    EXPECT_EQ(child.error().os_error, EMFILE);
    EXPECT_EQ(processes.running(), 0U);
}

TEST_F(PosixProcessesTest, KillReachesTheWholeGroup) {
    // What the script leaves behind becomes ours, so that its end can be seen.
    ASSERT_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    const auto child = shell("sleep 1000 & echo $! > " + folder.file("pid") + "; mv " + folder.file("pid") +
                             " " + folder.file("done") + "; wait");
    ASSERT_TRUE(child);
    turn_until(loop, [&] {
        loop.run_once(std::chrono::milliseconds(1));
        return std::filesystem::exists(folder.file("done"));
    });
    const pid_t sleeper = std::stoi(folder.read("done"));
    ASSERT_TRUE((*child)->kill(SIGTERM));
    turn_until(loop, [this] { return status.has_value(); });
    EXPECT_EQ(status, (ExitStatus{.signal = SIGTERM}));
    int how = 0;
    EXPECT_EQ(waitpid(sleeper, &how, 0), sleeper);
    EXPECT_TRUE(WIFSIGNALED(how) && WTERMSIG(how) == SIGTERM);
    prctl(PR_SET_CHILD_SUBREAPER, 0);
}

TEST_F(PosixProcessesTest, InsideItsCallbackAKillReachesWhatIsLeftOfTheGroup) {
    ASSERT_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    std::unique_ptr<Child> child;
    bool killed = false;
    auto started =
        processes.spawn({.arguments = {"/bin/sh", "-c", "sleep 1000 & echo $! > " + folder.file("pid")}},
                        [&](ExitStatus ended) {
                            EXPECT_TRUE(ended.is_success());
                            killed = child->kill(SIGKILL).has_value();
                            child.reset();
                        });
    ASSERT_TRUE(started);
    child = std::move(*started);
    const pid_t leader = child->pid();
    turn_until(loop, [&] { return child == nullptr; });
    EXPECT_TRUE(killed);
    const pid_t sleeper = std::stoi(folder.read("pid"));
    int how = 0;
    EXPECT_EQ(waitpid(sleeper, &how, 0), sleeper);
    EXPECT_TRUE(WIFSIGNALED(how) && WTERMSIG(how) == SIGKILL);
    EXPECT_EQ(waitpid(leader, nullptr, WNOHANG), -1) << "reaped as soon as the callback is over";
    prctl(PR_SET_CHILD_SUBREAPER, 0);
}

TEST_F(PosixProcessesTest, ACallbackMayDestroyTheProcessesObject) {
    auto other = std::make_unique<PosixProcesses>(loop);
    std::unique_ptr<Child> child;
    auto started = other->spawn({.arguments = {"/bin/true"}}, [&](ExitStatus) { other.reset(); });
    ASSERT_TRUE(started);
    child = std::move(*started);
    turn_until(loop, [&] { return other == nullptr; });
    EXPECT_FALSE(child->kill(SIGKILL));
    EXPECT_EQ(waitpid(child->pid(), nullptr, WNOHANG), -1);
}

TEST_F(PosixProcessesTest, TheProgramMayDifferFromTheNameItSees) {
    EXPECT_EQ(run({.arguments = {"any name", "-c", "test \"$0\" = 'any name'"}, .program = "/bin/sh"}),
              (ExitStatus{}));
    // The shell that runs a text file must be told the file, whatever its name is.
    folder.write("plain", "exit 5\n", 0755);
    EXPECT_EQ(run({.arguments = {"other"}, .program = folder.file("plain")}), (ExitStatus{.code = 5}));
    const auto missing = spawn({.arguments = {"/bin/true"}, .program = "/nonexistent/program"});
    ASSERT_FALSE(missing);
    EXPECT_THAT(missing.error().message, HasSubstr("/nonexistent/program"));
}

TEST_F(PosixProcessesTest, KillAfterTheExitWasReportedTouchesNobody) {
    const auto child = shell("exit 0");
    ASSERT_TRUE(child);
    turn_until(loop, [this] { return status.has_value(); });
    const auto result = (*child)->kill(SIGKILL);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().os_error, ESRCH);
}

TEST_F(PosixProcessesTest, AForgottenChildIsStillReaped) {
    auto child = shell("exit 3");
    ASSERT_TRUE(child);
    const pid_t pid = (*child)->pid();
    child->reset();
    turn_until(loop, [this] { return processes.running() == 0; });
    EXPECT_EQ(status, std::nullopt);
    EXPECT_EQ(waitpid(pid, nullptr, WNOHANG), -1);
}

TEST_F(PosixProcessesTest, ACallbackMayDestroyItsChildAndStartTheNext) {
    int runs = 0;
    std::unique_ptr<Child> child;
    std::function<void(ExitStatus)> again = [&](ExitStatus ended) {
        EXPECT_TRUE(ended.is_success());
        child.reset();
        if (++runs == 3) return;
        auto next = processes.spawn({.arguments = {"/bin/true"}}, again);
        ASSERT_TRUE(next);
        child = std::move(*next);
    };
    again({});
    turn_until(loop, [&] { return runs == 3; });
    EXPECT_EQ(processes.running(), 0U);
}

TEST_F(PosixProcessesTest, AChildMayOutliveItsProcessesObject) {
    auto other = std::make_unique<PosixProcesses>(loop);
    auto child = other->spawn({.arguments = {"/bin/sleep", "1000"}}, [](ExitStatus) { FAIL(); });
    ASSERT_TRUE(child);
    const pid_t pid = (*child)->pid();
    other.reset();
    EXPECT_FALSE((*child)->kill(SIGKILL));
    ASSERT_EQ(::kill(pid, SIGKILL), 0);
    EXPECT_EQ(waitpid(pid, nullptr, 0), pid);
}

// In a process of its own that starts a sleeper and ends; the sleeper becomes ours.
int end_of_sleeper_when_its_parent_dies(const SpawnRequest& request) {
    EXPECT_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    std::array<int, 2> numbers{};
    EXPECT_EQ(pipe2(numbers.data(), O_CLOEXEC), 0);
    const pid_t parent = fork();
    if (parent == 0) {
        EventLoop loop;
        PosixProcesses processes(loop);
        const auto child = processes.spawn(request, [](ExitStatus) {});
        const pid_t pid = child ? (*child)->pid() : -1;
        (void)!write(numbers[1], &pid, sizeof pid);
        _exit(0);
    }
    pid_t sleeper = -1;
    EXPECT_EQ(read(numbers[0], &sleeper, sizeof sleeper), ssize_t{sizeof sleeper});
    close(numbers[0]);
    close(numbers[1]);
    waitpid(parent, nullptr, 0);
    EXPECT_GT(sleeper, 0);
    kill(sleeper, SIGTERM);  // Comes after the parent-death signal, if there is one.
    int how = 0;
    EXPECT_EQ(waitpid(sleeper, &how, 0), sleeper);
    prctl(PR_SET_CHILD_SUBREAPER, 0);
    return WTERMSIG(how);
}

TEST(ParentDeath, KillsTheChildIfAsked) {
    SpawnRequest request{.arguments = {"/bin/sleep", "1000"}};
    EXPECT_EQ(end_of_sleeper_when_its_parent_dies(request), SIGKILL);
    request.kill_with_parent = false;
    EXPECT_EQ(end_of_sleeper_when_its_parent_dies(request), SIGTERM);
}

TEST(ParentDeath, KillsAChildThatChangedUserToo) {
    if (geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
    EXPECT_EQ(end_of_sleeper_when_its_parent_dies(
                  {.arguments = {"/bin/sleep", "1000"}, .run_as = Credentials{65534, 65534, {}}}),
              SIGKILL);
}

TEST(ExitStatusText, NamesTheCause) {
    EXPECT_EQ((ExitStatus{.code = 1}.to_string()), "exited with status 1");
    EXPECT_EQ((ExitStatus{.signal = 9}.to_string()), "killed by signal 9");
    EXPECT_EQ((ExitStatus{.signal = 15, .timed_out = true}.to_string()), "timed out, killed by signal 15");
    EXPECT_FALSE((ExitStatus{.timed_out = true}.is_success()));
}

}  // namespace
}  // namespace holdfast::io
