// What a reader of a document sees beyond its plain text: numbers, forms, columns, formulas, and what lies in other
// parts.
#include <gtest/gtest.h>

#include "formats/office.h"
#include "make_zip.h"
#include "reading.h"

namespace minions::formats {
namespace {

using namespace test;

constexpr const char* kWord = R"( xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main")";

struct Document {
  std::string text;
  std::map<Remark, std::uint64_t> remarks;
};

Document read_document(const std::string& bytes) {
  Reading reading;
  const auto kind = read_office_bytes(bytes, reading);
  if (!kind) return {"stopped: " + std::to_string(static_cast<int>(kind.error())), {}};
  EXPECT_EQ(*kind, OfficeKind::kDocx);
  std::string text = reading.written;
  while (text.ends_with('\n') || text.ends_with('\f')) text.pop_back();
  return {text, reading.remarks};
}
std::string text_of(const std::string& body, const Parts& more = {}) {
  return read_document(make_docx(body, more)).text;
}

std::string run(const std::string& text, const std::string& properties = "") {
  return "<w:r><w:rPr>" + properties + R"(</w:rPr><w:t xml:space="preserve">)" + text + "</w:t></w:r>";
}
std::string paragraph(const std::string& runs, const std::string& properties = "") {
  return "<w:p><w:pPr>" + properties + "</w:pPr>" + runs + "</w:p>";
}
std::string item(int list, int level, const std::string& text) {
  return paragraph(run(text), R"(<w:numPr><w:ilvl w:val=")" + std::to_string(level) + R"("/><w:numId w:val=")" +
                                  std::to_string(list) + R"("/></w:numPr>)");
}
std::string styled(const std::string& style, const std::string& text) {
  return paragraph(run(text), R"(<w:pStyle w:val=")" + style + R"("/>)");
}
std::string level(int at, const std::string& format, const std::string& text, const std::string& more = "") {
  return R"(<w:lvl w:ilvl=")" + std::to_string(at) + R"("><w:start w:val="1"/><w:numFmt w:val=")" + format +
         R"("/><w:lvlText w:val=")" + text + R"("/>)" + more + "</w:lvl>";
}
std::string list(int id, int definition, const std::string& overrides = "") {
  return R"(<w:num w:numId=")" + std::to_string(id) + R"("><w:abstractNumId w:val=")" + std::to_string(definition) +
         R"("/>)" + overrides + "</w:num>";
}
std::string definition(int id, const std::string& levels) {
  return R"(<w:abstractNum w:abstractNumId=")" + std::to_string(id) + R"(">)" + levels + "</w:abstractNum>";
}
Parts with_parts(const std::string& numbering, const std::string& styles) {
  return {{"word/_rels/document.xml.rels",
           relationships({{"r1", "numbering", "numbering.xml"}, {"r2", "styles", "styles.xml"}})},
          {"word/numbering.xml", std::string("<w:numbering") + kWord + ">" + numbering + "</w:numbering>"},
          {"word/styles.xml", std::string("<w:styles") + kWord + ">" + styles + "</w:styles>"}};
}
std::string cell(const std::string& text, const std::string& properties = "") {
  return "<w:tc><w:tcPr>" + properties + "</w:tcPr>" + paragraph(run(text)) + "</w:tc>";
}
std::string row(const std::string& cells, const std::string& properties = "") {
  return "<w:tr><w:trPr>" + properties + "</w:trPr>" + cells + "</w:tr>";
}

const std::string kClauses = definition(0, level(0, "decimal", "%1.") + level(1, "decimal", "%1.%2") +
                                               level(2, "lowerLetter", "(%3)") + level(3, "lowerRoman", "(%4)"));

TEST(DocxNumbering, NumbersClausesAsWordDoes) {
  const Parts parts = with_parts(kClauses + list(1, 0), "");
  EXPECT_EQ(text_of(item(1, 0, "Term") + item(1, 1, "Two years.") + item(1, 1, "Renews.") + item(1, 0, "Payment") +
                        item(1, 1, "Due.") + item(1, 2, "by transfer") + item(1, 2, "by cheque") + item(1, 3, "EUR") +
                        item(1, 1, "Late.") + item(1, 2, "interest"),
                    parts),
            "1. Term\n\n1.1 Two years.\n\n1.2 Renews.\n\n2. Payment\n\n2.1 Due.\n\n(a) by transfer\n\n(b) by cheque\n\n"
            "(i) EUR\n\n2.2 Late.\n\n(a) interest");
}

