// Each kind of document as a file, through the real helper.
#include <gtest/gtest.h>

#include <array>

#include "make_pdf.h"
#include "make_zip.h"
#include "temporary_folder.h"

namespace minions::documents {
namespace {

using namespace test;
using namespace std::string_literals;

Document read(const std::string& name, std::string_view content) {
  const TemporaryFolder folder;
  auto document = load_file(folder.write(name, content), load_options());
  EXPECT_TRUE(document) << document.error().detail;
  return document ? *std::move(document) : Document{name, DocumentKind::kText, {}, {}};
}

Error refusal(const std::string& name, std::string_view content) {
  const TemporaryFolder folder;
  auto document = load_file(folder.write(name, content), load_options());
  EXPECT_FALSE(document) << name;
  return document ? Error{ErrorCode::kInternal, "was read"} : document.error();
}

TEST(Kinds, Docx) {
  const Document document = read(
      "a.docx",
      make_docx(R"(<w:p><w:r><w:t>one</w:t></w:r></w:p><w:p><w:r><w:br w:type="page"/><w:t>two</w:t></w:r></w:p>)"));
  EXPECT_EQ(document.kind, DocumentKind::kDocx);
  EXPECT_EQ(text_of(document), "[a.docx, page 1]\none\n\n\n[a.docx, page 2]\ntwo\n\n");
  EXPECT_TRUE(document.notes.empty());
}

TEST(Kinds, Pptx) {
  const Document document = read("a.pptx", make_pptx({"first slide", "second slide"}));
  EXPECT_EQ(document.kind, DocumentKind::kPptx);
  EXPECT_EQ(text_of(document), "[a.pptx, page 1]\nfirst slide\n\n\n[a.pptx, page 2]\nsecond slide\n\n");
}

TEST(Kinds, Xlsx) {
  const Document document = read("a.xlsx", make_xlsx({{"Budget", "<row><c><v>1.5</v></c></row>"}, {"Plan", ""}}));
  EXPECT_EQ(document.kind, DocumentKind::kXlsx);
  EXPECT_EQ(text_of(document), "[a.xlsx, page 1]\nSheet: Budget\n1.5\n\n[a.xlsx, page 2]\nSheet: Plan\n");
}

TEST(Kinds, OpenDocument) {
  EXPECT_EQ(read("a.odt", make_opendocument("text", "<text:p>x</text:p>")).kind, DocumentKind::kOdt);
  EXPECT_EQ(read("a.odp", make_opendocument("presentation", "<draw:page><text:p>x</text:p></draw:page>")).kind,
            DocumentKind::kOdp);
  EXPECT_EQ(text_of(read("a.ods", make_opendocument("spreadsheet", "<table:table table:name=\"T\"/>"))),
            "[a.ods, page 1]\nSheet: T\n");
}

TEST(Kinds, FlatOpenDocument) {
  const Document document = read(
      "a.fodt",
      R"(<?xml version="1.0"?><office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" )"
      R"(xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" )"
      R"(office:mimetype="application/vnd.oasis.opendocument.text"><office:body><office:text><text:p>flat</text:p>)"
      R"(</office:text></office:body></office:document>)");
  EXPECT_EQ(document.kind, DocumentKind::kOdt);
  EXPECT_EQ(text_of(document), "[a.fodt, page 1]\nflat\n\n");
  EXPECT_TRUE(document.notes.empty());
}

TEST(Kinds, BinaryWorkbooksAreRefusedByName) {
  const Error error =
      refusal("a.xlsb", make_zip({{"_rels/.rels", relationships({{"r", "officeDocument", "xl/workbook.bin"}})},
                                  {"xl/workbook.bin", "x"}}));
  EXPECT_EQ(error.code, ErrorCode::kUnsupported);
  EXPECT_NE(error.detail.find(".xlsb"), std::string::npos) << error.detail;
}

TEST(Kinds, HiddenRowsAreNoted) {
  const Document document = read("a.xlsx", make_xlsx({{"S", R"(<row hidden="1"><c><v>1</v></c></row>)"}}));
  EXPECT_EQ(document.notes, std::vector<std::string>{"a row, column or cell is hidden and read all the same"});
}

