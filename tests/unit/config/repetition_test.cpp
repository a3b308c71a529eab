// `~SEQ` and `~LST`.
#include "holdfast/config/repetition.hpp"

#include <limits>

#include "language_fixture.hpp"

namespace holdfast::config {
namespace {

using RepetitionTest = LanguageTest;

TEST_F(RepetitionTest, ReadsTheExampleOfTheManual) {
    EXPECT_EQ(read("virtual_ipaddress {\n"
                   "    ~SEQ(n, 10, 12) 192.0.2.$n\n"
                   "    ~LST({A,D}, {192.0.2.1,eth0}, {192.0.2.2,eth1}) ${A}/24 dev ${D}\n"
                   "}\n"),
              "virtual_ipaddress {192.0.2.10; 192.0.2.11; 192.0.2.12; 192.0.2.1/24 dev eth0; "
              "192.0.2.2/24 dev eth1}");
    EXPECT_TRUE(diagnostics.empty()) << render(diagnostics);
}

TEST_F(RepetitionTest, StartAndStepHaveDefaults) {
    EXPECT_EQ(read("~SEQ(n, 3) a $n\n"), "a 1; a 2; a 3");
    EXPECT_EQ(read("~SEQ(n, -2) a $n\n"), "a -1; a -2");
    EXPECT_EQ(read("~SEQ(n, 0) a $n\n"), "a 1; a 0");
    EXPECT_EQ(read("~SEQ(n, 3, 1) a $n\n"), "a 3; a 2; a 1");
    EXPECT_EQ(read("~SEQ(n, 1, 4, 10) a $n\n"), "a 1; a 5; a 9");
    EXPECT_EQ(read("~SEQ(n, 5, -5, -4) a $n\n"), "a 5; a 0");
    EXPECT_EQ(read("~SEQ ( n , 7 , 7 )a $n\n"), "a 7");
}

TEST_F(RepetitionTest, NumbersMayBeHexOctalOrDefinitions) {
    EXPECT_EQ(read("~SEQ(n, 0x9, 012) a $n\n"), "a 9; a 10");
    EXPECT_EQ(read("$from=2\n$to=3\n~SEQ(n, $from, ${to}) a $n\n"), "a 2; a 3");
}

TEST_F(RepetitionTest, SeqxWritesHexadecimal) {
    EXPECT_EQ(read("~SEQx(n, 14, 17) a:$n\n"), "a:e; a:f; a:10; a:11");
    read("~SEQx(n, -1) a\n");
    EXPECT_EQ(only_report().message, "~SEQx cannot write negative numbers");
}

TEST_F(RepetitionTest, AVariableBeforeADotNeedsBraces) {
    EXPECT_EQ(read("~SEQ(n, 2) 10.${n}.0.1 10.$n.0.1\n"), "10.1.0.1 10.$n.0.1; 10.2.0.1 10.$n.0.1");
}

TEST_F(RepetitionTest, TheLeftmostVariesSlowest) {
    EXPECT_EQ(read("~SEQ(a, 2) ~LST(b, x, y) v $a $b\n"), "v 1 x; v 1 y; v 2 x; v 2 y");
}

TEST_F(RepetitionTest, ListsHaveTuples) {
    EXPECT_EQ(read("~LST(v, a, b,c) i $v\n"), "i a; i b; i c");
    EXPECT_EQ(read("~LST({A, B}, {1, x}, {2}, {, y}) i A${A} B${B}\n"), "i A1 Bx; i A2 B; i A By");
    EXPECT_TRUE(diagnostics.empty()) << render(diagnostics);
    EXPECT_EQ(read("~LST({A, B}, {1, 2, 3}) i $A\nnext\n"), "next");
    EXPECT_EQ(exit_code(), 5);
}

TEST_F(RepetitionTest, ReportsWhatCannotBeRead) {
    for (const char* line : {"~SEQ", "~SEQ(", "~SEQ(n)", "~SEQ(n, )", "~SEQ(n, x)", "~SEQ(n, 1, 2, 3, 4)",
                             "~SEQ(n, 1, 0, 3)", "~SEQ(n, 1", "~SEQ(n, 1, -1, 3)", "~SEQ(, 3)",
                             "~SEQ({n}, 3)", "~LST", "~LST(", "~LST(a)", "~LST(a, b", "~LST({a, b)",
                             "~LST({a, b}, {c, d)", "~SEQ(n, 99999999999999999999)", "~SEQ(n, --1)"}) {
        EXPECT_EQ(read(std::string(line) + " v\nnext\n"), "next") << line;
        EXPECT_EQ(diagnostics.total(), 1U) << line;
        EXPECT_EQ(exit_code(), 5) << line;
    }
}

TEST_F(RepetitionTest, OtherTildesAreWords) {
    EXPECT_EQ(read("~foo $x\n~ b\n"), "~foo $x; ~ b");
}

TEST_F(RepetitionTest, RepeatsWholeBlocksAndLinesOfDefinitions) {
    EXPECT_EQ(read("~SEQ(i, 2) g { m $i }\n"), "g {m 1}; g {m 2}");
    EXPECT_EQ(read("$M= \\\n a \\\n ~SEQ(n, 2) b $n \\\n c\n$M\n"), "a; b 1; b 2; c");
    EXPECT_EQ(read("$M=~SEQ(n, 2) b $n\n$M\n"), "b 1; b 2");
    EXPECT_EQ(read("$M=x ${i} \\\n y ${i}\n~SEQ(i, 2) $M\n"), "x 1; y 1; x 2; y 2");
}

TEST_F(RepetitionTest, RepeatsIncludesInOrder) {
    files.add("/etc/keepalived/1.conf", "one\n").add("/etc/keepalived/2.conf", "two\n");
    EXPECT_EQ(read("~SEQ(i, 2) include ${i}.conf\n"), "one; two");
}

TEST_F(RepetitionTest, TheVariableKeepsItsLastValue) {
    EXPECT_EQ(read("~SEQ(i, 3) a\nb $i\n"), "a; a; a; b 3");
}

TEST_F(RepetitionTest, PointsAtTheRepeatedLine) {
    read("x\n~SEQ(n, 2) bad $n\n");
    Directive bad = *++document.directives().begin();
    EXPECT_EQ(bad.span(0), (Span{{kMain, 2, 12}, 3}));
    EXPECT_EQ(bad.span(1), (Span{{kMain, 2, 16}, 2}));
}

TEST(ParseRepetition, SurvivesTheWholeRangeOfNumbers) {
    auto parse = [](const std::string& line) { return parse_repetition(line, sequence_parameters(line)); };
    auto all = parse("~SEQ(n, -9223372036854775807, 9223372036854775807)");
    ASSERT_TRUE(all);
    EXPECT_EQ(all->count, std::numeric_limits<uint64_t>::max());
    EXPECT_EQ(all->value(all->count - 1, 0), "9223372036854775807");
    auto stride = parse("~SEQ(n, 0, 9223372036854775807, 9223372036854775807)");
    ASSERT_TRUE(stride);
    EXPECT_EQ(stride->count, 2U);
}

}  // namespace
}  // namespace holdfast::config
