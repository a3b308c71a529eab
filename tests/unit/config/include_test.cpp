// Includes: which files are read, in which order, and what a missing one means.
#include "holdfast/config/include.hpp"

#include "language_fixture.hpp"

namespace holdfast::config {
namespace {

class IncludeTest : public LanguageTest {
  protected:
    IncludeTest() {
        files.add("/etc/keepalived/a.conf", "a\n")
            .add("/etc/keepalived/b.conf", "b\n")
            .add("/etc/keepalived/d/c.conf", "c\n")
            .add("/etc/keepalived/d/e.conf", "e")
            .add("/etc/keepalived/d/.hidden.conf", "hidden\n")
            .add_special("/etc/keepalived/run.conf", {PathKind::regular, true})
            .add_special("/etc/keepalived/fifo.conf", {PathKind::other, false})
            .add_special("/etc/keepalived/link.conf", {PathKind::dangling, false})
            .add_special("/etc/keepalived/secret.conf", {PathKind::regular, false});
    }
};

TEST_F(IncludeTest, ReadsAFileInPlace) {
    EXPECT_EQ(read("x\n  include a.conf # comment\ny\n"), "x; a; y");
    EXPECT_EQ(document.files(), (std::vector<std::string>{kMain, "/etc/keepalived/a.conf"}));
    EXPECT_TRUE(diagnostics.empty());
}

TEST_F(IncludeTest, AllFormsAreKnown) {
    for (const char* keyword : {"include", "includer", "includem", "includew", "includeb", "includea"}) {
        EXPECT_EQ(read(std::string(keyword) + " a.conf\n"), "a") << keyword;
        EXPECT_EQ(read(std::string(keyword) + "\td/c.conf\n"), "c") << keyword;
    }
    // Everything else is for the keyword tables to refuse.
    EXPECT_EQ(read("include\nincludex a.conf\nincluderm a.conf\nincluded\n"),
              "include; includex a.conf; includerm a.conf; included");
    EXPECT_TRUE(diagnostics.empty());
}

TEST_F(IncludeTest, NamesAreRelativeToTheIncludingFile) {
    files.add("/etc/keepalived/d/up.conf", "include c.conf\ninclude ../a.conf\n$P=${_PWD}\np $P\n");
    EXPECT_EQ(read("include d/up.conf\nq ${_PWD}\n"), "c; a; p /etc/keepalived/d; q /etc/keepalived");
    EXPECT_EQ(read("include /etc/keepalived/d/e.conf\n"), "e");
    EXPECT_TRUE(diagnostics.empty()) << render(diagnostics);
}

TEST_F(IncludeTest, PatternsAreSortedAndAlternativesInTheWrittenOrder) {
    EXPECT_EQ(read("include d/*.conf\n"), "c; e");
    EXPECT_EQ(read("include ?.conf\n"), "a; b");
    EXPECT_EQ(read("include [^a].conf\n"), "b");
    EXPECT_EQ(read("include [a-b].conf\n"), "a; b");
    EXPECT_EQ(read("include {b,a}.conf\n"), "b; a");
    EXPECT_EQ(read("include {b,d/*,a}.conf\n"), "b; c; e; a");
    EXPECT_EQ(read("include {d/{e,c},a}.conf\n"), "e; c; a");
    EXPECT_EQ(read("include */c.conf\n"), "c");
    EXPECT_TRUE(diagnostics.empty()) << render(diagnostics);
}

TEST_F(IncludeTest, NamesAreNotUnquoted) {
    EXPECT_EQ(read("include \"a.conf\"\n"), "");
    EXPECT_EQ(only_report().message, "the file `\"a.conf\"` is missing");
}

TEST_F(IncludeTest, DefinitionsAreReplaced) {
    EXPECT_EQ(read("$F=a.conf\ninclude $F\ninclude ${F}\n"), "a; a");
}

TEST_F(IncludeTest, ABlockMayBeginInOneFileAndEndInAnother) {
    files.add("/etc/keepalived/tail.conf", "  inner 1\n}\nnext 2\n");
    EXPECT_EQ(read("v X {\ninclude tail.conf\nlast 3\n"), "v X {inner 1}; next 2; last 3");
    EXPECT_TRUE(diagnostics.empty());
}

TEST_F(IncludeTest, AnIncludeMayFollowABrace) {
    EXPECT_EQ(read("v { include a.conf\n} include b.conf\n"), "v {a}; b");
}

TEST_F(IncludeTest, ReportsNameTheFileAndTheChain) {
    files.add("/etc/keepalived/one.conf", "\n include d/two.conf\n")
        .add("/etc/keepalived/d/two.conf", "x \"y\n");
    read("#\n#\ninclude one.conf\n");
    const Diagnostic& diagnostic = only_report();
    EXPECT_EQ(diagnostic.span.position, (SourcePosition{"/etc/keepalived/d/two.conf", 1, 3}));
    EXPECT_EQ(diagnostic.included_from,
              (std::vector<SourcePosition>{{"/etc/keepalived/one.conf", 2, 2}, {kMain, 3, 1}}));
}

// The table of the language document: `-t` status for three cases and six keywords.
struct MissingCase {
    const char* pattern;
    bool reported;
    int codes[6];
};

TEST_F(IncludeTest, MissingFilesCountAsTheKeywordSays) {
    const MissingCase cases[] = {
        {"no.conf", true, {0, 0, 6, 6, 0, 6}},
        {"no*.conf", false, {0, 0, 0, 6, 0, 6}},
        {"{a,no}.conf", true, {0, 0, 0, 0, 6, 6}},
    };
    const char* keywords[] = {"include", "includer", "includem", "includew", "includeb", "includea"};
    for (const MissingCase& missing : cases) {
        for (size_t i = 0; i < 6; ++i) {
            read(std::string(keywords[i]) + " " + missing.pattern + "\nrest\n");
            EXPECT_EQ(exit_code(), missing.codes[i]) << keywords[i] << " " << missing.pattern;
            EXPECT_EQ(document.file_missing(), missing.codes[i] == 6)
                << keywords[i] << " " << missing.pattern;
            EXPECT_EQ(diagnostics.empty(), !missing.reported && missing.codes[i] == 0) << keywords[i];
        }
    }
    EXPECT_EQ(read("include {a,no}.conf\n"), "a");
    EXPECT_EQ(read("includea {a,no}.conf\n"), "");
}

TEST_F(IncludeTest, AllConfigMakesEveryIncludeStrict) {
    options.all_config = true;
    for (const char* pattern : {"no.conf", "no*.conf", "{a,no}.conf", "d"}) {
        read(std::string("include ") + pattern + "\n");
        EXPECT_EQ(exit_code(), 6) << pattern;
    }
}

TEST_F(IncludeTest, OnlyRegularFilesWithoutExecuteBitAreRead) {
    for (const char* name : {"run.conf", "fifo.conf", "link.conf", "secret.conf", "d", "d/"}) {
        EXPECT_EQ(read(std::string("include ") + name + "\n"), "") << name;
        EXPECT_EQ(diagnostics.total(), 1U) << name << render(diagnostics);
        EXPECT_EQ(exit_code(), 0) << name;
        read(std::string("includer ") + name + "\n");
        EXPECT_EQ(exit_code(), 6) << name;
    }
    EXPECT_EQ(read("include {run,a}.conf\n"), "a");
}

TEST_F(IncludeTest, AMissingDirectoryIsAMissingFile) {
    read("include nowhere/*.conf\n");
    EXPECT_EQ(only_report().report_class, ReportClass::notice);
    read("includem nowhere/*.conf\n");
    EXPECT_EQ(exit_code(), 6);
}

TEST_F(IncludeTest, IncludeCheckSetsThePolicyOfLaterIncludes) {
    auto code = [&](const std::string& arguments, const char* pattern) {
        read("global_defs {\n include_check" + arguments + "\n}\ninclude " + pattern + "\n");
        return exit_code();
    };
    EXPECT_EQ(code("", "no*.conf"), 6);
    EXPECT_EQ(code(" read", "no.conf"), 0);
    EXPECT_EQ(code(" read", "d"), 6);
    EXPECT_EQ(code(" match", "no.conf"), 6);
    EXPECT_EQ(code(" match", "no*.conf"), 0);
    EXPECT_EQ(code(" wildcard_match", "no*.conf"), 6);
    EXPECT_EQ(code(" brace_match", "{a,no}.conf"), 6);
    EXPECT_EQ(code(" +match", "no.conf"), 6);
    EXPECT_EQ(code(" +match +wildcard_match -match", "no.conf"), 0);
    EXPECT_EQ(code("\n include_check -wildcard_match", "no*.conf"), 0);
    EXPECT_EQ(code("\n include_check -wildcard_match", "no.conf"), 6);
    EXPECT_EQ(code(" readable", "a.conf"), 5);
    EXPECT_EQ(code(" read match", "a.conf"), 5);
}

TEST_F(IncludeTest, IncludeCheckCountsOnlyInGlobalDefs) {
    read("include_check\ninclude no.conf\n");
    EXPECT_EQ(exit_code(), 0);
    read("vrrp_instance V {\n include_check\n}\ninclude no.conf\n");
    EXPECT_EQ(exit_code(), 0);
    read("x {\n global_defs {\n include_check\n }\n}\ninclude no.conf\n");
    EXPECT_EQ(exit_code(), 0);
    EXPECT_EQ(read("global_defs {\n include_check\n}\n"), "global_defs {include_check}");
}

TEST_F(IncludeTest, IncludeCheckEndsWithItsFile) {
    files.add("/etc/keepalived/g.conf", "global_defs {\n \"include_check\"\n}\n");
    read("include g.conf\ninclude no.conf\n");
    EXPECT_EQ(exit_code(), 0);
    files.add("/etc/keepalived/h.conf", "include no.conf\n");
    read("global_defs {\n include_check\n}\ninclude h.conf\n");
    EXPECT_EQ(exit_code(), 6);
}

// --- the main file
// ---------------------------------------------------------------------------------------------

TEST_F(IncludeTest, AMissingMainFileIsLenientInATestOnly) {
    load("/etc/keepalived/none.conf");
    EXPECT_EQ(exit_code(), 0);
    EXPECT_TRUE(document.file_missing());
    EXPECT_EQ(only_report().span.position.file, "/etc/keepalived/none.conf");
    options.all_config = true;
    load("/etc/keepalived/none.conf");
    EXPECT_EQ(exit_code(), 4);
    load("/etc/keepalived/none*.conf");
    EXPECT_EQ(exit_code(), 4);
    load("/etc/keepalived/d");
    EXPECT_EQ(exit_code(), 4);
}

TEST_F(IncludeTest, AMainFileMustBeARegularReadableFile) {
    for (const char* name : {"run.conf", "fifo.conf", "d", "d/", "{a,run}.conf"}) {
        EXPECT_EQ(load(std::string("/etc/keepalived/") + name), "") << name;
        EXPECT_TRUE(document.file_missing()) << name;
        EXPECT_EQ(exit_code(), 0) << name;
    }
    load("/etc/keepalived/secret.conf");
    EXPECT_EQ(exit_code(), 4);
}

TEST_F(IncludeTest, APatternMayNameTheMainFile) {
    EXPECT_EQ(load("/etc/keepalived/a*.conf"), "a");
    EXPECT_TRUE(diagnostics.empty());
    EXPECT_FALSE(document.file_missing());
    EXPECT_EQ(load("/etc/keepalived/[ab].conf"), "a; b");
    EXPECT_EQ(exit_code(), 5);
    EXPECT_EQ(diagnostics.worst(), ReportClass::multiple_files);
}

TEST_F(IncludeTest, ARelativeMainFileIsSeenFromTheWorkingDirectory) {
    MemoryFiles here("/srv");
    here.add("/srv/k/main.conf", "include sub/x.conf\np ${_PWD}\n").add("/srv/k/sub/x.conf", "x\n");
    document = load_document("k/main.conf", options, here, diagnostics);
    EXPECT_EQ(shape(document.directives()), "x; p /srv/k");
    EXPECT_EQ(document.files(), (std::vector<std::string>{"k/main.conf", "k/sub/x.conf"}));
}

// --- patterns
// --------------------------------------------------------------------------------------------------

std::vector<std::string> matched(const FileReader& reader, std::string_view pattern) {
    return match_files(reader, "/etc/keepalived", pattern).paths;
}

TEST(MatchFiles, StarsDoNotTakeExponentialTime) {
    MemoryFiles files;
    files.add("/etc/keepalived/" + std::string(200, 'a'), "");
    std::string pattern;
    for (int i = 0; i < 60; ++i) pattern += "*a";
    EXPECT_EQ(matched(files, pattern + "b").size(), 0U);
    EXPECT_EQ(matched(files, pattern).size(), 1U);
}

TEST(MatchFiles, FollowsTheRulesOfGlob) {
    MemoryFiles files;
    for (const char* name : {"a", "ab", "b]", ".dot", "x*y", "[z"})
        files.add(std::string("/etc/keepalived/") + name, "");
    using Paths = std::vector<std::string>;
    EXPECT_EQ(matched(files, "a*"), (Paths{"/etc/keepalived/a", "/etc/keepalived/ab"}));
    EXPECT_EQ(matched(files, "*b"), (Paths{"/etc/keepalived/ab"}));
    EXPECT_EQ(matched(files, ".d*"), (Paths{"/etc/keepalived/.dot"}));
    EXPECT_EQ(matched(files, "?dot"), Paths{});
    EXPECT_EQ(matched(files, "x\\*y"), (Paths{"/etc/keepalived/x*y"}));
    EXPECT_EQ(matched(files, "?[]]"), (Paths{"/etc/keepalived/b]"}));
    EXPECT_EQ(matched(files, "[z"), (Paths{"/etc/keepalived/[z"}));
    EXPECT_EQ(matched(files, "[[:alpha:]]b"), (Paths{"/etc/keepalived/ab"}));
    EXPECT_EQ(matched(files, "{a,"), Paths{});
    EXPECT_EQ(matched(files, "{}"), Paths{});
    EXPECT_EQ(matched(files, "a{,b}"), (Paths{"/etc/keepalived/a", "/etc/keepalived/ab"}));
}

TEST(MatchFiles, TooManyAlternativesAreCutOff) {
    MemoryFiles files;
    files.add("/etc/keepalived/aaaaaaaaaaaaaaaaaaaa", "");
    std::string pattern;
    for (int i = 0; i < 20; ++i) pattern += "{a,b}";
    EXPECT_TRUE(match_files(files, "/etc/keepalived", pattern).too_many);
}

}  // namespace
}  // namespace holdfast::config
