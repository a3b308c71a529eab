// The names of iproute2 in folders of our own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "holdfast/config/environment.hpp"

namespace holdfast::config {
namespace {

using testing::Optional;
namespace files = std::filesystem;

class NameTablesTest : public testing::Test {
  protected:
    NameTablesTest() {
        std::string pattern = files::temp_directory_path() / "holdfast-names-XXXXXX";
        folder = mkdtemp(pattern.data());
    }
    ~NameTablesTest() override { files::remove_all(folder); }

    void write(const std::string& path, const std::string& text) {
        files::create_directories((folder / path).parent_path());
        std::ofstream(folder / path) << text;
    }
    std::optional<uint32_t> number(std::string_view name, NameTable table = NameTable::route_tables) const {
        return SystemEnvironment().named_number_in({folder / "usr", folder / "etc"}, table, name);
    }

    files::path folder;
};

TEST_F(NameTablesTest, AreReadFromTheVendorsFile) {
    write("usr/rt_tables", "# comment\n 111 red # another\n0x70\tgreen\nnonsense blue\n");
    EXPECT_THAT(number("red"), Optional(111U));
    EXPECT_THAT(number("green"), Optional(0x70U));
    EXPECT_FALSE(number("blue"));
    EXPECT_FALSE(number("comment"));
}

TEST_F(NameTablesTest, OfTheSiteReplaceTheVendorsFile) {
    write("usr/rt_tables", "111 red\n112 green\n");
    write("etc/rt_tables", "222 red\n");
    EXPECT_THAT(number("red"), Optional(222U));
    EXPECT_FALSE(number("green"));
}

TEST_F(NameTablesTest, InFoldersAddToTheFile) {
    write("etc/rt_tables", "222 red\n");
    write("usr/rt_tables.d/vendor.conf", "1 one\n");
    write("usr/rt_tables.d/both.conf", "2 two\n");
    write("etc/rt_tables.d/both.conf", "3 three\n");
    EXPECT_THAT(number("red"), Optional(222U));
    EXPECT_THAT(number("one"), Optional(1U));
    EXPECT_FALSE(number("two"));  // The site has a file of this name.
    EXPECT_THAT(number("three"), Optional(3U));
}

TEST_F(NameTablesTest, InOtherFilesOfFoldersAreNotRead) {
    write("etc/rt_tables.d/.hidden.conf", "1 one\n");
    write("etc/rt_tables.d/backup.conf~", "2 two\n");
    write("etc/rt_tables.d/.conf", "3 three\n");
    for (const char* name : {"one", "two", "three"}) EXPECT_FALSE(number(name)) << name;
}

TEST_F(NameTablesTest, HaveSomeThatNeedNoFile) {
    EXPECT_THAT(number("main"), Optional(254U));
    EXPECT_THAT(number("keepalived", NameTable::route_protocols), Optional(18U));
    EXPECT_FALSE(number("keepalived"));
}

TEST_F(NameTablesTest, HaveAFileForEachKind) {
    const std::pair<const char*, NameTable> kinds[] = {
        {"rt_tables", NameTable::route_tables}, {"rt_protos", NameTable::route_protocols},
        {"rt_scopes", NameTable::scopes},       {"rt_realms", NameTable::realms},
        {"rt_dsfield", NameTable::dsfield},     {"group", NameTable::groups}};
    for (const auto& [file, table] : kinds) {
        write(std::string("etc/") + file, "77 ours\n");
        EXPECT_THAT(number("ours", table), Optional(77U)) << file;
    }
}

}  // namespace
}  // namespace holdfast::config
