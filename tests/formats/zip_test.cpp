#include "formats/zip.h"

#include <gtest/gtest.h>

#include "make_zip.h"
#include "reading.h"

namespace minions::formats {
namespace {

using namespace test;

std::string document_with(const std::string& prologue, const std::string& body) {
  return make_package(
      "wordprocessingml.document",
      {{"word/document.xml", prologue + R"(<w:document xmlns:w="w"><w:body>)" + body + "</w:body></w:document>"}});
}

Read<OfficeKind> read(std::string_view bytes) {
  Reading reading;
  return read_office_bytes(bytes, reading);
}

TEST(Zip, ReadsStoredAndDeflatedParts) {
  for (const ZipKind kind : {ZipKind::kStored, ZipKind::kDeflated}) {
    const FileDescriptor file = archive_file(make_zip({{"a", "first"}, {"b", std::string(200'000, 'x')}}, kind));
    Zip zip(file.get());
    EXPECT_EQ(zip.small_part("a", 100).value_or("?"), "first");
    EXPECT_EQ(zip.small_part("b", 200'000).value_or("?").size(), 200'000U);
    EXPECT_EQ(zip.small_part("b", 199'999).error(), ExtractExit::kDamaged);
    EXPECT_EQ(zip.small_part("c", 100).value_or("?"), "");
  }
}

TEST(Zip, RefusesPartsThatWantAPassword) {
  const FileDescriptor file = archive_file(make_zip({{"a", "first"}}, ZipKind::kEncrypted));
  Zip zip(file.get());
  EXPECT_EQ(zip.small_part("a", 100).error(), ExtractExit::kEncrypted);
}

TEST(Zip, RefusesAnArchiveThatIsMadeToFillMemory) {
  EXPECT_EQ(read(document_with("", std::string(100'000'000, ' '))).error(), ExtractExit::kBomb);
  EXPECT_TRUE(read(document_with("", std::string(10'000'000, ' '))));
}

TEST(Zip, RefusesDocumentTypesAndWithThemEntityBombs) {
  const std::string bomb = R"(<!DOCTYPE b [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>)";
  EXPECT_EQ(read(document_with(bomb, "<w:p><w:r><w:t>&b;</w:t></w:r></w:p>")).error(), ExtractExit::kDocumentType);
  EXPECT_EQ(read(document_with(R"(<!DOCTYPE d SYSTEM "file:///etc/passwd">)", "")).error(), ExtractExit::kDocumentType);
  EXPECT_EQ(read(document_with("", "<w:p>&undefined;</w:p>")).error(), ExtractExit::kDamaged);
}

TEST(Zip, RefusesXmlThatIsNotWellFormed) {
  EXPECT_EQ(read(document_with("", "<w:p>")).error(), ExtractExit::kDamaged);
  EXPECT_EQ(read(document_with("", "\xFF\xFE")).error(), ExtractExit::kDamaged);
}

TEST(Zip, ReadsDeepNesting) {
  std::string open;
  std::string close;
  for (int i = 0; i < 100'000; ++i) {
    open += "<w:x>";
    close += "</w:x>";
  }
  EXPECT_TRUE(read(document_with("", open + close)));
}

TEST(Zip, TakesNoTruncationForAWholeDocument) {
  const std::string whole = document_with("", "<w:p><w:r><w:t>text</w:t></w:r></w:p>");
  ASSERT_TRUE(read(whole));
  for (std::size_t size = 0; size < whole.size() - 22; ++size) EXPECT_FALSE(read(whole.substr(0, size))) << size;
}

TEST(Zip, SurvivesEveryChangedByte) {
  const std::string whole = document_with("", "<w:p><w:r><w:t>text</w:t></w:r></w:p>");
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 0xFF);
    Reading reading;
    const auto kind = read_office_bytes(changed, reading);  // a name or a date may change and harm nothing
    EXPECT_TRUE(!kind || reading.written == "text\n\n\f") << at;
  }
}

}  // namespace
}  // namespace minions::formats