TEST(Kinds, Html) {
  const Document document = read("a.html", "<!doctype html><meta charset=iso-8859-1><p>caf\xE9</p><script>no</script>");
  EXPECT_EQ(document.kind, DocumentKind::kHtml);
  EXPECT_EQ(text_of(document), "[a.html, page 1]\ncaf\xC3\xA9\n\n");
  EXPECT_EQ(read("fragment.html", "<div>x</div>").kind, DocumentKind::kHtml);
  EXPECT_EQ(read("page", "\n<HTML><body>x").kind, DocumentKind::kHtml);
}

TEST(Kinds, Mail) {
  const Document document =
      read("a.eml",
           "From: =?koi8-r?B?8A==?= <a@example.org>\nSubject: s\n"
           "Content-Type: text/plain; charset=koi8-r\nContent-Transfer-Encoding: quoted-printable\n\n=F0\n");
  EXPECT_EQ(document.kind, DocumentKind::kMail);
  EXPECT_EQ(text_of(document), "[a.eml, page 1]\nFrom: \xD0\x9F <a@example.org>\nSubject: s\n\n\xD0\x9F\n\n");
}

TEST(Kinds, PlainText) {
  EXPECT_EQ(read("a.csv", "a;b\n1;2\n").kind, DocumentKind::kCsv);
  EXPECT_EQ(read("a.py", "print(1)\n").kind, DocumentKind::kSource);
  EXPECT_EQ(read("a.md", "# T\n").kind, DocumentKind::kMarkdown);
  EXPECT_EQ(text_of(read("a.txt", "\xFF\xFEh\0i\0"s)), "[a.txt, page 1]\nhi\n");
}

TEST(Kinds, Notebooks) {
  const Document document =
      read("a.ipynb", R"({"cells": [{"cell_type": "code", "execution_count": 1, "source": ["x = 1"], "outputs": [
 {"output_type": "display_data", "data": {"image/png": "AAAA"}}]}]})");
  EXPECT_EQ(text_of(document), "[a.ipynb, page 1]\nIn [1]:\nx = 1\n\n");
  EXPECT_EQ(document.notes, std::vector<std::string>{"a picture is not read"});
  const Document damaged = read("b.ipynb", R"({"cells": [{"cell_type": "code", "source": ["x)");
  EXPECT_TRUE(text_of(damaged).ends_with("\"x\n"));
  EXPECT_NE(damaged.notes.at(0).find("read as text"), std::string::npos);
}

// What is named is taken for all that has no mark of its own.
TEST(Kinds, TheUsersEncoding) {
  const TemporaryFolder folder;
  LoadOptions named = load_options();
  named.extractor.encoding = "Shift_JIS";
  for (const auto& [name, content, text] : std::vector<std::array<std::string, 3>>{
           {"a.txt", "\x93\x8C\r\n\x8B\x9E\f\x93", "東\n京\n\n[a.txt, page 2]\n\uFFFD\n"},
           {"b.txt", "\xEF\xBB\xBF\xC3\xA9", "é\n"},
           {"c.csv", "\xFF\xFE\xE9\0"s, "é\n"},
           {"d.html", "<html><meta charset=utf-8><p>\x93\x8C</p>", "東\n\n"},
           {"e.eml", "Subject: \x93\x8C\n\n\x93\x8C\n", "Subject: 東\n\n東\n\n"}}) {
    const auto document = load_file(folder.write(name, content), named);
    ASSERT_TRUE(document) << name << document.error().detail;
    EXPECT_EQ(text_of(*document), "[" + name + ", page 1]\n" + text);
  }
}

