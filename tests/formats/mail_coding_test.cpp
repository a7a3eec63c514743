#include "formats/mail_coding.h"

#include <gtest/gtest.h>

namespace minions::formats {
namespace {

TEST(MailCoding, DecodesTransferEncodings) {
  EXPECT_EQ(decode_quoted_printable("caf=C3=A9 =3D soft=\r\nline=  \nend="), "caf\xC3\xA9 = softlineend");
  EXPECT_EQ(decode_quoted_printable("=ZZ =4 ="), "=ZZ =4 ");
  EXPECT_EQ(decode_base64_lenient("SGVs\r\nbG8h"), "Hello!");
  EXPECT_EQ(decode_base64_lenient("SGVsbG8="), "Hello");
  EXPECT_EQ(decode_transfer(" BASE64 ", "QQ=="), "A");
  EXPECT_EQ(decode_transfer("8bit", "a=41"), "a=41");
}

TEST(MailCoding, DecodesWordsInHeaders) {
  EXPECT_EQ(decode_header("=?utf-8?Q?J=C3=BCrgen_M?= <j@example.org>"), "J\xC3\xBCrgen M <j@example.org>");
  EXPECT_EQ(decode_header("=?UTF-8?B?4oKs?= =?utf-8?q?5?="),
            "\xE2\x82\xAC"
            "5");
  EXPECT_EQ(decode_header("=?iso-8859-15?Q?=A4?="), "\xE2\x82\xAC");
  EXPECT_EQ(decode_header("=?utf-8*en?Q?a?= b"), "a b");
  EXPECT_EQ(decode_header("=?utf-8?B?5p2x5Lqs4w==?=\r\n =?UTF-8?B?gr/jg6/jg7w=?="),
            "\xE6\x9D\xB1\xE4\xBA\xAC\xE3\x82\xBF\xE3\x83\xAF\xE3\x83\xBC");  // a character in two words
  EXPECT_EQ(decode_header("=?utf-8?Q?=C3?= =?iso-8859-1?Q?=A9?="), "\xEF\xBF\xBD\xC2\xA9");
  EXPECT_EQ(decode_header("Gr\xC3\xBC\xC3\x9F"
                          "e"),
            "Gr\xC3\xBC\xC3\x9F"
            "e");
  EXPECT_EQ(decode_header("Gr\xFC\xDF"
                          "e"),
            "Gr\xC3\xBC\xC3\x9F"
            "e");
  EXPECT_EQ(decode_header("a\r\n\tb\x1B[2J"), "a b [2J");
  for (const char* odd : {"=?", "=?utf-8", "=?utf-8?Q", "=?utf-8?Q?", "=?utf-8?Q?a", "=?utf-8?X?a?=", "=?utf-8?\?="})
    EXPECT_EQ(decode_header(odd), odd);
}

TEST(MailCoding, FindsParameters) {
  const std::string_view value = R"(Text/HTML; charset="utf-8"; format=flowed; name="a\"b;c")";
  EXPECT_EQ(main_value(value), "text/html");
  EXPECT_EQ(parameter(value, "charset"), "utf-8");
  EXPECT_EQ(parameter(value, "format"), "flowed");
  EXPECT_EQ(parameter(value, "name"), "a\"b;c");
  EXPECT_EQ(parameter(value, "boundary"), "");
  EXPECT_EQ(parameter("attachment; filename*=utf-8''%e2%82%ac.txt", "filename"), "\xE2\x82\xAC.txt");
  EXPECT_EQ(parameter("a; b; c=d", "c"), "d");
  EXPECT_EQ(parameter("a; n*1*=%A9.pdf; n*0*=utf-8'en'r%C3%A9sum%C3", "n"), "r\xC3\xA9sum\xC3\xA9.pdf");
  EXPECT_EQ(parameter("a; n*0=\"one \"; n*1=two; n*2*=%21", "n"), "one two!");
  EXPECT_EQ(parameter("a; n=plain; n*=utf-8''better", "n"), "better");
  EXPECT_EQ(parameter("a; n=\"=?utf-8?Q?caf=C3=A9?=\"", "n"), "caf\xC3\xA9");
  for (const char* odd : {";", ";=", ";x=\"", ";x=\"\\", ";;;", "a;b"}) (void)parameter(odd, "x");
}

TEST(MailCoding, ConvertsCharsets) {
  EXPECT_EQ(to_utf8("koi8-r", as_bytes("\xF0")).text, "\xD0\x9F");
  EXPECT_EQ(to_utf8("Shift_JIS", as_bytes("\x93\xFA")).text, "\xE6\x97\xA5");
  EXPECT_EQ(to_utf8("latin1", as_bytes("\x80")).text, "\xE2\x82\xAC");
  EXPECT_EQ(to_utf8("", as_bytes("\xE9")).text, "\xC3\xA9");
  const Converted broken = to_utf8("utf-8", as_bytes("a\xFF\xC3"));
  EXPECT_EQ(broken.text, "a\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(broken.replaced, 2U);
  const Converted unknown = to_utf8("klingon", as_bytes("a"));
  EXPECT_EQ(unknown.text, "a");
  EXPECT_FALSE(unknown.charset_is_known);
  EXPECT_FALSE(to_utf8("utf-16//TRANSLIT", as_bytes("a")).charset_is_known);
}

TEST(Charset, ReplacesCodePointsBeyondUnicode) {
  const Converted converted = to_utf8("utf-8", as_bytes("a\xF6\xBC\x90\x99 \xC3\xA9 \xF4\x8F\xBF\xBF"));
  EXPECT_TRUE(converted.text.starts_with("a\xEF\xBF\xBD"));
  EXPECT_TRUE(converted.text.ends_with(" \xC3\xA9 \xF4\x8F\xBF\xBF"));
  EXPECT_EQ(converted.replaced, 4U);
}

}  // namespace
}  // namespace minions::formats
