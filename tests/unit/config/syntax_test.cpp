#include "holdfast/config/words.hpp"
#include "language_fixture.hpp"

namespace holdfast::config {
namespace {

using Syntax = LanguageTest;

// --- lines and words
// -------------------------------------------------------------------------------------------

TEST_F(Syntax, ReadsTheExampleOfTheManual) {
    EXPECT_EQ(read("vrrp_instance V#comment\n"
                   "{   ! brace on its own line\n"
                   "  interface eth0\n"
                   "  virtual_router_id 1 ! also here\n"
                   "}\n"),
              "vrrp_instance V {interface eth0; virtual_router_id 1}");
    EXPECT_TRUE(diagnostics.empty()) << render(diagnostics);
}

TEST_F(Syntax, TakesAnyLineEnd) {
    EXPECT_EQ(read("a 1\r\nb 2\r\r\n\r\nc 3"), "a 1; b 2; c 3");
    EXPECT_EQ(read(""), "");
    EXPECT_EQ(read("# only\n!comments"), "");
    EXPECT_EQ(read("\n \t \n\n"), "");
    EXPECT_TRUE(diagnostics.empty());
}

TEST_F(Syntax, SeparatesWordsByWhiteSpaceOfAnyAmount) {
    EXPECT_EQ(read("\t a  b\t\tc \n \f d\ve\rf\n"), "a b c; d e f");
}

TEST_F(Syntax, KeepsSeveralDirectivesOfALineAsOne) {
    EXPECT_EQ(read("v {\n interface eth0 priority 10\n}"), "v {interface eth0 priority 10}");
}

TEST_F(Syntax, DoesNotContinueLines) {
    EXPECT_EQ(read("priority 10 \\\nadvert_int 1\n"), "priority 10\\; advert_int 1");
}

TEST_F(Syntax, ReportsALineLongerThanTheBufferAndReadsTheRestAsALine) {
    std::string fits = "a " + std::string(1020, 'x');
    EXPECT_EQ(read(fits + "\nb\n"), fits + "; b");
    EXPECT_TRUE(diagnostics.empty());

    // 1023 bytes and a newline no longer fit; an empty line remains.
    EXPECT_EQ(read(fits + "x\nb\n"), "b");
    EXPECT_EQ(only_report().span.position.line, 1U);
    EXPECT_EQ(exit_code(), 5);

    EXPECT_EQ(read("# " + std::string(1021, 'x') + "rest of it\nb\n"), "rest of it; b");
    EXPECT_EQ(read("b\n" + fits + "xxx"), "b; xx");
    EXPECT_EQ(only_report().span.position.line, 2U);
}

TEST_F(Syntax, DropsALineWithANulByte) {
    EXPECT_EQ(read(std::string("a 1\nb \0 2\nc 3\n", 14)), "a 1; c 3");
    EXPECT_EQ(only_report().span.position, (SourcePosition{kMain, 2, 1}));
    EXPECT_EQ(exit_code(), 5);
}

// --- comments and quotes
// ---------------------------------------------------------------------------------------

TEST_F(Syntax, HonoursEscapedCommentSigns) {
    EXPECT_EQ(read("password a\\#b\\!c # comment\n"), "password a#b!c");
    EXPECT_TRUE(diagnostics.empty());
}

TEST_F(Syntax, ProtectsCommentSignsByDoubleQuotesOnly) {
    EXPECT_EQ(read("a \"b # c ! d\" e\nf 'g # h'\n"), "a <b # c ! d> e; f 'g");
}

TEST_F(Syntax, GroupsByDoubleQuotes) {
    EXPECT_EQ(read("x \"u\"\"v\"\ny a\"b c\"d\n\"z\" 1\n"), "x u v; y a <b c> d; z 1");
}

TEST_F(Syntax, ReportsAQuoteThatIsNotClosed) {
    EXPECT_EQ(read("global_defs {\n  router_id \"abc def\n}\n"), "global_defs {router_id}");
    EXPECT_EQ(only_report().report_class, ReportClass::quote);
    EXPECT_EQ(only_report().span.position, (SourcePosition{kMain, 2, 13}));
    EXPECT_EQ(exit_code(), 5);
    EXPECT_FALSE((*(*document.directives().begin()).children().begin()).unmatched_quote());
}

TEST_F(Syntax, LeavesAQuoteThatABackslashExplainsToTheKeyword) {
    read("script \"a \\\" b\"\n");
    Directive script = *document.directives().begin();
    EXPECT_TRUE(script.unmatched_quote());
    EXPECT_TRUE(diagnostics.empty());
    EXPECT_EQ(split_command(script.rest())->argv, (std::vector<std::string>{"a", "\"", "b"}));
}

TEST_F(Syntax, GivesTheRawTextOfADirective) {
    read("  script   \"a 'b c'\"  x # no\n\"k\" v\nbare\nd \\# e {\n");
    std::vector<std::string> texts;
    std::vector<std::string> rests;
    for (Directive directive : document.directives()) {
        texts.emplace_back(directive.text());
        rests.emplace_back(directive.rest());
    }
    EXPECT_EQ(texts, (std::vector<std::string>{"script   \"a 'b c'\"  x", "\"k\" v", "bare", "d # e"}));
    EXPECT_EQ(rests, (std::vector<std::string>{"\"a 'b c'\"  x", "v", "", "# e"}));
}

// --- braces
// ----------------------------------------------------------------------------------------------------

TEST_F(Syntax, AcceptsBracesInAllPlaces) {
    const std::string expected = "v A {interface eth0; priority 100}";
    for (const char* text :
         {"v A {\ninterface eth0\npriority 100\n}", "v A\n{\ninterface eth0\npriority 100\n}",
          "v A{\ninterface eth0\npriority 100\n}", "v A { interface eth0\npriority 100\n}",
          "v A {\ninterface eth0\npriority 100 }", "v A {\ninterface eth0\npriority 100}",
          "v A # c\n\n\n  ! d\n { # e\ninterface eth0 # f\npriority 100 } ! g"}) {
        EXPECT_EQ(read(text), expected) << text;
        EXPECT_TRUE(diagnostics.empty()) << text;
    }
}

TEST_F(Syntax, TakesADirectiveBehindAClosingBrace) {
    EXPECT_EQ(read("v A {\n t {\n x\n } priority 100\n} w B {\n}\n"), "v A {t {x}; priority 100}; w B {}");
    EXPECT_TRUE(diagnostics.empty());
}

TEST_F(Syntax, TakesEmptyBlocks) {
    EXPECT_EQ(read("a {}\nb { }\nc\n{\n}\nd{}e{}"), "a {}; b {}; c {}; d {}; e {}");
    EXPECT_TRUE(diagnostics.empty());
}

TEST_F(Syntax, TakesAWholeBlockOnOneLine) {
    EXPECT_EQ(read("a { b { c 1 } d }"), "a {b {c 1}; d}");
    EXPECT_TRUE(diagnostics.empty());
}

TEST_F(Syntax, QuotedBracesAreText) {
    EXPECT_EQ(read("a \"{\" b \"x } y\"\n"), "a <{> b <x } y>");
    EXPECT_EQ(read("a \"{\" {\n b \"}\" }\n"), "a <{> {b <}>}");
    EXPECT_EQ(read("a '{' }\n"), "a ' {'}");  // Single quotes protect nothing.
    EXPECT_TRUE(diagnostics.empty());
}

TEST_F(Syntax, ReportsAnExtraClosingBraceAndReadsOn) {
    EXPECT_EQ(read("a {\n b\n}\n  }\nc {\n d\n}\n"), "a {b}; c {d}");
    EXPECT_EQ(only_report().report_class, ReportClass::brace);
    EXPECT_EQ(only_report().span.position, (SourcePosition{kMain, 4, 3}));
    EXPECT_EQ(exit_code(), 5);
}

TEST_F(Syntax, ReportsAMissingClosingBraceAndKeepsWhatWasRead) {
    EXPECT_EQ(read("a {\n b\n}\nc X {\n d\n"), "a {b}; c X {d}");
    EXPECT_EQ(only_report().report_class, ReportClass::brace);
    EXPECT_EQ(only_report().span, (Span{{kMain, 4, 1}, 1}));
    Directive last = *++document.directives().begin();
    EXPECT_TRUE(last.unclosed());
    EXPECT_FALSE((*document.directives().begin()).unclosed());
}

TEST_F(Syntax, ReportsABraceWithoutKeywordAndIgnoresIt) {
    EXPECT_EQ(read("{\na {\n b\n}\n}\nc {\n {\n d\n }\n e\n}\n"), "a {b}; c {d; e}");
    EXPECT_EQ(diagnostics.total(), 2U);
    EXPECT_EQ(diagnostics.all()[0].span.position.line, 1U);
    EXPECT_EQ(diagnostics.all()[1].span.position.line, 7U);
    EXPECT_EQ(diagnostics.worst(), ReportClass::brace);
}

TEST_F(Syntax, RepairsAMissingOpeningBraceWithTheKeywordTables) {
    options.expects_block = is_block_keyword;
    EXPECT_EQ(read("vrrp_instance V {\n"
                   "  authentication\n    auth_type PASS\n    auth_pass x\n  }\n"
                   "  priority 100\n"
                   "}\n"
                   "vrrp_instance W {\n  priority 5\n}\n"),
              "vrrp_instance V {authentication {auth_type PASS; auth_pass x}; priority 100}; "
              "vrrp_instance W {priority 5}");
    EXPECT_EQ(only_report().report_class, ReportClass::brace);
    EXPECT_EQ(only_report().span, (Span{{kMain, 2, 3}, 14}));
    EXPECT_TRUE((*(*document.directives().begin()).children().begin()).brace_missing());
}

TEST_F(Syntax, RepairsAMissingOpeningBraceOfAnOuterBlock) {
    options.expects_block = is_block_keyword;
    EXPECT_EQ(read("vrrp_instance V\n virtual_ipaddress {\n  192.0.2.1\n }\n}\nvrrp_instance W {\n}\n"),
              "vrrp_instance V {virtual_ipaddress {192.0.2.1}}; vrrp_instance W {}");
    EXPECT_EQ(only_report().span.position.line, 1U);
}

TEST_F(Syntax, DoesNotAskTheKeywordTablesWhenTheBracesMatch) {
    int asked = 0;
    options.expects_block = [&](std::string_view, std::string_view) { return ++asked > 0; };
    EXPECT_EQ(read("vrrp_instance V {\n authentication\n priority 100\n}\n"),
              "vrrp_instance V {authentication; priority 100}");
    EXPECT_EQ(asked, 0);
}

TEST_F(Syntax, KeepsThePlainReadingWhenGuessingDoesNotHelp) {
    options.expects_block = [](std::string_view, std::string_view) { return true; };
    EXPECT_EQ(read("a {\n b\n c\n"), "a {b; c}");
    EXPECT_EQ(diagnostics.total(), 1U);
}

TEST_F(Syntax, ReportsSeveralErrorsOfAFileInOrderOfDiscovery) {
    read("a \"x\nb {\n}\n}\nc ${NO}\n");
    EXPECT_EQ(diagnostics.total(), 3U) << render(diagnostics);
}

// --- places
// ----------------------------------------------------------------------------------------------------

TEST_F(Syntax, KnowsWhereEveryWordIs) {
    read("a\n  bb \"c d\" e\n");
    Directive second = *++document.directives().begin();
    EXPECT_EQ(second.span(), (Span{{kMain, 2, 3}, 10}));
    EXPECT_EQ(second.span(0), (Span{{kMain, 2, 3}, 2}));
    EXPECT_EQ(second.span(1), (Span{{kMain, 2, 7}, 3}));
    EXPECT_EQ(second.span(2), (Span{{kMain, 2, 12}, 1}));
    EXPECT_EQ(second.span(9), second.span());
    EXPECT_EQ(second.word(9), "");
    EXPECT_EQ(second.keyword(), "bb");
    EXPECT_EQ(second.arguments().size(), 2U);
}

TEST_F(Syntax, KnowsWhereCleanedTextWas) {
    read("a \\# b\n");
    Directive first = *document.directives().begin();
    EXPECT_EQ(first.span(1), (Span{{kMain, 1, 4}, 1}));
    EXPECT_EQ(first.span(2), (Span{{kMain, 1, 6}, 1}));
}

TEST_F(Syntax, ReportsWithTheLineUnderTheCaret) {
    read("vrrp_instance V {\n    priority 300\n}\n");
    Directive priority = *(*document.directives().begin()).children().begin();
    Diagnostic diagnostic =
        document.report(Severity::error, ReportClass::number, priority, 1, "300 is outside 1..255");
    EXPECT_EQ(render(diagnostic),
              "/etc/keepalived/keepalived.conf:2:14: error: 300 is outside 1..255\n"
              "    2 |     priority 300\n"
              "      |              ^~~\n");
    EXPECT_EQ(document.note(priority, "first set here"),
              (Note{"first set here", {{kMain, 2, 5}, 12}, "    priority 300"}));
}

TEST_F(Syntax, ReadsTextWithoutAFile) {
    options.config_id = "n1";
    Document parsed = parse_document("a {\n b ${_INSTANCE}\n}\n", "reply", options, files, diagnostics);
    EXPECT_EQ(shape(parsed.directives()), "a {b n1}");
    EXPECT_EQ((*parsed.directives().begin()).position(), (SourcePosition{"reply", 1, 1}));
    EXPECT_FALSE(parsed.file_missing());
}

TEST_F(Syntax, ADocumentCanBeMoved) {
    read("a 1\nb 2 # \\\n");
    Document other = std::move(document);
    document = Document();
    EXPECT_EQ(shape(other.directives()), "a 1; b 2");
    EXPECT_EQ(shape(document.directives()), "");
}

}  // namespace
}  // namespace holdfast::config