TEST(DocxNumbering, CountsThroughListsOfOneDefinitionUnlessOneRestarts) {
  const std::string restart = R"(<w:lvlOverride w:ilvl="0"><w:startOverride w:val="5"/></w:lvlOverride>)";
  const Parts parts = with_parts(kClauses + list(1, 0) + list(2, 0) + list(3, 0, restart), "");
  EXPECT_EQ(text_of(item(1, 0, "a") + item(2, 0, "b") + item(3, 0, "c") + item(3, 0, "d") + item(1, 0, "e"), parts),
            "1. a\n\n2. b\n\n5. c\n\n6. d\n\n7. e");
}

TEST(DocxNumbering, TakesTheLevelsThatAListChanges) {
  const std::string own = R"(<w:lvlOverride w:ilvl="0">)" + level(0, "upperRoman", "Article %1:") + "</w:lvlOverride>";
  EXPECT_EQ(text_of(item(1, 0, "a") + item(1, 0, "b"), with_parts(kClauses + list(1, 0, own), "")),
            "Article I: a\n\nArticle II: b");
}

TEST(DocxNumbering, StartsAtALevelBelowAsIfThoseAboveWereThere) {
  EXPECT_EQ(text_of(item(1, 1, "a"), with_parts(kClauses + list(1, 0), "")), "1.1 a");
}

TEST(DocxNumbering, RestartsWhereTheLevelSays) {
  const std::string never = level(0, "decimal", "%1.") + level(1, "decimal", "Q%2", R"(<w:lvlRestart w:val="0"/>)");
  EXPECT_EQ(text_of(item(1, 0, "a") + item(1, 1, "b") + item(1, 0, "c") + item(1, 1, "d"),
                    with_parts(definition(0, never) + list(1, 0), "")),
            "1. a\n\nQ1 b\n\n2. c\n\nQ2 d");
}

TEST(DocxNumbering, WritesLegalNumbersAndSeparators) {
  const std::string levels = level(0, "upperRoman", "%1", R"(<w:suff w:val="nothing"/>)") +
                             level(1, "decimal", "%1.%2", "<w:isLgl/>") + level(2, "none", "%3") +
                             level(3, "decimalZero", "[%4]") + level(4, "ordinal", "%5");
  EXPECT_EQ(text_of(item(1, 0, ". One") + item(1, 0, ". Two") + item(1, 1, "x") + item(1, 2, "y") + item(1, 3, "z") +
                        item(1, 4, "try"),
                    with_parts(definition(0, levels) + list(1, 0), "")),
            "I. One\n\nII. Two\n\n2.1 x\n\ny\n\n[01] z\n\n1st try");
}

TEST(DocxNumbering, MarksBulletsByLevelAndKeepsTicks) {
  const std::string wingdings = R"(<w:rPr><w:rFonts w:ascii="Wingdings" w:hAnsi="Wingdings"/></w:rPr>)";
  const Parts parts =
      with_parts(definition(0, level(0, "bullet", "\uF0B7") + level(1, "bullet", "o") +
                                   level(2, "bullet", "\uF0FE", wingdings) + level(3, "bullet", "\uF0A7", wingdings)) +
                     list(1, 0),
                 "");
  EXPECT_EQ(text_of(item(1, 0, "a") + item(1, 1, "b") + item(1, 2, "c") + item(1, 3, "d") + item(1, 0, ""), parts),
            "- a\n\n  - b\n\n    \u2611 c\n\n      - d");
}

