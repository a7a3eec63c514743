#include <gtest/gtest.h>

#include "make_zip.h"
#include "reading.h"

namespace minions::formats {
namespace {

using namespace test;

std::string text_of(const std::string& kind, const std::string& body, OfficeKind expected) {
  Reading reading;
  const auto found = read_office_bytes(make_opendocument(kind, body), reading);
  if (!found) return "stopped: " + std::to_string(static_cast<int>(found.error()));
  EXPECT_EQ(*found, expected);
  return reading.written;
}

TEST(OpenDocument, ReadsText) {
  EXPECT_EQ(
      text_of(
          "text",
          R"(<text:h text:outline-level="1">Head</text:h><text:p>One<text:s text:c="3"/>two<text:tab/>)"
          R"(<text:span>three</text:span><text:line-break/>four</text:p>)"
          R"(<text:tracked-changes><text:p>deleted</text:p></text:tracked-changes>)"
          R"(<text:p>note<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>below</text:p>)"
          R"(</text:note-body></text:note> after</text:p>)",
          OfficeKind::kOdt),
      "# Head\n\nOne   two\tthree\nfour\n\nnote[^1] (below) after\n\n\f");
}

TEST(OpenDocument, NumbersPagesBySoftBreaks) {
  EXPECT_EQ(text_of("text", "<text:p>one</text:p><text:soft-page-break/><text:p>two</text:p>", OfficeKind::kOdt),
            "one\n\n\ftwo\n\n\f");
}

TEST(OpenDocument, PutsCellsOnLines) {
  const std::string table =
      R"(<table:table table:name="T"><table:table-row><table:table-cell><text:p>a</text:p><text:p>b</text:p></table:table-cell>)"
      R"(<table:table-cell table:number-columns-repeated="2"/><table:table-cell><text:p>d</text:p></table:table-cell>)"
      R"(<table:table-cell table:number-columns-repeated="16000"/></table:table-row></table:table>)";
  EXPECT_EQ(text_of("spreadsheet", table + table, OfficeKind::kOds),
            "Sheet: T\na b\t\t\td\n\fSheet: T\na b\t\t\td\n\f");
  EXPECT_EQ(text_of("text", table, OfficeKind::kOdt), "a b\t\t\td\n\f");
}

TEST(OpenDocument, GivesEachSlideAPage) {
  EXPECT_EQ(
      text_of("presentation",
              R"(<draw:page><draw:frame><text:p>one</text:p></draw:frame><presentation:notes><text:p>say</text:p>)"
              R"(</presentation:notes></draw:page><draw:page><text:p>two</text:p></draw:page>)",
              OfficeKind::kOdp),
      "one\n\nNotes: say\n\n\ftwo\n\n\f");
}

TEST(OpenDocument, RefusesOneWithAPassword) {
  Reading reading;
  const std::string manifest = R"(<manifest xmlns="m"><file-entry><encryption-data/></file-entry></manifest>)";
  EXPECT_EQ(read_office_bytes(make_zip({{"mimetype", "application/vnd.oasis.opendocument.text"},
                                        {"META-INF/manifest.xml", manifest},
                                        {"content.xml", "\x01\x02"}}),
                              reading)
                .error(),
            ExtractExit::kEncrypted);
}

// With styles of the content, and other parts.
struct Made {
  std::string kind;
  std::string body;
  std::string styles = {};  // between the tags of office:automatic-styles
  Parts parts = {};
};

constexpr const char* kNamespaces =
    R"( xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0")"
    R"( xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0")"
    R"( xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0")"
    R"( xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0")"
    R"( xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0")"
    R"( xmlns:form="urn:oasis:names:tc:opendocument:xmlns:form:1.0")"
    R"( xmlns:chart="urn:oasis:names:tc:opendocument:xmlns:chart:1.0")"
    R"( xmlns:presentation="urn:oasis:names:tc:opendocument:xmlns:presentation:1.0")"
    R"( xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0")"
    R"( xmlns:field="urn:openoffice:names:experimental:ooo-ms-interop:xmlns:field:1.0")"
    R"( xmlns:math="http://www.w3.org/1998/Math/MathML" xmlns:dc="http://purl.org/dc/elements/1.1/")"
    R"( xmlns:xlink="http://www.w3.org/1999/xlink")";

