// Files that nobody wrote by hand, and names that are no files: reading ends soon, in little memory, with a
// report that says what happened.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "language_fixture.hpp"

namespace holdfast::config {
namespace {

using HostileFileTest = LanguageTest;

TEST_F(HostileFileTest, ALineOfTenMegabytesIsReadInPartsAndNotShownWhole) {
    read(std::string(10'000'000, 'x'));
    EXPECT_EQ(diagnostics.total(), 10'000'000U / 1023U);
    size_t shown = 0;
    for (const Diagnostic& diagnostic : diagnostics.all()) shown += diagnostic.source_line.size();
    EXPECT_LT(shown, 100'000U);
    EXPECT_NE(render(diagnostics).find("longer than 1022 bytes"), std::string::npos);
}

TEST_F(HostileFileTest, OfAMillionWordsOnALineTheLastPartIsRead) {
    std::string text;
    for (int i = 0; i < 1'000'000; ++i) text += "w ";
    read(text + "\nnext\n");
    EXPECT_EQ(document.size(), 2U);
    EXPECT_EQ(diagnostics.total(), 2'000'000U / 1023U);
    EXPECT_EQ(diagnostics.worst(), ReportClass::general);
}

TEST_F(HostileFileTest, ALineOfNulBytesIsOneReport) {
    EXPECT_EQ(read("a\n" + std::string(500, '\0') + "\nb\n"), "a; b");
    EXPECT_EQ(diagnostics.total(), 1U);
}

TEST_F(HostileFileTest, DirectivesBeyondTheLimitAreLeftOutWithOneReport) {
    options.limits.directives = 100;
    std::string text;
    for (int i = 0; i < 1000; ++i) text += "a b\n\"quoted\" $x\n";
    read(text);
    EXPECT_EQ(document.size(), 100U);
    EXPECT_EQ(diagnostics.total(), 1U) << render(diagnostics);
    EXPECT_NE(render(diagnostics).find("more than 100 directives"), std::string::npos);
}

TEST_F(HostileFileTest, ManyStrayBracesCostNoMemory) {
    read(std::string(3'000'000, '}') + "\na\n");
    EXPECT_LE(diagnostics.total(), 10'000U);
    EXPECT_EQ(document.size(), 1U);
}

TEST_F(HostileFileTest, ManyBracesWithoutAKeywordCostNoMemory) {
    std::string text;
    for (int i = 0; i < 1'000'000; ++i) text += "{}";
    read(text + "\n");
    EXPECT_LE(diagnostics.total(), 10'000U);
    EXPECT_EQ(document.size(), 0U);
}

TEST_F(HostileFileTest, IncludesMayLookAtALimitedNumberOfNames) {
    for (int i = 0; i < 100; ++i) files.add("/etc/keepalived/d/" + std::to_string(i), "x\n");
    options.limits.file_names = 1000;
    std::string text;
    for (int i = 0; i < 50; ++i) text += "include d/none*\n";
    EXPECT_EQ(read(text + "y\n"), "y");
    EXPECT_EQ(diagnostics.total(), 1U) << render(diagnostics);
    EXPECT_NE(render(diagnostics).find("look for too many files"), std::string::npos);
}

TEST_F(HostileFileTest, MoreFilesThanAnyConfigurationHasAreLeftOut) {
    for (int i = 0; i < 12'000; ++i) files.add("/etc/keepalived/d/" + std::to_string(i) + ".conf", "x\n");
    read("include d/*.conf\n");
    EXPECT_LE(document.size(), 10'000U);
    EXPECT_TRUE(diagnostics.has(ReportClass::general));
}

TEST_F(HostileFileTest, SubstitutionThatMovesTheLineAgainAndAgainUsesUpTheLimit) {
    // 900 steps at the front of a line of 900 bytes, 30 000 times: 25 GB to move.
    std::string text;
    for (int i = 0; i < 900; ++i) text += "$v" + std::to_string(i) + "=${v" + std::to_string(i + 1) + "}\n";
    text += "$v900=end\n";
    const std::string line = "${v0} " + std::string(900, 'x') + "\n";
    for (int i = 0; i < 30'000; ++i) text += line;
    const auto began = std::chrono::steady_clock::now();
    read(text);
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(60));
    EXPECT_NE(render(diagnostics).find("too much text"), std::string::npos);
}

/// Names that are there and are no configuration.
class StrangeFileTest : public testing::Test {
  protected:
    StrangeFileTest() {
        std::string pattern = testing::TempDir() + "holdfast-strange-XXXXXX";
        if (::mkdtemp(pattern.data()) == nullptr) std::abort();
        folder_ = pattern;
    }
    ~StrangeFileTest() override { (void)std::system(("rm -rf '" + folder_ + "'").c_str()); }

    std::string path(const std::string& name) const { return folder_ + "/" + name; }
    /// What reading a file with these lines says.
    std::string read(const std::string& text) {
        std::ofstream(path("main.conf")) << text;
        return load(path("main.conf"));
    }
    std::string load(const std::string& name) {
        Diagnostics diagnostics;
        const SystemFileReader files;
        const Document document = load_document(name, LanguageOptions{}, files, diagnostics);
        directives_ = document.size();
        worst_ = diagnostics.worst();
        return render(diagnostics);
    }

    std::string folder_;
    size_t directives_ = 0;
    ReportClass worst_ = ReportClass::remark;
};

TEST_F(StrangeFileTest, DevicesAndFifosAreSkippedWithoutOpeningThem) {
    ASSERT_EQ(::mkfifo(path("fifo").c_str(), 0600), 0);
    const std::string report =
        read("include /dev/zero\ninclude " + path("fifo") + "\nincluder /dev/zero\nlast\n");
    EXPECT_NE(report.find("`/dev/zero` is not a regular non-executable file"), std::string::npos) << report;
    EXPECT_NE(report.find("fifo` is not a regular"), std::string::npos);
    EXPECT_EQ(worst_, ReportClass::include_file);
    EXPECT_EQ(directives_, 1U);
}

TEST_F(StrangeFileTest, ADeviceFifoOrDirectoryIsNoMainFile) {
    ASSERT_EQ(::mkfifo(path("fifo").c_str(), 0600), 0);
    for (const std::string& name : {std::string("/dev/zero"), path("fifo"), folder_}) {
        EXPECT_FALSE(load(name).empty()) << name;
        EXPECT_EQ(directives_, 0U);
    }
}

TEST_F(StrangeFileTest, AFileLargerThanAnyConfigurationIsNotRead) {
    const int file = ::open(path("huge.conf").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    ASSERT_GE(file, 0);
    ASSERT_EQ(::ftruncate(file, off_t{1} << 40), 0);  // Sparse.
    ::close(file);
    EXPECT_NE(read("include huge.conf\nlast\n").find("too large for a configuration"), std::string::npos);
    EXPECT_EQ(directives_, 1U);
    EXPECT_NE(load(path("huge.conf")).find("too large for a configuration"), std::string::npos);
}

TEST_F(StrangeFileTest, LinksInACircleAreMissingFiles) {
    ASSERT_EQ(::symlink("b.conf", path("a.conf").c_str()), 0);
    ASSERT_EQ(::symlink("a.conf", path("b.conf").c_str()), 0);
    EXPECT_FALSE(read("include a.conf\nlast\n").empty());
    EXPECT_EQ(directives_, 1U);
}

}  // namespace
}  // namespace holdfast::config
