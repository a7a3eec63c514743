#include "documents/file_type.h"

#include <gtest/gtest.h>

namespace minions::documents {
namespace {

FileType type_of(std::string_view start, std::string_view name = "file") { return examine(as_bytes(start), name).type; }

TEST(FileType, GoesByContent) {
  EXPECT_EQ(type_of("%PDF-1.7"), FileType::kPdf);
  EXPECT_EQ(type_of("junk %PDF-1.7", "a.pdf"), FileType::kPdf);
  EXPECT_EQ(type_of("junk %PDF-1.7\n1 0 obj\n"), FileType::kPdf);
  EXPECT_EQ(type_of("%PDF-1.7\n1 0 obj\n", "a.txt"), FileType::kPdf);
  EXPECT_EQ(type_of("PK\x03\x04"), FileType::kArchive);
  EXPECT_EQ(type_of("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), FileType::kOldOffice);
  EXPECT_EQ(type_of("\x7F"
                    "ELF",
                    "a.txt"),
            FileType::kOther);
  EXPECT_EQ(type_of("plain", "a.pdf"), FileType::kText);
  EXPECT_EQ(type_of(""), FileType::kText);
}

TEST(FileType, KnowsHtmlByItsFirstTag) {
  for (const char* html : {"<!DOCTYPE HTML>", " \n<html lang=en>", "<!-- x --><Head>", "<?xml version='1.0'?>\n<html>",
                           "\xEF\xBB\xBF<body>"})
    EXPECT_EQ(type_of(html), FileType::kHtml) << html;
  for (const char* other : {"<svg></svg>", "<!-- no end", "<p>", "text <html>"})
    EXPECT_EQ(type_of(other), FileType::kText) << other;
  EXPECT_EQ(type_of("<p>x</p>", "a.HTM"), FileType::kHtml);
  EXPECT_EQ(type_of("no tags", "a.html"), FileType::kText);
}

TEST(FileType, KnowsAFlatOpenDocument) {
  const std::string start = "<?xml version=\"1.0\"?>\n<office:document";
  const std::string space = " xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\">";
  EXPECT_EQ(type_of(start + space, "a.fodt"), FileType::kArchive);
  EXPECT_EQ(type_of(start + "-content" + space), FileType::kText);
  EXPECT_EQ(type_of(start + ">"), FileType::kText);
  EXPECT_EQ(type_of("<?xml version=\"1.0\"?><x><office:document" + space), FileType::kText);
}

TEST(FileType, KnowsMailByItsHeaders) {
  EXPECT_EQ(type_of("Return-Path: <a>\r\nReceived: x\r\n by y\r\nSubject: s\r\n\r\nbody"), FileType::kMail);
  EXPECT_EQ(type_of("From a@b Mon\nFrom: a\nTo: b\nDate: d\n\nx"), FileType::kMail);
  for (const char* name : {"a.eml", "a.mht", "a.MHTML", "a.mbox"})
    EXPECT_EQ(type_of("Subject: alone\n\nx", name), FileType::kMail) << name;
  for (const char* other :
       {"From: a\nand then text\n", "Dear all,\nFrom: x\n", "Date: d\nTo: x\nCc: y\n\n", "key: value\n"})
    EXPECT_EQ(type_of(other), FileType::kText) << other;
}

TEST(FileType, TextThatSpeaksOfOtherKindsStaysText) {
  using namespace std::string_view_literals;
  for (const auto& [start, name] : std::vector<std::pair<std::string_view, std::string_view>>{
           {"junk %PDF-1.7", "notes"},
           {"# writes a PDF\nHEADER = b\"%PDF-1.4\\n1 0 obj\"\n", "gen.py"},
           {"%PDF-1.7 is what every PDF file starts with.\n", "magic.md"},
           {"PK\x03\x04 is the magic of ZIP files.\n", "zip.txt"},
           {"BM, GIF89a and RIFF are marks\n", "marks.md"},
           {"GIF89a is one\n", "gif.txt"},
           {"ID3 tags\n", "id3"},
           {"BZh91 is bzip2\n", "b.txt"},
           {"{\\rtf1 in a string}", "rtf.py"},
           {"<title> is the tag I asked about.\n", "notes.txt"}})
    EXPECT_EQ(type_of(start, name), FileType::kText) << start;
  EXPECT_EQ(type_of("PK\x03\x04\x14\0\x08\0"sv, "a.txt"), FileType::kArchive);
  EXPECT_EQ(type_of("{\\rtf1 text}", "a.txt"), FileType::kOther);
}

TEST(FileType, SourceCodeAndTemplatesAreReadAsTheyAre) {
  const std::string page = "<!DOCTYPE html>\n<html><body>{{ x }}</body></html>\n";
  for (const char* name : {"App.vue", "App.svelte", "page.php", "page.jsx", "page.tsx", "page.html.erb", "page.html.j2",
                           "page.jinja2", "index.astro", "list.hbs", "page.twig", "pom.xml", "logo.svg", "to.xsl"}) {
    EXPECT_EQ(type_of(page, name), FileType::kText) << name;
    EXPECT_EQ(text_kind(name), DocumentKind::kSource) << name;
  }
  EXPECT_EQ(type_of("from: a\nto: b\nsubject: c\n", "mail.yaml"), FileType::kText);
  for (const char* name : {"page.html", "page", "page.txt"}) EXPECT_EQ(type_of(page, name), FileType::kHtml) << name;
  EXPECT_EQ(type_of("one<br>two", "a.html"), FileType::kHtml);
}

TEST(FileType, KnowsNotebooksAndBooks) {
  EXPECT_EQ(type_of(" \n{\"cells\": []}", "a.ipynb"), FileType::kNotebook);
  EXPECT_EQ(type_of("{\"cells\": []}", "a.json"), FileType::kText);
  EXPECT_EQ(type_of("no JSON", "a.ipynb"), FileType::kText);
  const std::string epub = "PK\x03\x04" + std::string(26, '\0') + "mimetypeapplication/epub+zip";
  EXPECT_NE(examine(as_bytes(epub), "a.epub").what.find("EPUB"), std::string_view::npos);
}

TEST(FileType, NotesANameThatPromisesAnother) {
  EXPECT_EQ(note_on_name("a.PDF", DocumentKind::kText, ""), "is named .pdf and is text");
  EXPECT_EQ(note_on_name("a.jpg", DocumentKind::kImage, "image/png"), "is named .jpg and is image/png");
  EXPECT_EQ(note_on_name("a.jpg", DocumentKind::kImage, "image/jpeg"), std::nullopt);
  EXPECT_EQ(note_on_name("a.jpeg", DocumentKind::kImage, "image/jpeg"), std::nullopt);
  EXPECT_EQ(note_on_name("a.txt", DocumentKind::kSource, ""), std::nullopt);
  EXPECT_EQ(note_on_name("a.unknown", DocumentKind::kPdf, ""), std::nullopt);
}

}  // namespace
}  // namespace minions::documents
