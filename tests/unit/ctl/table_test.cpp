#include "holdfast/ctl/table.hpp"

#include <gtest/gtest.h>

namespace holdfast::ctl {
namespace {

TEST(Table, ColumnsAreAsWideAsTheirWidestWord) {
    Table table{"NAME", "STATE", "NOTE"};
    table.row({"a", Cell("up", Tint::good), ""});
    table.row({"much longer", "down", "x"});
    table.note("below");
    EXPECT_EQ(table.text(false),
              "NAME         STATE  NOTE\n"
              "a            up\n"
              "much longer  down   x\n"
              "    below\n");
}

TEST(Table, ColoursTakeNoRoom) {
    Table table{"A", "B"};
    table.row({Cell("up", Tint::good), "x"});
    EXPECT_EQ(table.text(true),
              "\x1b[1mA\x1b[0m   \x1b[1mB\x1b[0m\n"
              "\x1b[32mup\x1b[0m  x\n");
}

TEST(Table, CountsCharactersAndNotBytes) {
    Table table{"A", "B"};
    table.row({"\xc3\xa4\xc3\xb6", "x"});
    EXPECT_EQ(table.text(false), "A   B\n\xc3\xa4\xc3\xb6  x\n");
}

TEST(Table, ANameCannotCommandTheTerminal) {
    Table table{"A"};
    table.row({"\x1b[2Jx\r\n\x7f"});
    table.note("\x1b]0;title\a");
    EXPECT_EQ(table.text(false), "A\n?[2Jx???\n    ?]0;title?\n");
}

TEST(Table, WithoutRowsIsNothing) {
    EXPECT_EQ(Table{"A"}.text(false), "");
}

TEST(Duration, HasTheUnitThatFits) {
    EXPECT_EQ(duration_text(0), "0.0 ms");
    EXPECT_EQ(duration_text(0.00083), "0.8 ms");
    EXPECT_EQ(duration_text(0.9994), "999.4 ms");
    EXPECT_EQ(duration_text(0.9996), "1.0 s");
    EXPECT_EQ(duration_text(59.94), "59.9 s");
    EXPECT_EQ(duration_text(59.96), "1 m 00 s");
    EXPECT_EQ(duration_text(125), "2 m 05 s");
    EXPECT_EQ(duration_text(3 * 3600 + 12 * 60 + 4), "3 h 12 m");
    EXPECT_EQ(duration_text(4.0 * 86400 + 3 * 3600), "4 d 03 h");
}

}  // namespace
}  // namespace holdfast::ctl