TEST(Kinds, APdfMayHaveBytesBehindItsEnd) {
  const std::vector<std::string> pages = {"whole"};
  const std::string pdf = make_pdf(pages);
  EXPECT_TRUE(read("a.pdf", pdf + "\n\n").notes.empty());
  for (const std::string& behind :
       {std::string(5'000, '\0'), "<html>" + std::string(2'000, 'x'), std::string(3 << 20, 'x')}) {
    const Document document = read("b.pdf", pdf + behind);
    EXPECT_NE(text_of(document).find("whole"), std::string::npos);
    ASSERT_EQ(document.notes.size(), 1U);
    EXPECT_NE(document.notes[0].find("behind the end of the PDF"), std::string::npos);
  }
  // A later state of it, whose end is missing.
  EXPECT_NE(refusal("c.pdf", pdf + "\n9 0 obj\n<<").detail.find("is cut off"), std::string::npos);
  EXPECT_NE(refusal("d.pdf", pdf + "\n9 0 obj\n" + std::string(3 << 20, 'x')).detail.find("is cut off"),
            std::string::npos);
}

std::string ole(std::initializer_list<std::string_view> streams) {
  std::string file = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1" + std::string(504, '\0');
  for (const std::string_view name : streams) {
    std::string entry;
    for (const char c : name) entry.append({c, '\0'});
    entry.resize(128);
    entry[64] = static_cast<char>(2 * name.size() + 2);
    entry[66] = 2;
    file += entry;
  }
  return file;
}

TEST(Kinds, OldOnesAreCalledByTheirName) {
  const auto reason = [](const std::string& content) { return refusal("file", content).detail; };
  EXPECT_NE(reason(ole({"WordDocument", "Workbook"})).find("an old Word document (.doc)"), std::string::npos);
  EXPECT_NE(reason(ole({"Book"})).find("an old Excel workbook (.xls)"), std::string::npos);
  EXPECT_NE(reason(ole({"PowerPoint Document"})).find("(.ppt)"), std::string::npos);
  EXPECT_NE(reason(ole({"__properties_version1.0"})).find("an Outlook message (.msg)"), std::string::npos);
  EXPECT_NE(reason(ole({"EncryptionInfo", "EncryptedPackage"})).find("wants a password"), std::string::npos);
  EXPECT_NE(reason(make_zip({{"xl/workbook.bin", "x"}})).find("(.xlsb)"), std::string::npos);
  EXPECT_NE(reason("{\\rtf1 x}").find("an RTF document"), std::string::npos);
}

TEST(Kinds, Images) {
  const std::string png = "\x89PNG\r\n\x1A\n\0\0\0\rIHDR\0\0\x02\x80\0\0\x01\xE0\x08\x02\0\0\0"s;
  const Document document = read("photo.jpg", png);
  EXPECT_EQ(document.kind, DocumentKind::kImage);
  ASSERT_TRUE(document.image);
  EXPECT_EQ(document.image->media_type, "image/png");
  EXPECT_EQ(document.image->width, 640U);
  EXPECT_EQ(document.image->height, 480U);
  EXPECT_TRUE(document.pages.empty());
  EXPECT_EQ(document.notes, std::vector<std::string>{"is named .jpg and is image/png"});
}

TEST(Kinds, WronglyNamedFilesAreReadAndNoted) {
  EXPECT_EQ(read("a.pdf", make_docx("")).notes.at(0), "is named .pdf and is docx");
  EXPECT_EQ(read("a.docx", "text").notes.at(0), "is named .docx and is text");
  EXPECT_EQ(read("a.txt", "<html><p>x").notes.at(0), "is named .txt and is html");
  EXPECT_EQ(read("a.xlsx", make_pptx({"x"})).notes.at(0), "is named .xlsx and is pptx");
  EXPECT_TRUE(read("a.csv", "text").notes.empty());
}

TEST(Kinds, EmptyDocumentsSaySo) { EXPECT_EQ(read("a.docx", make_docx("")).notes.at(0), "has no text"); }

TEST(Kinds, BombsAreRefusedByName) {
  EXPECT_EQ(refusal("a.docx", make_docx(std::string(100'000'000, ' '))).code, ErrorCode::kTooLarge);
  const Error entities =
      refusal("b.docx", make_package("wordprocessingml.document",
                                     {{"word/document.xml", R"(<!DOCTYPE b [<!ENTITY secret "x">]><b>&secret;</b>)"}}));
  EXPECT_EQ(entities.code, ErrorCode::kDocument);
  EXPECT_NE(entities.detail.find("document type"), std::string::npos);
  EXPECT_EQ(entities.detail.find("secret"), std::string::npos);
}