TEST(DocxNumbering, NumbersThroughStylesAndWhatTheyAreBasedOn) {
  const std::string bound = definition(0, level(0, "decimal", "%1", R"(<w:pStyle w:val="Chapter"/>)") +
                                              level(1, "decimal", "%1.%2", R"(<w:pStyle w:val="Section"/>)"));
  const std::string numbered = R"(<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr>)";
  const std::string styles = R"(<w:style w:type="paragraph" w:styleId="Chapter">)" + numbered + "</w:style>" +
                             R"(<w:style w:type="paragraph" w:styleId="Section">)" + numbered + "</w:style>" +
                             R"(<w:style w:type="paragraph" w:styleId="Mine"><w:basedOn w:val="Section"/></w:style>)" +
                             R"(<w:style w:type="paragraph" w:styleId="Loop"><w:basedOn w:val="Loop"/></w:style>)";
  const std::string none =
      paragraph(run("none"), R"(<w:pStyle w:val="Section"/><w:numPr><w:numId w:val="0"/></w:numPr>)");
  EXPECT_EQ(text_of(styled("Chapter", "a") + styled("Section", "b") + styled("Mine", "c") + none + styled("Loop", "d") +
                        styled("Chapter", "e"),
                    with_parts(bound + list(1, 0), styles)),
            "1 a\n\n1.1 b\n\n1.2 c\n\nnone\n\nd\n\n2 e");
}

TEST(DocxNumbering, FollowsNumberingStyles) {
  const std::string numbering =
      R"(<w:abstractNum w:abstractNumId="0"><w:numStyleLink w:val="House"/></w:abstractNum>)" +
      definition(1, level(0, "upperLetter", "%1)")) + list(1, 0) + list(2, 1);
  const std::string styles =
      R"(<w:style w:type="numbering" w:styleId="House"><w:pPr><w:numPr><w:numId w:val="2"/></w:numPr></w:pPr></w:style>)";
  EXPECT_EQ(text_of(item(1, 0, "a") + item(1, 0, "b"), with_parts(numbering, styles)), "A) a\n\nB) b");
}

TEST(DocxNumbering, ShowsNumbersWithoutText) {
  const std::string table = "<w:tbl>" + row("<w:tc>" + item(1, 0, "") + "</w:tc>" + cell("bolt")) +
                            row("<w:tc>" + item(1, 0, "") + "</w:tc>" + cell("nut")) + "</w:tbl>";
  EXPECT_EQ(text_of(table + item(9, 0, "no such list"), with_parts(kClauses + list(1, 0), "")),
            "1.\tbolt\n2.\tnut\n\nno such list");
}

TEST(DocxHeadings, AreKnownByLevelOrNameInAnyLanguage) {
  const std::string styles =
      R"(<w:style w:type="paragraph" w:styleId="berschrift1"><w:name w:val="heading 1"/></w:style>)"
      R"(<w:style w:type="paragraph" w:styleId="Own"><w:pPr><w:outlineLvl w:val="1"/></w:pPr></w:style>)"
      R"(<w:style w:type="paragraph" w:styleId="Derived"><w:basedOn w:val="Own"/></w:style>)"
      R"(<w:style w:type="paragraph" w:styleId="TOC"><w:basedOn w:val="Own"/><w:pPr><w:outlineLvl w:val="9"/></w:pPr>)"
      "</w:style>";
  EXPECT_EQ(text_of(styled("berschrift1", "a") + styled("Own", "b") + styled("Derived", "c") + styled("TOC", "d") +
                        paragraph(run("e"), R"(<w:outlineLvl w:val="2"/>)"),
                    with_parts("", styles)),
            "# a\n\n## b\n\n## c\n\nd\n\n### e");
  EXPECT_EQ(text_of(styled("Titre2", "f") + styled("Heading3", "g") + styled("Heading", "h")), "## f\n\n### g\n\nh");
}

TEST(DocxSymbols, BecomeTheCharactersThatTheyShow) {
  EXPECT_EQ(text_of(paragraph(R"(<w:r><w:sym w:font="Wingdings" w:char="F0FE"/><w:t> yes </w:t>)"
                              R"(<w:sym w:font="Wingdings" w:char="F0A8"/><w:t> no </w:t>)"
                              R"(<w:sym w:font="Symbol" w:char="F0A3"/><w:sym w:font="Webdings" w:char="61"/></w:r>)")),
            "\u2611 yes \u2610 no \u2264\u2714");
  const std::string symbol = R"(<w:rFonts w:ascii="Symbol" w:hAnsi="Symbol"/>)";
  EXPECT_EQ(text_of(paragraph(run("5 ") + run("m", symbol) + run("g ") + run("\uF0B1", symbol) + run(" \uF0B7"))),
            "5 \u03BCg \u00B1 \u2022");
  EXPECT_EQ(text_of(paragraph(run("a", R"(<w:rFonts w:ascii="Wingdings 2"/>)"))), "[symbol]");
  EXPECT_EQ(text_of(paragraph(R"(<w:r><w:sym w:font="Symbol" w:char="zz"/></w:r>)")), "\uFFFD");
}