std::string element(const std::string& name, const std::string& content) {
  return "<" + name + kNamespaces + ">" + content + "</" + name + ">";
}

std::string content_of(const Made& made) {
  return "<office:automatic-styles>" + made.styles + "</office:automatic-styles><office:body><office:" + made.kind +
         ">" + made.body + "</office:" + made.kind + "></office:body>";
}

std::string text_of(const Made& made, Reading& reading) {
  Parts parts = {{"mimetype", "application/vnd.oasis.opendocument." + made.kind},
                 {"content.xml", element("office:document-content", content_of(made))}};
  parts.insert(parts.end(), made.parts.begin(), made.parts.end());
  const auto kind = read_office_bytes(make_zip(parts), reading);
  return kind ? reading.written : "stopped: " + std::to_string(static_cast<int>(kind.error()));
}
std::string text_of(const Made& made) {
  Reading reading;
  return text_of(made, reading);
}

std::string level(const std::string& kind, int number, const std::string& attributes) {
  return "<text:" + kind + " text:level=\"" + std::to_string(number) + "\" " + attributes + "/>";
}
std::string item(const std::string& text, const std::string& more = "", const std::string& attributes = "") {
  return "<text:list-item " + attributes + "><text:p>" + text + "</text:p>" + more + "</text:list-item>";
}
std::string list(const std::string& attributes, const std::string& items) {
  return "<text:list " + attributes + ">" + items + "</text:list>";
}

const std::string kClauses =
    R"(<text:list-style style:name="L1">)" +
    level("list-level-style-number", 1, R"(style:num-format="1" style:num-suffix=".")") +
    level("list-level-style-number", 2, R"(style:num-format="1" text:display-levels="2")") +
    level("list-level-style-number", 3, R"x(style:num-format="a" style:num-prefix="(" style:num-suffix=")")x") +
    R"(</text:list-style><text:list-style style:name="L2">)" +
    level("list-level-style-bullet", 1, R"(text:bullet-char="*")") + "</text:list-style>";

TEST(OpenDocument, NumbersLists) {
  EXPECT_EQ(
      text_of({.kind = "text",
               .body = list(R"(text:style-name="L1")",
                            item("one", list("", item("in") + item("in", list("", item("deep") + item("deep"))))) +
                                item("two", list("", item("in")))) +
                       "<text:p>between</text:p>" +
                       list(R"(text:style-name="L1" text:continue-numbering="true")", item("three")) +
                       list(R"(text:style-name="L1")", item("anew") + item("nine", "", R"(text:start-value="9")")) +
                       list(R"(text:style-name="L2")", item("dot") + "<text:list-header><text:p>head</text:p>"
                                                                     "</text:list-header>"),
               .styles = kClauses}),
      "1. one\n  1.1 in\n  1.2 in\n    (a) deep\n    (b) deep\n2. two\n  2.1 in\n\nbetween\n\n3. three\n1. anew\n"
      "9. nine\n- dot\n  head\n\f");
}

TEST(OpenDocument, GoesOnWithAListByItsId) {
  EXPECT_EQ(text_of({.kind = "text",
                     .body = list(R"(xml:id="a" text:style-name="L1")", item("one")) +
                             list(R"(text:style-name="L1")", item("other")) +
                             list(R"(text:continue-list="a" text:style-name="L1")", item("two")),
                     .styles = kClauses}),
            "1. one\n1. other\n2. two\n\f");
}

TEST(OpenDocument, CountsOnWhereOuterItemsHaveNoText) {
  const auto inner = [](const std::string& text) {
    return list(R"(text:style-name="L1" text:continue-numbering="true")",
                "<text:list-item>" + list("", item(text)) + "</text:list-item>");
  };
  EXPECT_EQ(text_of({.kind = "text", .body = inner("a") + inner("b"), .styles = kClauses}), "  1.1 a\n  1.2 b\n\f");
}

