// What a reader of slides sees beyond their plain text.
#include <gtest/gtest.h>

#include "formats/office.h"
#include "make_zip.h"
#include "reading.h"

namespace minions::formats {
namespace {

using namespace test;

constexpr const char* kNames = R"( xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main")"
                               R"( xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main")"
                               R"( xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships")"
                               R"( xmlns:m="m" xmlns:mc="mc" xmlns:c="c" xmlns:d="d")";

struct Slides {
  std::string text;
  std::map<Remark, std::uint64_t> remarks;
};

// One slide, the XML between the tags of p:sld; what it names in more parts.
Slides read_slide(const std::string& shapes, const std::vector<std::array<std::string, 3>>& related = {},
                  const Parts& more = {}, const std::string& attributes = "") {
  Parts parts = {{"ppt/presentation.xml", std::string("<p:presentation") + kNames +
                                              R"(><p:sldIdLst><p:sldId id="256" r:id="r1"/></p:sldIdLst>)"
                                              "</p:presentation>"},
                 {"ppt/_rels/presentation.xml.rels",
                  relationships({{"r1", "slide", "slides/slide1.xml"}, {"r2", "commentAuthors", "authors.xml"}})},
                 {"ppt/slides/slide1.xml", std::string("<p:sld") + kNames + attributes + ">" + shapes + "</p:sld>"},
                 {"ppt/slides/_rels/slide1.xml.rels", relationships(related)}};
  parts.insert(parts.end(), more.begin(), more.end());
  Reading reading;
  const auto kind = read_office_bytes(make_package("presentationml.presentation", std::move(parts)), reading);
  if (!kind) return {"stopped: " + std::to_string(static_cast<int>(kind.error())), {}};
  std::string text = reading.written;
  while (text.ends_with('\n') || text.ends_with('\f')) text.pop_back();
  return {text, reading.remarks};
}

std::string run(const std::string& text, const std::string& properties = "<a:rPr/>") {
  return "<a:r>" + properties + "<a:t>" + text + "</a:t></a:r>";
}
std::string paragraph(const std::string& runs, const std::string& properties = "") {
  return "<a:p>" + properties + runs + "</a:p>";
}
std::string shape(const std::string& paragraphs) {
  return "<p:sp><p:txBody><a:bodyPr/>" + paragraphs + "</p:txBody></p:sp>";
}
std::string numbered(const std::string& text, const std::string& type, int level = 0, const std::string& more = "") {
  return paragraph(run(text), R"(<a:pPr lvl=")" + std::to_string(level) + R"("><a:buAutoNum type=")" + type + "\"" +
                                  more + "/></a:pPr>");
}

TEST(PptxLists, NumberAsSlidesDo) {
  EXPECT_EQ(read_slide(shape(numbered("a", "arabicPeriod") + numbered("b", "arabicPeriod") +
                             numbered("c", "alphaLcParenBoth", 1) + numbered("d", "alphaLcParenBoth", 1) +
                             numbered("e", "arabicPeriod") + paragraph(run("plain")) + numbered("f", "arabicPeriod") +
                             numbered("g", "romanUcParenR", 0, R"( startAt="4")")))
                .text,
            "1. a\n2. b\n  (a) c\n  (b) d\n3. e\nplain\n1. f\nIV) g");
  EXPECT_EQ(
      read_slide(shape(R"(<a:lstStyle><a:lvl1pPr><a:buChar char="•"/></a:lvl1pPr></a:lstStyle>)" + paragraph(run("a")) +
                       paragraph(run("b"), "<a:pPr><a:buNone/></a:pPr>") +
                       paragraph(run("c"), R"(<a:pPr><a:buFont typeface="Wingdings"/><a:buChar char="þ"/></a:pPr>)")))
          .text,
      "- a\nb\n\u2611 c");
}

TEST(PptxRuns, MarkScriptsAndShowSymbols) {
  EXPECT_EQ(read_slide(shape(paragraph(run("10") + run("6", R"(<a:rPr baseline="30000"/>)") + run(" cells, H") +
                                       run("2", R"(<a:rPr baseline="-25000"/>)") + run("O"))))
                .text,
            "10^6 cells, H2O");
  EXPECT_EQ(
      read_slide(shape(paragraph(run("o", R"(<a:rPr><a:latin typeface="Wingdings"/></a:rPr>)") + run(" open")))).text,
      "\u2610 open");
}

