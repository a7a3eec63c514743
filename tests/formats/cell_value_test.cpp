#include "formats/cell_value.h"

#include <gtest/gtest.h>

namespace minions::formats {
namespace {

TEST(CellValue, FindsThePlaceOfAReference) {
  EXPECT_EQ(place_of("A1"), (CellPlace{0, 0}));
  EXPECT_EQ(place_of("Z9"), (CellPlace{8, 25}));
  EXPECT_EQ(place_of("AA1"), (CellPlace{0, 26}));
  EXPECT_EQ(place_of("XFD1048576"), (CellPlace{1048575, 16383}));
  EXPECT_EQ(place_of("$C$7"), (CellPlace{6, 2}));
  EXPECT_EQ(place_of(""), (CellPlace{0, 0}));
  EXPECT_EQ(place_of("1"), (CellPlace{0, 0}));
  for (const char* reference : {"A1", "Z9", "AA10", "ZZ3", "XFD1048576"})
    EXPECT_EQ(reference_of(place_of(reference)), reference);
}

TEST(CellValue, DecodesEscapes) {
  EXPECT_EQ(unescaped("one_x000D_\ntwo"), "one\ntwo");
  EXPECT_EQ(unescaped("one_x000D_two"), "one\ntwo");
  EXPECT_EQ(unescaped("_x005F_x0041_"), "_x0041_");
  EXPECT_EQ(unescaped("_x0041__x00e9_"), "A\u00E9");
  EXPECT_EQ(unescaped("_xD83D__xDE00_"), "\U0001F600");
  EXPECT_EQ(unescaped("_xD83D_!"), "\uFFFD!");
  EXPECT_EQ(unescaped("file_x1.txt _x00"), "file_x1.txt _x00");
  EXPECT_EQ(unescaped("_x00G0_ _x+041_"), "_x00G0_ _x+041_");
}

TEST(CellValue, KeepsATextOnOneLine) {
  EXPECT_EQ(on_one_line("one\n\ntwo\tthree"), "one two three");
  EXPECT_EQ(on_one_line("  x"), "  x");
}

}  // namespace
}  // namespace minions::formats