TEST(OpenDocument, NumbersInEachFormat) {
  const auto style = [](const std::string& attributes) {
    return R"(<text:list-style style:name="L">)" + level("list-level-style-number", 1, attributes) +
           "</text:list-style>";
  };
  const auto shown = [&](const std::string& attributes) {
    return text_of({.kind = "text", .body = list(R"(text:style-name="L")", item("x")), .styles = style(attributes)});
  };
  EXPECT_EQ(shown(R"(style:num-format="i" text:start-value="4")"), "iv x\n\f");
  EXPECT_EQ(shown(R"(style:num-format="I" text:start-value="1999" style:num-suffix=".")"), "MCMXCIX. x\n\f");
  EXPECT_EQ(shown(R"(style:num-format="A" text:start-value="28")"), "AB x\n\f");
  EXPECT_EQ(shown(R"(style:num-format="a" text:start-value="28" style:num-letter-sync="true")"), "bb x\n\f");
  EXPECT_EQ(shown(R"(style:num-format="" style:num-prefix="Article ")"), "Article  x\n\f");
  EXPECT_EQ(shown(R"(style:num-format="")"), "  x\n\f");
  EXPECT_EQ(shown(R"(style:num-format="i" text:start-value="4000000000")"), "4000000000 x\n\f");
}

TEST(OpenDocument, NumbersHeadingsByTheOutline) {
  const auto head = [](int depth, const std::string& more = "") {
    return "<text:h text:outline-level=\"" + std::to_string(depth) + "\" " + more + ">h</text:h>";
  };
  const std::string styles = element(
      "office:document-styles",
      "<office:styles><text:outline-style>" +
          level("outline-level-style", 1, R"(style:num-format="1" style:num-prefix="Part ")") +
          level("outline-level-style", 2, R"(style:num-format="1" text:display-levels="2" style:num-suffix=".")") +
          R"(</text:outline-style><style:style style:name="Bare" style:family="paragraph" style:list-style-name=""/>)" +
          "</office:styles>");
  EXPECT_EQ(text_of({.kind = "text",
                     .body = head(1) + head(2) + head(2) + head(1) + head(2) +
                             head(1, R"(text:is-list-header="true")") + head(1, R"(text:style-name="Bare")"),
                     .parts = {{"styles.xml", styles}}}),
            "# Part 1 h\n\n## 1.1. h\n\n## 1.2. h\n\n# Part 2 h\n\n## 2.1. h\n\n# h\n\n# h\n\n\f");
}

TEST(OpenDocument, MarksRaisedTextAndLeavesOutHiddenText) {
  Reading reading;
  EXPECT_EQ(
      text_of(
          {.kind = "text",
           .body = R"(<text:p>10<text:span text:style-name="Up">6</text:span> H<text:span text:style-name="Down">2)"
                   R"(</text:span>O<text:span text:style-name="Gone">secret</text:span></text:p>)"
                   R"(<text:p text:style-name="Away">secret</text:p><text:section text:display="none"><text:p>secret)"
                   R"(</text:p></text:section><text:p><text:hidden-paragraph text:is-hidden="true"/>secret</text:p>)"
                   R"(<text:p>a<text:hidden-text text:is-hidden="true"/><text:conditional-text>b)"
                   R"(</text:conditional-text>c&#xAD;d</text:p>)",
           .styles = R"(<style:style style:name="Up" style:family="text"><style:text-properties )"
                     R"(style:text-position="super 58%"/></style:style><style:style style:name="Down" )"
                     R"(style:family="text"><style:text-properties style:text-position="sub 58%"/></style:style>)"
                     R"(<style:style style:name="Hide" style:family="text"><style:text-properties )"
                     R"(text:display="none"/></style:style><style:style style:name="Gone" style:family="text" )"
                     R"(style:parent-style-name="Hide"/><style:style style:name="Away" style:family="paragraph">)"
                     R"(<style:text-properties text:display="none"/></style:style>)"},
          reading),
      "10^6 H2O\n\nabcd\n\n\f");
  EXPECT_EQ(reading.remarks.at(Remark::kHiddenText), 4U);
}

TEST(OpenDocument, ReadsCommentsBoxesAndReadings) {
  Reading reading;
  EXPECT_EQ(
      text_of({.kind = "text",
               .body = "<text:p>one<office:annotation><dc:creator>Bob</dc:creator><dc:date>2024-01-01</dc:date>"
                       "<text:p>check</text:p><text:p>this</text:p></office:annotation> two<draw:frame><draw:text-box>"
                       "<text:p>boxed</text:p><text:p>more</text:p></draw:text-box><svg:title>name</svg:title>"
                       "<svg:desc>what</svg:desc></draw:frame> <text:ruby><text:ruby-base>K</text:ruby-base>"
                       "<text:ruby-text>k</text:ruby-text></text:ruby> <text:title>T</text:title></text:p>"
                       "<text:tracked-changes><text:changed-region><text:deletion><text:p>gone</text:p>"
                       "</text:deletion></text:changed-region></text:tracked-changes>"},
              reading),
      "one [Comment by Bob: check this] two K (k) T\n\nboxed\n\nmore\n\n\f");
  EXPECT_EQ(reading.remarks.at(Remark::kDeletions), 1U);
}

