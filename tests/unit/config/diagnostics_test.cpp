#include "holdfast/config/diagnostics.hpp"

#include <gtest/gtest.h>

#include <array>

namespace holdfast::config {
namespace {

Diagnostic sample() {
    Diagnostic diagnostic;
    diagnostic.report_class = ReportClass::unknown_keyword;
    diagnostic.message = "unknown keyword `prioriti`";
    diagnostic.span = {{"/etc/keepalived/keepalived.conf", 12, 5}, 8};
    diagnostic.source_line = "    prioriti 200";
    diagnostic.suggestion = "priority";
    return diagnostic;
}

TEST(Render, ShowsPlaceLineCaretAndSuggestion) {
    EXPECT_EQ(render(sample()),
              "/etc/keepalived/keepalived.conf:12:5: error: unknown keyword `prioriti`\n"
              "   12 |     prioriti 200\n"
              "      |     ^~~~~~~~\n"
              "      = did you mean `priority`?\n");
}

TEST(Render, ShowsANoteAndTheIncludeChain) {
    Diagnostic diagnostic = sample();
    diagnostic.severity = Severity::warning;
    diagnostic.suggestion.clear();
    diagnostic.span.length = 1;
    diagnostic.note = Note{"first defined here", {{"a.conf", 3, 2}, 3}, "\tfoo bar"};
    diagnostic.included_from = {{"b.conf", 7, 1}, {"main.conf", 1, 1}};
    EXPECT_EQ(render(diagnostic),
              "included from b.conf:7:\n"
              "included from main.conf:1:\n"
              "/etc/keepalived/keepalived.conf:12:5: warning: unknown keyword `prioriti`\n"
              "   12 |     prioriti 200\n"
              "      |     ^\n"
              "a.conf:3:2: note: first defined here\n"
              "    3 |  foo bar\n"
              "      |  ^~~\n");
}

TEST(Render, DoesWithoutAPlace) {
    Diagnostic diagnostic;
    diagnostic.message = "the configuration file is missing";
    EXPECT_EQ(render(diagnostic), "error: the configuration file is missing\n");
    diagnostic.span.position.file = "x.conf";
    EXPECT_EQ(render(diagnostic), "x.conf: error: the configuration file is missing\n");
}

TEST(Render, KeepsControlBytesFromTheTerminal) {
    Diagnostic diagnostic = sample();
    diagnostic.message = "bad\x1b[31m";
    diagnostic.source_line = "a\x1b[0m\x7f";
    diagnostic.span.position.column = 1;
    std::string text = render(diagnostic);
    EXPECT_EQ(text.find('\x1b'), std::string::npos);
    EXPECT_NE(text.find("bad?[31m"), std::string::npos);
    EXPECT_NE(text.find("a?[0m?"), std::string::npos);
}

TEST(Render, PutsTheCaretUnderCharactersNotBytes) {
    Diagnostic diagnostic = sample();
    diagnostic.source_line = "\xc3\xa4\xc3\xa4 x";
    diagnostic.span = {{"f", 1, 6}, 1};
    diagnostic.suggestion.clear();
    EXPECT_NE(render(diagnostic).find("      |    ^\n"), std::string::npos) << render(diagnostic);
}

TEST(Render, ShowsTheNeighbourhoodInALongLine) {
    Diagnostic diagnostic = sample();
    diagnostic.source_line = std::string(500, 'a') + " WRONG " + std::string(500, 'b');
    diagnostic.span = {{"f", 1, 502}, 5};
    std::string text = render(diagnostic);
    EXPECT_NE(text.find("WRONG"), std::string::npos);
    EXPECT_LT(text.size(), 500U);
}

TEST(Render, SurvivesAColumnBehindTheLine) {
    Diagnostic diagnostic = sample();
    diagnostic.span = {{"f", 1, 900}, 70};
    EXPECT_NE(render(diagnostic).find("^\n"), std::string::npos);
}

TEST(RenderLine, IsOneLine) {
    EXPECT_EQ(
        render_line(sample()),
        "/etc/keepalived/keepalived.conf:12:5: error: unknown keyword `prioriti` (did you mean priority?)");
    Diagnostic diagnostic = sample();
    diagnostic.suggestion.clear();
    diagnostic.message = "two\nlines";
    diagnostic.note = Note{"first defined here", {{"a.conf", 3, 2}, 3}, ""};
    EXPECT_EQ(render_line(diagnostic),
              "/etc/keepalived/keepalived.conf:12:5: error: two?lines (first defined here a.conf:3)");
}

TEST(Diagnostics, KeepsALimitedNumberAndCountsTheRest) {
    Diagnostics diagnostics(2);
    for (int i = 0; i < 5; ++i) diagnostics.add(sample());
    Diagnostic security = sample();
    security.report_class = ReportClass::security;
    diagnostics.add(security);
    EXPECT_EQ(diagnostics.all().size(), 2U);
    EXPECT_EQ(diagnostics.total(), 6U);
    EXPECT_EQ(diagnostics.dropped(), 4U);
    EXPECT_EQ(diagnostics.errors(), 6U);
    EXPECT_EQ(diagnostics.worst(), ReportClass::security);
    EXPECT_TRUE(diagnostics.has(ReportClass::unknown_keyword));
    EXPECT_FALSE(diagnostics.has(ReportClass::brace));
    EXPECT_NE(render(diagnostics).find("4 more reports are not shown\n"), std::string::npos);
}

TEST(Diagnostics, AppendCountsWhatTheOtherDropped) {
    Diagnostics first;
    Diagnostics second(1);
    first.add(sample());
    second.add(sample());
    second.add(sample());
    first.append(std::move(second));
    EXPECT_EQ(first.all().size(), 2U);
    EXPECT_EQ(first.total(), 3U);
    EXPECT_EQ(first.errors(), 3U);
}

TEST(Diagnostics, RemarksAreNotShownByTheTest) {
    Diagnostics diagnostics;
    Diagnostic remark = sample();
    remark.severity = Severity::remark;
    remark.report_class = ReportClass::remark;
    diagnostics.add(remark);
    EXPECT_EQ(render(diagnostics), "");
    EXPECT_FALSE(diagnostics.has_errors());
    EXPECT_EQ(test_exit_code(diagnostics), 0);
}

TEST(TestExitCode, FollowsTheHighestClass) {
    EXPECT_EQ(test_exit_code(Diagnostics()), 0);
    const std::vector<std::pair<ReportClass, int>> codes = {
        {ReportClass::remark, 0},          {ReportClass::notice, 0},   {ReportClass::file, 4},
        {ReportClass::interface, 4},       {ReportClass::fatal, 4},    {ReportClass::multiple_files, 5},
        {ReportClass::unknown_keyword, 5}, {ReportClass::brace, 5},    {ReportClass::quote, 5},
        {ReportClass::number, 5},          {ReportClass::general, 5},  {ReportClass::warning, 5},
        {ReportClass::deprecated, 5},      {ReportClass::security, 6}, {ReportClass::missing_parameter, 2},
        {ReportClass::include_file, 6}};
    for (auto [report_class, code] : codes) EXPECT_EQ(test_exit_code(report_class), code);

    Diagnostics both;
    Diagnostic missing_interface = sample();
    missing_interface.report_class = ReportClass::interface;
    both.add(missing_interface);
    EXPECT_EQ(test_exit_code(both), 4);
    both.add(sample());
    EXPECT_EQ(test_exit_code(both), 5);
}

TEST(Diagnostics, KeepNoPassword) {
    const auto kept = [](std::string line) {
        Diagnostics diagnostics;
        Diagnostic diagnostic;
        diagnostic.source_line = line;
        diagnostic.note = Note{"first given here", {}, line};
        diagnostic.advice = "write:\n" + line;
        diagnostics.add(std::move(diagnostic));
        EXPECT_EQ(diagnostics.all()[0].source_line, diagnostics.all()[0].note->source_line);
        EXPECT_EQ("write:\n" + diagnostics.all()[0].source_line, diagnostics.all()[0].advice);
        return diagnostics.all()[0].source_line;
    };
    EXPECT_EQ(kept("  auth_pass hush-hush"), "  auth_pass *********");
    EXPECT_EQ(kept("auth_pass \"hush hush\" # mine"), "auth_pass ******************");
    EXPECT_EQ(kept("authentication { auth_type PASS auth_pass hush } x"),
              "authentication { auth_type PASS auth_pass **** } x");
    EXPECT_EQ(kept("{ auth_pass hush}"), "{ auth_pass ****}");
    EXPECT_EQ(kept("{ auth_pass }"), "{ auth_pass }");
    EXPECT_EQ(kept("\tkey 1 hush"), "\tkey 1 ****");
    EXPECT_EQ(kept("password hush"), "password ****");
    // Nothing to hide.
    for (const char* line : {"key /etc/ssl/key.pem", "auth_pass", "auth_pass  ", "priority 300", "", "key 1"})
        EXPECT_EQ(kept(line), line);
}

constexpr std::array<std::string_view, 5> kKeywords = {"priority", "preempt", "interface", "state",
                                                       "garp_master_delay"};

TEST(Nearest, FindsTypicalSlips) {
    EXPECT_EQ(nearest("prioritty", kKeywords), "priority");
    EXPECT_EQ(nearest("Priority", kKeywords), "priority");
    EXPECT_EQ(nearest("prioirty", kKeywords), "priority");  // Two neighbours exchanged count once.
    EXPECT_EQ(nearest("stat", kKeywords), "state");
    EXPECT_EQ(nearest("garp_master_delya", kKeywords), "garp_master_delay");
}

TEST(Nearest, IsSilentWhenNothingIsNear) {
    EXPECT_EQ(nearest("virtual_ipaddress", kKeywords), std::nullopt);
    EXPECT_EQ(nearest("stop", kKeywords), std::nullopt);
    EXPECT_EQ(nearest("", kKeywords), std::nullopt);
    EXPECT_EQ(nearest("x", std::array<std::string_view, 1>{"y"}), std::nullopt);
    EXPECT_EQ(nearest(std::string(5000, 'p'), kKeywords), std::nullopt);
}

TEST(Nearest, PrefersTheSmallestDistanceThenTheFirst) {
    constexpr std::array<std::string_view, 3> kWords = {"weights", "weight", "height"};
    EXPECT_EQ(nearest("weigt", kWords), "weight");
    EXPECT_EQ(nearest("xeight", kWords), "weight");
}

}  // namespace
}  // namespace holdfast::config