TEST(DocxForms, ShowTicksAndChosenEntries) {
  const auto field = [](const std::string& data, const std::string& result) {
    return R"(<w:r><w:fldChar w:fldCharType="begin"><w:ffData>)" + data + "</w:ffData></w:fldChar></w:r>" +
           R"(<w:r><w:instrText> FORM </w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r>)" + result +
           R"(<w:r><w:fldChar w:fldCharType="end"/></w:r>)";
  };
  const std::string entries = R"(<w:listEntry w:val="France"/><w:listEntry w:val="Spain"/>)";
  EXPECT_EQ(text_of(paragraph(field("<w:checkBox><w:checked/></w:checkBox>", "") + run(" ") +
                              field(R"(<w:checkBox><w:default w:val="1"/><w:checked w:val="0"/></w:checkBox>)", "") +
                              run(" ") + field(R"(<w:checkBox><w:default w:val="1"/></w:checkBox>)", "") + run(" ") +
                              field(R"(<w:ddList><w:result w:val="1"/>)" + entries + "</w:ddList>", run("Spain")) +
                              run(" ") + field("<w:ddList>" + entries + "</w:ddList>", "") + run(" ") +
                              field("<w:textInput/>", run("Jane")))),
            "\u2612 \u2610 \u2612 Spain France Jane");
}

TEST(DocxForms, ShowTheStateOfContentControls) {
  const auto box = [](const std::string& state, const std::string& content) {
    return R"(<w:sdt><w:sdtPr><w14:checkbox xmlns:w14="w14"><w14:checked w14:val=")" + state +
           R"("/></w14:checkbox></w:sdtPr><w:sdtContent>)" + content + "</w:sdtContent></w:sdt>";
  };
  EXPECT_EQ(text_of(paragraph(box("1", run("\u2612")) + run(" a ") + box("0", run("\u2610")) + run(" b ") +
                              box("1", R"(<w:r><w:sym w:font="Wingdings" w:char="F0FC"/></w:r>)") + run(" c ") +
                              box("1", "") + run(" d"))),
            "\u2612 a \u2610 b \u2612 c \u2612 d");
  EXPECT_EQ(text_of(paragraph(R"(<w:sdt><w:sdtPr><w:dropDownList><w:listItem w:displayText="One" w:value="1"/>)"
                              "</w:dropDownList></w:sdtPr><w:sdtContent>" +
                              run("One") + "</w:sdtContent></w:sdt>")),
            "One");
}

TEST(DocxFields, ShowResultsAndNoInstructions) {
  const auto mark = [](const std::string& type) {
    return R"(<w:r><w:fldChar w:fldCharType=")" + type + R"("/></w:r>)";
  };
  const auto code = [](const std::string& text) { return "<w:r><w:instrText>" + text + "</w:instrText></w:r>"; };
  const std::string nested = mark("begin") + code("IF ") + mark("begin") + code("PAGE") + mark("separate") + run("7") +
                             mark("end") + code(" = 1") + run("stray") + mark("separate") + run("shown") + mark("end");
  EXPECT_EQ(text_of(paragraph(run("a ") + nested + run(" b"))), "a shown b");
  EXPECT_EQ(text_of(paragraph(R"(<w:fldSimple w:instr="REF x">)" + run("4.2") + "</w:fldSimple>")), "4.2");
  EXPECT_EQ(text_of(paragraph(mark("begin") + code("MACROBUTTON NoMacro [Name]") + mark("end"))), "[Name]");
  EXPECT_EQ(text_of(paragraph(mark("begin") + code("SYMBOL 254 \\f \"Wingdings\"") + mark("end"))), "\u2611");
  EXPECT_EQ(text_of(paragraph(mark("begin") + code("TOC") + run("kept")) + paragraph(run("all of it"))),
            "kept\nall of it");  // a field that never ends
  EXPECT_EQ(text_of(paragraph(mark("end") + mark("separate") + run("x"))), "x");
}

