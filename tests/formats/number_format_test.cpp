#include "formats/number_format.h"

#include <gtest/gtest.h>

namespace minions::formats {
namespace {

std::string shown(std::string_view code, std::string_view value, Epoch epoch = Epoch::k1900) {
  return NumberFormat(code).number(value, epoch).value_or("(hidden)");
}
std::string built_in(unsigned id, std::string_view value) {
  return NumberFormat::built_in(id).number(value, Epoch::k1900).value_or("(hidden)");
}

TEST(NumberFormat, ShowsDaysForSerialNumbers) {
  EXPECT_EQ(shown("dd/mm/yyyy", "45292"), "2024-01-01");
  EXPECT_EQ(shown("dd/mm/yyyy", "1"), "1900-01-01");
  EXPECT_EQ(shown("dd/mm/yyyy", "59"), "1900-02-28");
  EXPECT_EQ(shown("dd/mm/yyyy", "61"), "1900-03-01");
  EXPECT_EQ(shown("yyyy-mm-dd\\ hh:mm", "45292.604166666664"), "2024-01-01 14:30");
  EXPECT_EQ(shown("yyyy-mm-dd hh:mm", "45292.99999999"), "2024-01-02 00:00");
  EXPECT_EQ(shown("dd/mm/yyyy", "43830", Epoch::k1904), "2024-01-01");
  for (const char* code : {"mmm", "mmm-yy", "yyyy", "[$-409]d-mmm-yy;@", "m/d/yy",
                           "yyyy\"\u5E74\"m\"\u6708\"d\"\u65E5\"", "[$-411]ggge\"\u5E74\"m\"\u6708\"d\"\u65E5\";@"})
    EXPECT_EQ(shown(code, "45292"), "2024-01-01") << code;
  EXPECT_EQ(shown("[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy", "45292"), "Monday 2024-01-01");
  EXPECT_EQ(shown("\"Due \"d mmm", "45292"), "Due 2024-01-01");
}

TEST(NumberFormat, KnowsDaysInOtherLanguages) {
  for (const char* code : {"TT.MM.JJJJ", "jj/mm/aaaa", "dd-mm-jjjj", "rrrr-mm-dd", "pp.kk.vvvv", "gg.aa.yyyy",
                           "\u0414\u0414.\u041C\u041C.\u0413\u0413\u0413\u0413", "\u00E5\u00E5\u00E5\u00E5-MM-DD"})
    EXPECT_EQ(shown(code, "45292"), "2024-01-01") << code;
  EXPECT_EQ(shown("jj/mm/aaaa hh:mm", "45292.5"), "2024-01-01 12:00");
}

TEST(NumberFormat, ShowsTimes) {
  EXPECT_EQ(shown("hh:mm", "0.5"), "12:00");
  EXPECT_EQ(shown("hh:mm", "1.5"), "12:00");
  EXPECT_EQ(shown("h:mm AM/PM", "0.75"), "18:00");
  EXPECT_EQ(shown("hh:mm:ss", "0.5"), "12:00:00");
  EXPECT_EQ(shown("mm:ss.000", "0.0010005787"), "00:01:26.450");
  EXPECT_EQ(shown("[h]:mm", "1.5"), "36:00");
  EXPECT_EQ(shown("[hh]:mm:ss", "10.25"), "246:00:00");
  EXPECT_EQ(shown("[mm]:ss", "0.0625"), "90:00");
  EXPECT_EQ(shown("[ss]", "0.0625"), "5400");
  EXPECT_EQ(shown("[h]:mm", "-0.25", Epoch::k1904), "-06:00");
}

TEST(NumberFormat, LeavesWhatIsNoNumberOrNoDayAsItIs) {
  for (const char* value : {"", "abc", "1x", "nan", "inf", "1e400", "-5", "99999999999"})
    EXPECT_EQ(shown("dd/mm/yyyy", value), value);
}

TEST(NumberFormat, TakesTheNoiseOffBinaryFractions) {
  EXPECT_EQ(shown("General", "0.30000000000000004"), "0.3");
  EXPECT_EQ(shown("", "1234.5"), "1234.5");
  EXPECT_EQ(shown("General", "123456789012345"), "123456789012345");
  EXPECT_EQ(shown("General\" km\"", "12.5"), "12.5 km");
}

TEST(NumberFormat, FillsPlaceholders) {
  EXPECT_EQ(shown("0.00", "1.005"), "1.01");
  EXPECT_EQ(shown("0.00", "-1.5"), "-1.50");
  EXPECT_EQ(shown("0", "0.5"), "1");
  EXPECT_EQ(shown("0.0", "99.96"), "100.0");
  EXPECT_EQ(shown("#.##", "0.5"), ".5");
  EXPECT_EQ(shown("0.0#", "0.50"), "0.5");
  EXPECT_EQ(shown("#,##0", "1234567.4"), "1,234,567");
  EXPECT_EQ(shown("#,##0", "999"), "999");
  EXPECT_EQ(shown("0,000", "5"), "0,005");
  EXPECT_EQ(shown("00000", "1234"), "01234");
  EXPECT_EQ(shown("000\\-00\\-0000", "123456789"), "123-45-6789");
  EXPECT_EQ(shown("(000) 000-0000", "2125550199"), "(212) 555-0199");
  EXPECT_EQ(shown("0%", "0.125"), "13%");
  EXPECT_EQ(shown("0.0%", "0.07"), "7.0%");
  EXPECT_EQ(shown("0.0,,\"M\"", "12345678"), "12.3M");
  EXPECT_EQ(shown("#,##0,", "1234567"), "1,235");
  EXPECT_EQ(shown("0.00E+00", "12345"), "1.23E+04");
  EXPECT_EQ(shown("0.00E+00", "0.00009999"), "1.00E-04");
  EXPECT_EQ(shown("##0.0E+0", "12345"), "12.3E+3");
  EXPECT_EQ(shown("0.00E+00", "0"), "0.00E+00");
}

TEST(NumberFormat, ShowsFractions) {
  EXPECT_EQ(shown("# ?/?", "5.25"), "5 1/4");
  EXPECT_EQ(shown("# ?/?", "0.5"), "1/2");
  EXPECT_EQ(shown("# ?\?/??", "3.14159265358979"), "3 14/99");
  EXPECT_EQ(shown("# ?/?", "4"), "4");
  EXPECT_EQ(shown("# ?/?", "0"), "0");
  EXPECT_EQ(shown("# ?/8", "2.5"), "2 4/8");
  EXPECT_EQ(shown("?/?", "1.5"), "3/2");
  EXPECT_EQ(shown("# ?/?", "-1.75"), "-1 3/4");
  EXPECT_EQ(shown("# ?/?", "0.99999"), "1");
}

TEST(NumberFormat, ShowsCurrencies) {
  EXPECT_EQ(shown("\"$\"#,##0.00", "-1234.5"), "-$1,234.50");
  EXPECT_EQ(shown("#,##0.00\\ [$\u20AC-407]", "1234.5"), "1,234.50 \u20AC");
  EXPECT_EQ(shown("[$USD] #,##0", "5"), "USD 5");
  EXPECT_EQ(shown("_($* #,##0.00_);_($* \\(#,##0.00\\);_($* \"-\"?\?_);_(@_)", "1234.5"), "$1,234.50");
  EXPECT_EQ(shown("_($* #,##0.00_);_($* \\(#,##0.00\\);_($* \"-\"?\?_);_(@_)", "-1234.5"), "$(1,234.50)");
  EXPECT_EQ(shown("_($* #,##0.00_);_($* \\(#,##0.00\\);_($* \"-\"?\?_);_(@_)", "0"), "$-");
  EXPECT_EQ(shown("0.00 USD", "5"), "5.00 USD");
}

TEST(NumberFormat, ChoosesTheSection) {
  EXPECT_EQ(shown("[Red]0;[Blue](0);\"none\"", "5"), "5");
  EXPECT_EQ(shown("[Red]0;[Blue](0);\"none\"", "-5"), "(5)");
  EXPECT_EQ(shown("[Red]0;[Blue](0);\"none\"", "0"), "none");
  EXPECT_EQ(shown("0;-0", "0"), "0");
  EXPECT_EQ(shown("[<1000]0;[<1000000]0.0,\"k\";0.0,,\"M\"", "950"), "950");
  EXPECT_EQ(shown("[<1000]0;[<1000000]0.0,\"k\";0.0,,\"M\"", "1500"), "1.5k");
  EXPECT_EQ(shown("[<1000]0;[<1000000]0.0,\"k\";0.0,,\"M\"", "2500000"), "2.5M");
  EXPECT_EQ(shown("[>=1]\"yes\";\"no\"", "1"), "yes");
  EXPECT_EQ(shown("[>=1]\"yes\";\"no\"", "0"), "no");
  EXPECT_EQ(shown("[=1]\"one\";[=2]\"two\";0", "2"), "two");
  EXPECT_EQ(shown("[=1]\"one\";[=2]\"two\";0", "-3"), "-3");
  EXPECT_EQ(shown("0;-0;;@", "0"), "(hidden)");
  EXPECT_EQ(shown(";;;", "5"), "(hidden)");
  EXPECT_EQ(shown("@", "5"), "5");
  EXPECT_EQ(shown("0;@", "-5"), "-5");
}

TEST(NumberFormat, PutsWordsAroundTexts) {
  EXPECT_EQ(NumberFormat("@").text("a b"), "a b");
  EXPECT_EQ(NumberFormat("0;0;0;\"Dr \"@").text("Who"), "Dr Who");
  EXPECT_EQ(NumberFormat("0.00").text("a"), "a");
  EXPECT_EQ(NumberFormat(";;;").text("a"), std::nullopt);
}

TEST(NumberFormat, KnowsTheBuiltInOnes) {
  EXPECT_EQ(built_in(0, "5"), "5");
  EXPECT_EQ(built_in(1, "5.4"), "5");
  EXPECT_EQ(built_in(4, "1234.5"), "1,234.50");
  EXPECT_EQ(built_in(9, "0.5"), "50%");
  EXPECT_EQ(built_in(10, "0.12345"), "12.35%");
  EXPECT_EQ(built_in(11, "12345"), "1.23E+04");
  EXPECT_EQ(built_in(12, "0.75"), "3/4");
  EXPECT_EQ(built_in(14, "45292"), "2024-01-01");
  EXPECT_EQ(built_in(20, "0.5"), "12:00");
  EXPECT_EQ(built_in(22, "45292.5"), "2024-01-01 12:00");
  EXPECT_EQ(built_in(31, "45292"), "2024-01-01");
  EXPECT_EQ(built_in(34, "0.5"), "12:00");
  EXPECT_EQ(built_in(34, "45292"), "2024-01-01");
  EXPECT_EQ(built_in(38, "-1234"), "(1,234)");
  EXPECT_EQ(built_in(46, "1.5"), "36:00:00");
  EXPECT_EQ(built_in(48, "12345"), "12.3E+3");
  EXPECT_EQ(built_in(49, "5"), "5");
  EXPECT_EQ(built_in(4711, "5"), "5");
}

TEST(NumberFormat, TakesCodesThatMakeNoSense) {
  for (const char* code : {"\"",
                           "[",
                           "\\",
                           "_",
                           "*",
                           "[h",
                           ";",
                           "[<",
                           "[$",
                           "E+",
                           "0E+",
                           "/",
                           "?/",
                           ",,,",
                           "%%%%",
                           "0/0/0",
                           "General/General",
                           "@@@;@",
                           "#/#",
                           "[h][m]",
                           "\xFF\xFE",
                           "0.0.0",
                           "y;m;d;h"}) {
    const NumberFormat format(code);
    for (const char* value : {"0", "-1", "1e308", "1e-308", "0.1", "45292.5"}) {
      (void)format.number(value, Epoch::k1900);
      (void)format.text(value);
    }
  }
  EXPECT_EQ(shown(std::string(5000, '0'), "7"), "7");
}

}  // namespace
}  // namespace minions::formats
