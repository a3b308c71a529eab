#include "holdfast/io/inotify.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <memory>
#include <utility>
#include <vector>

#include "test_support.hpp"

namespace holdfast::io {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class FileWatchTest : public testing::Test {
  protected:
    std::unique_ptr<FileWatch> watch(const std::string& name) {
        auto made = watcher.watch(folder.file(name), [this](FileEvent event) { events.push_back(event); });
        EXPECT_TRUE(made) << made.error().message;
        return std::move(*made);
    }
    // What was reported for all that happened so far; the kernel queues it at once.
    std::vector<FileEvent> seen() {
        for (int i = 0; i < 3; ++i) loop.run_once(0s);
        return std::exchange(events, {});
    }

    EventLoop loop;
    FileWatcher watcher{loop};
    TemporaryFolder folder;
    std::vector<FileEvent> events;
};

TEST_F(FileWatchTest, ReportsCreationWritingAndDeletionOfItsFileOnly) {
    const auto watched = watch("file");
    folder.write("other", "x");
    EXPECT_THAT(seen(), IsEmpty());
    folder.write("file", "x");
    EXPECT_THAT(seen(), ElementsAre(FileEvent::created, FileEvent::written));
    folder.write("file", "y");
    EXPECT_THAT(seen(), ElementsAre(FileEvent::written));
    folder.read("file");
    EXPECT_THAT(seen(), IsEmpty());
    std::filesystem::remove(folder.file("file"));
    EXPECT_THAT(seen(), ElementsAre(FileEvent::deleted));
}

TEST_F(FileWatchTest, ARenameOntoItIsToldAsSuchAndAwayFromItIsADeletion) {
    const auto watched = watch("file");
    folder.write("new", "x");
    std::filesystem::rename(folder.file("new"), folder.file("file"));
    EXPECT_THAT(seen(), ElementsAre(FileEvent::moved_in));
    std::filesystem::rename(folder.file("file"), folder.file("old"));
    EXPECT_THAT(seen(), ElementsAre(FileEvent::deleted));
}

TEST_F(FileWatchTest, TwoWatchesOfOneDirectoryAreIndependent) {
    const auto one = watch("one");
    auto two = watch("two");
    folder.write("two", "x");
    EXPECT_EQ(seen().size(), 2U);
    two.reset();
    folder.write("two", "x");
    EXPECT_THAT(seen(), IsEmpty());
    folder.write("one", "x");
    EXPECT_EQ(seen().size(), 2U);
}

TEST_F(FileWatchTest, TwoWatchesOfOneFileAreBothTold) {
    const auto one = watch("file");
    const auto two = watch("file");
    folder.write("file", "x");
    EXPECT_EQ(seen().size(), 4U);
}

TEST_F(FileWatchTest, TheLastWatchOfADirectoryEndsItAndItCanBeWatchedAgain) {
    auto watched = watch("file");
    watched.reset();
    folder.write("file", "x");
    EXPECT_THAT(seen(), IsEmpty());
    watched = watch("file");
    folder.write("file", "x");
    EXPECT_THAT(seen(), ElementsAre(FileEvent::written));
}

TEST_F(FileWatchTest, AWatchMayBeDestroyedByItsOwnOrAnothersCallback) {
    std::unique_ptr<FileWatch> own;
    auto victim = watch("file");
    auto made = watcher.watch(folder.file("file"), [&](FileEvent event) {
        events.push_back(event);
        victim.reset();
        own.reset();
    });
    ASSERT_TRUE(made);
    own = std::move(*made);
    folder.write("file", "x");
    // The victim was there first and heard of the creation, but of nothing after.
    EXPECT_THAT(seen(), ElementsAre(FileEvent::created, FileEvent::created));
}

TEST_F(FileWatchTest, EverythingMayBeDestroyedInsideACallback) {
    auto other = std::make_unique<FileWatcher>(loop);
    std::unique_ptr<FileWatch> own;
    auto made = other->watch(folder.file("file"), [&](FileEvent event) {
        events.push_back(event);
        own.reset();
        other.reset();
    });
    ASSERT_TRUE(made);
    own = std::move(*made);
    folder.write("file", "x");
    EXPECT_THAT(seen(), ElementsAre(FileEvent::created));
}

TEST_F(FileWatchTest, AWatchAddedInACallbackHearsOfLaterEventsOnly) {
    std::unique_ptr<FileWatch> late;
    std::unique_ptr<FileWatch> first;
    auto made = watcher.watch(folder.file("file"), [&](FileEvent event) {
        if (event == FileEvent::created) late = watch("file");
    });
    ASSERT_TRUE(made);
    first = std::move(*made);
    folder.write("file", "x");
    EXPECT_THAT(seen(), ElementsAre(FileEvent::written));
}

TEST_F(FileWatchTest, ADirectoryThatGoesAwayIsReportedOnce) {
    std::filesystem::create_directory(folder.file("sub"));
    auto watched = watch("sub/file");
    std::filesystem::remove(folder.file("sub"));
    EXPECT_THAT(seen(), ElementsAre(FileEvent::directory_gone));
    std::filesystem::create_directory(folder.file("sub"));
    const auto again = watch("sub/file");
    watched.reset();
    folder.write("sub/file", "x");
    EXPECT_EQ(seen().size(), 2U);
}

TEST_F(FileWatchTest, ADirectoryThatIsMovedAwayIsGone) {
    std::filesystem::create_directory(folder.file("sub"));
    const auto watched = watch("sub/file");
    std::filesystem::rename(folder.file("sub"), folder.file("elsewhere"));
    EXPECT_THAT(seen(), ElementsAre(FileEvent::directory_gone));
    folder.write("elsewhere/file", "x");
    EXPECT_THAT(seen(), IsEmpty());
}

TEST_F(FileWatchTest, SaysWhyAPathCannotBeWatched) {
    const auto missing = watcher.watch(folder.file("none/file"), [](FileEvent) {});
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().os_error, ENOENT);
    EXPECT_FALSE(watcher.watch(folder.path() + "/", [](FileEvent) {}));
    folder.write("plain", "x");
    const auto plain = watcher.watch(folder.file("plain/file"), [](FileEvent) {});
    ASSERT_FALSE(plain);
    EXPECT_EQ(plain.error().os_error, ENOTDIR);
}

}  // namespace
}  // namespace holdfast::io