TEST(DocxTables, KeepColumnsUnderSpans) {
  const std::string across = R"(<w:gridSpan w:val="2"/>)";
  EXPECT_EQ(text_of("<w:tbl>" + row(cell("A") + cell("B") + cell("C")) + row(cell("Total", across) + cell("300")) +
                    row(cell("EU", R"(<w:vMerge w:val="restart"/>)") + cell("b1") + cell("c1")) +
                    row(cell("", "<w:vMerge/>") + cell("b2") + cell("c2")) +
                    row(cell("b3") + cell("c3"), R"(<w:gridBefore w:val="1"/>)") +
                    row(cell("x", R"(<w:gridSpan w:val="999999999"/>)")) + "</w:tbl>"),
            "A\tB\tC\nTotal\t\t300\nEU\tb1\tc1\n\tb2\tc2\n\tb3\tc3\nx" + std::string(63, '\t'));
}

TEST(DocxTables, KeepRowsOnLines) {
  const std::string inner = "<w:tbl>" + row(cell("i1") + cell("i2")) + row(cell("i3") + cell("i4")) + "</w:tbl>";
  EXPECT_EQ(text_of("<w:tbl>" +
                    row("<w:tc>" + paragraph("<w:r><w:t>a</w:t><w:br/><w:t>b</w:t><w:tab/><w:t>c</w:t></w:r>") +
                        "</w:tc>" + cell("d")) +
                    row("<w:tc>" + paragraph(run("e")) + inner + "<w:p/></w:tc>" + cell("f")) + "</w:tbl>"),
            "a b c\td\ne i1 | i2; i3 | i4\tf");
  const std::string page = "<w:r><w:lastRenderedPageBreak/><w:t>y</w:t></w:r>";
  EXPECT_EQ(
      text_of("<w:tbl>" +
              row("<w:tc>" + paragraph(run("x ") + page) + "</w:tc><w:tc>" + paragraph(run("z ") + page) + "</w:tc>") +
              row("<w:tc>" + paragraph(page) + "</w:tc>" + cell("w")) + "</w:tbl>"),
      "x y\tz y\n\fy\tw");
}

std::string formula(const std::string& xml) { return R"(<m:oMath xmlns:m="m">)" + xml + "</m:oMath>"; }
std::string letters(const std::string& text) { return "<m:r><m:t>" + text + "</m:t></m:r>"; }
std::string in(const std::string& name, const std::string& xml) {
  return "<m:" + name + ">" + xml + "</m:" + name + ">";
}

TEST(DocxFormulas, StandOnALine) {
  const auto shown = [](const std::string& xml) { return text_of(paragraph(formula(xml))); };
  const auto fraction = [](const std::string& over, const std::string& under) {
    return in("f", in("num", over) + in("den", under));
  };
  EXPECT_EQ(shown(fraction(letters("1"), letters("2"))), "1/2");
  EXPECT_EQ(shown(letters("2") + fraction(letters("1"), letters("2")) + letters("x")), "2 1/2 x");
  EXPECT_EQ(shown(fraction(letters("a+b"), letters("2c"))), "(a+b)/(2c)");
  EXPECT_EQ(shown(in("sSup", in("e", letters("x")) + in("sup", letters("2"))) + letters("+") +
                  in("sSub", in("e", letters("x")) + in("sub", letters("max")))),
            "x^2+x_{max}");
  EXPECT_EQ(shown(in("sSubSup", in("e", letters("x")) + in("sub", letters("i")) + in("sup", letters("2")))), "x_i^2");
  EXPECT_EQ(shown(in("rad", in("deg", "") + in("e", letters("a+b")))), "\u221A(a+b)");
  EXPECT_EQ(shown(in("rad", in("deg", letters("3")) + in("e", letters("8")))), "\u221A[3](8)");
  EXPECT_EQ(shown(in("nary", R"(<m:naryPr><m:chr m:val="∑"/></m:naryPr>)" + in("sub", letters("i=1")) +
                                 in("sup", letters("n")) + in("e", letters("i")))),
            "\u2211_{i=1}^n i");
  EXPECT_EQ(shown(in("m", in("mr", in("e", letters("a")) + in("e", letters("b"))) +
                              in("mr", in("e", letters("c")) + in("e", letters("d"))))),
            "[a, b; c, d]");
  EXPECT_EQ(shown(in("d", R"(<m:dPr><m:begChr m:val="["/><m:endChr m:val="]"/></m:dPr>)" + in("e", letters("x")))),
            "[x]");
  EXPECT_EQ(shown(in("sSup", in("e", in("d", in("e", letters("a+b")))) + in("sup", letters("n+1")))), "(a+b)^{n+1}");
  EXPECT_EQ(shown(in("func", in("fName", letters("sin")) + in("e", letters("x")))), "sin x");
}

