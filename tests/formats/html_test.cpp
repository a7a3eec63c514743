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

TEST(Html, LeavesOutWhatIsHidden) {
  for (const char* hidden :
       {"<p hidden>no</p>", "<p style='DISPLAY : none !important'>no</p>", "<p style='visibility:hidden'>no</p>",
        "<div style='font-size:0px'>no<b>no</b></div>", "<div style='max-height:0;overflow:hidden'>no</div>",
        "<div style='opacity:0'>no</div>", "<p style='mso-hide:all'>no</p>", "<dialog>no</dialog>",
        "<input type=hidden value=no>", "<template><p>no</p></template>", "<ix:header><b>no</b></ix:header>"})
    EXPECT_EQ(text_of("<p>a</p>" + std::string(hidden)), "a") << hidden;
}

TEST(Html, ShowsWhatOnlyLooksHidden) {
  for (const char* shown :
       {"<p aria-hidden=true>yes</p>", "<div style='visibility:hidden'><p style='visibility:visible'>yes</p></div>",
        "<div style='font-size:0'><p style='font-size:14px'>yes</p></div>", "<p hidden style='display:block'>yes</p>",
        "<p style='opacity:0;transition:opacity 1s'>yes</p>", "<dialog open>yes</dialog>",
        "<noscript><p>yes</p></noscript>", "<body style='display:none'>yes"})
    EXPECT_EQ(text_of(shown), "yes") << shown;
}

TEST(Html, FollowsRulesForElementsClassesAndIds) {
  const std::string sheet =
      "<style>/* .a{} */ .n, #n, i.n {display:none} .v{visibility:hidden} .s{text-decoration:line-through}\n"
      "@media print {.p{display:none}} @media screen {.q{display:none}} .x .y{display:none} .late{display:none}\n"
      "p.late{display:block}</style>";
  EXPECT_EQ(text_of(sheet + "<p class='z n'>no</p><p id=n>no</p><p class=v>no</p><p class=q>no</p>a"), "a");
  EXPECT_EQ(text_of(sheet + "<p class=p>a</p><p class=y>b</p><p class=late>c</p>"), "a\n\nb\n\nc");
  EXPECT_EQ(text_of(sheet + "<span class=s>old</span> new"), "[deleted: old] new");
}

TEST(Html, MarksRaisedAndLoweredText) {
  EXPECT_EQ(text_of("100<sup>2</sup>=10000, 10<sup>-3</sup>, (a+b)<sup>n+1</sup>"), "100^2=10000, 10^-3, (a+b)^(n+1)");
  EXPECT_EQ(text_of("costs 50<sup>1</sup> euros. So.<sup>3</sup>"), "costs 50^1 euros. So.[3]");
  EXPECT_EQ(text_of("50<sup><a href='#n1'>1</a></sup> 60<sup class=footnote>[2]</sup>"), "50[1] 60[2]");
  EXPECT_EQ(text_of("1<sup>st</sup>, Brand<sup>TM</sup>, 5<sup>*</sup>"), "1st, Brand\xE2\x84\xA2, 5*");
  EXPECT_EQ(text_of("2<sup>1</sup>/<sub>2</sub> cups"), "2 1/2 cups");
  EXPECT_EQ(text_of("CO<sub>2</sub>, x<sub>i+1</sub>, 5<sub>10</sub>"), "CO2, x_(i+1), 5_10");
  EXPECT_EQ(text_of("10<span style='vertical-align:super'>6</span>"), "10^6");
}

TEST(Html, NumbersListsAsTheyAreShown) {
  EXPECT_EQ(text_of("<ol start=5><li>a<li>b<li value=10>c<li>d</ol>"), "5. a\n6. b\n10. c\n11. d");
  EXPECT_EQ(text_of("<ol reversed><li>a<li>b</ol>"), "2. a\n1. b");
  EXPECT_EQ(text_of("<ol type=a start=26><li>x<li>y</ol><ol type=I start=4><li>z</ol>"), "z. x\naa. y\n\nIV. z");
  EXPECT_EQ(text_of("<ol style='list-style-type:lower-roman'><li>x</ol>"), "i. x");
  EXPECT_EQ(text_of("<ul><li><p>a</p><p>b</p><ol><li>c</ol><li>d</ul>"), "- a\n  b\n  1. c\n- d");
  EXPECT_EQ(text_of("<ol start=99999999999999999999><li>x</ol>"), "1. x");
}

