// Files that would cost too much: each gives one clear report and ends quickly.
#include "language_fixture.hpp"

namespace holdfast::config {
namespace {

using LimitsTest = LanguageTest;

TEST_F(LimitsTest, AFileThatIncludesItselfIsReportedOncePerIncludeOfTheMainFile) {
    read("a\ninclude keepalived.conf\nb\ninclude keepalived.conf\nc\n");
    EXPECT_EQ(diagnostics.total(), 2U);
    EXPECT_EQ(diagnostics.all().front().included_from.size(), options.limits.include_depth);
    EXPECT_EQ(document.files().size(), 1 + 2 * options.limits.include_depth);
    EXPECT_TRUE(shape(document.directives()).ends_with("; c"));
    EXPECT_EQ(exit_code(), 5);
}

TEST_F(LimitsTest, IncludesAfterALoopAreStillFollowed) {
    files.add("/etc/keepalived/loop.conf", "include loop.conf\n").add("/etc/keepalived/good.conf", "good\n");
    EXPECT_EQ(read("include loop.conf\ninclude good.conf\n"), "good");
    EXPECT_EQ(diagnostics.total(), 1U);
}

TEST_F(LimitsTest, TheNumberAndSizeOfFilesAreBounded) {
    options.limits.files = 3;
    files.add("/etc/keepalived/x.conf", "x\n");
    EXPECT_EQ(read("~SEQ(i, 100) include x.conf\n"), "x; x");
    EXPECT_EQ(diagnostics.total(), 1U);
    options.limits = {};
    options.limits.total_bytes = 40;
    EXPECT_EQ(read("include x.conf\ninclude x.conf\n#.....\n"), "x");
    EXPECT_EQ(diagnostics.total(), 1U);
}

TEST_F(LimitsTest, BlocksBeyondTheDepthAreIgnoredWithTheirContents) {
    options.limits.nesting = 2;
    EXPECT_EQ(read("a {\n b {\n c {\n d {\n e\n }\n }\n f\n }\n g\n}\nh {\n i {\n j {\n }\n }\n}\n"),
              "a {b {c; f}; g}; h {i {j}}");
    EXPECT_EQ(diagnostics.total(), 1U);
    EXPECT_EQ(diagnostics.worst(), ReportClass::brace);
    EXPECT_EQ(read("a { b { c { d } } }\nz\n"), "a {b {c}}; z");
    EXPECT_EQ(diagnostics.total(), 1U);
}

TEST_F(LimitsTest, AMillionOpenBracesAreOneReportOrTwo) {
    std::string text;
    for (int i = 0; i < 200000; ++i) text += "a {\n";
    read(text);
    EXPECT_EQ(diagnostics.total(), 1U + options.limits.nesting);
}

TEST_F(LimitsTest, DefinitionsThatUseThemselvesAreReported) {
    EXPECT_EQ(read("$a=${a}\nx ${a}\ny\n"), "y");
    EXPECT_EQ(diagnostics.total(), 1U);
    EXPECT_EQ(exit_code(), 5);
    EXPECT_EQ(read("$a=${b}${b}\n$b=${a}\nx ${a}\ny\n"), "y");
    EXPECT_EQ(diagnostics.total(), 1U);
}

TEST_F(LimitsTest, LinesThatProduceThemselvesAreReported) {
    EXPECT_EQ(read("$m= \\\n $m \\\n $m\nx\n$m\ny\n").substr(0, 1), "x");
    EXPECT_EQ(diagnostics.total(), 1U) << render(diagnostics);
    EXPECT_TRUE(shape(document.directives()).ends_with("; y"));
}

TEST_F(LimitsTest, LinesGrowingExponentiallyAreCutOff) {
    options.limits.repetitions = 5000;
    std::string text = "$m0=a \\\n b\n";
    for (int i = 1; i < 40; ++i) {
        std::string before = "$m" + std::to_string(i - 1);
        text += "$m" + std::to_string(i) + "= \\\n " + before + " \\\n " + before + "\n";
    }
    read(text + "$m39\nlast\n");
    EXPECT_EQ(diagnostics.total(), 1U) << render(diagnostics);
    EXPECT_LE(document.size(), 5001U);
    EXPECT_EQ((*document.directives().begin()).keyword(), "a");
}

TEST_F(LimitsTest, SubstitutionMayNotMakeALineTooLong) {
    EXPECT_EQ(read("$a=" + std::string(1000, 'x') + "\nv ${a}${a}${a}${a}${a}${a}${a}${a}${a}\nw\n"), "w");
    EXPECT_EQ(only_report().span.position.line, 2U);
    // More than keepalived's buffer is fine.
    read("$a=" + std::string(1000, 'x') + "\nv ${a}${a}${a}\n");
    EXPECT_TRUE(diagnostics.empty());
}

TEST_F(LimitsTest, RepetitionIsBounded) {
    EXPECT_EQ(read("~SEQ(n, 1000000000) a\n~SEQ(n, 2) b\n"), "b; b");
    EXPECT_EQ(diagnostics.total(), 1U);
    options.limits.repetitions = 50;
    EXPECT_EQ(read("~SEQ(a, 10) ~SEQ(b, 10) c\nd\n").substr(0, 4), "c; c");
    EXPECT_EQ(diagnostics.total(), 1U);
    EXPECT_LE(document.size(), 51U);
}

TEST_F(LimitsTest, RepeatedTextIsBounded) {
    options.limits.expanded_bytes = 10000;
    read("~SEQ(a, 1000) " + std::string(900, 'x') + "\nd\n");
    EXPECT_EQ(diagnostics.total(), 1U);
    EXPECT_LE(document.size(), 20U);
}

TEST_F(LimitsTest, ManyRepetitionsOnALineAreReported) {
    std::string line;
    for (int i = 0; i < 90; ++i) line += "~SEQ(n,1)";
    EXPECT_EQ(read(line + " a\nb\n"), "a; b");
    for (int i = 0; i < 20; ++i) line += "~SEQ(n,1)";
    EXPECT_EQ(read(line + " a\nb\n"), "b");
    EXPECT_EQ(diagnostics.total(), 1U);
}

TEST_F(LimitsTest, ErrorsInRepeatedLinesAreKeptToALimit) {
    read("~SEQ(n, 5000) a ${NO}\n");
    EXPECT_EQ(diagnostics.total(), 5000U);
    EXPECT_EQ(diagnostics.all().size(), Diagnostics::kDefaultLimit);
}

TEST_F(LimitsTest, ManyLinesTakeLinearTime) {
    std::string text;
    for (int i = 0; i < 100000; ++i) text += "  real_server 10.0.0.1 80 \"q\" # c\n";
    read(text);
    EXPECT_EQ(document.size(), 100000U);
    // Asking for every position is linear too.
    uint64_t sum = 0;
    for (Directive directive : document.directives()) sum += directive.position().line;
    EXPECT_EQ(sum, 100000ULL * 100001 / 2);
}

}  // namespace
}  // namespace holdfast::config
