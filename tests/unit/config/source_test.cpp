// Both file readers keep the same contract; the real one is tested in a folder of its own.
#include "holdfast/config/source.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace holdfast::config {
namespace {

class SystemFiles : public testing::Test {
  protected:
    SystemFiles() {
        std::string pattern = (std::filesystem::temp_directory_path() / "holdfast-source-XXXXXX").string();
        folder = ::mkdtemp(pattern.data());
    }
    ~SystemFiles() override { std::filesystem::remove_all(folder); }
    std::string path(const std::string& name) const { return folder + "/" + name; }
    void write(const std::string& name, const std::string& text) const { std::ofstream(path(name)) << text; }

    std::string folder;
    SystemFileReader reader;
};

TEST_F(SystemFiles, SeesWhatAPathIs) {
    write("plain", "x");
    write("run", "x");
    std::filesystem::permissions(path("run"), std::filesystem::perms::others_exec,
                                 std::filesystem::perm_options::add);
    std::filesystem::create_symlink("plain", path("link"));
    std::filesystem::create_symlink("nothing", path("dangling"));
    ASSERT_EQ(::mkfifo(path("fifo").c_str(), 0600), 0);

    EXPECT_EQ(reader.status(path("plain")).kind, PathKind::regular);
    EXPECT_FALSE(reader.status(path("plain")).executable);
    EXPECT_TRUE(reader.status(path("run")).executable);
    EXPECT_EQ(reader.status(path("link")).kind, PathKind::regular);
    EXPECT_EQ(reader.status(path("dangling")).kind, PathKind::dangling);
    EXPECT_EQ(reader.status(path("fifo")).kind, PathKind::other);
    EXPECT_EQ(reader.status(folder).kind, PathKind::directory);
    EXPECT_EQ(reader.status(path("none")).kind, PathKind::missing);
}

TEST_F(SystemFiles, ReadsWholeFiles) {
    std::string large(300000, 'x');
    large += std::string("\0end", 4);
    write("large", large);
    write("empty", "");
    EXPECT_EQ(*reader.read(path("large")), large);
    EXPECT_EQ(*reader.read(path("empty")), "");
}

// A size of zero says nothing for such files.
TEST_F(SystemFiles, ReadsFilesThatDoNotKnowTheirSize) {
    EXPECT_FALSE(reader.read("/proc/self/status")->empty());
}

TEST_F(SystemFiles, RefusesWhatWouldBlockOrIsNoFile) {
    ASSERT_EQ(::mkfifo(path("fifo").c_str(), 0600), 0);
    EXPECT_FALSE(reader.read(path("fifo")));
    EXPECT_FALSE(reader.read(folder));
    EXPECT_FALSE(reader.read(path("none")));
    EXPECT_NE(reader.read(path("none")).error().message.find("none"), std::string::npos);
}

TEST_F(SystemFiles, ListsADirectory) {
    write("b", "");
    write("a", "");
    std::optional<std::vector<std::string>> names = reader.list(folder);
    ASSERT_TRUE(names);
    std::ranges::sort(*names);
    EXPECT_EQ(*names, (std::vector<std::string>{"a", "b"}));
    EXPECT_FALSE(reader.list(path("none")));
}

TEST_F(SystemFiles, ResolvesDirectories) {
    std::filesystem::create_directory(path("sub"));
    std::filesystem::create_symlink("sub", path("link"));
    EXPECT_EQ(reader.resolve_directory(path("link/../sub/.")),
              std::filesystem::canonical(path("sub")).string());
    EXPECT_EQ(reader.resolve_directory(""), std::filesystem::current_path().string());
    EXPECT_EQ(reader.resolve_directory(path("none")), path("none"));
}

TEST(MemoryFilesTest, KeepsTheContract) {
    MemoryFiles files("/w");
    files.add("d/a", "text").add("/x/y/z", "").add_directory("/empty");
    EXPECT_EQ(files.status("/w/d/a").kind, PathKind::regular);
    EXPECT_EQ(files.status("d").kind, PathKind::directory);
    EXPECT_EQ(files.status("./d/../d//a").kind, PathKind::regular);
    EXPECT_EQ(files.status("d/b").kind, PathKind::missing);
    EXPECT_EQ(*files.read("d/a"), "text");
    EXPECT_FALSE(files.read("d/b"));
    EXPECT_EQ(*files.list("/"), (std::vector<std::string>{"empty", "w", "x"}));
    EXPECT_EQ(*files.list("/empty"), std::vector<std::string>{});
    EXPECT_FALSE(files.list("/none"));
    EXPECT_EQ(files.resolve_directory("d/.."), "/w");
    files.remove("d/a");
    EXPECT_EQ(files.status("d/a").kind, PathKind::missing);
}

TEST(Paths, AreJoinedAndSplit) {
    EXPECT_EQ(join_path("", "a"), "a");
    EXPECT_EQ(join_path("/d", "a"), "/d/a");
    EXPECT_EQ(join_path("/", "a"), "/a");
    EXPECT_EQ(join_path("/d", "/a"), "/a");
    EXPECT_EQ(directory_of("a"), "");
    EXPECT_EQ(directory_of("/a"), "/");
    EXPECT_EQ(directory_of("/a/b"), "/a");
}

}  // namespace
}  // namespace holdfast::config
