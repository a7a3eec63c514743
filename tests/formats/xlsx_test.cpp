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

// A workbook of one sheet with parts of its own: `sheet` is all within the tags of worksheet, `targets` are what it
// refers to.
struct Made {
  std::string sheet;
  std::string formats = {};  // of cells, as format codes; the first has the index 1
  std::vector<std::array<std::string, 3>> targets = {};
  Parts parts = {};
  std::string workbook = {};  // attributes and elements before the sheets
  std::string state = {};     // attributes of the sheet
  std::string type = "worksheet";
};

constexpr const char* kNamespaces =
    R"( xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main")"
    R"( xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships")"
    R"( xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main")"
    R"( xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart")"
    R"( xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing")"
    R"( xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006")";

std::string element(const std::string& name, const std::string& content) {
  return "<" + name + kNamespaces + ">" + content + "</" + name + ">";
}

std::string made(const Made& made) {
  std::string codes;
  std::string styles;
  for (std::size_t begin = 0, id = 164; begin < made.formats.size(); ++id) {
    const std::size_t end = made.formats.find('\n', begin);
    codes += R"(<numFmt numFmtId=")" + std::to_string(id) + R"(" formatCode=")" +
             made.formats.substr(begin, end - begin) + R"("/>)";
    styles += R"(<xf numFmtId=")" + std::to_string(id) + R"("/>)";
    begin = end == std::string::npos ? made.formats.size() : end + 1;
  }
  Parts parts = {
      {"xl/workbook.xml", element("workbook", made.workbook + R"(<sheets><sheet name="S" sheetId="1" r:id="rId1" )" +
                                                  made.state + "/></sheets>")},
      {"xl/_rels/workbook.xml.rels", relationships({{"rId1", made.type, "worksheets/sheet1.xml"},
                                                    {"rId2", "styles", "styles.xml"},
                                                    {"rId3", "person", "persons/person.xml"}})},
      {"xl/styles.xml",
       element("styleSheet", "<numFmts>" + codes + R"(</numFmts><cellXfs><xf numFmtId="0"/>)" + styles + "</cellXfs>")},
      {"xl/worksheets/sheet1.xml", element("worksheet", made.sheet)},
      {"xl/worksheets/_rels/sheet1.xml.rels", relationships(made.targets)}};
  parts.insert(parts.end(), made.parts.begin(), made.parts.end());
  return make_package("spreadsheetml.sheet", std::move(parts));
}

std::string rows(const std::string& xml) { return "<sheetData>" + xml + "</sheetData>"; }

std::string text_of_made(const Made& document, Reading& reading) {
  const auto kind = read_office_bytes(made(document), reading);
  return kind ? reading.written : "stopped: " + std::to_string(static_cast<int>(kind.error()));
}
std::string text_of_made(const Made& document) {
  Reading reading;
  return text_of_made(document, reading);
}

TEST(Xlsx, CountsOnWhereCellsAndRowsHaveNoReference) {
  EXPECT_EQ(text_of({{"S",
                      "<row><c><v>11</v></c><c><v>12</v></c></row><row><c><v>21</v></c><c/><c><v>23</v></c></row>"
                      R"(<row><c r="B3"><v>32</v></c><c><v>33</v></c></row>)"}}),
            "Sheet: S\n11\t12\n21\t\t23\n\t32\t33\n\f");
}

TEST(Xlsx, KeepsColumnsOutOfOrderApart) {
  EXPECT_EQ(text_of({{"S", R"(<row><c r="B1"><v>2</v></c><c r="A1"><v>1</v></c></row>)"}}), "Sheet: S\n\t2\t1\n\f");
}

TEST(Xlsx, DecodesEscapesInEachKindOfText) {
  EXPECT_EQ(text_of({{"S", R"(<row><c t="s"><v>0</v></c><c t="inlineStr"><is><t>a_x000D_)"
                           "\n"
                           R"(b</t></is></c><c t="str"><v>_x005F_x0041_</v></c></row>)"}},
                    {"_x0041_1"}),
            "Sheet: S\nA1\ta b\t_x0041_\n\f");
}

TEST(Xlsx, MarksRaisedRuns) {
  const std::string raised =
      R"(<r><t>10</t></r><r><rPr><vertAlign val="superscript"/></rPr><t>6</t></r><r><t> m</t></r>)";
  EXPECT_EQ(text_of({{"S", "<row><c t=\"s\"><v>0</v></c><c t=\"inlineStr\"><is>" + raised + "</is></c></row>"}},
                    {"</t>" + raised + "<t>"}),
            "Sheet: S\n10^6 m\t10^6 m\n\f");
}

