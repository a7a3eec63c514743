// Expectations are those of the indexes of the WHATWG Encoding standard.
#include "formats/charset.h"

#include <gtest/gtest.h>

#include "formats/encoding_label.h"

namespace minions::formats {
namespace {

using namespace std::string_view_literals;

std::string converted(std::string_view label, std::string_view bytes) {
  const Converted made = to_utf8(label, as_bytes(bytes));
  std::string shown = made.text;
  if (made.replaced > 0) shown += " | replaced " + std::to_string(made.replaced);
  if (!made.charset_is_known) shown += " | unknown";
  return shown;
}

TEST(Charset, LabelsMeanWhatTheyMeanOnTheWeb) {
  for (const auto& [label, bytes, text] : std::vector<std::array<std::string_view, 3>>{
           {"iso-8859-1", "\x93\x80\x94", "“€”"},
           {"iso-8859-9", "\xFE\x80", "ş€"},
           {"iso-8859-11", "\xBA\x80", "บ€"},
           {"tis-620", "\xBA\xD2\xB7", "บาท"},
           {"latin2", "\xB1", "ą"},
           {"iso-8859-8-i", "\xE0", "א"},
           {"iso-8859-16", "\xAA", "Ș"},
           {"koi8-u", "\xAE\xBE", "ўЎ"},
           {"macintosh", "\x8A\xDB", "ä€"},
           {"x-mac-cyrillic", "\x80\xA2\xFF", "АҐ€"},
           {"cp866", "\x80", "А"},
           {"windows-1258", "\xD5", "Ơ"},
           {"x-user-defined", "\x80", "\uF780"},
           {"gb2312", "\xD6\xEC\xE9\x46\xBB\xF9\x80", "朱镕基€"},
           {"gbk", "\xA3\xA0", "\u3000"},
           {"gb18030", "\x95\x32\x82\x36", "𠀀"},
           {"big5", "\xC1\x63\xA1\x45\xA1\xE3\xF9\xD6", "繁‧～碁"},
           {"big5-hkscs", "\x88\x62\x87\x65", "Ê̄囻"},
           {"shift_jis", "\x93\x8C\x87\x40\xFB\xFC\xB1\\~", "東①髙ｱ\\~"},
           {"ms_kanji", "\xED\x40\x81\x60", "纊～"},
           {"euc-jp", "\xC5\xEC\xAD\xA1\x8E\xB1\x8F\xB0\xA1\xF9\xA1", "東①ｱ丂纊"},
           {"ks_c_5601-1987", "\x8C\x63\xC7\xD1", "똠한"},
           {"euc-kr", "\x8C\x63", "똠"},
           {"iso-2022-jp", "\x1B$BEl-!\x1B(B x\x1B(J\\~\x1B(I1\x1B$(D0!\x1B(B.", "東① x¥‾ｱ丂."},
           {"utf-7", "Hi +AOk-", "Hi é"},
           {"cp437", "\x81\xE1", "üß"},
           {"ibm850", "\x9C", "£"},
           {"x-mac-ce", "\x88", "ą"}})
    EXPECT_EQ(converted(label, bytes), text) << label;
}

TEST(Charset, LabelsAreTrimmedInAnyCaseAndQuoted) {
  for (const std::string_view label : {"utf-8"sv, " UTF-8 "sv, "\"utf-8\""sv, "'Utf8'"sv, "\tunicode-1-1-utf-8\n"sv,
                                       "utf-8; format=flowed"sv, "\"utf-8;\""sv, "x-unicode20utf8"sv})
    EXPECT_EQ(converted(label, "gr\xC3\xBC\xFF"), "grü\uFFFD | replaced 1") << label;
  EXPECT_EQ(converted(" \"Windows-1251\"", "\xCF"), "П");
}

TEST(Charset, MarksOutweighLabels) {
  EXPECT_EQ(converted("iso-8859-1", "\xEF\xBB\xBF\xC3\xA9"), "é");
  EXPECT_EQ(converted("utf-8", "\xFF\xFE\xE9\0"sv), "é");
  EXPECT_EQ(converted("shift_jis", "\xFE\xFF\0\xE9"sv), "é");
}

TEST(Charset, Utf16WithoutAMarkGoesByItsZeros) {
  EXPECT_EQ(converted("utf-16", "\0a\0b"sv), "ab");
  EXPECT_EQ(converted("utf-16", "a\0b\0"sv), "ab");
  EXPECT_EQ(converted("utf-16be", "\x4E\x2D"), "中");
  EXPECT_EQ(converted("utf-16", "\x2D\x4E"), "中");
  EXPECT_EQ(converted("utf-16le", "a\0\x3D\xD8"sv), "a\uFFFD | replaced 1");
  const std::string ascii = "<html> this is no UTF-16, whatever its label says";
  EXPECT_EQ(converted("utf-16", ascii), ascii);
}

TEST(Charset, WrongLabelsGiveWayToUtf8) {
  EXPECT_EQ(converted("us-ascii", "gr\xC3\xBC"), "grü");
  EXPECT_EQ(converted("us-ascii", "gr\xFC"), "grü");
  EXPECT_EQ(converted("", "gr\xC3\xBC"), "grü");
  EXPECT_EQ(converted("x-unknown", "gr\xC3\xBC"), "grü | unknown");
  EXPECT_EQ(converted("no-such-thing", "gr\xFC"), "grü | unknown");
  EXPECT_EQ(converted("utf-8//IGNORE", "gr\xFC"), "grü | unknown");
  EXPECT_EQ(converted("gb2312", "\xC3\xBC\xE2\x82\xAC \xE2\x82\xAC"), "ü€ € | unknown");
}

TEST(Charset, InvalidBytesTakeNoAsciiWithThem) {
  EXPECT_EQ(converted("utf-8", "a\xE2\x82(b"), "a\uFFFD(b | replaced 1");
  EXPECT_EQ(converted("euc-kr", "\xC7<b>"), "\uFFFD<b> | replaced 1");
  EXPECT_EQ(converted("shift_jis", "\x93\n\x93\x8C"), "\uFFFD\n東 | replaced 1");
  EXPECT_EQ(converted("big5", "\xFF\xC1\x63"), "\uFFFD繁 | replaced 1");
  EXPECT_EQ(converted("euc-jp", "\x8F\xB0x\xC5\xEC"), "\uFFFDx東 | replaced 1");
  EXPECT_EQ(converted("gb18030", "\x81\x30\x81 "), "\uFFFD0\uFFFD  | replaced 2");
  EXPECT_EQ(converted("shift_jis", "\x93\x8C\x93"), "東\uFFFD | replaced 1");
  EXPECT_EQ(converted("iso-2022-jp", "\x1B$BEl\nEl"), "東\n東");
  EXPECT_EQ(converted("windows-1253", "\xAA\x81"), "\uFFFD\u0081 | replaced 1");
}

TEST(Charset, ReplacementEncodingsAreNotDecoded) {
  EXPECT_EQ(converted("iso-2022-kr", "\x1B$)C\x0E\x47\x51\x0F"), "\uFFFD | replaced 8");
  EXPECT_EQ(converted("hz-gb-2312", "~{VPND~}"), "\uFFFD | replaced 8");
  EXPECT_EQ(converted("iso-2022-kr", "plain"), "plain");
  EXPECT_FALSE(is_known_encoding("replacement"));
}

TEST(Charset, KnowsWhichLabelsAreEncodings) {
  for (const char* label : {"utf-8", "Shift_JIS", " latin1", "unicode", "cp1251", "utf-7", "IBM437", "cp850", "x-sjis"})
    EXPECT_TRUE(is_known_encoding(label)) << label;
  for (const char* label : {"", "utf-9", "iso-2022-kr", "x-unknown", "UTF-8//TRANSLIT"})
    EXPECT_FALSE(is_known_encoding(label)) << label;
}

TEST(Charset, TheUsersWordIsForWhatNamesNone) {
  set_unnamed_charset("Shift_JIS");
  EXPECT_EQ(converted("", "\x93\x8C"), "東");
  EXPECT_EQ(converted("x-unknown", "\x93\x8C"), "東");
  EXPECT_EQ(converted("us-ascii", "\x93\x8C"), "東");
  EXPECT_EQ(converted("", "gr\xC3\xBC"), "grü");
  EXPECT_EQ(converted("koi8-r", "\xF0"), "П");
  set_unnamed_charset("");
  EXPECT_EQ(converted("", "\x93"), "“");
}

}  // namespace
}  // namespace minions::formats