TEST(Kinds, RefusalsRepeatNothingOfTheDocument) {
  const std::string word = "confidential";
  const std::string body = "<w:p><w:r><w:t>" + word + "</w:t></w:r></w:p>";
  const std::string docx = make_docx(body);
  const std::vector<std::string> pages = {word};
  for (const auto& [name, content, reason] : std::vector<std::array<std::string, 3>>{
           {"locked.docx",
            make_package("wordprocessingml.document", {{"word/document.xml", body}}, ZipKind::kEncrypted),
            "is encrypted: it wants a password"},
           {"cut.docx", docx.substr(0, docx.size() - 40), "is damaged"},
           {"broken.docx", make_docx("<" + word + ">"), "is damaged: it breaks its own format"},
           {"locked.pdf", make_encrypted_pdf(pages), "is an encrypted PDF"},
           {"damaged.pdf", make_damaged_pdf(pages), "damaged"},
           {"cut.pdf", make_pdf(pages).substr(0, 400), "is a PDF that is cut off"},
           {"data.txt", word + "\0"s + word, "is not text"}}) {
    const Error error = refusal(name, content);
    EXPECT_NE(error.detail.find(reason), std::string::npos) << error.detail;
    EXPECT_EQ(error.detail.find(word), std::string::npos) << error.detail;
  }
}

// More than a block of the helper's output, and characters of several bytes across its ends.
TEST(Kinds, APageOfSeveralMegabytesIsWhole) {
  std::string expected;
  while (expected.size() < (std::size_t{5} << 19))
    expected += "\xC3\xA9\xE2\x82\xAC " + std::to_string(expected.size()) + " ";
  const Document document = read("large.html", "<html><meta charset=utf-8><p>" + expected);
  ASSERT_EQ(document.pages.size(), 1U);
  const std::string_view text = document.pages[0].text.reveal();
  EXPECT_TRUE(text.starts_with(std::string_view(expected).substr(0, expected.size() - 1)));
  EXPECT_LT(text.size(), expected.size() + 8);
}

TEST(Kinds, LimitsOfTextAndPagesHoldForAll) {
  const TemporaryFolder folder;
  LoadOptions small = load_options();
  small.extractor.max_text_bytes = 50;
  const std::string longer(100, 'x');
  for (const auto& [name, content] : std::vector<std::pair<std::string, std::string>>{
           {"a.docx", make_docx("<w:p><w:r><w:t>" + longer + "</w:t></w:r></w:p>")},
           {"a.pptx", make_pptx({longer})},
           {"a.xlsx", make_xlsx({{"S", "<row><c t=\"str\"><v>" + longer + "</v></c></row>"}})},
           {"a.odt", make_opendocument("text", "<text:p>" + longer + "</text:p>")},
           {"a.html", "<html>" + longer},
           {"a.eml", "From: a\n\n" + longer}}) {
    const auto document = load_file(folder.write(name, content), small);
    ASSERT_FALSE(document) << name;
    EXPECT_EQ(document.error().code, ErrorCode::kTooLarge) << document.error().detail;
  }
  LoadOptions two_pages = load_options();
  two_pages.extractor.max_pages = 2;
  EXPECT_TRUE(load_file(folder.write("2.pptx", make_pptx({"1", "2"})), two_pages));
  const auto three = load_file(folder.write("3.pptx", make_pptx({"1", "2", "3"})), two_pages);
  ASSERT_FALSE(three);
  EXPECT_NE(three.error().detail.find("has more than 2 pages, the limit"), std::string::npos) << three.error().detail;
}

TEST(Kinds, TenThousandPagesAreRefusedByNumber) {
  const Error error = refusal("long.pdf", make_pdf(std::vector<std::string>(10'000, "x")));
  EXPECT_EQ(error.code, ErrorCode::kTooLarge);
  EXPECT_NE(error.detail.find("5000, the limit"), std::string::npos) << error.detail;
}

}  // namespace
}  // namespace minions::documents