TEST(OpenDocument, KeepsTheColumnsOfTables) {
  const auto cell = [](const std::string& content, const std::string& attributes = "") {
    return "<table:table-cell " + attributes + ">" + content + "</table:table-cell>";
  };
  const auto row = [](const std::string& cells) { return "<table:table-row>" + cells + "</table:table-row>"; };
  const auto table = [](const std::string& rows) { return "<table:table>" + rows + "</table:table>"; };
  EXPECT_EQ(text_of({.kind = "text",
                     .body = "<text:p>before</text:p>" +
                             table(row(cell("<text:p>wide</text:p>", R"(table:number-columns-spanned="2")") +
                                       "<table:covered-table-cell/>" + cell("<text:p>c</text:p>")) +
                                   row(cell("<text:p>a<text:line-break/>b</text:p>") + cell("") +
                                       cell(table(row(cell("<text:p>1</text:p>") + cell("<text:p>2</text:p>")) +
                                                  row(cell("<text:p>3</text:p>")))))) +
                             "<text:p>after</text:p>"}),
            "before\n\nwide\t\tc\na b\t\t1 | 2 / 3\n\nafter\n\n\f");
}

TEST(OpenDocument, ReadsTheChoicesOfForms) {
  EXPECT_EQ(
      text_of({.kind = "text",
               .body =
                   "<office:forms><form:form><form:checkbox form:id=\"c1\" form:label=\"Agreed\" "
                   "form:current-state=\"checked\"/><form:listbox form:id=\"c2\"><form:option form:label=\"red\"/>"
                   "<form:option form:label=\"blue\" form:current-selected=\"true\"/></form:listbox></form:form>"
                   "</office:forms><text:p>x <draw:control draw:control=\"c1\"/></text:p>"
                   "<text:p><draw:control draw:control=\"c2\"/><text:drop-down><text:label text:value=\"no\"/>yes"
                   "</text:drop-down></text:p><text:p><field:fieldmark field:type=\"vnd.oasis.opendocument.field."
                   "FORMDROPDOWN\"><field:param field:name=\"Dropdown_ListEntry\" field:value=\"north\"/><field:param "
                   "field:name=\"Dropdown_ListEntry\" field:value=\"south\"/><field:param "
                   "field:name=\"Dropdown_Selected\" field:value=\"1\"/></field:fieldmark> <field:fieldmark "
                   "field:type=\"vnd.oasis.opendocument.field.FORMCHECKBOX\"><field:param "
                   "field:name=\"Checkbox_Checked\" field:value=\"true\"/></field:fieldmark></text:p>"}),
      "x \n\n[x] Agreed\n\nyes\n\nblue\n\nsouth [x]\n\n\f");
}

TEST(OpenDocument, ReadsObjects) {
  Reading reading;
  const auto object = [](const std::string& name) {
    return "<draw:frame><draw:object xlink:href=\"./" + name + "\"/><draw:image/></draw:frame>";
  };
  const std::string formula =
      "<math:math><math:semantics><math:mrow><math:msup><math:mi>x</math:mi><math:mn>2</math:mn></math:msup><math:mo>+"
      "</math:mo><math:mfrac><math:mn>1</math:mn><math:mrow><math:mi>a</math:mi><math:mo>+</math:mo><math:mi>b</"
      "math:mi>"
      "</math:mrow></math:mfrac></math:mrow><math:annotation>x^2 + 1 over {a+b}</math:annotation></math:semantics>"
      "</math:math>";
  const std::string chart =
      "<chart:chart><chart:title><text:p>Sales</text:p></"
      "chart:title><chart:plot-area><chart:axis><chart:title><text:p>EUR"
      "</text:p></chart:title></chart:axis></chart:plot-area></chart:chart>";
  EXPECT_EQ(text_of({.kind = "text",
                     .body = "<text:p>with " + object("Object 1") + "</text:p><text:p>" + object("Object 2") +
                             "</text:p><text:p>" + object("Object 3") + "</text:p><text:p><draw:frame><draw:object>" +
                             formula + "</draw:object></draw:frame></text:p>",
                     .parts = {{"Object 1/content.xml", element("x", formula)},
                               {"Object 2/content.xml", element("x", chart)}}},
                    reading),
            "with x^2 + 1/(a + b)\n\nChart: Sales / EUR\n\nx^2 + 1/(a + b)\n\n\f");
  EXPECT_EQ(reading.remarks.at(Remark::kUnreadObjects), 1U);
  EXPECT_FALSE(reading.remarks.contains(Remark::kUnreadPictures));
}

