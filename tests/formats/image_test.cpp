#include "formats/image.h"

#include <gtest/gtest.h>

namespace minions::formats {
namespace {

using namespace std::string_literals;

// Headers as the formats' own encoders write them, with 640 x 480 pixels.
const std::string kPng = "\x89PNG\r\n\x1A\n\0\0\0\rIHDR\0\0\x02\x80\0\0\x01\xE0\x08\x02\0\0\0"s;
const std::string kGif = "GIF89a\x80\x02\xE0\x01\xF7\0\0"s;
const std::string kJpeg =
    "\xFF\xD8\xFF\xE0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0"
    "\xFF\xFF\xC2\0\x11\x08\x01\xE0\x02\x80\x03\x01\x22\0"s;
const std::string kWebpLossy = "RIFF\x24\0\0\0WEBPVP8 \x18\0\0\0\x30\x01\0\x9D\x01\x2A\x80\x02\xE0\x01"s;
const std::string kWebpLossless = "RIFF\x24\0\0\0WEBPVP8L\x18\0\0\0\x2F\x7F\xC2\x77\0\0\0\0\0\0"s;
const std::string kWebpExtended = "RIFF\x24\0\0\0WEBPVP8X\x0A\0\0\0\x10\0\0\0\x7F\x02\0\xDF\x01\0"s;
const std::string kBmp = "BM\x36\x10\x0E\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x80\x02\0\0\xE0\x01\0\0\x01\0\x18\0"s;
const std::string kBmpFromTop = "BM\x36\x10\x0E\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x80\x02\0\0\x20\xFE\xFF\xFF\x01\0\x18\0"s;

TEST(Image, FindsTypeAndSizeByContent) {
  const std::pair<std::string, std::string> kinds[] = {{kPng, "image/png"},           {kGif, "image/gif"},
                                                       {kJpeg, "image/jpeg"},         {kBmp, "image/bmp"},
                                                       {kBmpFromTop, "image/bmp"},    {kWebpLossy, "image/webp"},
                                                       {kWebpLossless, "image/webp"}, {kWebpExtended, "image/webp"}};
  for (const auto& [bytes, type] : kinds) {
    const auto header = read_image_header(as_bytes(bytes));
    ASSERT_TRUE(header) << type;
    EXPECT_EQ(header->media_type, type);
    EXPECT_EQ(header->width, 640U) << type;
    EXPECT_EQ(header->height, 480U) << type;
  }
}

TEST(Image, RefusesEveryTruncationThatLacksTheSize) {
  for (const std::string& bytes : {kPng, kGif, kJpeg, kBmp, kWebpLossy, kWebpLossless, kWebpExtended}) {
    bool was_read = false;
    for (std::size_t size = 0; size <= bytes.size(); ++size) {
      const auto header = read_image_header(as_bytes(bytes.substr(0, size)));
      EXPECT_TRUE(!was_read || header) << size;
      if (header) {
        EXPECT_EQ(header->width, 640U);
        EXPECT_EQ(header->height, 480U);
        was_read = true;
      }
    }
    EXPECT_TRUE(was_read);
  }
}

TEST(Image, RefusesSizesOfZeroAndOtherContent) {
  std::string flat = kPng;
  flat[18] = flat[19] = '\0';
  EXPECT_FALSE(read_image_header(as_bytes(flat)));
  for (const std::string& text : {"BMW sells cars and other things"s, "GIF"s, "RIFF1234WAVE"s, ""s})
    EXPECT_EQ(image_type(as_bytes(text)), "") << text;
}

}  // namespace
}  // namespace minions::formats
