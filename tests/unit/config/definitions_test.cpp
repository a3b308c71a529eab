// `$NAME=`, `${NAME}`, `@id`: what section 7 and 8 of the language say.
#include "holdfast/config/definitions.hpp"

#include "language_fixture.hpp"

namespace holdfast::config {
namespace {

using DefinitionTest = LanguageTest;

TEST_F(DefinitionTest, ReadsTheExampleOfTheManual) {
    EXPECT_EQ(read("$IF=eth0\n"
                   "$COMMON= \\\n"
                   "    interface ${IF} \\\n"
                   "    advert_int 1\n"
                   "vrrp_instance VI_1 {\n"
                   "    $COMMON\n"
                   "    virtual_router_id 7\n"
                   "    priority 100\n"
                   "    virtual_ipaddress {\n"
                   "        192.0.2.7\n"
                   "    }\n"
                   "}\n"),
              "vrrp_instance VI_1 {interface eth0; advert_int 1; virtual_router_id 7; priority 100; "
              "virtual_ipaddress {192.0.2.7}}");
    EXPECT_TRUE(diagnostics.empty()) << render(diagnostics);
}

TEST_F(DefinitionTest, NamesAreLettersDigitsAndUnderscores) {
    EXPECT_EQ(read("  $a_B9=x\n$_u=y\na $a_B9 $_u\n"), "a x y");
    // None of these is a definition.
    EXPECT_EQ(read("$9=x\n$a-b=x\n$a =x\n$=x\n"), "$9=x; $a-b=x; $a =x; $=x");
}

TEST_F(DefinitionTest, ValuesLoseTheBlanksInFrontAndMayBeEmpty) {
    EXPECT_EQ(read("$a=   x  y # z\n$e=\nv $a | $e | ${e}z\n"), "v x y | | z");
}

TEST_F(DefinitionTest, BareNamesEndAtABlankACommaAParenthesisOrTheLine) {
    EXPECT_EQ(read("$a=X\nv $a\t$a,$a) $a. $a/ $ab $a\n"), "v X X,X) $a. $a/ $ab X");
}

TEST_F(DefinitionTest, BracedNamesAreReplacedAnywhere) {
    EXPECT_EQ(read("$a=X\nv p${a}q \"in ${a} quotes\" ${a}${a}\n"), "v pXq <in X quotes> XX");
}

TEST_F(DefinitionTest, ValuesAreExpandedAtUseAndAgain) {
    EXPECT_EQ(read("$outer=<${inner}>\n$inner=1\na ${outer}\n$inner=2\nb ${outer}\n"), "a <<1>>; b <<2>>");
    // A reference may be put together from parts.
    EXPECT_EQ(read("$p=$a\n$ab=found\nv ${p}b\n"), "v found");
}

TEST_F(DefinitionTest, UndefinedBareNamesStay) {
    EXPECT_EQ(read("v $no $later\n$later=x\n$\n"), "v $no $later; $");
    EXPECT_TRUE(diagnostics.empty());
}

TEST_F(DefinitionTest, UndefinedBracedNamesAreReportedOnceOutsideQuotes) {
    EXPECT_EQ(read("v {\n interface ${X}\n after 1\n}\n"), "v {interface <${X}>; after 1}");
    EXPECT_EQ(only_report().report_class, ReportClass::brace);
    EXPECT_EQ(only_report().span, (Span{{kMain, 2, 12}, 4}));
    EXPECT_EQ(exit_code(), 5);

    EXPECT_EQ(read("interface \"${X}\"\n"), "interface <${X}>");
    EXPECT_TRUE(diagnostics.empty());
    // This is no reference, so the braces are braces.
    EXPECT_EQ(read("a ${}\nb $ {\n}\n"), "a $ {}; b $ {}");
}

TEST_F(DefinitionTest, DefinitionsAreReadBehindABraceToo) {
    EXPECT_EQ(read("a { $x=1\n b $x }\nc {\n} $y=2\nd $y\n"), "a {b 1}; c {}; d 2");
}

// --- several lines
// ---------------------------------------------------------------------------------------------

TEST_F(DefinitionTest, EveryLineOfADefinitionBecomesALine) {
    EXPECT_EQ(read("$m=first 1 \\\n  second 2\\\n third 3\nb {\n $m\n}\n"), "b {first 1; second 2; third 3}");
    EXPECT_EQ(read("$m= \\\n a { \\\n b } \\\n c\n${m}\n"), "a {b}; c");
}

TEST_F(DefinitionTest, TextMayStandBeforeSeveralLines) {
    EXPECT_EQ(read("$m=1 \\\n second 2\nfirst $m\n"), "first 1; second 2");
    // Not behind: then the name stays.
    EXPECT_EQ(read("$m=1 \\\n second 2\nfirst $m x\n"), "first $m x");
}

TEST_F(DefinitionTest, SeveralLinesMayUseSeveralLines) {
    EXPECT_EQ(read("$in=a \\\n b\n$out= \\\n x \\\n $in \\\n y\n$out\n"), "x; a; b; y");
    EXPECT_EQ(read("$in=a \\\n b\n$out= $in \\\n y\n$out\n"), "a; b; y");
}

TEST_F(DefinitionTest, AnEmptyLineEndsAnUnfinishedDefinition) {
    EXPECT_EQ(read("$m=a \\\n\nb\n$m\n"), "b; a");
    EXPECT_EQ(read("$m=a \\\n  \nb\n$m\n"), "b; a");
    EXPECT_EQ(read("$m=\\\n\nv x${m}x\n"), "v xx");
    EXPECT_TRUE(diagnostics.empty());
}

// keepalived's processes read a copy of the file where a comment is an empty line.
TEST_F(DefinitionTest, ACommentEndsAnUnfinishedDefinitionAndThatIsRemarked) {
    EXPECT_EQ(read("$m=a \\\n # comment\n b # c\n$m\n"), "b; a");
    EXPECT_EQ(only_report().severity, Severity::remark);
    EXPECT_EQ(only_report().span.position.line, 2U);
    EXPECT_EQ(exit_code(), 0);
    EXPECT_EQ(read("$m=a \\ # comment\n b\n$m\n"), "a; b");
}

TEST_F(DefinitionTest, ALineThatIsOnlyABackslashAddsNothing) {
    EXPECT_EQ(read("$m= \\\n \\\n a \\\n \\\n b\n$m\n"), "a; b");
}

TEST_F(DefinitionTest, ConditionsInsideAreDecidedAtUse) {
    options.config_id = "one";
    EXPECT_EQ(read("$m= \\\n @one a \\\n @two b \\\n c\n$m\n"), "a; c");
}

TEST_F(DefinitionTest, ReportsPointIntoTheDefinitionAndNameTheUse) {
    read("$m= \\\n  priority 300 \\\n  state X\nv {\n  $m\n}\n");
    Directive state = *++(*document.directives().begin()).children().begin();
    ASSERT_EQ(state.keyword(), "state");
    Diagnostic diagnostic = document.report(Severity::error, ReportClass::general, state, 1, "no such state");
    EXPECT_EQ(diagnostic.span, (Span{{kMain, 3, 9}, 1}));
    ASSERT_TRUE(diagnostic.note);
    EXPECT_EQ(diagnostic.note->span.position, (SourcePosition{kMain, 5, 3}));
}

TEST_F(DefinitionTest, ReportsPointAtTheReference) {
    read("$p=300\nx 1\n  priority $p ${p}0\n");
    Directive priority = *++document.directives().begin();
    EXPECT_EQ(priority.span(0), (Span{{kMain, 3, 3}, 8}));
    EXPECT_EQ(priority.span(1), (Span{{kMain, 3, 12}, 2}));
    EXPECT_EQ(priority.span(2), (Span{{kMain, 3, 15}, 5}));
    Diagnostic diagnostic = document.report(Severity::error, ReportClass::number, priority, 2, "too large");
    ASSERT_TRUE(diagnostic.note);
    EXPECT_EQ(diagnostic.note->message, "its definitions replaced, this is `3000`");
}

// --- predefined
// ------------------------------------------------------------------------------------------------

TEST_F(DefinitionTest, PredefinedNames) {
    options.config_id = "node1";
    options.environment = [](std::string_view name) -> std::optional<std::string> {
        if (name == "HOME") return "/root";
        return std::nullopt;
    };
    EXPECT_EQ(read("a ${_PWD}/x ${_INSTANCE} \"${_ENV HOME}\" \"${_ENV NOPE}\"\n"),
              "a /etc/keepalived/x node1 /root <>");
    EXPECT_EQ(read("a \"${_HASH}${_BANG}\" b\nc ${_HASH} d\ne ${_BANG} f\n"), "a #! b; c; e");
    EXPECT_TRUE(diagnostics.empty()) << render(diagnostics);
}

TEST_F(DefinitionTest, PredefinedNamesMayBeOverridden) {
    EXPECT_EQ(read("$_PWD=here\n$_RANDOM=4\na ${_PWD} ${_RANDOM}\n"), "a here 4");
}

TEST_F(DefinitionTest, RandomNumbersHaveBounds) {
    std::vector<std::pair<uint64_t, uint64_t>> asked;
    options.random = [&](uint64_t minimum, uint64_t maximum) {
        asked.emplace_back(minimum, maximum);
        return maximum;
    };
    EXPECT_EQ(read("a ${_RANDOM} ${_RANDOM 5} ${_RANDOM 6 9}\n"), "a 32767 32767 9");
    EXPECT_EQ(asked, (std::vector<std::pair<uint64_t, uint64_t>>{{0, 32767}, {5, 32767}, {6, 9}}));
    EXPECT_EQ(read("a ${_RANDOM 9 6}\n"), "a 9");
    EXPECT_EQ(exit_code(), 5);
    read("a ${_RANDOM x}\n");
    EXPECT_EQ(diagnostics.all().front().message, "_RANDOM takes numbers only");
    EXPECT_EQ(exit_code(), 5);
}

TEST_F(DefinitionTest, ParametersAreForThoseThatTakeThem) {
    read("a ${_ENV}\n");
    EXPECT_EQ(diagnostics.all().front().message, "_ENV takes 1 to 1 parameters, not 0");
    EXPECT_EQ(read("$x=1\na ${x 2}\n"), "a <${x> <2}>");
    EXPECT_EQ(exit_code(), 5);
}

// --- conditions
// ------------------------------------------------------------------------------------------------

TEST_F(DefinitionTest, ConditionsCompareWithTheConfigurationId) {
    const std::string text =
        "@one priority 150\n@^one priority 100\n@two x\n@One y\n@on z\n@one\n@^two\n  @one\tlast # c\n";
    options.config_id = "one";
    EXPECT_EQ(read(text), "priority 150; last");
    options.config_id = "two";
    EXPECT_EQ(read(text), "priority 100; x");
    options.config_id = "";
    EXPECT_EQ(read(text), "priority 100");
    EXPECT_TRUE(diagnostics.empty());
}

TEST_F(DefinitionTest, ConditionsWorkOnBlocksDefinitionsIncludesAndRepetitions) {
    options.config_id = "one";
    files.add("/etc/keepalived/f.conf", "included\n");
    EXPECT_EQ(read("@one a {\n@two b\n@one c\n@one }\n@one $P=240\n@two $P=1\np $P\n@one include f.conf\n"
                   "@two include f.conf\n@one ~SEQ(n, 2) s $n\n"),
              "a {c}; p 240; included; s 1; s 2");
    EXPECT_TRUE(diagnostics.empty()) << render(diagnostics);
}

TEST_F(DefinitionTest, ADroppedBlockStartLeavesItsBody) {
    EXPECT_EQ(read("@no a {\n b\n}\n"), "b");
    EXPECT_EQ(diagnostics.worst(), ReportClass::brace);
}

TEST_F(DefinitionTest, OnlyOneConditionIsTaken) {
    options.config_id = "one";
    EXPECT_EQ(read("@one @one x\n"), "@one x");
}

// Documented, but the reference does not do it.
TEST_F(DefinitionTest, AConditionInADefinitionIsAWord) {
    options.config_id = "one";
    EXPECT_EQ(read("$C=@one\n$C x\n"), "@one x");
}

// --- the table itself
// ------------------------------------------------------------------------------------------

TEST(Substitute, KnowsWhereEachByteComesFrom) {
    Definitions definitions;
    definitions.define("a", "XYZ");
    Substituted result = definitions.substitute("p ${a} q", {}, 100, 10);
    EXPECT_EQ(result.text, "p XYZ q");
    ASSERT_EQ(result.origins.size(), result.text.size());
    EXPECT_EQ(result.origins[0].offset, 0U);
    EXPECT_EQ(result.origins[2].offset, 2U);
    EXPECT_EQ(result.origins[4].offset, 2U);
    EXPECT_EQ(result.origins[4].length, 4U);
    EXPECT_EQ(result.origins[6].offset, 7U);
    EXPECT_EQ(result.origins[6].length, 0U);
}

TEST(Substitute, EndsWithDefinitionsThatUseThemselves) {
    Definitions definitions;
    definitions.define("a", "${a}");
    definitions.define("b", "${b}${b}");
    EXPECT_TRUE(definitions.substitute("${a}", {}, 100, 10).failed);
    EXPECT_TRUE(definitions.substitute("${b}", {}, 100, 1000).failed);
    EXPECT_FALSE(definitions.substitute("$c", {}, 100, 10).changed);
}

}  // namespace
}  // namespace holdfast::config