TEST(DocxFormulas, DoNotRunTogetherWithTheTextAroundThem) {
  EXPECT_EQ(text_of(paragraph(run("Take 2") + formula(in("f", in("num", letters("1")) + in("den", letters("2")))) +
                              run("tablets"))),
            "Take 2 1/2 tablets");
}

TEST(DocxFormulas, NestAsDeepAsTheyLike) {
  std::string deep = letters("x");
  for (int i = 0; i < 2000; ++i) deep = in("sSup", in("e", deep) + in("sup", letters("2")));
  EXPECT_NE(text_of(paragraph(formula(deep))).find('x'), std::string::npos);
}

TEST(DocxScripts, AreMarkedWhereTheyWouldReadAsSomethingElse) {
  const std::string super = R"(<w:vertAlign w:val="superscript"/>)";
  const std::string sub = R"(<w:vertAlign w:val="subscript"/>)";
  EXPECT_EQ(text_of(paragraph(run("10") + run("6", super) + run(" ohm, H") + run("2", sub) + run("O"))),
            "10^6 ohm, H2O");
  EXPECT_EQ(text_of(paragraph(run("10") + run("-", super) + run("6", super) + run(" m"))), "10^-6 m");
  EXPECT_EQ(text_of(paragraph(run("e") + run("kt + 1", super) + run(", V") + run("max", sub) + run(", x") +
                              run("i", sub) + run(", 101") + run("2", sub))),
            "e^{kt + 1}, V_{max}, x_i, 101_2");
  EXPECT_EQ(text_of(paragraph(run("1") + run("st", super) + run(" ") + run("14", super) + run("C"))), "1st ^{14}C");
  EXPECT_EQ(text_of(paragraph(run("Smith") + run("3", super))), "Smith^3");
}

TEST(DocxScripts, ComeFromStylesToo) {
  const std::string styles =
      R"(<w:style w:type="character" w:styleId="Power"><w:rPr><w:vertAlign w:val="superscript"/></w:rPr></w:style>)";
  EXPECT_EQ(text_of(paragraph(run("10") + run("6", R"(<w:rStyle w:val="Power"/>)")), with_parts("", styles)), "10^6");
}

TEST(DocxRuby, PutsReadingsInParentheses) {
  EXPECT_EQ(text_of(paragraph("<w:r><w:ruby><w:rt>" + run("とう") + "</w:rt><w:rubyBase>" + run("東") +
                              "</w:rubyBase></w:ruby></w:r>" + run("京"))),
            "東(とう)京");
}

TEST(DocxRevisions, CountWhatIsLeftOut) {
  const Document document = read_document(
      make_docx(paragraph("<w:del><w:r><w:delText>old</w:delText><w:tab/></w:r></w:del><w:ins>" + run("new") +
                          "</w:ins>" + run(" secret", "<w:vanish/>") + run(" open", R"(<w:vanish w:val="0"/>)")) +
                paragraph(run("joined "), "<w:rPr><w:del/></w:rPr>") + paragraph(run("lines"))));
  EXPECT_EQ(document.text, "new open\n\njoined lines");
  EXPECT_EQ(document.remarks.at(Remark::kDeletions), 1U);
  EXPECT_EQ(document.remarks.at(Remark::kHiddenText), 1U);
}

