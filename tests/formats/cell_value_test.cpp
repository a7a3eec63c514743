#include "formats/cell_value.h"

#include <gtest/gtest.h>

namespace minions::formats {
namespace {

TEST(CellValue, ShowsDatesForSerialNumbers) {
  const auto shown = [](std::string_view value, NumberStyle style, Epoch epoch = Epoch::k1900) {
    return shown_number(value, style, epoch);
  };
  EXPECT_EQ(shown("45292", NumberStyle::kDate), "2024-01-01");
  EXPECT_EQ(shown("1", NumberStyle::kDate), "1900-01-01");
  EXPECT_EQ(shown("59", NumberStyle::kDate), "1900-02-28");
  EXPECT_EQ(shown("61", NumberStyle::kDate), "1900-03-01");
  EXPECT_EQ(shown("45292.604166666664", NumberStyle::kDateTime), "2024-01-01 14:30");
  EXPECT_EQ(shown("45292.99999999", NumberStyle::kDateTime), "2024-01-02 00:00");
  EXPECT_EQ(shown("0.5", NumberStyle::kTime), "12:00");
  EXPECT_EQ(shown("1.5", NumberStyle::kTime), "36:00");
  EXPECT_EQ(shown("43830", NumberStyle::kDate, Epoch::k1904), "2024-01-01");
}

TEST(CellValue, LeavesWhatIsNoNumberOrNoDayAsItIs) {
  for (const char* value : {"", "abc", "1x", "nan", "inf", "1e400", "-5", "99999999999"})
    EXPECT_EQ(shown_number(value, NumberStyle::kDate, Epoch::k1900), value);
}

TEST(CellValue, TakesTheNoiseOffBinaryFractions) {
  EXPECT_EQ(shown_number("0.30000000000000004", NumberStyle::kNumber, Epoch::k1900), "0.3");
  EXPECT_EQ(shown_number("1234.5", NumberStyle::kNumber, Epoch::k1900), "1234.5");
  EXPECT_EQ(shown_number("123456789012345", NumberStyle::kNumber, Epoch::k1900), "123456789012345");
}

TEST(CellValue, TellsDatesByTheFormatCode) {
  EXPECT_EQ(style_of_code("General"), NumberStyle::kNumber);
  EXPECT_EQ(style_of_code("0.00"), NumberStyle::kNumber);
  EXPECT_EQ(style_of_code("dd/mm/yyyy"), NumberStyle::kDate);
  EXPECT_EQ(style_of_code("mmm"), NumberStyle::kDate);
  EXPECT_EQ(style_of_code("[h]:mm:ss"), NumberStyle::kTime);
  EXPECT_EQ(style_of_code("yyyy-mm-dd\\ hh:mm"), NumberStyle::kDateTime);
  EXPECT_EQ(style_of_code("#,##0.00\\ \"days\""), NumberStyle::kNumber);
  EXPECT_EQ(style_of_code("[Red]0;[Blue]-0"), NumberStyle::kNumber);
  EXPECT_EQ(style_of_code("[$-409]d-mmm-yy;@"), NumberStyle::kDate);
  for (const char* code : {"\"", "[", "\\", "_", "[h", ";"}) (void)style_of_code(code);
  EXPECT_EQ(built_in_style(14), NumberStyle::kDate);
  EXPECT_EQ(built_in_style(22), NumberStyle::kDateTime);
  EXPECT_EQ(built_in_style(9), NumberStyle::kNumber);
}

TEST(CellValue, FindsTheColumnOfAReference) {
  EXPECT_EQ(column_of("A1"), 0U);
  EXPECT_EQ(column_of("Z9"), 25U);
  EXPECT_EQ(column_of("AA1"), 26U);
  EXPECT_EQ(column_of("XFD1048576"), 16383U);
  EXPECT_EQ(column_of(""), 0U);
  EXPECT_EQ(column_of("1"), 0U);
}

}  // namespace
}  // namespace minions::formats