TEST(OpenDocument, ReadsOnWhereAnObjectIsDamaged) {
  Reading reading;
  EXPECT_EQ(text_of({.kind = "text",
                     .body = R"(<text:p>a<draw:frame><draw:object xlink:href="Object 1"/></draw:frame>b</text:p>)",
                     .parts = {{"Object 1/content.xml", "<!DOCTYPE math SYSTEM 'math.dtd'><math/>"}}},
                    reading),
            "ab\n\n\f");
  EXPECT_EQ(reading.remarks.at(Remark::kUnreadObjects), 1U);
}

TEST(OpenDocument, ReadsHeadersAndFootersOnce) {
  const std::string styles = element(
      "office:document-styles",
      "<office:master-styles><style:master-page><style:header><text:p>ACME</text:p></"
      "style:header><style:footer><text:p>"
      "Page <text:page-number>1</text:page-number></text:p></style:footer><style:footer-left style:display=\"false\">"
      "<text:p>not shown</text:p></style:footer-left></style:master-page><style:master-page><style:header><text:p>ACME"
      "</text:p></style:header><style:footer><text:p>Draft of May, <text:page-number>1</text:page-number></text:p>"
      "</style:footer></style:master-page></office:master-styles>");
  EXPECT_EQ(text_of({.kind = "text", .body = "<text:p>x</text:p>", .parts = {{"styles.xml", styles}}}),
            "x\n\nHeader: ACME\nFooter: Draft of May, #\n\f");
}

TEST(OpenDocument, WritesWhatRepeatsAsOften) {
  EXPECT_EQ(
      text_of(
          "spreadsheet",
          R"(<table:table table:name="T"><table:table-row><table:table-cell table:number-columns-repeated="3">)"
          R"(<text:p>0</text:p></table:table-cell><table:table-cell><text:p>5</text:p></table:table-cell>)"
          R"(</table:table-row><table:table-row table:number-rows-repeated="3"><table:table-cell><text:p>x</text:p>)"
          R"(</table:table-cell></table:table-row><table:table-row table:number-rows-repeated="1048570">)"
          R"(<table:table-cell table:number-columns-repeated="16384"/></table:table-row></table:table>)",
          OfficeKind::kOds),
      "Sheet: T\n0\t0\t0\t5\nx\nx\nx\n\f");
}

TEST(OpenDocument, BoundsWhatRepeats) {
  Reading reading;
  const std::string text =
      text_of({.kind = "spreadsheet",
               .body = R"(<table:table table:name="T"><table:table-row table:number-rows-repeated="4000000000">)"
                       R"(<table:table-cell table:number-columns-repeated="4000000000"><text:p>aaaaaaa</text:p>)"
                       R"(</table:table-cell></table:table-row></table:table>)"},
              reading);
  EXPECT_GT(text.size(), std::size_t{1} << 19);
  EXPECT_LT(text.size(), std::size_t{1} << 22);
  EXPECT_EQ(reading.remarks.at(Remark::kShortenedRepeats), 2U);
}

TEST(OpenDocument, ShowsTheValuesOfCellsWithoutText) {
  const auto cell = [](const std::string& attributes) {
    return "<table:table-cell office:value-type=" + attributes + "/>";
  };
  EXPECT_EQ(
      text_of("spreadsheet",
              R"(<table:table table:name="T"><table:table-row>)" + cell(R"("float" office:value="1.5")") +
                  cell(R"("percentage" office:value="0.125")") +
                  cell(R"("currency" office:currency="EUR" office:value="9.9")") +
                  cell(R"("date" office:date-value="2024-01-31T00:00:00")") +
                  cell(R"("date" office:date-value="2024-01-31T13:30:00")") +
                  cell(R"("time" office:time-value="PT36H05M00S")") + cell(R"("boolean" office:boolean-value="true")") +
                  cell(R"("string" office:string-value="s")") + "</table:table-row></table:table>",
              OfficeKind::kOds),
      "Sheet: T\n1.5\t12.5%\t9.9 EUR\t2024-01-31\t2024-01-31 13:30:00\t36:05:00\tTRUE\ts\n\f");
}

