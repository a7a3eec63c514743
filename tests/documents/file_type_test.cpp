#include "documents/file_type.h"

#include <gtest/gtest.h>

namespace minions::documents {
namespace {

FileType type_of(std::string_view start, std::string_view name = "file") { return examine(as_bytes(start), name).type; }

TEST(FileType, GoesByContent) {
  EXPECT_EQ(type_of("junk %PDF-1.7"), FileType::kPdf);
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

TEST(FileType, KnowsMailByItsHeaders) {
  EXPECT_EQ(type_of("Return-Path: <a>\r\nReceived: x\r\n by y\r\nSubject: s\r\n\r\nbody"), FileType::kMail);
  EXPECT_EQ(type_of("From a@b Mon\nFrom: a\nTo: b\nDate: d\n\nx"), FileType::kMail);
  for (const char* name : {"a.eml", "a.mht", "a.MHTML", "a.mbox"})
    EXPECT_EQ(type_of("Subject: alone\n\nx", name), FileType::kMail) << name;
  for (const char* other :
       {"From: a\nand then text\n", "Dear all,\nFrom: x\n", "Date: d\nTo: x\nCc: y\n\n", "key: value\n"})
    EXPECT_EQ(type_of(other), FileType::kText) << other;
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
