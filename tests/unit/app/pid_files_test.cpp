#include "holdfast/app/pid_files.hpp"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "temp_dir.hpp"

namespace holdfast::app {
namespace {

// A living process called keepalived, as an old daemon would be.
class OldKeepalived {
  public:
    OldKeepalived() {
        std::array<int, 2> ready{};
        EXPECT_EQ(pipe(ready.data()), 0);
        pid_ = fork();
        if (pid_ == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            prctl(PR_SET_NAME, "keepalived");
            (void)!write(ready[1], "x", 1);
            for (;;) pause();
        }
        char byte = 0;
        EXPECT_EQ(read(ready[0], &byte, 1), 1);
        close(ready[0]);
        close(ready[1]);
    }
    ~OldKeepalived() {
        kill(pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
    }
    OldKeepalived(const OldKeepalived&) = delete;
    OldKeepalived& operator=(const OldKeepalived&) = delete;
    pid_t pid() const { return pid_; }

  private:
    pid_t pid_ = 0;
};

class PidFilesTest : public testing::Test {
  protected:
    PidFilePaths paths() const {
        return {.directory = {},
                .main = directory / "m.pid",
                .vrrp = directory / "v.pid",
                .checkers = directory / "c.pid",
                .bfd = directory / "b.pid"};
    }
    // Fails the test on an error; tells taken from ours.
    std::optional<PidFiles> acquire(const PidFilePaths& at, const Subsystems& parts = {}) {
        auto files = PidFiles::acquire(at, parts);
        EXPECT_TRUE(files) << files.error().message;
        return std::move(*files);
    }
    void write(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

    TempDir directory;
};

TEST_F(PidFilesTest, AllNamesHoldOurPidAndGoWithUs) {
    {
        auto files = acquire(paths());
        ASSERT_TRUE(files);
        EXPECT_TRUE(files->write());
        for (const char* name : {"m.pid", "v.pid", "c.pid", "b.pid"}) {
            EXPECT_EQ(content_of(directory / name), std::to_string(getpid()) + "\n");
            struct stat status{};
            ASSERT_EQ(stat((directory / name).c_str(), &status), 0);
            EXPECT_EQ(status.st_mode & 0777U, 0644U);
        }
    }
    EXPECT_TRUE(directory.empty());
}

TEST_F(PidFilesTest, OnlyTheRunningPartsHaveFiles) {
    auto files = acquire(paths(), {.checkers = false, .bfd = false});
    EXPECT_EQ(files->paths(), (std::vector<std::string>{directory / "m.pid", directory / "v.pid"}));
}

TEST_F(PidFilesTest, SecondDaemonIsRefusedAndLeavesTheFilesAlone) {
    auto first = acquire(paths());
    ASSERT_TRUE(first->write());
    EXPECT_FALSE(acquire(paths()));
    EXPECT_EQ(content_of(directory / "m.pid"), std::to_string(getpid()) + "\n");
    first.reset();
    EXPECT_TRUE(acquire(paths()));
}

TEST_F(PidFilesTest, SharingOneFileIsEnoughToBeRefused) {
    auto first = acquire(paths());
    auto other = paths();
    other.main = directory / "m2.pid";
    other.checkers = directory / "c2.pid";
    EXPECT_FALSE(acquire(other));
    EXPECT_FALSE(std::filesystem::exists(directory / "m2.pid"));
}

TEST_F(PidFilesTest, StaleFileIsTakenOverAndShortened) {
    write(directory / "m.pid", "4194304000\n");
    auto files = acquire(paths());
    ASSERT_TRUE(files);
    ASSERT_TRUE(files->write());
    EXPECT_EQ(content_of(directory / "m.pid"), std::to_string(getpid()) + "\n");
}

TEST_F(PidFilesTest, LivingKeepalivedThatDoesNotLockIsRespected) {
    const OldKeepalived old;
    write(directory / "m.pid", std::to_string(old.pid()) + "\n");
    EXPECT_FALSE(acquire(paths()));
}

TEST_F(PidFilesTest, ForeignProcessWithTheOldPidIsNot) {
    write(directory / "m.pid", "1\n");
    EXPECT_TRUE(acquire(paths()));
}

TEST_F(PidFilesTest, KeepalivedYoungerThanTheFileIsNotItsOwner) {
    const OldKeepalived young;
    write(directory / "m.pid", std::to_string(young.pid()) + "\n");
    std::filesystem::last_write_time(directory / "m.pid",
                                     std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
    EXPECT_TRUE(acquire(paths()));
}

TEST_F(PidFilesTest, LinksAreNotFollowed) {
    std::filesystem::create_symlink(directory / "target", directory / "m.pid");
    EXPECT_FALSE(PidFiles::acquire(paths(), {}).has_value());
    EXPECT_FALSE(std::filesystem::exists(directory / "target"));
}

TEST_F(PidFilesTest, ReplacedFileIsNotRemoved) {
    {
        auto files = acquire(paths());
        std::filesystem::remove(directory / "m.pid");
        write(directory / "m.pid", "7\n");
    }
    EXPECT_EQ(content_of(directory / "m.pid"), "7\n");
}

TEST_F(PidFilesTest, AbandonedFilesStay) {
    {
        auto files = acquire(paths());
        files->abandon();
    }
    EXPECT_TRUE(std::filesystem::exists(directory / "m.pid"));
}

TEST_F(PidFilesTest, DirectoryIsMadeAndRemovedWhenEmpty) {
    auto at = paths();
    at.directory = directory / "keepalived";
    at.main = at.directory + "/m.pid";
    {
        auto files = acquire(at);
        EXPECT_TRUE(std::filesystem::exists(at.main));
    }
    EXPECT_FALSE(std::filesystem::exists(at.directory));
    {
        auto files = acquire(at);
        write(at.directory + "/other", "");
    }
    EXPECT_TRUE(std::filesystem::exists(at.directory));
}

TEST(PidFilePathsTest, FollowOptionsInstanceAndNamespace) {
    Options options;
    EXPECT_EQ(
        pid_file_paths(options, false, "", ""),
        (PidFilePaths{"", "/run/keepalived.pid", "/run/vrrp.pid", "/run/checkers.pid", "/run/bfd.pid"}));
    EXPECT_EQ(pid_file_paths(options, false, "one", "").vrrp, "/run/keepalived/vrrp_one.pid");
    EXPECT_EQ(pid_file_paths(options, false, "", "ns").main, "/run/keepalived/keepalived.pid");
    EXPECT_EQ(pid_file_paths(options, true, "", "", "/x").directory, "/x/keepalived");
    options.pid_file = "/my.pid";
    EXPECT_EQ(pid_file_paths(options, true, "one", "").main, "/my.pid");
    EXPECT_EQ(pid_file_paths(options, true, "one", "").bfd, "/run/keepalived/bfd_one.pid");
}

TEST_F(PidFilesTest, PartsThatComeWithAReloadGetTheirs) {
    const PidFilePaths at = paths();
    auto files = acquire(at, {.vrrp = true, .checkers = false, .bfd = false});
    ASSERT_TRUE(files);
    ASSERT_TRUE(files->write());
    EXPECT_FALSE(std::filesystem::exists(at.checkers));
    ASSERT_TRUE(files->extend(at, {.vrrp = true, .checkers = true, .bfd = false}));
    EXPECT_EQ(files->paths(), (std::vector<std::string>{at.main, at.vrrp, at.checkers}));
    EXPECT_EQ(std::filesystem::file_size(at.checkers), std::to_string(getpid()).size() + 1);
    EXPECT_FALSE(acquire(at, {.vrrp = false, .checkers = true, .bfd = false}));
    std::filesystem::create_directory(at.bfd);
    EXPECT_FALSE(files->extend(at, {}));
    PidFilePaths nameless = at;
    nameless.main = "";
    EXPECT_FALSE(PidFiles::acquire(nameless, {}));
    files.reset();
    EXPECT_FALSE(std::filesystem::exists(at.checkers));
}

TEST(ReloadFileTest, ExistsEmptyAsLongAsTheReload) {
    const TempDir directory;
    const std::string path = directory / "x.reload";
    {
        const ReloadFile file(path);
        EXPECT_TRUE(file.created());
        struct stat status{};
        ASSERT_EQ(stat(path.c_str(), &status), 0);
        EXPECT_EQ(status.st_size, 0);
        EXPECT_EQ(status.st_mode & 0777U, 0644U);
    }
    EXPECT_FALSE(std::filesystem::exists(path));
    EXPECT_FALSE(ReloadFile(directory / "no/such").created());
    EXPECT_EQ(default_reload_file("/run/keepalived.pid"), "/run/keepalived.reload");
    EXPECT_EQ(default_reload_file("/run/ka"), "/run/ka.reload");
}

}  // namespace
}  // namespace holdfast::app