TEST(Html, KeepsTheColumnsOfATable) {
  EXPECT_EQ(
      text_of("<table><caption>Fees</caption><thead><tr><th>A<th>B<th>C</thead><tr><td>1<br>one<td><p>p</p><p>q</p>"
              "<td><ul><li>x<li>y</ul></table>"),
      "Fees\nA\tB\tC\n1 / one\tp / q\tx / y");
  EXPECT_EQ(text_of("<table><tr><td rowspan=2>a<td>1<td>2<tr><td>3<td>4<tr><td colspan=2>w<td>5</table>"),
            "a\t1\t2\n\t3\t4\nw\t\t5");
  EXPECT_EQ(text_of("<table><tr><td></td><td>x</td></tr><tr><td>a</td><td></td></tr></table>"), "\tx\na");
  EXPECT_EQ(text_of("<table><tr><td>a<td><table><tr><td>1<td>2<tr><td>3</table><td>b</table>"), "a\t1 2 / 3\tb");
  EXPECT_EQ(text_of("<table><tr><td style='display:none'>k<td>a<td>b</table>"), "a\tb");
}

TEST(Html, TakesTablesForLayoutAsText) {
  const std::string text = std::string(200, 'x');
  EXPECT_EQ(text_of("<table><tr><td>menu<td><table><tr><td>" + text + "<tr><td>b</table></table>"),
            "menu\n" + text + "\nb");
  EXPECT_EQ(text_of("<table><tr><td><p>a</p><p>b<br>c</p></table>"), "a\n\nb\nc");
}

TEST(Html, ShowsWhatFormsHold) {
  EXPECT_EQ(text_of("<label>Name <input value=Ann></label><input type=checkbox checked>yes<input type=radio>no"),
            "Name Ann [x] yes [ ] no");
  EXPECT_EQ(text_of("<select><option>one<option selected>two</select><select><option>a<option>b</select>"), "two a");
  EXPECT_EQ(text_of("<select multiple><option selected>a<option>b<option selected>c</select>"), "a, c");
  EXPECT_EQ(text_of("a<textarea>b\nc</textarea><input type=password value=no>"), "a b\nc");
}

TEST(Html, MarksWhatIsDeletedQuotedAndAnnotated) {
  EXPECT_EQ(text_of("was <del>500</del> <ins>300</ins> <s>x<strike>y</strike></s><del></del>"),
            "was [deleted: 500] 300 [deleted: xy]");
  EXPECT_EQ(text_of("<q>a</q> <ruby>b<rp>(</rp><rt>c</rt><rp>)</rp></ruby>"),
            "\xE2\x80\x9C"
            "a\xE2\x80\x9D b(c)");
  EXPECT_EQ(text_of("soft&shy;ly so<wbr>ft &#8203;a<hr>b"), "softly soft a\n---\nb");
  EXPECT_EQ(text_of("<dl><dt>t<dd>d</dl><details><summary>s</summary>x</details>"), "t\n  d\n\ns\nx");
  EXPECT_EQ(text_of("<svg><title>Logo</title><style>no</style><g><text>a</text></g></svg>"), "[Logo] a");
  EXPECT_EQ(text_of("a<iframe srcdoc='&lt;p&gt;b&amp;amp;c'></iframe>d"), "a\n\nb&c\n\nd");
}

TEST(Html, WritesFormulasOnOneLine) {
  EXPECT_EQ(text_of("<math><mfrac><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mn>2</mn></mfrac></math>"), "(a+b)/2");
  EXPECT_EQ(text_of("<math><msup><mi>x</mi><mn>2</mn></msup><mo>=</mo><msqrt><mi>y</mi></msqrt></math>"),
            "x^2=sqrt(y)");
  EXPECT_EQ(text_of("<math><semantics><msubsup><mi>a</mi><mi>i</mi><mn>2</mn></msubsup><annotation>no</annotation>"
                    "</semantics></math>"),
            "a_i^2");
}

TEST(Html, ReadsXhtmlAsXml) {
  const std::string head =
      "<?xml version='1.0'?><!DOCTYPE html [<!ENTITY a 'b'>]><html xmlns=\"http://www.w3.org/1999/xhtml\">";
  EXPECT_EQ(text_of(head + "<head><title/><script src='x'/></head><body><div/><p>a<br></br>b<span/></p></body></html>"),
            "a\nb");
  EXPECT_EQ(text_of(head + "<body><textarea/><p>a <![CDATA[5 < 6 &amp;]]></p></body></html>"), "a 5 < 6 &amp;");
  EXPECT_EQ(text_of("<h:html xmlns:h=\"http://www.w3.org/1999/xhtml\"><h:body><h:p>a</h:p></h:body></h:html>"), "a");
  EXPECT_EQ(text_of("<?xml version='1.0'?><h:html xmlns:h=\"http://www.w3.org/1999/xhtml\"><h:script>no</h:script>"
                    "<h:p>a</h:p><h:p>b</h:p></h:html>"),
            "a\n\nb");
}