TEST(Xlsx, ShowsNumbersAsTheirFormatsDo) {
  EXPECT_EQ(text_of_made(
                {.sheet = rows(R"(<row><c s="1"><v>0.125</v></c><c s="2"><v>-1234.5</v></c><c s="3"><v>1.5</v></c>)"
                               R"(<c s="4"><v>0</v></c><c s="5"><v>5.25</v></c><c s="6" t="str"><v>Who</v></c></row>)"),
                 .formats = "0.0%\n[Red]#,##0.00\\ &quot;EUR&quot;\n[h]:mm\n0;-0;;@\n# ?/?\n0;0;0;&quot;Dr &quot;@"}),
            "Sheet: S\n12.5%\t-1,234.50 EUR\t36:00\t\t5 1/4\tDr Who\n\f");
}

TEST(Xlsx, CountsDaysFrom1904IfTheWorkbookDoes) {
  EXPECT_EQ(text_of_made({.sheet = rows(R"(<row><c s="1"><v>43830</v></c><c t="d"><v>2024-01-02T00:00:00</v></c>)"
                                        R"(<c t="d"><v>2024-01-02T13:30:00Z</v></c></row>)"),
                          .formats = "TT.MM.JJJJ",
                          .workbook = R"(<workbookPr date1904="1"/>)"}),
            "Sheet: S\n2024-01-01\t2024-01-02\t2024-01-02 13:30:00\n\f");
}

TEST(Xlsx, ReadsWhatIsHiddenAndRemarksOnIt) {
  Reading reading;
  EXPECT_EQ(text_of_made({.sheet = R"(<cols><col min="2" max="3" hidden="1"/></cols>)" +
                                   rows(R"(<row hidden="1"><c><v>1</v></c></row><row hidden="1"/>)"
                                        R"(<row><c r="B3"><v>2</v></c><c s="1"><v>3</v></c></row>)"),
                          .formats = ";;;",
                          .state = R"(state="veryHidden")"},
                         reading),
            "Sheet: S\n1\n\t2\t3\n\f");
  EXPECT_EQ(reading.remarks.at(Remark::kHiddenCells), 4U);  // a row, two columns, and what the format hides
  EXPECT_EQ(reading.remarks.at(Remark::kHiddenSheets), 1U);
}

TEST(Xlsx, PutsNotesBehindTheirRows) {
  EXPECT_EQ(
      text_of_made({.sheet = rows(R"(<row r="1"><c r="A1"><v>5</v></c></row><row r="2"><c r="A2"><v>6</v></c></row>)"),
                    .targets = {{"rId1", "comments", "../comments1.xml"}},
                    .parts = {{"xl/comments1.xml",
                               element("comments",
                                       "<authors><author>Al</author><author/></authors><commentList>"
                                       R"(<comment ref="C9" authorId="1"><text><t>far off</t></text></comment>)"
                                       R"(<comment ref="B2" authorId="7"><text><t>two</t></text></comment>)"
                                       R"(<comment ref="A1" authorId="0"><text><r><t>Al:</t></r><r><t>)"
                                       "\nCheck\nwith Bob"
                                       "</t></r></text></comment></commentList>")}}}),
      "Sheet: S\n5\nNote on A1 by Al: Check with Bob\n6\nNote on B2: two\nNote on C9: far off\n\f");
}

TEST(Xlsx, ReadsThreadsInsteadOfTheNotesThatStandForThem) {
  EXPECT_EQ(
      text_of_made(
          {.sheet = rows(R"(<row r="1"><c r="A1"><v>5</v></c></row>)"),
           .targets = {{"rId1", "comments", "../comments1.xml"},
                       {"rId2", "threadedComment", "../threadedComments/threadedComment1.xml"}},
           .parts = {{"xl/comments1.xml",
                      element("comments",
                              "<authors><author>tc={1}</author></authors><commentList><comment ref=\"A1\" "
                              "authorId=\"0\"><text><t>[Threaded comment]</t></text></comment></commentList>")},
                     {"xl/threadedComments/threadedComment1.xml",
                      element("ThreadedComments",
                              R"(<threadedComment ref="A1" personId="{P}"><text>why?</text></threadedComment>)"
                              R"(<threadedComment ref="A1" personId="{Q}"><text>so</text></threadedComment>)")},
                     {"xl/persons/person.xml", element("personList", R"(<person displayName="Bob B" id="{P}"/>)")}}}),
      "Sheet: S\n5\nNote on A1 by Bob B: why?\nNote on A1: so\n\f");
}

