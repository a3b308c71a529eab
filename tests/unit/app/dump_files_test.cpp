#include "holdfast/app/dump_files.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "temp_dir.hpp"

namespace holdfast::app {
namespace {

TEST(DumpNamesTest, FollowStateDumpFileAndInstance) {
    DumpNames names{.directory = "/tmp"};
    EXPECT_EQ(data_path(names, DataDump::vrrp), "/tmp/keepalived.data");
    EXPECT_EQ(data_path(names, DataDump::checkers), "/tmp/keepalived_check.data");
    EXPECT_EQ(data_path(names, DataDump::bfd), "/tmp/keepalived_bfd.data");
    EXPECT_EQ(data_path(names, DataDump::parent), "/tmp/keepalived_parent.data");
    EXPECT_EQ(stats_path(names), "/tmp/keepalived.stats");
    EXPECT_EQ(json_path(names), "/tmp/keepalived.json");

    names.state_dump_file = "/var/lib/ka/";
    EXPECT_EQ(data_path(names, DataDump::parent), "/var/lib/ka/keepalived_parent.data");
    names.state_dump_file = "/var/my.data";
    EXPECT_EQ(data_path(names, DataDump::parent), "/var/my_parent.data");
    names.state_dump_file = "my.data";
    names.instance = "one";
    EXPECT_EQ(data_path(names, DataDump::parent), "/tmp/my_parent.data");  // Only with data_use_instance.
    names.use_instance = true;
    EXPECT_EQ(data_path(names, DataDump::parent), "/tmp/my_parent.one.data");
    names.net_namespace = "NS";
    EXPECT_EQ(data_path(names, DataDump::vrrp), "/tmp/my.NS_one.data");
    names.instance = "";
    EXPECT_EQ(data_path(names, DataDump::vrrp), "/tmp/my.NS.data");
    names.state_dump_file = "state";
    EXPECT_EQ(data_path(names, DataDump::checkers), "/tmp/state_check.NS");
}

TEST(TemporaryDirectory, IsTmpdirWhenItIsAbsolute) {
    const TempDir directory;
    const char* before = std::getenv("TMPDIR");
    const std::string saved = before != nullptr ? before : "";
    setenv("TMPDIR", directory.path().c_str(), 1);
    EXPECT_EQ(temporary_directory(), directory.path());
    setenv("TMPDIR", "relative", 1);
    EXPECT_EQ(temporary_directory(), "/tmp");
    setenv("TMPDIR", "/no/such/directory", 1);
    EXPECT_EQ(temporary_directory(), "/no/such/directory");  // Nothing is written to a place nobody named.
    unsetenv("TMPDIR");
    EXPECT_EQ(temporary_directory(), "/tmp");
    if (before != nullptr) setenv("TMPDIR", saved.c_str(), 1);
}

TEST(WriteDump, ReplacesTheWholeFilePrivately) {
    const TempDir directory;
    const std::string path = directory / "x.data";
    std::ofstream(path) << "an old and much longer content";
    ASSERT_TRUE(write_dump(path, "new"));
    EXPECT_EQ(content_of(path), "new");
    struct stat status{};
    ASSERT_EQ(stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory.path()), {}), 1);
}

TEST(WriteDump, OthersMayReadWhatTheModeAllows) {
    const TempDir directory;
    const std::string path = directory / "x.data";
    ASSERT_TRUE(write_dump(path, "new", 0644));
    struct stat status{};
    ASSERT_EQ(stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0644U);
}

TEST(WriteDump, PlantedLinkIsReplacedNotFollowed) {
    const TempDir directory;
    std::ofstream(directory / "victim") << "precious";
    std::filesystem::create_symlink(directory / "victim", directory / "x.data");
    ASSERT_TRUE(write_dump(directory / "x.data", "dump"));
    EXPECT_EQ(content_of(directory / "victim"), "precious");
    EXPECT_FALSE(std::filesystem::is_symlink(directory / "x.data"));
}

TEST(WriteDump, FailureLeavesNothingBehind) {
    const TempDir directory;
    EXPECT_FALSE(write_dump(directory / "no/such/x.data", "dump"));
    std::filesystem::create_directory(directory / "taken");
    EXPECT_FALSE(write_dump(directory / "taken", "dump"));  // A file cannot be renamed over a directory.
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory.path()), {}), 1);
}

}  // namespace
}  // namespace holdfast::app
