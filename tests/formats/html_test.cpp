#include "formats/html.h"

#include <gtest/gtest.h>

#include "reading.h"

namespace minions::formats {
namespace {

std::string text_of(std::string_view html) {
  test::Reading reading;
  write_html(html, reading.writer);
  reading.writer.finish();
  std::string text = reading.written;
  while (!text.empty() && (text.back() == '\f' || text.back() == '\n')) text.pop_back();
  return text;
}

TEST(Html, KeepsWhatReadersSee) {
  EXPECT_EQ(text_of("<html><head><title>The title</title></head><body><h2>Part</h2><p>One\n  <b>two</b>three</p>"
                    "<p>four<br>five</p></body></html>"),
            "The title\n\n## Part\n\nOne twothree\n\nfour\nfive");
  EXPECT_EQ(text_of("<ul><li>a<li>b</ul>after"), "- a\n- b\n\nafter");
  EXPECT_EQ(text_of("<table><tr><th>x<th>y<tr><td>1<td>2</table>"), "x\ty\n1\t2");
  EXPECT_EQ(text_of("<pre>a\n   b</pre>"), "a\n   b");
  EXPECT_EQ(text_of("<img src=x alt='A &amp; B'>"), "[A & B]");
}

TEST(Html, LeavesOutWhatIsNotForReaders) {
  EXPECT_EQ(text_of("a<script>if (a < b) document.write('<p>no</p>');</script>b"), "ab");
  EXPECT_EQ(text_of("a<STYLE>p { }</style >b<!-- no <p> -->c<template>no</template>d"), "abcd");
  EXPECT_EQ(text_of("a<script>never ends </scrip>"), "a");
  EXPECT_EQ(text_of("<!DOCTYPE html><?php echo 1 ?>a<![CDATA[b]]>"), "a");
}

TEST(Html, ReadsCharacterReferences) {
  EXPECT_EQ(text_of("&eacute;&#233;&#xE9;&amp;&lt;p&gt;"), "\xC3\xA9\xC3\xA9\xC3\xA9&<p>");
  EXPECT_EQ(text_of("&#150;&#128;"), "\xE2\x80\x93\xE2\x82\xAC");  // numbers of windows-1252
  EXPECT_EQ(text_of("&#0;&#xD800;&#x110000;&#99999999999;"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(text_of("AT&T &unknown; &; &# &#x;"), "AT&T &unknown; &; &# &#x;");
}

TEST(Html, TakesTagsAsTheyCome) {
  EXPECT_EQ(text_of("a < b <3 </ c>d"), "a < b <3 d");
  EXPECT_EQ(text_of("<p title=\"a > b\">x</p>"), "x");
  EXPECT_EQ(text_of("<p title='unclosed>x"), "");
  for (const char* html : {"<", "</", "<a", "<a b", "<a b=", "<a b='", "<!--", "<!", "&", "&#", "<script", "</script>"})
    (void)text_of(html);
}

TEST(Html, FindsTheNamedEncoding) {
  EXPECT_EQ(html_charset("<meta charset=\"Shift_JIS\">"), "shift_jis");
  EXPECT_EQ(html_charset("<meta http-equiv='Content-Type' content='text/html; charset=iso-8859-2'>"), "iso-8859-2");
  EXPECT_EQ(html_charset("<p>no</p>"), "");
  EXPECT_EQ(html_charset("charset="), "");
}

}  // namespace
}  // namespace minions::formats
