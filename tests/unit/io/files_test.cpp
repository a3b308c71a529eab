#include "holdfast/io/files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>

#include "test_support.hpp"

namespace holdfast::io {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

class SystemFilesTest : public testing::Test {
  protected:
    EventLoop loop;
    SystemFiles files{loop};
    TemporaryFolder folder;
};

TEST_F(SystemFilesTest, ReadsNoMoreThanItsLimit) {
    folder.write("file", "0123456789");
    EXPECT_EQ(*files.read(folder.file("file"), 4), "0123");
    EXPECT_EQ(*files.read(folder.file("file"), 40), "0123456789");
    const auto missing = files.read(folder.file("none"), 4);
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().os_error, ENOENT);
    EXPECT_FALSE(files.read(folder.path(), 4));  // A directory.
}

TEST_F(SystemFilesTest, ReplacesALinkAndNotWhatItPointsTo) {
    folder.write("target", "mine");
    std::filesystem::create_symlink(folder.file("target"), folder.file("link"));
    ASSERT_TRUE(files.replace(folder.file("link"), "new"));
    EXPECT_EQ(folder.read("target"), "mine");
    EXPECT_EQ(folder.read("link"), "new");
    EXPECT_FALSE(std::filesystem::is_symlink(folder.file("link")));
    struct stat facts{};
    ASSERT_EQ(::stat(folder.file("link").c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777U, 0600U);
    EXPECT_FALSE(files.replace(folder.path() + "/none/file", "x"));
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 2);
}

TEST_F(SystemFilesTest, RemovingWhatIsNotThereIsNoFailure) {
    folder.write("file", "x");
    EXPECT_TRUE(files.exists(folder.file("file")));
    EXPECT_TRUE(files.remove(folder.file("file")));
    EXPECT_FALSE(files.exists(folder.file("file")));
    EXPECT_TRUE(files.remove(folder.file("file")));
    EXPECT_FALSE(files.remove(folder.path()));
}

TEST_F(SystemFilesTest, FollowsLinksInAPathWhoseLastPartMayBeMissing) {
    const std::string real = std::filesystem::canonical(folder.path());
    std::filesystem::create_directory(folder.file("dir"));
    std::filesystem::create_directory_symlink("dir", folder.file("way"));
    EXPECT_EQ(files.real_path(folder.file("way") + "/new"), real + "/dir/new");
    folder.write("dir/old", "x");
    std::filesystem::create_symlink("dir/old", folder.file("short"));
    EXPECT_EQ(files.real_path(folder.file("short")), real + "/dir/old");
    EXPECT_EQ(files.real_path(folder.file("none/new")), std::nullopt);
    EXPECT_EQ(files.real_path(folder.file("dir/old/new")), std::nullopt);
    EXPECT_EQ(files.real_path("/holdfast-test-missing"), "/holdfast-test-missing");
}

TEST_F(SystemFilesTest, WatchesThroughOneSubscriptionEach) {
    std::vector<FileEvent> events;
    auto subscription = files.watch(folder.file("file"), [&](FileEvent event) { events.push_back(event); });
    ASSERT_TRUE(subscription);
    ASSERT_TRUE(files.replace(folder.file("file"), "x"));
    for (int i = 0; i < 3; ++i) loop.run_once(0s);
    EXPECT_THAT(events, ElementsAre(FileEvent::moved_in));
    subscription->reset();
    folder.write("file", "y");
    for (int i = 0; i < 3; ++i) loop.run_once(0s);
    EXPECT_THAT(events, ElementsAre(FileEvent::moved_in));
    EXPECT_FALSE(files.watch(folder.file("none/file"), [](FileEvent) {}));
}

}  // namespace
}  // namespace holdfast::io
