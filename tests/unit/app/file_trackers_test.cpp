#include "holdfast/app/file_trackers.hpp"

#include <gmock/gmock.h>

#include "fake_edges.hpp"

namespace holdfast::app {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

track::FileSettings file(std::string name, std::string path) {
    track::FileSettings settings;
    settings.name = std::move(name);
    settings.path = std::move(path);
    return settings;
}

class FileTrackersTest : public WithFakeEdges {
  protected:
    FileTrackersTest()
        : trackers(edges, Part::vrrp, [this](std::string_view name, int64_t before, int64_t value) {
              changes.push_back(fmt_change(name, before, value));
          }) {}
    static std::string fmt_change(std::string_view name, int64_t before, int64_t value) {
        return std::string(name) + " " + std::to_string(before) + " " + std::to_string(value);
    }
    void load() { trackers.load({file("tf", "/run/x/tf")}, {"tf"}); }

    std::vector<std::string> changes;
    FileTrackers trackers;
};

TEST_F(FileTrackersTest, ReadsAtTheStartWithoutTellingAChange) {
    files.write("/run/x/tf", "12\n");
    load();
    EXPECT_EQ(trackers.value("tf"), 12);
    EXPECT_THAT(changes, IsEmpty());
}

TEST_F(FileTrackersTest, AMissingFileAndOneWithoutANumberAreZero) {
    load();
    EXPECT_EQ(trackers.value("tf"), 0);
    files.write("/run/x/tf", "soon");
    EXPECT_EQ(trackers.value("tf"), 0);
    EXPECT_THAT(changes, IsEmpty());
}

TEST_F(FileTrackersTest, TellsWritingRenamingAndRemoval) {
    load();
    files.write("/run/x/tf", "5");
    (void)files.replace("/run/x/tf", "-3");
    (void)files.remove("/run/x/tf");
    EXPECT_THAT(changes, ElementsAre("tf 0 5", "tf 5 -3", "tf -3 0"));
}

TEST_F(FileTrackersTest, WithoutADescriptorTheOldNumberStaysUntilThereIsOne) {
    files.write("/run/x/tf", "5");
    load();
    files.exhausted = true;
    files.write("/run/x/tf", "7");
    advance(1s);
    EXPECT_EQ(trackers.value("tf"), 5);
    files.exhausted = false;
    advance(1s);
    EXPECT_THAT(changes, ElementsAre("tf 5 7"));
}

TEST_F(FileTrackersTest, DoesNotReadWhatSomebodyIsStillWriting) {
    files.write("/run/x/tf", "50");
    load();
    files.write("/run/x/other", "");
    files.tell("/run/x/tf", io::FileEvent::created);
    EXPECT_EQ(trackers.value("tf"), 50);
}

TEST_F(FileTrackersTest, KeepsTheOldNumberWhenTheNewOneIsOutOfRange) {
    files.write("/run/x/tf", "7");
    load();
    files.write("/run/x/tf", "99999999999\n");
    EXPECT_EQ(trackers.value("tf"), 7);
    EXPECT_TRUE(logged("Invalid number 99999999999 read from /run/x/tf - ignoring"));
    EXPECT_THAT(changes, IsEmpty());
}

TEST_F(FileTrackersTest, FollowsTheFileBehindALink) {
    files.links["/etc/tf"] = "/data/tf";
    files.write("/data/tf", "3");
    trackers.load({file("tf", "/etc/tf")}, {"tf"});
    EXPECT_EQ(trackers.path("tf"), "/data/tf");
    files.write("/data/tf", "4");
    EXPECT_THAT(changes, ElementsAre("tf 3 4"));
}

TEST_F(FileTrackersTest, WaitsForADirectoryThatIsGoneAndReadsItAgain) {
    files.write("/run/x/tf", "9");
    load();
    files.missing_directory = true;
    (void)files.remove("/run/x/tf");
    files.tell("/run/x/tf", io::FileEvent::directory_gone);
    EXPECT_EQ(files.watched(), 0U);
    EXPECT_EQ(trackers.value("tf"), 0);
    advance(5s);
    EXPECT_EQ(files.watched(), 0U);
    files.missing_directory = false;
    files.write("/run/x/tf", "8");
    advance(1s);
    EXPECT_EQ(trackers.value("tf"), 8);
    EXPECT_EQ(files.watched(), 1U);
    EXPECT_THAT(changes, ElementsAre("tf 9 0", "tf 0 8"));
}

TEST_F(FileTrackersTest, FollowsOnlyWhatSomebodyLooksAt) {
    trackers.load({file("a", "/run/a"), file("b", "/run/b")}, {"b"});
    EXPECT_EQ(files.watched(), 1U);
    EXPECT_EQ(trackers.value("a"), std::nullopt);
}

TEST_F(FileTrackersTest, AReloadKeepsWatchingTheSamePathAndReadsAnotherOne) {
    load();
    files.write("/run/x/tf", "2");
    changes.clear();
    auto heavier = file("tf", "/run/x/tf");
    heavier.weight = 5;
    trackers.load({heavier}, {"tf"});
    EXPECT_EQ(trackers.value("tf"), 2);
    files.write("/run/y", "6");
    trackers.load({file("tf", "/run/y")}, {"tf"});
    EXPECT_EQ(trackers.value("tf"), 6);
    EXPECT_EQ(files.watched(), 1U);
    EXPECT_THAT(changes, IsEmpty());
    trackers.stop();
    EXPECT_EQ(files.watched(), 0U);
}

TEST_F(FileTrackersTest, InitFileWritesWhatIsMissingAndOverwritesWhereTold) {
    auto first = file("a", "/run/a");
    first.initial_value = 4;
    auto second = file("b", "/run/b");
    second.initial_value = 5;
    auto third = file("c", "/run/c");
    third.initial_value = 6;
    third.overwrite = true;
    files.write("/run/b", "1");
    files.write("/run/c", "1");
    initialise_track_files(edges, {first, second, third, file("d", "/run/d")});
    EXPECT_EQ(*files.read("/run/a", 100), "4\n");
    EXPECT_EQ(*files.read("/run/b", 100), "1");
    EXPECT_EQ(*files.read("/run/c", 100), "6\n");
    EXPECT_FALSE(files.exists("/run/d"));
}

}  // namespace
}  // namespace holdfast::app