TEST(PptxTables, KeepColumns) {
  const auto cell = [](const std::string& text, const std::string& attributes = "") {
    return "<a:tc" + attributes + "><a:txBody>" +
           (text.empty() ? "<a:p/>" : paragraph(run(text)) + paragraph(run("2"))) + "</a:txBody></a:tc>";
  };
  EXPECT_EQ(read_slide("<p:graphicFrame><a:tbl><a:tr>" + cell("a") + cell("b") + cell("c") + "</a:tr><a:tr>" +
                       cell("sum", R"( gridSpan="2")") + cell("", R"( hMerge="1")") + cell("d") +
                       "</a:tr></a:tbl></p:graphicFrame>")
                .text,
            "a 2\tb 2\tc 2\nsum 2\t\td 2");
}

TEST(PptxFormulas, StandOnALine) {
  EXPECT_EQ(
      read_slide(shape(paragraph(
                     run("area 2") +
                     R"(<mc:AlternateContent><mc:Choice><m:oMath><m:f><m:num><m:r><a:rPr/><m:t>1</m:t></m:r></m:num>)"
                     "<m:den><m:r><m:t>2</m:t></m:r></m:den></m:f></m:oMath></mc:Choice><mc:Fallback>" +
                     run("picture") + "</mc:Fallback></mc:AlternateContent>")))
          .text,
      "area 2 1/2");
}

TEST(PptxParts, ReadsDiagramsAndChartsWhereTheyStand) {
  EXPECT_EQ(
      read_slide(shape(paragraph(run("top"))) +
                     R"(<p:graphicFrame><d:relIds r:dm="r1"/></p:graphicFrame><p:graphicFrame><c:chart r:id="r2"/>)"
                     "</p:graphicFrame>" +
                     shape(paragraph(run("end"))),
                 {{"r1", "diagramData", "../Diagrams/data1.xml"}, {"r2", "chart", "/ppt/charts/chart1.xml"}},
                 {{"ppt/diagrams/data1.xml",
                   R"(<d:dataModel xmlns:d="d" xmlns:a="a"><d:pt modelId="1"><d:t><a:p><a:r><a:t>Alpha</a:t></a:r>)"
                   "</a:p></d:t></d:pt></d:dataModel>"},
                  {"ppt/charts/chart1.xml",
                   R"(<c:chart xmlns:c="c"><c:ser><c:tx><c:v>EU</c:v></c:tx><c:val><c:numCache><c:pt idx="0"><c:v>3)"
                   "</c:v></c:pt></c:numCache></c:val></c:ser></c:chart>"}})
          .text,
      "top\n\n- Alpha\n\nChart:\nEU: 3\n\nend");
}

TEST(PptxParts, ReadsNotesAndCommentsWithTheirAuthors) {
  EXPECT_EQ(
      read_slide(
          shape(paragraph(run("slide"))),
          {{"r1", "notesSlide", "../notesSlides/n1.xml"}, {"r2", "comments", "../comments/c1.xml"}},
          {{"ppt/notesSlides/n1.xml",
            std::string("<p:notes") + kNames + ">" +
                shape(paragraph(run("say this") + R"(<a:fld type="slidenum"><a:t>1</a:t></a:fld>)")) + "</p:notes>"},
           {"ppt/comments/c1.xml", std::string("<p:cmLst") + kNames +
                                       R"(><p:cm authorId="0"><p:text>check it</p:text></p:cm><p:cm authorId="9">)" +
                                       "<p:replyLst><p:reply><p:txBody>" + paragraph(run("done")) +
                                       "</p:txBody></p:reply></p:replyLst><p:txBody>" + paragraph(run("why?")) +
                                       "</p:txBody></p:cm></p:cmLst>"},
           {"ppt/authors.xml",
            std::string("<p:cmAuthorLst") + kNames + R"(><p:cmAuthor id="0" name="Ann"/></p:cmAuthorLst>)"}})
          .text,
      "slide\n\nNotes: say this\n\nComment by Ann: check it\n\nComment: why? \n\nComment: done ");
}

TEST(PptxParts, CountsHiddenSlidesAndObjects) {
  const Slides slides = read_slide(shape(paragraph(run("hidden"))) + "<p:oleObj/><a:blip/>", {}, {}, R"( show="0")");
  EXPECT_EQ(slides.text, "hidden");
  EXPECT_EQ(slides.remarks.at(Remark::kHiddenSlides), 1U);
  EXPECT_EQ(slides.remarks.at(Remark::kUnreadObjects), 1U);
  EXPECT_EQ(slides.remarks.at(Remark::kUnreadPictures), 1U);
}

}  // namespace
}  // namespace minions::formats
