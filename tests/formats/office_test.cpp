#include "formats/office.h"

#include <gtest/gtest.h>

#include "formats/package.h"
#include "make_zip.h"
#include "reading.h"

namespace minions::formats {
namespace {

using namespace test;

std::string paragraph(const std::string& text) { return "<w:p><w:r><w:t>" + text + "</w:t></w:r></w:p>"; }

std::string text_of(std::string_view bytes, OfficeKind kind) {
  Reading reading;
  const auto found = read_office_bytes(bytes, reading);
  if (!found) return "stopped: " + std::to_string(static_cast<int>(found.error()));
  EXPECT_EQ(*found, kind);
  EXPECT_EQ(reading.remarks[Remark::kKind], static_cast<std::uint64_t>(kind));
  return reading.written;
}
std::string docx_text(const std::string& body, const Parts& more = {}) {
  return text_of(make_docx(body, more), OfficeKind::kDocx);
}

TEST(Docx, ReadsParagraphsAndHeadings) {
  EXPECT_EQ(
      docx_text(
          R"(<w:p><w:pPr><w:pStyle w:val="Heading2"/><w:tabs><w:tab/></w:tabs></w:pPr><w:r><w:t>Head</w:t></w:r></w:p>)"
          R"(<w:p><w:r><w:t xml:space="preserve">One </w:t><w:tab/><w:t>two</w:t><w:br/><w:t>three &amp; four</w:t></w:r></w:p>)"),
      "## Head\n\nOne \ttwo\nthree & four\n\n\f");
}

TEST(Docx, NumbersPagesByBreaks) {
  const std::string body = paragraph("one") + R"(<w:p><w:r><w:br w:type="page"/></w:r></w:p>)" +
                           R"(<w:p><w:r><w:lastRenderedPageBreak/><w:t>two</w:t></w:r></w:p>)" +
                           R"(<w:p><w:r><w:t>still </w:t><w:lastRenderedPageBreak/><w:t>three</w:t></w:r></w:p>)";
  Reading reading;
  ASSERT_TRUE(read_office_bytes(make_docx(body), reading));
  EXPECT_EQ(reading.written, "one\n\n\ftwo\n\nstill \n\fthree\n\n\f");
  EXPECT_EQ(reading.remarks.at(Remark::kSavedPageNumbers), 1U);
}

TEST(Docx, PutsTableRowsOnLines) {
  const auto cell = [](const std::string& inner) { return "<w:tc>" + inner + "</w:tc>"; };
  EXPECT_EQ(docx_text("<w:tbl><w:tr>" + cell(paragraph("a") + paragraph("b")) + cell(paragraph("c")) + "</w:tr><w:tr>" +
                      cell("<w:p/>") + cell(paragraph("d")) + "</w:tr></w:tbl>" + paragraph("e")),
            "a b\tc\n\td\n\ne\n\n\f");
}

TEST(Docx, LeavesOutDeletedTextAndSecondReadings) {
  EXPECT_EQ(
      docx_text("<w:p><w:del><w:r><w:delText>old</w:delText></w:r></w:del><w:ins><w:r><w:t>new</w:t></w:r></w:ins>"
                "<w:r><w:instrText>PAGE</w:instrText></w:r><mc:AlternateContent><mc:Choice><w:r><w:t> box</w:t></w:r>"
                "</mc:Choice><mc:Fallback><w:r><w:t> box</w:t></w:r></mc:Fallback></mc:AlternateContent></w:p>"),
      "new box\n\n\f");
}

TEST(Docx, AddsFootnotes) {
  const std::string notes =
      R"(<w:footnotes xmlns:w="w"><w:footnote w:type="separator" w:id="0"><w:p/></w:footnote><w:footnote w:id="2">)" +
      paragraph("the note") + "</w:footnote></w:footnotes>";
  EXPECT_EQ(docx_text(R"(<w:p><w:r><w:t>text</w:t><w:footnoteReference w:id="2"/></w:r></w:p>)",
                      {{"word/_rels/document.xml.rels", relationships({{"r1", "footnotes", "footnotes.xml"}})},
                       {"word/footnotes.xml", notes}}),
            "text[^2]\n\n[^2] the note\n\n\f");
}

TEST(Docx, CountsPictures) {
  Reading reading;
  ASSERT_TRUE(read_office_bytes(make_docx(R"(<w:p><a:blip xmlns:a="a"/></w:p>)"), reading));
  EXPECT_EQ(reading.remarks.at(Remark::kUnreadPictures), 1U);
}

TEST(Pptx, ReadsSlidesInTheOrderOfThePresentation) {
  EXPECT_EQ(text_of(make_pptx({"first\nsecond line", "", "third"}), OfficeKind::kPptx),
            "first\nsecond line\n\n\f\n\fthird\n\n\f");
}

TEST(Office, RefusesASlideThatIsListedAndNotThere) {
  const std::string presentation =
      R"(<p:presentation xmlns:p="p" xmlns:r="x/relationships"><p:sldIdLst><p:sldId r:id="r9"/></p:sldIdLst></p:presentation>)";
  EXPECT_EQ(
      text_of(make_package("presentationml.presentation", {{"ppt/presentation.xml", presentation}}), OfficeKind::kPptx),
      "stopped: 101");
}

TEST(Office, TellsOtherArchivesApart) {
  Reading reading;
  EXPECT_EQ(read_office_bytes(make_zip({{"a.txt", "text"}}), reading).error(), ExtractExit::kNoDocument);
  EXPECT_EQ(read_office_bytes(make_zip({{"mimetype", "application/epub+zip"}}), reading).error(),
            ExtractExit::kNoDocument);
  EXPECT_EQ(read_office_bytes("PK\x03\x04 nothing", reading).error(), ExtractExit::kDamaged);
  EXPECT_EQ(read_office_bytes("", reading).error(), ExtractExit::kDamaged);
}

TEST(Office, RefusesAFormatThatPromisesPartsItDoesNotHave) {
  Reading reading;
  const std::string rels = relationships({{"r", "officeDocument", "word/document.xml"}});
  EXPECT_EQ(read_office_bytes(make_zip({{"_rels/.rels", rels}}), reading).error(), ExtractExit::kDamaged);
}

TEST(Package, ResolvesTargets) {
  EXPECT_EQ(resolve("ppt/slides/s1.xml", "../notesSlides/n1.xml"), "ppt/notesSlides/n1.xml");
  EXPECT_EQ(resolve("word/document.xml", "footnotes.xml"), "word/footnotes.xml");
  EXPECT_EQ(resolve("word/document.xml", "/word/./x.xml"), "word/x.xml");
  EXPECT_EQ(resolve("", "word/document.xml"), "word/document.xml");
  EXPECT_EQ(resolve("a/b", "../../../../etc/passwd"), "etc/passwd");  // of the archive, which has none
  EXPECT_EQ(relationships_part("word/document.xml"), "word/_rels/document.xml.rels");
  EXPECT_EQ(relationships_part(""), "_rels/.rels");
}

}  // namespace
}  // namespace minions::formats