TEST(DocxBoxes, StandAfterTheirParagraphOnce) {
  const std::string box =
      "<w:txbxContent>" + paragraph(run("in the box")) + paragraph(run("twice")) + "</w:txbxContent>";
  EXPECT_EQ(text_of(paragraph(run("be") + "<w:r><mc:AlternateContent><mc:Choice>" + box + "</mc:Choice><mc:Fallback>" +
                              box + "</mc:Fallback></mc:AlternateContent></w:r>" + run("fore")) +
                    paragraph(run("after"))),
            "before\n\nin the box\n\ntwice\n\nafter");
  EXPECT_EQ(text_of(paragraph("<w:r><mc:AlternateContent><mc:Fallback><w:t>only</w:t></mc:Fallback>"
                              "</mc:AlternateContent></w:r>")),
            "only");
  std::string deep = paragraph(run("deep"));
  for (int i = 0; i < 50; ++i) deep = paragraph("<w:r><w:txbxContent>" + deep + "</w:txbxContent></w:r>");
  EXPECT_EQ(text_of(deep), "deep");
}

TEST(DocxParts, ReadsHeadersAndFootersOnce) {
  const auto header = [](const std::string& tag, const std::string& text) {
    return "<w:" + tag + kWord + ">" + paragraph(run(text)) + "</w:" + tag + ">";
  };
  EXPECT_EQ(text_of(paragraph(run("body")),
                    {{"word/_rels/document.xml.rels", relationships({{"r1", "header", "header1.xml"},
                                                                     {"r2", "header", "header2.xml"},
                                                                     {"r3", "footer", "footer1.xml"},
                                                                     {"r4", "footer", "footer2.xml"}})},
                     {"word/header1.xml", header("hdr", "ACME Ref 77")},
                     {"word/header2.xml", header("hdr", "ACME Ref 77")},
                     {"word/footer1.xml", header("ftr", "Valid until May")},
                     {"word/footer2.xml", header("ftr", "3")}}),
            "Header: ACME Ref 77\n\nbody\n\nFooter: Valid until May");
}

TEST(DocxParts, KeepsNotesOfBothKindsApart) {
  const auto notes = [](const std::string& kind, const std::string& text) {
    return "<w:" + kind + "s" + kWord + "><w:" + kind + R"( w:id="1">)" + paragraph(run(" ") + run(text)) +
           "</w:" + kind + "></w:" + kind + "s>";
  };
  EXPECT_EQ(text_of(paragraph(run("a") + R"(<w:r><w:footnoteReference w:id="1"/></w:r>)" + run("b") +
                              R"(<w:r><w:endnoteReference w:id="1"/></w:r>)"),
                    {{"word/_rels/document.xml.rels",
                      relationships({{"r1", "footnotes", "footnotes.xml"}, {"r2", "endnotes", "endnotes.xml"}})},
                     {"word/footnotes.xml", notes("footnote", "foot")},
                     {"word/endnotes.xml", notes("endnote", "end")}}),
            "a[^1]b[^e1]\n\n[^1] foot\n\n[^e1] end");
}

TEST(DocxParts, ReadsCommentsWithTheirAuthors) {
  EXPECT_EQ(
      text_of(paragraph(run("body")),
              {{"word/_rels/document.xml.rels", relationships({{"r1", "comments", "comments.xml"}})},
               {"word/comments.xml", std::string("<w:comments") + kWord + R"(><w:comment w:id="0" w:author="Ann">)" +
                                         paragraph(run("too high")) + "</w:comment></w:comments>"}}),
      "body\n\nComments:\nComment by Ann: too high");
}

TEST(DocxParts, ReadsChunksOfOtherKinds) {
  const auto with_chunk = [](const std::string& name, const std::string& content) {
    return read_document(make_docx(
        paragraph(run("before")) +
            R"(<w:altChunk xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" r:id="r1"/>)" +
            paragraph(run("after")),
        {{"word/_rels/document.xml.rels", relationships({{"r1", "aFChunk", name}})}, {"word/" + name, content}}));
  };
  EXPECT_EQ(with_chunk("c.html", "<html><body><p>price &euro;42</p></body></html>").text,
            "before\n\nprice \u20AC42\n\nafter");
  EXPECT_EQ(with_chunk("c.txt", "plain").text, "before\n\nplain\n\nafter");
  EXPECT_NE(with_chunk("c.mht", "MIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n<p>saved page</p>")
                .text.find("saved page"),
            std::string::npos);
  const Document unread = with_chunk("c.docx", std::string("PK\x03\x04") + "rest");
  EXPECT_EQ(unread.text, "before\n\nafter");
  EXPECT_EQ(unread.remarks.at(Remark::kUnreadObjects), 1U);
}

