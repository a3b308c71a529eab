#include "holdfast/app/daemonize.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <functional>

#include "temp_dir.hpp"

namespace holdfast::app {
namespace {

// Runs `body` in a child process, which may become a daemon, and returns what it wrote to its pipe.
std::string in_child(const std::function<void(int pipe)>& body) {
    std::array<int, 2> ends{};
    EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
    const pid_t pid = fork();
    if (pid == 0) {
        body(ends[1]);
        _exit(0);
    }
    close(ends[1]);
    int status = -1;
    waitpid(pid, &status, 0);
    EXPECT_EQ(status, 0);
    std::string text;
    std::array<char, 512> buffer{};
    for (ssize_t length = 0; (length = read(ends[0], buffer.data(), buffer.size())) > 0;)
        text.append(buffer.data(), static_cast<size_t>(length));
    close(ends[0]);
    return text;
}

void say(int pipe, const std::string& text) {
    (void)!write(pipe, text.data(), text.size());
}

TEST(Daemonize, ChildLeadsASessionAtTheRootWithItsStreamsClosed) {
    const auto text = in_child([](int pipe) {
        const pid_t before = getpid();
        const auto role = daemonize();
        if (!role || *role == Role::parent) _exit(role ? 0 : 1);
        std::array<char, 256> where{};
        std::array<char, 256> output{};
        (void)!getcwd(where.data(), where.size());
        (void)!readlink("/proc/self/fd/1", output.data(), output.size() - 1);
        say(pipe, std::string(where.data()) + " " + output.data() + (getsid(0) == getpid() ? " leader" : "") +
                      (getpid() != before ? " new" : "") + (getppid() != before ? " orphan" : ""));
    });
    EXPECT_EQ(text, "/ /dev/null leader new orphan");
}

TEST(Daemonize, ClosedStandardStreamsBecomeNullSoThatFilesDoNotTakeTheirPlace) {
    const auto text = in_child([](int pipe) {
        close(STDIN_FILENO);
        close(STDOUT_FILENO);
        if (!ensure_standard_streams()) _exit(1);
        std::array<char, 64> target{};
        (void)!readlink("/proc/self/fd/0", target.data(), target.size() - 1);
        const int next = open("/dev/zero", O_RDONLY | O_CLOEXEC);
        // Survives an exec, as a standard stream must.
        const bool kept = (fcntl(STDOUT_FILENO, F_GETFD) & FD_CLOEXEC) == 0;
        say(pipe, std::string(target.data()) + (next > 2 ? " safe" : " taken") + (kept ? " kept" : ""));
    });
    EXPECT_EQ(text, "/dev/null safe kept");
}

TEST(Daemonize, StandardErrorCanBeAFileButNotALink) {
    const TempDir directory;
    const std::string path = directory / "log";
    std::ofstream(path) << "before\n";
    std::filesystem::create_symlink(path, directory / "link");
    const auto text = in_child([&](int pipe) {
        if (redirect_standard_error(directory / "link")) _exit(1);
        if (!redirect_standard_error(path)) _exit(1);
        (void)!write(STDERR_FILENO, "report\n", 7);
        say(pipe, "done");
    });
    EXPECT_EQ(text, "done");
    EXPECT_EQ(content_of(path), "before\nreport\n");
}

TEST(Umask, IsReadAsANumberInC) {
    EXPECT_EQ(parse_umask("022"), 022U);
    EXPECT_EQ(parse_umask("18"), 18U);
    EXPECT_EQ(parse_umask("0x1ff"), 0777U);
    for (const char* bad : {"", "0778", "01000", "-1", "22 ", "rw"})
        EXPECT_EQ(parse_umask(bad), std::nullopt) << bad;
}

TEST(Umask, SettingReturnsTheOldOne) {
    const uint32_t before = set_umask(0123);
    EXPECT_EQ(set_umask(before), 0123U);
}

}  // namespace
}  // namespace holdfast::app
