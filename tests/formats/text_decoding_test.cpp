#include "formats/text_decoding.h"

#include <gtest/gtest.h>

namespace minions::formats {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

std::string decoded(std::string_view bytes) {
  const auto text = decode_text(std::string(bytes));
  if (!text) return "error: " + text.error().detail;
  std::string shown = text->text;
  for (const std::string& note : text->notes) shown += " | " + note;
  return shown;
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

TEST(DecodeText, KeepsUtf8WithAFewInvalidBytes) {
  EXPECT_EQ(decoded("gr\xC3\xBCn \xFF \xE6\x9D\xB1"), "grün \uFFFD 東 | not UTF-8 in 1 place, which is a U+FFFD");
  EXPECT_EQ(decoded("\xC3\xBC \xC3\xBC \xC3\xBC \xE2\x82 \xED\xA0"),
            "ü ü ü \uFFFD \uFFFD\uFFFD | not UTF-8 in 3 places, each a U+FFFD");
  EXPECT_EQ(decoded("\xEF\xBB\xBF\xFF"), "\uFFFD | not UTF-8 in 1 place, which is a U+FFFD");
  EXPECT_EQ(decoded("cut \xE6\x9D"), "cut \uFFFD | not UTF-8 in 1 place, which is a U+FFFD");
  EXPECT_EQ(decoded("\xFC \xE4 \xC3\xBC"), "ü ä Ã¼ | not UTF-8; read as windows-1252");
}

TEST(DecodeText, KeepsUtf16WithAFewInvalidUnits) {
  EXPECT_EQ(decoded("\xFF\xFE\x41"sv), "\uFFFD | not UTF-16 in 1 place, which is a U+FFFD");
  EXPECT_EQ(decoded("\xFF\xFE"
                    "a\0\x00\xDC"
                    "b\0"sv),
            "a\uFFFD"
            "b | not UTF-16 in 1 place, which is a U+FFFD");
  EXPECT_EQ(decoded("\xFF\xFE"
                    "a\0\x3D\xD8"sv),
            "a\uFFFD | not UTF-16 in 1 place, which is a U+FFFD");
}

TEST(DecodeText, KnowsUtf16ByItsZerosAndUtf32ByItsMark) {
  EXPECT_EQ(decoded("h\0\xE9\0\n\0"sv), "hé\n | no byte order mark; read as UTF-16LE");
  EXPECT_EQ(decoded("\0h\0i\0\n\x4E\x2D"sv), "hi\n中 | no byte order mark; read as UTF-16BE");
  EXPECT_EQ(decoded("\xFF\xFE\0\0h\0\0\0\x2D\x4E\0\0"sv), "h中");
  EXPECT_EQ(decoded("\0\0\xFE\xFF\0\0\0h\0\1\xF6\0\0"sv), "h😀\uFFFD | not UTF-32 in 1 place, which is a U+FFFD");
}

TEST(DecodeText, LeavesOutControlCharactersWithANote) {
  EXPECT_EQ(decoded("\x1B[1;31mERROR\x1B[0m disk full\n"),
            "ERROR disk full\n | 2 escape sequences of a terminal are left out");
  EXPECT_EQ(decoded("\x1B]0;title\aprompt\n"), "prompt\n | 1 escape sequence of a terminal is left out");
  EXPECT_EQ(decoded("\x1B]8;;http://a\x1B\\link\x1B]8;;\x1B\\ \x1B(Bx\x1B"
                    "7y"),
            "link xy | 4 escape sequences of a terminal are left out");
  EXPECT_EQ(decoded("no end \x1B]0;of it\n"), "no end 0;of it\n | 1 escape sequence of a terminal is left out");
  EXPECT_EQ(decoded("ding\a\n"), "ding\n | 1 control character is left out or read as a blank");
  EXPECT_EQ(decoded("N\bNA\bA _\bx ü\bü y\b_\n"), "NA x ü y\n | 5 control characters are left out or read as blanks");
  EXPECT_EQ(decoded("end\r\n\x1A"), "end\n | 1 control character is left out or read as a blank");
  EXPECT_EQ(decoded("a\1b\1c\n1\1\1"
                    "3\n"),
            "a b c\n1  3\n | 4 control characters are left out or read as blanks");
  EXPECT_EQ(decoded(std::string(200, 'x') + "\0"s + "y"),
            std::string(200, 'x') + "y | 1 control character is left out or read as a blank");
  EXPECT_EQ(decoded("\0\0\0\0log\n\0\0"sv), "log\n | 6 control characters are left out or read as blanks");
  EXPECT_EQ(decoded("PK\3\4 is the magic of ZIP files.\n"),
            "PK   is the magic of ZIP files.\n | 2 control characters are left out or read as blanks");
  EXPECT_EQ(decoded("page\fpage\tx\v1"), "page\fpage\tx\n1 | 1 control character is left out or read as a blank");
  EXPECT_EQ(decoded("\rprogress 1%\rprogress 2%\r\n"), "\nprogress 1%\nprogress 2%\n");
}

TEST(DecodeText, RefusesWhatIsNotText) {
  EXPECT_EQ(decode_text(std::string("a\0b"sv)).error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(decode_text(std::string("\x01\x02\x03 text")).error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(decode_text(std::string(100, '\0')).error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(decode_text("\xFF\xFE" + std::string(64, '\xDC')).error().code, ErrorCode::kUnsupported);
  std::string random;
  std::uint32_t state = 1;
  for (int i = 0; i < 4096; ++i) random += static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
  EXPECT_EQ(decode_text(random).error().code, ErrorCode::kUnsupported);
  std::string numbers;  // of four bytes
  for (int i = 0; i < 1000; ++i) numbers += {static_cast<char>(i), static_cast<char>(i >> 8), '\0', '\0'};
  EXPECT_EQ(decode_text(numbers).error().code, ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace minions::formats