TEST(OpenDocument, ReadsNotesOnCellsAndWhatIsHiddenInSheets) {
  Reading reading;
  EXPECT_EQ(
      text_of(
          {.kind = "spreadsheet",
           .body = R"(<table:table table:name="T" table:style-name="ta1"><table:shapes><draw:frame><draw:text-box>)"
                   R"(<text:p>over</text:p></draw:text-box></draw:frame></table:shapes><table:table-column/>)"
                   R"(<table:table-column table:visibility="collapse"/><table:table-row><table:table-cell/>)"
                   R"(<table:table-cell><office:annotation><dc:creator>Bob</dc:creator><text:p>why</text:p>)"
                   R"(</office:annotation><text:p>b<text:tab/>c</text:p></table:table-cell></table:table-row>)"
                   R"(<table:table-row table:visibility="filter"><table:table-cell><text:p>f</text:p>)"
                   R"(</table:table-cell></table:table-row></table:table>)"
                   R"(<table:table table:name="'file:///a.ods'#$S"><table:table-row><table:table-cell><text:p>cache)"
                   R"(</text:p></table:table-cell></table:table-row></table:table>)",
           .styles = R"(<style:style style:name="ta1" style:family="table"><style:table-properties )"
                     R"(table:display="false"/></style:style>)"},
          reading),
      "Sheet: T\n\tb c\nNote on B1 by Bob: why\nf\nText box: over\n\f");
  EXPECT_EQ(reading.remarks.at(Remark::kHiddenSheets), 1U);
  EXPECT_EQ(reading.remarks.at(Remark::kHiddenCells), 2U);
}

TEST(OpenDocument, NotesHiddenSlides) {
  Reading reading;
  EXPECT_EQ(
      text_of(
          {.kind = "presentation",
           .body = R"(<presentation:footer-decl presentation:name="f1">ACME</presentation:footer-decl>)"
                   R"(<draw:page draw:style-name="dp1" presentation:use-footer-name="f1"><draw:frame><draw:text-box>)"
                   R"(<text:list><text:list-item><text:p>one</text:p></text:list-item></text:list></draw:text-box>)"
                   R"(</draw:frame><presentation:notes><draw:frame presentation:class="page-number"><draw:text-box>)"
                   R"(<text:p>1</text:p></draw:text-box></draw:frame></presentation:notes></draw:page>)",
           .styles = R"(<style:style style:name="dp1" style:family="drawing-page"><style:drawing-page-properties )"
                     R"(presentation:visibility="hidden"/></style:style>)"},
          reading),
      "- one\n\nFooter: ACME\n\n\f");
  EXPECT_EQ(reading.remarks.at(Remark::kHiddenSlides), 1U);
}

TEST(OpenDocument, ReadsFlatOnes) {
  Reading reading;
  std::string xml =
      element("office:document",
              content_of({.kind = "text", .body = list(R"(text:style-name="L1")", item("one")), .styles = kClauses}));
  xml.insert(xml.find(' '), R"( office:mimetype="application/vnd.oasis.opendocument.text")");
  ASSERT_TRUE(read_flat_opendocument(as_bytes(xml), reading.writer));
  EXPECT_EQ(reading.written, "1. one\n\f");
  EXPECT_EQ(reading.remarks.at(Remark::kKind), static_cast<std::uint64_t>(OfficeKind::kOdt));
  Reading other;
  const auto read = read_flat_opendocument(as_bytes(std::string_view("<a/>")), other.writer);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error(), ExtractExit::kNoDocument);
}

TEST(OpenDocument, RefusesWhatIsNestedWithoutEnd) {
  std::string deep;
  for (int i = 0; i < 20'000; ++i) deep += "<text:p><draw:text-box>";
  std::string closed = deep;
  for (int i = 0; i < 20'000; ++i) closed += "</draw:text-box></text:p>";
  EXPECT_EQ(text_of({.kind = "text", .body = closed}), "stopped: 101");
}

}  // namespace
}  // namespace minions::formats
