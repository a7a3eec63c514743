// Pictures through the real minions-extract, with the sandbox where the machine has one.
#include "documents/picture.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "make_picture.h"

namespace minions::documents {
namespace {

using namespace test;
using namespace std::string_literals;

PictureOptions options() {
  PictureOptions options{.helper = MINIONS_EXTRACT};
  if (!check_extractor({.helper = MINIONS_EXTRACT})) options.confinement = Confinement::kUnsafeNoSandbox;
  return options;
}

// A helper of the test's own, to see how the parent takes what a helper may do.
std::filesystem::path fake_helper(const std::string& name, const std::string& script) {
  const auto path = std::filesystem::path(testing::TempDir()) / ("fake-decoder-" + name);
  std::ofstream(path) << "#!/bin/sh\n" << script << "\n";
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  return path;
}

void expect_shown(std::string_view file, const Drawing& drawing, const std::string& what) {
  const auto picture = decode_picture(as_bytes(file), options());
  ASSERT_TRUE(picture) << what << ": " << picture.error().detail;
  EXPECT_EQ(picture->width, drawing.width) << what;
  EXPECT_EQ(picture->height, drawing.height) << what;
  EXPECT_TRUE(picture->rgb.reveal() == shown(drawing)) << what;
}

void expect_error(std::string_view file, const PictureOptions& how, ErrorCode code, const std::string& detail) {
  const auto picture = decode_picture(as_bytes(file), how);
  ASSERT_FALSE(picture) << detail;
  EXPECT_EQ(picture.error().code, code) << picture.error().detail;
  EXPECT_EQ(picture.error().detail, detail);
}

const Drawing kDrawing = draw("a.c d.f ghi jkl");

TEST(Picture, DecodesEveryFormatInTheSandbox) {
  expect_shown(make_png(kDrawing), kDrawing, "PNG");
  expect_shown(make_png(kDrawing, {PngColour::kRgba, 16, true}), kDrawing, "interlaced PNG");
  expect_shown(make_gif(3, 4, {{0, 0, kDrawing}}), kDrawing, "GIF");
  expect_shown(make_webp(kDrawing), kDrawing, "WebP");
  expect_shown(make_animated_webp(3, 4, {{0, 0, kDrawing}}), kDrawing, "animated WebP");
  expect_shown(make_png(draw("abc def"), {PngColour::kRgb, 8, false, make_exif(6)}), draw("da eb fc"), "turned PNG");
  for (const JpegColour colour : {JpegColour::kYcc, JpegColour::kYcck}) {
    for (const bool progressive : {false, true}) {
      const auto picture =
          decode_picture(as_bytes(make_jpeg(enlarge(draw("ab"), 8), {colour, progressive, make_exif(8)})), options());
      ASSERT_TRUE(picture) << picture.error().detail;
      EXPECT_EQ(picture->width, 8U);
      EXPECT_EQ(picture->height, 16U);
    }
  }
}

// Twelve million pixels, as a telephone takes them: through the pipe as a whole, within the default limits.
TEST(Picture, DecodesWhatATelephoneTakes) {
  const Drawing quarter = enlarge(draw("abc def"), 100);  // 300 x 200
  Drawing drawing{4000, 3000, std::string(std::size_t{4000} * 3000 * 4, '\xFF')};
  for (std::size_t y = 0; y < 200; ++y) drawing.rgba.replace(y * 4000 * 4, 300 * 4, quarter.rgba, y * 300 * 4, 300 * 4);
  expect_shown(make_png(drawing, {PngColour::kRgb, 8, true}), drawing, "interlaced PNG");
  const auto turned = decode_picture(as_bytes(make_jpeg(drawing, {JpegColour::kYcc, true, make_exif(6)})), options());
  ASSERT_TRUE(turned) << turned.error().detail;
  EXPECT_EQ(turned->width, 3000U);
  EXPECT_EQ(turned->height, 4000U);
  EXPECT_EQ(turned->rgb.size(), std::size_t{4000} * 3000 * 3);
}

TEST(Picture, NamesWhatIsWrong) {
  const std::string png = make_png(kDrawing);
  const std::string unknown = "is not a picture of a supported format: want PNG, JPEG, GIF or WebP";
  expect_error("", options(), ErrorCode::kDocument, unknown);
  expect_error("some text", options(), ErrorCode::kDocument, unknown);
  expect_error("BM\x36\x10\x0E\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x01\0\0\0\x01\0\0\0"s, options(), ErrorCode::kDocument,
               unknown);
  expect_error(png.substr(0, 20), options(), ErrorCode::kDocument, "is damaged: its header breaks its own format");
  expect_error(png.substr(0, png.size() - 1), options(), ErrorCode::kDocument, "is damaged: it breaks its own format");
  std::string changed = png;
  changed[png.size() - 20] ^= 1;
  expect_error(changed, options(), ErrorCode::kDocument, "is damaged: it breaks its own format");
  std::string lossless = make_jpeg(kDrawing);
  lossless[lossless.find("\xFF\xC0") + 1] = '\xC3';
  expect_error(lossless, options(), ErrorCode::kDocument,
               "is a picture in a coding of its format that is not read here");
}

TEST(Picture, HoldsLimitsOfPixels) {
  PictureOptions limited = options();
  limited.max_pixels = 12;
  EXPECT_TRUE(decode_picture(as_bytes(make_png(kDrawing)), limited));
  limited.max_pixels = 11;
  limited.helper = "/nonexistent";  // and starts none
  for (const std::string& file : {make_png(kDrawing), make_jpeg(kDrawing), make_gif(3, 4, {}), make_webp(kDrawing)})
    expect_error(file, limited, ErrorCode::kTooLarge, "has 3 x 4 = 12 pixels, at most 11 are read");
}

TEST(Picture, HoldsLimitsOfMemory) {
  PictureOptions tight = options();
  tight.max_memory_bytes = std::size_t{32} << 20;
  const Drawing drawing = enlarge(draw("abc def"), 1500);  // 4500 x 3000, 40 MB
  EXPECT_TRUE(decode_picture(as_bytes(make_png(drawing, {PngColour::kRgb})), tight)) << "row by row";
  const std::string message = "needs more than 32 MiB to be read, the limit";
  expect_error(make_png(drawing, {PngColour::kRgb, 8, true}), tight, ErrorCode::kTooLarge, message);
  expect_error(make_png(drawing, {PngColour::kRgb, 8, false, make_exif(3)}), tight, ErrorCode::kTooLarge, message);
  expect_error(make_jpeg(drawing, {JpegColour::kYcc, true}), tight, ErrorCode::kTooLarge, message);
  expect_error(make_webp(drawing), tight, ErrorCode::kTooLarge, message);
}

TEST(Picture, DecodesFromSeveralThreads) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([] {
      for (int round = 0; round < 5; ++round) expect_shown(make_png(kDrawing), kDrawing, "PNG");
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(Picture, ReducesToSoManyPixels) {
  const Drawing drawing = enlarge(draw("abc def"), 100);
  const std::pair<std::string, std::string> kinds[] = {{make_png(drawing), "\x89PNG"},
                                                       {make_jpeg(drawing), "\xFF\xD8\xFF"},
                                                       {make_webp(drawing), "\x89PNG"},
                                                       {make_gif(300, 200, {{0, 0, drawing}}), "\x89PNG"}};
  for (const auto& [file, start] : kinds) {
    const auto reduced = reduce_picture(as_bytes(file), 6000, options());
    ASSERT_TRUE(reduced) << reduced.error().detail;
    ASSERT_TRUE(*reduced);
    EXPECT_EQ(summary_of(**reduced), "reduced from 300 x 200 to 94 x 63 pixels");
    EXPECT_TRUE((*reduced)->file.reveal().starts_with(start));
    const auto again = decode_picture(as_bytes((*reduced)->file.reveal()), options());
    ASSERT_TRUE(again) << again.error().detail;
    EXPECT_EQ(again->width, 94U);
    EXPECT_EQ(again->height, 63U);
    // The middle of the first square keeps its colour.
    const std::string_view middle = again->rgb.reveal().substr((15 * 94 + 15) * 3, 3);
    for (std::size_t i = 0; i < 3; ++i)
      EXPECT_NEAR(static_cast<std::uint8_t>(middle[i]), static_cast<std::uint8_t>(drawing.rgba[i]), 4) << start;
  }
}

TEST(Picture, ReducesUprightAndWithoutMetadata) {
  const std::string file = make_jpeg(enlarge(draw("abc def"), 32), {JpegColour::kYcc, false, make_exif(6)});
  const auto reduced = reduce_picture(as_bytes(file), 1000, options());
  ASSERT_TRUE(reduced) << reduced.error().detail;
  ASSERT_TRUE(*reduced);
  EXPECT_EQ(summary_of(**reduced), "reduced from 64 x 96 to 25 x 38 pixels");
  EXPECT_EQ((*reduced)->file.reveal().find("Exif"), std::string_view::npos);
}

TEST(Picture, LeavesSmallPicturesAndRefusesWhatCannotBeReduced) {
  const std::string png = make_png(kDrawing);
  for (const std::uint64_t most : {12U, 1000U}) {
    const auto reduced = reduce_picture(as_bytes(png), most, options());
    ASSERT_TRUE(reduced);
    EXPECT_FALSE(*reduced);
  }
  const auto tiny = reduce_picture(as_bytes(png), 1, options());
  ASSERT_TRUE(tiny && *tiny);
  EXPECT_EQ((*tiny)->to_width * (*tiny)->to_height, 1U);
  const std::string bmp = "BM\x36\x10\x0E\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x40\0\0\0\x40\0\0\0"s;
  const auto refused = reduce_picture(as_bytes(bmp), 12, options());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kDocument);
  EXPECT_FALSE(reduce_picture(as_bytes(png.substr(0, png.size() - 1)), 4, options()));
}

TEST(Picture, RefusesWhatAHelperOfAnotherMindSays) {
  const std::string png = make_png(draw("ab"));
  PictureOptions how = options();
  const auto with = [&](const std::string& name, const std::string& script) {
    how.helper = fake_helper(name, script);
    return how;
  };
  const std::string other = "is damaged: it does not have the pixels that its header says";
  const std::string more = "is damaged: it has more pixels than its header says";
  const std::string remarks = "echo width 2 >&2; echo height 1 >&2; ";
  EXPECT_TRUE(decode_picture(as_bytes(png), with("right", remarks + "printf abcdef")));
  expect_error(png, with("short", remarks + "printf abcde"), ErrorCode::kDocument, other);
  expect_error(png, with("long", remarks + "printf abcdefg"), ErrorCode::kDocument, more);
  expect_error(png, with("silent", "printf abcdef"), ErrorCode::kDocument, other);
  expect_error(png, with("mistaken", "echo width 3 >&2; echo height 1 >&2; printf abcdef"), ErrorCode::kDocument,
               other);
  expect_error(png, with("overflow", "echo width 4294967298 >&2; echo height 4294967297 >&2; printf abcdef"),
               ErrorCode::kDocument, other);
  expect_error(make_png(draw("abcd")), with("square", "echo width 2 >&2; echo height 2 >&2; printf abcdefghijkl"),
               ErrorCode::kDocument, other);
  how.time_limit = std::chrono::milliseconds(100);
  expect_error(png, with("slow", "exec sleep 10"), ErrorCode::kTimeout, "takes longer to read than 100 ms, the limit");
  how.helper = "/nonexistent/minions-extract";
  expect_error(png, how, ErrorCode::kUnsupported, "/nonexistent/minions-extract is not installed");
}

}  // namespace
}  // namespace minions::documents
