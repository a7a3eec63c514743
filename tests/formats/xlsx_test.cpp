#include <gtest/gtest.h>

#include "make_zip.h"
#include "reading.h"

namespace minions::formats {
namespace {

using namespace test;

std::string text_of(const std::vector<std::pair<std::string, std::string>>& sheets,
                    const std::vector<std::string>& strings = {}) {
  Reading reading;
  const auto kind = read_office_bytes(make_xlsx(sheets, strings), reading);
  if (!kind) return "stopped: " + std::to_string(static_cast<int>(kind.error()));
  EXPECT_EQ(*kind, OfficeKind::kXlsx);
  return reading.written;
}

TEST(Xlsx, NamesSheetsAndGivesEachAPage) {
  EXPECT_EQ(text_of({{"Budget", R"(<row r="1"><c r="A1" t="s"><v>1</v></c><c r="B1"><v>12.5</v></c></row>)"},
                     {"Empty &amp; last", ""}},
                    {"zero", "Total"}),
            "Sheet: Budget\nTotal\t12.5\n\fSheet: Empty & last\n\f");
}

TEST(Xlsx, ReadsEachTypeOfCell) {
  EXPECT_EQ(
      text_of({{"S", R"(<row><c t="inlineStr"><is><r><t>in</t></r><r><t>line</t></r></is></c><c t="b"><v>1</v></c>)"
                     R"(<c t="b"><v>0</v></c><c t="e"><v>#DIV/0!</v></c><c t="str"><f>A1</f><v>text</v></c>)"
                     R"(<c s="1"><v>45292</v></c><c s="2"><v>45292.5</v></c></row>)"}}),
      "Sheet: S\ninline\tTRUE\tFALSE\t#DIV/0!\ttext\t2024-01-01\t2024-01-01 12:00\n\f");
}

TEST(Xlsx, KeepsColumnsApartAndLinesWhole) {
  EXPECT_EQ(
      text_of({{"S", R"(<row><c r="A1" t="s"><v>0</v></c><c r="D1"><v>4</v></c></row><row><c r="B2"><v>1</v></c></row>)"
                     R"(<row><c r="XFD3"><v>9</v></c></row>)"}},
              {"two\nlines"}),
      "Sheet: S\ntwo lines\t\t\t4\n\t1\n" + std::string(64, '\t') + "9\n\f");
}

TEST(Xlsx, LeavesOutHowCharactersAreSpoken) {
  EXPECT_EQ(
      text_of({{"S", R"(<row><c t="inlineStr"><is><t>word</t><rPh sb="0" eb="1"><t>spoken</t></rPh></is></c></row>)"}}),
      "Sheet: S\nword\n\f");
}

TEST(Xlsx, RemarksOnFormulasWithoutValues) {
  Reading reading;
  ASSERT_TRUE(read_office_bytes(make_xlsx({{"S", R"(<row><c><f>1+1</f></c><c><f>2</f><v>2</v></c></row>)"}}), reading));
  EXPECT_EQ(reading.remarks.at(Remark::kUncachedFormulas), 1U);
}

TEST(Xlsx, TakesIndicesThatPointNowhere) {
  EXPECT_EQ(text_of({{"S", R"(<row><c t="s"><v>99</v></c><c s="99"><v>1</v></c><c t="s"><v>x</v></c></row>)"}}, {"a"}),
            "Sheet: S\n\t1\ta\n\f");
}

}  // namespace
}  // namespace minions::formats
