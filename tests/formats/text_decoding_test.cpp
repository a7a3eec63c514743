#include "formats/text_decoding.h"

#include <gtest/gtest.h>

namespace minions::formats {
namespace {

using namespace std::string_view_literals;

std::string decoded(std::string_view bytes) {
  const auto text = decode_text(std::string(bytes));
  return text ? text->text + (text->note.empty() ? "" : " | " + text->note) : "error: " + text.error().detail;
}

TEST(DecodeText, TakesUtf8WithAndWithoutMark) {
  EXPECT_EQ(decoded("Gr\xC3\xBC\xC3\x9F"
                    "e\n"),
            "Gr\xC3\xBC\xC3\x9F"
            "e\n");
  EXPECT_EQ(decoded("\xEF\xBB\xBFhi"), "hi");
}

TEST(DecodeText, TakesUtf16OfBothByteOrders) {
  EXPECT_EQ(decoded("\xFF\xFE"
                    "a\0\xE9\0\x3D\xD8\x00\xDE"sv),
            "a\xC3\xA9\xF0\x9F\x98\x80");
  EXPECT_EQ(decoded("\xFE\xFF"
                    "\0a\x20\xAC"sv),
            "a\xE2\x82\xAC");
}

TEST(DecodeText, FallsBackWithANote) {
  EXPECT_EQ(decoded("caf\xE9 \x80 5"), "caf\xC3\xA9 \xE2\x82\xAC 5 | not UTF-8; read as windows-1252");
  EXPECT_EQ(decoded("caf\xE9 \x81"), "caf\xC3\xA9 \xC2\x81 | not UTF-8; read as ISO 8859-1");
}

TEST(DecodeText, EndsLinesWithLineFeeds) { EXPECT_EQ(decoded("a\r\nb\rc\n"), "a\nb\nc\n"); }

TEST(DecodeText, RefusesWhatIsNotText) {
  EXPECT_EQ(decode_text(std::string("a\0b"sv)).error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(decode_text(std::string("\x01\x02\x03 text")).error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(decode_text(std::string("\xEF\xBB\xBF\xFF")).error().code, ErrorCode::kDocument);
  EXPECT_EQ(decode_text(std::string("\xFF\xFE\x41"sv)).error().code, ErrorCode::kDocument);
  EXPECT_EQ(decode_text(std::string("\xFF\xFE\x00\xDC"sv)).error().code, ErrorCode::kDocument);
  EXPECT_EQ(decode_text(std::string("\xFF\xFE\x3D\xD8"sv)).error().code, ErrorCode::kDocument);
}

}  // namespace
}  // namespace minions::formats
