// OCR through the real programs, where tesseract is installed.
#include <gtest/gtest.h>

#include "make_pdf.h"
#include "make_scan.h"
#include "temporary_folder.h"

namespace minions::documents {
namespace {

using namespace test;

bool has_tesseract() {
  return std::filesystem::exists("/usr/bin/tesseract") || std::filesystem::exists("/usr/local/bin/tesseract");
}

LoadOptions with_ocr() {
  LoadOptions options = load_options();
  options.extractor.ocr = Ocr::kOn;
  return options;
}

TEST(Ocr, ReadsScannedPagesAndKeepsTheirNumbers) {
  if (!has_tesseract()) GTEST_SKIP() << "tesseract is not installed";
  const TemporaryFolder folder;
  const std::vector<std::string> pages = {"typed text", "HELIUM ALARM", "typed too", "ALARM HELIUM"};
  const auto file = folder.write("scan.pdf", make_scanned_pdf(pages, std::vector<std::size_t>{2, 4}));
  const auto without = load_file(file, load_options());
  ASSERT_TRUE(without) << without.error().detail;
  EXPECT_EQ(without->notes, std::vector<std::string>{"2 of 4 pages have no text (page 2, 4): empty or scanned"});
  const auto document = load_file(file, with_ocr());
  ASSERT_TRUE(document) << document.error().detail;
  EXPECT_EQ(document->notes, std::vector<std::string>{"read by OCR (eng), which makes mistakes: page 2, 4"});
  ASSERT_EQ(document->pages.size(), 4U);
  EXPECT_NE(document->pages[1].text.reveal().find("HELIUM"), std::string::npos) << text_of(*document);
  EXPECT_NE(document->pages[3].text.reveal().find("HELIUM"), std::string::npos) << text_of(*document);
  EXPECT_EQ(document->pages[0].text.reveal(), without->pages[0].text.reveal());
}

TEST(Ocr, ReadsPictures) {
  if (!has_tesseract()) GTEST_SKIP() << "tesseract is not installed";
  const TemporaryFolder folder;
  const auto document = load_file(folder.write("sign.bmp", make_bitmap("ROOM 204")), with_ocr());
  ASSERT_TRUE(document) << document.error().detail;
  EXPECT_EQ(document->image->media_type, "image/bmp");
  ASSERT_EQ(document->pages.size(), 1U);
  EXPECT_NE(document->pages[0].text.reveal().find("204"), std::string::npos) << text_of(*document);
}

TEST(Ocr, NamesALanguageThatIsNotThere) {
  if (!has_tesseract()) GTEST_SKIP() << "tesseract is not installed";
  const TemporaryFolder folder;
  LoadOptions klingon = with_ocr();
  klingon.extractor.ocr_language = "tlh";
  const auto document = load_file(folder.write("sign.bmp", make_bitmap("X")), klingon);
  ASSERT_FALSE(document);
  EXPECT_EQ(document.error().code, ErrorCode::kUnsupported);
  EXPECT_NE(document.error().detail.find("'tlh'"), std::string::npos) << document.error().detail;
}

}  // namespace
}  // namespace minions::documents
