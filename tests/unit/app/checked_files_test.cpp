#include "holdfast/app/checked_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_edges.hpp"

namespace holdfast::app {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class CheckedFilesTest : public WithFakeEdges {
  protected:
    static track::FileSettings file(std::string name, std::string path) {
        track::FileSettings settings;
        settings.name = std::move(name);
        settings.path = std::move(path);
        return settings;
    }
    std::vector<std::string> told;
    CheckedFiles checked{edges, [this](const std::string& name) { told.push_back(name); }};
};

TEST_F(CheckedFilesTest, ReadsAtOnceAndTellsChanges) {
    files.write("/f", "12\n");
    checked.load({file("f", "/f")});
    EXPECT_EQ(checked.number("f"), 12);
    EXPECT_THAT(told, IsEmpty());
    files.write("/f", "-3");
    EXPECT_EQ(checked.number("f"), -3);
    files.write("/f", "-3");  // Written, but the same.
    files.replace("/f", "0x10 and more");
    EXPECT_EQ(checked.number("f"), 16);
    files.remove("/f");
    EXPECT_EQ(checked.number("f"), 0);
    EXPECT_THAT(told, ElementsAre("f", "f", "f"));
}

TEST_F(CheckedFilesTest, AFileThatIsBeingMadeIsNotReadYet) {
    files.write("/f", "5");
    checked.load({file("f", "/f")});
    files.replace("/other", "");
    files.tell("/f", io::FileEvent::created);
    EXPECT_THAT(told, IsEmpty());
}

TEST_F(CheckedFilesTest, WhatIsNoNumberOfThisSizeLeavesTheLast) {
    files.write("/f", "7");
    checked.load({file("f", "/f")});
    files.write("/f", "99999999999");
    EXPECT_EQ(checked.number("f"), 7);
    EXPECT_TRUE(logged("Invalid number 99999999999 read from /f - ignoring"));
    files.write("/f", "text");  // As strtol reads it.
    EXPECT_EQ(checked.number("f"), 0);
}

TEST_F(CheckedFilesTest, AReloadKeepsWhatStaysAndForgetsTheRest) {
    files.write("/a", "1");
    files.write("/b", "2");
    checked.load({file("a", "/a"), file("b", "/b")});
    checked.load({file("b", "/b")});
    EXPECT_EQ(files.watched(), 1U);
    EXPECT_EQ(checked.settings("a"), nullptr);
    EXPECT_EQ(checked.number("a"), 0);
    EXPECT_EQ(checked.number("b"), 2);
    files.write("/a", "9");
    files.write("/b", "3");
    EXPECT_THAT(told, ElementsAre("b"));
}

TEST_F(CheckedFilesTest, AFileThatCannotBeWatchedIsReadOnce) {
    files.missing_directory = true;
    checked.load({file("f", "/nowhere/f")});
    EXPECT_EQ(checked.number("f"), 0);
    EXPECT_TRUE(logged("track_file f: "));
}

}  // namespace
}  // namespace holdfast::app