TEST(Html, KeepsLongTextsAsTheyAre) {
  const std::string text = "a text that is longer than its mark, x";
  EXPECT_EQ(text_of("<p>" + text + " &amp; " + text + "<b>" + text + "</b></p>"), text + " & " + text + text);
  EXPECT_EQ(text_of("&eacute;" + text + "&#233" + text), "\xC3\xA9" + text + "\xC3\xA9" + text);
  EXPECT_EQ(text_of("<pre>\r\n" + text + "\r\n  " + text + "</pre>"), text + "\n  " + text);
  EXPECT_EQ(text_of("<p>" + text +
                    "</p><p>\xF4\x8F\xBF\xBD"
                    "0\xF4\x8F\xBF\xBC \xF0\x9F\x98\x80</p>"),
            text + "\n\n0 \xF0\x9F\x98\x80");
  EXPECT_EQ(text_of("<p>" + text + "</p>&#x10FFFD;0&#x10FFFC;&#x10FFFD;7"), text + "\n\n" + text + "7");
}

TEST(Html, ReadsAnyNesting) {
  const auto repeated = [](std::string_view piece, std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += piece;
    return text;
  };
  constexpr std::size_t kMany = 20000;
  EXPECT_EQ(text_of(repeated("<div>", kMany) + "a"), "a");
  EXPECT_EQ(text_of(repeated("<b><i x=1>", kMany) + "a" + repeated("</i></b>", kMany) + "<p>b"), "a\n\nb");
  EXPECT_EQ(text_of(repeated("<table><tr><td>", kMany) + "a"), "a");
  EXPECT_EQ(text_of("<math>" + repeated("<mrow>", kMany) + "a"), "");
  for (const char* piece :
       {"<li><dd>", "<svg>", "<div><b a=1></div>", "<div><table></div>", "<a><div>", "<template>", "<button><p>",
        "<select><option>", "<ruby><rt>", "<iframe srcdoc='<p>'>", "</p>", "<ol><li>"})
    (void)text_of(repeated(piece, kMany) + "a");
  std::string attributes;
  for (std::size_t i = 0; i < kMany; ++i) attributes += " a" + std::to_string(i);
  EXPECT_EQ(text_of("<p" + attributes + ">a"), "a");
}

TEST(Html, FindsTheNamedEncoding) {
  EXPECT_EQ(html_charset("<meta charset=\"Shift_JIS\">"), "shift_jis");
  EXPECT_EQ(html_charset("<meta http-equiv='Content-Type' content='text/html; charset=iso-8859-2'>"), "iso-8859-2");
  EXPECT_EQ(html_charset("<p>no</p>"), "");
  EXPECT_EQ(html_charset("charset="), "");
  EXPECT_EQ(html_charset("<?xml version='1.0' encoding='ISO-8859-1'?><html>"), "iso-8859-1");
  EXPECT_EQ(html_charset("\xEF\xBB\xBF<meta charset=koi8-r>"), "utf-8");
}

TEST(Html, TakesOnlyADeclarationForTheEncoding) {
  for (const char* none :
       {"<!-- <meta charset=koi8-r> -->", "<script>x = '<meta charset=koi8-r>'</script>", "<p charset=koi8-r>",
        "<meta name=description content='text; charset=koi8-r'>", "<title><meta charset=koi8-r></title>",
        "<meta charset", "<meta charset='koi8-r", "<meta", "<meta charset=>"})
    EXPECT_NE(html_charset(std::string(none) + "<p>charset=x"), "x") << none;
  EXPECT_EQ(html_charset("<!-- <meta charset=koi8-r> --><script>'<meta charset=a>'</script><meta charset=b>"), "b");
  const std::string comment = "<!--" + std::string(3000, 'x') + "-->";
  EXPECT_EQ(html_charset("<head>" + comment + "<meta charset=windows-1251>"), "windows-1251");
  EXPECT_EQ(html_charset("<head></head><body>" + comment + "<meta charset=windows-1251>"), "");
}

TEST(Html, TakesNoEncodingOfTwoBytesFromAPageOfOne) {
  EXPECT_EQ(html_charset("<meta charset=UTF-16>"), "utf-8");
  EXPECT_EQ(html_charset(std::string_view("<\0h\0t\0", 6)), "utf-16le");
}

}  // namespace
}  // namespace minions::formats
