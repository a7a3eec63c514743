#include "formats/page_writer.h"

#include <gtest/gtest.h>

#include "reading.h"

namespace minions::formats {
namespace {

using test::Reading;

TEST(PageWriter, EndsEachPageWithAFormFeed) {
  Reading reading;
  reading.writer.text("one");
  reading.writer.end_page();
  reading.writer.end_page();
  reading.writer.text("three");
  reading.writer.finish();
  EXPECT_EQ(reading.written, "one\n\f\fthree\n\f");
}

TEST(PageWriter, GivesADocumentWithoutTextOnePage) {
  Reading reading;
  reading.writer.finish();
  EXPECT_EQ(reading.written, "\f");
}

TEST(PageWriter, EndsALastPageOfBlanks) {
  Reading reading;
  reading.writer.text("one");
  reading.writer.end_page();
  reading.writer.text("  ");
  reading.writer.finish();
  EXPECT_EQ(reading.written, "one\n\f  \n\f");
}

TEST(PageWriter, JoinsLinesAndParagraphs) {
  Reading reading;
  reading.writer.end_paragraph();
  reading.writer.end_line();
  reading.writer.text("a");
  reading.writer.end_line();
  reading.writer.end_line();
  reading.writer.text("b");
  reading.writer.end_paragraph();
  reading.writer.end_paragraph();
  reading.writer.text("c\n");
  reading.writer.end_paragraph();
  reading.writer.text("\n");
  reading.writer.end_paragraph();
  reading.writer.text("d");
  reading.writer.finish();
  EXPECT_EQ(reading.written, "a\nb\n\nc\n\n\nd\n\f");
}

TEST(PageWriter, LetsNoFormFeedOrControlCharacterThrough) {
  Reading reading;
  reading.writer.text(std::string_view("a\fb\0c\x1B[2Jd\te\x7F", 13));
  reading.writer.finish();
  EXPECT_EQ(reading.written, "a b c [2Jd\te \n\f");
}

TEST(PageWriter, StopsAtItsLimits) {
  Reading reading({.max_text_bytes = 10, .max_pages = 5000});
  reading.writer.text("0123456789");
  EXPECT_TRUE(reading.writer.status());
  reading.writer.text("x");
  EXPECT_EQ(reading.writer.status().error(), ExtractExit::kTooMuchText);
  reading.writer.finish();
  EXPECT_EQ(reading.written, "0123456789");

  Reading pages({.max_text_bytes = 100, .max_pages = 2});
  for (int i = 0; i < 2; ++i) pages.writer.end_page();
  EXPECT_TRUE(pages.writer.status());
  pages.writer.end_page();
  EXPECT_EQ(pages.writer.status().error(), ExtractExit::kTooManyPages);
}

}  // namespace
}  // namespace minions::formats