TEST(DocxParts, ReadsDiagramsAndCharts) {
  constexpr const char* kR = R"( xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships")";
  const auto point = [](const std::string& id, const std::string& text) {
    return R"(<d:pt modelId=")" + id + R"("><d:t><a:p><a:r><a:t>)" + text + "</a:t></a:r></a:p></d:t></d:pt>";
  };
  const std::string diagram =
      R"(<d:dataModel xmlns:d="d" xmlns:a="a"><d:ptLst><d:pt modelId="0" type="doc"/>)" + point("2", "Sales") +
      point("1", "Board") + point("3", "Law") +
      R"(</d:ptLst><d:cxnLst><d:cxn srcId="0" destId="1" srcOrd="0"/><d:cxn srcId="1" destId="3" srcOrd="1"/>)"
      R"(<d:cxn srcId="1" destId="2" srcOrd="0"/><d:cxn srcId="3" destId="1" srcOrd="0"/></d:cxnLst></d:dataModel>)";
  const auto points = [](const std::string& first, const std::string& second) {
    return R"(<c:pt idx="0"><c:v>)" + first + R"(</c:v></c:pt><c:pt idx="1"><c:v>)" + second + "</c:v></c:pt>";
  };
  const std::string chart =
      R"(<c:chartSpace xmlns:c="c" xmlns:a="a"><c:chart><c:title><c:tx><c:rich><a:p><a:r><a:t>Revenue</a:t></a:r></a:p>)"
      R"(</c:rich></c:tx></c:title><c:plotArea><c:barChart><c:ser><c:tx><c:strRef><c:f>A1</c:f><c:strCache>)"
      R"(<c:pt idx="0"><c:v>EU</c:v></c:pt></c:strCache></c:strRef></c:tx><c:cat><c:strRef><c:strCache>)" +
      points("2019", "2020") + "</c:strCache></c:strRef></c:cat><c:val><c:numRef><c:numCache>" + points("5", "7.5") +
      R"(</c:numCache></c:numRef></c:val></c:ser></c:barChart><c:valAx><c:title><c:tx><c:rich><a:p><a:r><a:t>EUR</a:t>)"
      "</a:r></a:p></c:rich></c:tx></c:title></c:valAx></c:plotArea></c:chart></c:chartSpace>";
  const std::string drawings = std::string("<w:r><w:drawing><x:relIds xmlns:x=\"x\"") + kR +
                               R"( r:dm="r1"/></w:drawing></w:r>)" + "<w:r><w:drawing><x:chart xmlns:x=\"x\"" + kR +
                               R"( r:id="r2"/></w:drawing></w:r>)";
  EXPECT_EQ(text_of(paragraph(run("see") + drawings) + paragraph(run("end")),
                    {{"word/_rels/document.xml.rels", relationships({{"r1", "diagramData", "diagrams/data1.xml"},
                                                                     {"r2", "chart", "charts/chart1.xml"}})},
                     {"word/diagrams/data1.xml", diagram},
                     {"word/charts/chart1.xml", chart}}),
            "see\n\n- Board\n  - Sales\n  - Law\n\nChart: Revenue\nAxis: EUR\nEU: 2019 = 5; 2020 = 7.5\n\nend");
}

TEST(DocxParts, ReadsTheRestWithoutAPartThatIsMissing) {
  const Document document = read_document(make_docx(
      paragraph(run("body")), {{"word/_rels/document.xml.rels", relationships({{"r1", "footnotes", "footnotes.xml"},
                                                                               {"r2", "header", "header1.xml"},
                                                                               {"r3", "styles", "styles.xml"}})}}));
  EXPECT_EQ(document.text, "body");
  EXPECT_EQ(document.remarks.at(Remark::kUnreadObjects), 1U);
}

TEST(DocxParts, CountsObjectsThatAreNotRead) {
  const Document document = read_document(
      make_docx(paragraph(R"(<w:r><w:object><o:OLEObject xmlns:o="o" ProgID="Excel.Sheet"/></w:object></w:r>)")));
  EXPECT_EQ(document.remarks.at(Remark::kUnreadObjects), 1U);
}

}  // namespace
}  // namespace minions::formats