TEST(Xlsx, ReadsTextBoxesAndTitlesOfCharts) {
  Reading reading;
  const std::string title = "<c:title><c:tx><c:rich><a:p><a:r><a:t>Sales</a:t></a:r></a:p></c:rich></c:tx></c:title>";
  const std::string series =
      "<c:ser><c:tx><c:strRef><c:f>S!A1</c:f><c:strCache><c:pt><c:v>North</c:v></c:pt></c:strCache>"
      "</c:strRef></c:tx><c:val><c:v>3</c:v></c:val></c:ser>";
  EXPECT_EQ(
      text_of_made(
          {.sheet = rows("") + R"(<drawing r:id="rId1"/>)",
           .targets = {{"rId1", "drawing", "../drawings/drawing1.xml"}},
           .parts = {{"xl/drawings/drawing1.xml",
                      element("xdr:wsDr",
                              "<xdr:sp><xdr:txBody><a:p><a:r><a:t>one</a:t></a:r></a:p><a:p><a:r><a:t>two</a:t>"
                              "</a:r></a:p></xdr:txBody></xdr:sp><xdr:pic/><xdr:graphicFrame><c:chart r:id=\"rId1\"/>"
                              "</xdr:graphicFrame><xdr:graphicFrame><c:chart r:id=\"rId2\"/></xdr:graphicFrame>")},
                     {"xl/drawings/_rels/drawing1.xml.rels",
                      relationships(
                          {{"rId1", "chart", "../charts/chart1.xml"}, {"rId2", "chart", "../charts/chart2.xml"}})},
                     {"xl/charts/chart1.xml", element("c:chartSpace", title + series)},
                     {"xl/charts/chart2.xml", element("c:chartSpace", series)}}},
          reading),
      "Sheet: S\nText box: one two\nChart: Sales\nChart: North\n\f");
  EXPECT_EQ(reading.remarks.at(Remark::kUnreadPictures), 1U);
}

TEST(Xlsx, ReadsOnWhereADrawingIsDamaged) {
  Reading reading;
  EXPECT_EQ(text_of_made({.sheet = rows("<row><c><v>1</v></c></row>"),
                          .targets = {{"rId1", "drawing", "../drawings/drawing1.xml"}},
                          .parts = {{"xl/drawings/drawing1.xml", "<a><b>"}}},
                         reading),
            "Sheet: S\n1\n\f");
  EXPECT_EQ(reading.remarks.at(Remark::kUnreadObjects), 1U);
}

TEST(Xlsx, ReadsHeadersAndFootersOnce) {
  EXPECT_EQ(
      text_of_made(
          {.sheet = rows("<row><c><v>1</v></c></row>") +
                    R"(<headerFooter><oddHeader>&amp;L&amp;"Arial,Bold"&amp;12Draft&amp;R&amp;KFF0000R&amp;&amp;D)"
                    R"(</oddHeader><oddFooter>&amp;CPage &amp;P of &amp;N</oddFooter><evenHeader>&amp;LDraft)"
                    R"(&amp;RR&amp;&amp;D</evenHeader><firstFooter>&amp;P</firstFooter></headerFooter>)"}),
      "Sheet: S\n1\nHeader: Draft R&D\nFooter: Page # of #\n\f");
}

TEST(Xlsx, TellsAnEmptyResultFromAFormulaWithoutOne) {
  Reading reading;
  EXPECT_EQ(
      text_of_made({.sheet = rows(R"(<row><c t="str"><f>A1</f><v></v></c><c><f>1+1</f><v/></c></row>)")}, reading),
      "Sheet: S\n\f");
  EXPECT_EQ(reading.remarks.at(Remark::kUncachedFormulas), 1U);
}

TEST(Xlsx, NamesSheetsWithoutCells) { EXPECT_EQ(text_of_made({.sheet = "", .type = "chartsheet"}), "Sheet: S\n\f"); }

TEST(Xlsx, RefusesBinaryWorkbooks) {
  Reading reading;
  const auto read =
      read_office_bytes(make_zip({{"[Content_Types].xml", R"(<Types xmlns="t"/>)"},
                                  {"_rels/.rels", relationships({{"rId1", "officeDocument", "xl/workbook.bin"}})},
                                  {"xl/workbook.bin", "\x83\x01"}}),
                        reading);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error(), ExtractExit::kBinaryWorkbook);
}

}  // namespace
}  // namespace minions::formats
