#include "base/encoding.h"

#include <gtest/gtest.h>

namespace minions {
namespace {

TEST(Hex, RoundTripsEveryByte) {
  Bytes all;
  for (int i = 0; i < 256; ++i) all.push_back(static_cast<std::uint8_t>(i));
  EXPECT_EQ(from_hex(to_hex(all)).value(), all);
}

TEST(Hex, RefusesUpperCaseAndOddLength) {
  EXPECT_FALSE(from_hex("AB"));
  EXPECT_FALSE(from_hex("abc"));
  EXPECT_FALSE(from_hex("0x"));
}

TEST(Hex, OfPeopleIsOfEitherCase) {
  EXPECT_EQ(from_hex_any_case("aBcDeF09").value(), (Bytes{0xAB, 0xCD, 0xEF, 0x09}));
  for (int i = 0; i < 256; ++i) {
    const char c = static_cast<char>(i);
    const bool digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    EXPECT_EQ(from_hex_any_case(std::string{c, '0'}).has_value(), digit) << i;
  }
  EXPECT_FALSE(from_hex_any_case("ABC"));
}

// RFC 4648 section 10.
TEST(Base64, MatchesTheTestVectorsOfTheRfc) {
  const std::pair<std::string_view, std::string_view> vectors[] = {{"", ""},
                                                                   {"f", "Zg=="},
                                                                   {"fo", "Zm8="},
                                                                   {"foo", "Zm9v"},
                                                                   {"foob", "Zm9vYg=="},
                                                                   {"fooba", "Zm9vYmE="},
                                                                   {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, encoded] : vectors) {
    EXPECT_EQ(to_base64(as_bytes(plain)), encoded);
    EXPECT_EQ(from_base64(encoded).value(), to_bytes(plain));
    const std::string url(encoded.substr(0, encoded.find('=')));
    EXPECT_EQ(to_base64url(as_bytes(plain)), url);
    EXPECT_EQ(from_base64url(url).value(), to_bytes(plain));
  }
}

TEST(Base64Url, RoundTripsEveryLength) {
  Bytes bytes;
  for (int i = 0; i < 70; ++i) {
    EXPECT_EQ(from_base64url(to_base64url(bytes)).value(), bytes);
    bytes.push_back(static_cast<std::uint8_t>(i * 37));
  }
}

TEST(Base64Url, RefusesEverySecondSpellingOfAValue) {
  for (const std::string_view bad : {"Zg==", "Zh", "Zm9", "Z", "Zm 9v", "Zm+v", "Zm/v", "Zm9v\n"}) {
    EXPECT_FALSE(from_base64url(bad)) << bad;
  }
  EXPECT_FALSE(from_base64("Zg"));
  EXPECT_FALSE(from_base64("Z==="));
}

TEST(Exactly, SaysHowManyBytesItFound) {
  const auto wrong = exactly<4>(from_hex("0102"));
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().detail, "want 4 bytes, found 2");
}

TEST(Utf8, TakesTheShortestFormsOnly) {
  for (const std::string_view good : {"", "a", "é", "你好", "🔒", "\xF4\x8F\xBF\xBF"})
    EXPECT_TRUE(is_utf8(good)) << good;
  for (const std::string_view bad : {"\x80", "\xC0\x80", "\xC3", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                                     "\xF8\x88\x80\x80\x80", "\xFF"}) {
    EXPECT_FALSE(is_utf8(bad));
  }
}

}  // namespace
}  // namespace minions
