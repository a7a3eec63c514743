#include "formats/pixels.h"

#include <gtest/gtest.h>

#include "formats/exif.h"
#include "make_picture.h"

namespace minions::formats {
namespace {

using namespace test;
using namespace std::string_literals;

class Shown final : public PixelOutput {
 public:
  void size(std::uint32_t shown_width, std::uint32_t shown_height) override {
    EXPECT_EQ(width, 0U) << "the size is said once";
    width = shown_width;
    height = shown_height;
  }
  void rows(ByteView added) override {
    EXPECT_NE(width, 0U) << "the size comes first";
    EXPECT_EQ(added.size() % (std::size_t{width} * 3), 0U) << "only whole rows";
    rgb += as_text(added);
  }
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::string rgb;
};

Read<Shown> read(std::string_view file, const PixelLimits& limits = {}) {
  Shown shown;
  if (auto done = read_pixels(as_bytes(file), limits, shown); !done) return stop(done.error());
  EXPECT_EQ(shown.rgb.size(), std::size_t{shown.width} * shown.height * 3);
  return shown;
}

void expect_shown(std::string_view file, const Drawing& drawing, const std::string& what) {
  const auto picture = read(file);
  ASSERT_TRUE(picture) << what << ": " << static_cast<int>(picture.error());
  EXPECT_EQ(picture->width, drawing.width) << what;
  EXPECT_EQ(picture->height, drawing.height) << what;
  EXPECT_TRUE(picture->rgb == shown(drawing)) << what;
}

// Each channel at most so far from what was drawn.
void expect_close(std::string_view file, const Drawing& drawing, int tolerance, const std::string& what) {
  const auto picture = read(file);
  ASSERT_TRUE(picture) << what << ": " << static_cast<int>(picture.error());
  ASSERT_EQ(picture->width, drawing.width) << what;
  ASSERT_EQ(picture->height, drawing.height) << what;
  const std::string want = shown(drawing);
  int farthest = 0;
  for (std::size_t i = 0; i < want.size(); ++i)
    farthest =
        std::max(farthest, std::abs(static_cast<std::uint8_t>(picture->rgb[i]) - static_cast<std::uint8_t>(want[i])));
  EXPECT_LE(farthest, tolerance) << what;
}

Drawing grey(Drawing drawing) {
  for (std::size_t i = 0; i < drawing.rgba.size(); i += 4) drawing.rgba[i + 1] = drawing.rgba[i + 2] = drawing.rgba[i];
  return drawing;
}

const Drawing kOpaque = draw("abc def ghi jkl mno");
const Drawing kTransparent = draw("a.c d,f g.i jkl ...");

TEST(Pixels, ReadsPngOfEveryColourAndDepth) {
  for (const bool interlaced : {false, true}) {
    const std::string how = interlaced ? " interlaced" : "";
    for (const int bits : {8, 16}) {
      const std::string depth = std::to_string(bits) + how;
      expect_shown(make_png(kOpaque, {PngColour::kRgb, bits, interlaced}), kOpaque, "rgb " + depth);
      expect_shown(make_png(kTransparent, {PngColour::kRgba, bits, interlaced}), kTransparent, "rgba " + depth);
      expect_shown(make_png(kOpaque, {PngColour::kGrey, bits, interlaced}), grey(kOpaque), "grey " + depth);
      expect_shown(make_png(kTransparent, {PngColour::kGreyAlpha, bits, interlaced}), grey(kTransparent),
                   "grey and alpha " + depth);
    }
    expect_shown(make_png(kTransparent, {PngColour::kPalette, 8, interlaced}), kTransparent, "palette" + how);
    expect_shown(make_png(draw("aab bcd .ad"), {PngColour::kPalette, 4, interlaced}), draw("aab bcd .ad"),
                 "palette of 4 bits" + how);
    expect_shown(make_png(draw("aba bab"), {PngColour::kPalette, 1, interlaced}), draw("aba bab"),
                 "palette of 1 bit" + how);
  }
}

TEST(Pixels, SpreadsShallowGreyOverTheWholeRange) {
  const Drawing steps{4, 1, "\x00\x00\x00\xFF\x55\x55\x55\xFF\xAA\xAA\xAA\xFF\xFF\xFF\xFF\xFF"s};
  expect_shown(make_png(steps, {PngColour::kGrey, 2}), steps, "2 bits");
  expect_shown(make_png(steps, {PngColour::kGrey, 4}), steps, "4 bits");
  const Drawing ends{2, 1, "\x00\x00\x00\xFF\xFF\xFF\xFF\xFF"s};
  expect_shown(make_png(ends, {PngColour::kGrey, 1}), ends, "1 bit");
}

TEST(Pixels, LaysTheTransparentGreyOverWhite) {
  Drawing drawing = grey(kOpaque);
  const int value = static_cast<std::uint8_t>(drawing.rgba[4]);
  const std::string file = make_png(drawing, {PngColour::kGrey, 8, false, {}, value});
  drawing.rgba[7] = '\0';
  expect_shown(file, drawing, "tRNS");
}

TEST(Pixels, ReadsJpegOfEveryColour) {
  const Drawing drawing = enlarge(kOpaque, 8);
  for (const bool progressive : {false, true}) {
    const std::string how = progressive ? " progressive" : "";
    expect_close(make_jpeg(drawing, {JpegColour::kYcc, progressive}), drawing, 3, "YCbCr" + how);
    expect_close(make_jpeg(drawing, {JpegColour::kRgb, progressive}), drawing, 3, "RGB" + how);
    expect_close(make_jpeg(drawing, {JpegColour::kGrey, progressive}), grey(drawing), 3, "grey" + how);
    expect_close(make_jpeg(drawing, {JpegColour::kCmyk, progressive}), drawing, 3, "CMYK" + how);
    expect_close(make_jpeg(drawing, {JpegColour::kYcck, progressive}), drawing, 3, "YCCK" + how);
  }
  expect_close(make_jpeg(kOpaque), kOpaque, 80, "smaller than a block");
}

// Without Adobe's marker the samples are ink, not its absence.
TEST(Pixels, ReadsPlainCmykAsInk) {
  const Drawing drawing = enlarge(draw("ab"), 8);
  std::string file = make_jpeg(drawing, {JpegColour::kCmyk});
  const std::size_t marker = file.find("Adobe");
  ASSERT_NE(marker, std::string::npos);
  file[marker] = 'X';
  const auto picture = read(file);
  ASSERT_TRUE(picture);
  EXPECT_EQ(picture->rgb, std::string(drawing.rgba.size() / 4 * 3, '\0')) << "full black";
}

TEST(Pixels, ReadsGifOnItsScreen) {
  expect_shown(make_gif(3, 5, {{0, 0, kOpaque}}), kOpaque, "plain");
  const Drawing transparent = draw("a.c d.f");
  expect_shown(make_gif(3, 2, {{0, 0, transparent}}), transparent, "transparent");
  expect_shown(make_gif(3, 2, {{0, 0, transparent, false, true}}), transparent, "colours of the frame");
  expect_shown(make_gif(4, 3, {{1, 1, draw("ab cd")}}), draw(".... .ab. .cd."), "a frame within the screen");
  expect_shown(make_gif(3, 5, {{0, 0, kOpaque}, {0, 0, draw("aaa")}}), kOpaque, "only the first frame");
  Drawing tall{2, 37, {}};
  for (std::size_t i = 0; i < 74; ++i) tall.rgba += std::string(3, static_cast<char>(i)) + '\xFF';
  expect_shown(make_gif(2, 37, {{0, 0, tall, true}}), tall, "interlaced");
}

TEST(Pixels, ReadsWebpStillsAndFirstFrames) {
  expect_shown(make_webp(kOpaque), kOpaque, "lossless");
  expect_shown(make_webp(kTransparent), kTransparent, "lossless, transparent");
  const Drawing flat = enlarge(draw("e"), 16);
  expect_close(make_lossy_webp(flat), flat, 6, "lossy");
  const Drawing clear = enlarge(draw("."), 16);
  expect_close(make_lossy_webp(clear), clear, 0, "lossy, transparent");
  expect_shown(make_animated_webp(3, 5, {{0, 0, kTransparent}, {0, 0, kOpaque}}), kTransparent, "animated");
  expect_shown(make_animated_webp(4, 4, {{2, 2, draw("ab cd")}}), draw(".... .... ..ab ..cd"), "within the canvas");
}

TEST(Pixels, TurnsWhatIsStoredSideways) {
  const char* const turned[] = {"abc def",  "cba fed",  "fed cba",  "def abc",
                                "ad be cf", "da eb fc", "fc eb da", "cf be ad"};
  const Drawing stored = draw("abc def");
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const Drawing want = draw(turned[orientation - 1]);
    const std::string what = "orientation " + std::to_string(orientation);
    for (const bool big_endian : {true, false}) {
      const std::string exif = make_exif(orientation, big_endian);
      expect_shown(make_png(stored, {PngColour::kRgb, 8, false, exif}), want, what + " of PNG");
      expect_shown(make_png(stored, {PngColour::kRgb, 8, true, exif}), want, what + " of interlaced PNG");
      expect_shown(make_webp(stored, exif), want, what + " of WebP");
      expect_shown(make_webp(stored, "Exif\0\0"s + exif), want, what + " of WebP with a JPEG's Exif");
      expect_close(make_jpeg(enlarge(stored, 8), {JpegColour::kYcc, false, exif}), enlarge(want, 8), 3,
                   what + " of JPEG");
    }
  }
}

TEST(Pixels, TurnsPicturesLargerThanABlock) {
  Drawing stored{37, 53, {}};
  Drawing turned{53, 37, {}};
  for (std::uint32_t i = 0; i < 37 * 53; ++i)
    stored.rgba += {static_cast<char>(i), static_cast<char>(i >> 8), 'x', '\xFF'};
  for (std::uint32_t y = 0; y < 37; ++y) {
    for (std::uint32_t x = 0; x < 53; ++x) turned.rgba += stored.rgba.substr(((52 - x) * 37 + y) * 4, 4);
  }
  expect_shown(make_png(stored, {PngColour::kRgb, 8, false, make_exif(6)}), turned, "a quarter turn");
}

TEST(Pixels, FindsOrientationOfPngBehindThePixels) {
  std::string file = make_png(draw("abc def"), {PngColour::kRgb});
  file.insert(file.size() - 12, png_chunk("eXIf", make_exif(3)));
  expect_shown(file, draw("fed cba"), "behind");
}

TEST(Orientation, PassesOverExifThatBreaksItsFormat) {
  for (const int orientation : {0, 9, 255, 65535}) {
    EXPECT_EQ(read_orientation(as_bytes(make_exif(orientation))), Orientation::kUpright) << orientation;
  }
  const std::string exif = make_exif(6);
  const std::size_t entry = exif.find("\x01\x12");
  for (std::size_t size = 0; size < exif.size(); ++size) {
    const bool has_value = size >= entry + 10;
    EXPECT_EQ(read_orientation(as_bytes(exif.substr(0, size))),
              has_value ? Orientation::kQuarterTurn : Orientation::kUpright)
        << size;
  }
  std::string other = exif;
  other[entry + 3] = '\4';  // another type
  EXPECT_EQ(read_orientation(as_bytes(other)), Orientation::kUpright);
  other = exif;
  other[entry + 7] = '\2';  // two values
  EXPECT_EQ(read_orientation(as_bytes(other)), Orientation::kUpright);
  other = exif;
  other.replace(4, 4, "\xFF\xFF\xFF\xF0");  // the directory lies outside
  EXPECT_EQ(read_orientation(as_bytes(other)), Orientation::kUpright);
}

// --- what is refused ---

std::vector<std::pair<std::string, std::string>> all_kinds() {
  const Drawing drawing = enlarge(kOpaque, 4);
  return {{"png", make_png(kTransparent)},
          {"interlaced png", make_png(kTransparent, {PngColour::kRgba, 8, true})},
          {"palette png", make_png(kTransparent, {PngColour::kPalette, 8, false, make_exif(6)})},
          {"jpeg", make_jpeg(drawing)},
          {"progressive jpeg", make_jpeg(drawing, {JpegColour::kYcc, true, make_exif(6)})},
          {"cmyk jpeg", make_jpeg(drawing, {JpegColour::kYcck})},
          {"gif", make_gif(3, 5, {{0, 0, kOpaque}})},
          {"interlaced gif", make_gif(3, 5, {{0, 0, kOpaque, true, true}})},
          {"lossless webp", make_webp(kTransparent, make_exif(5))},
          {"lossy webp", make_lossy_webp(drawing)},
          {"animated webp", make_animated_webp(4, 4, {{2, 2, draw("ab cd")}, {0, 0, draw("ab cd")}})}};
}

TEST(Pixels, RefusesEveryTruncation) {
  for (const auto& [kind, file] : all_kinds()) {
    ASSERT_TRUE(read(file)) << kind;
    for (std::size_t size = 0; size < file.size(); ++size) {
      const auto picture = read(std::string_view(file).substr(0, size));
      ASSERT_FALSE(picture) << kind << " of " << size << " bytes in place of " << file.size();
      EXPECT_TRUE(picture.error() == ExtractExit::kDamaged || picture.error() == ExtractExit::kUnknownPicture)
          << kind << " " << size << ": " << static_cast<int>(picture.error());
    }
  }
}

// PNG has checksums over everything; the other formats may read as another picture, within the limits.
TEST(Pixels, SurvivesEveryChangedByte) {
  for (const auto& [kind, file] : all_kinds()) {
    for (std::size_t at = 0; at < file.size(); ++at) {
      for (const int mask : {0x01, 0x80, 0xFF}) {
        std::string changed = file;
        changed[at] = static_cast<char>(changed[at] ^ mask);
        const auto picture = read(changed, {.max_pixels = 100'000});
        const bool may_be_read = !kind.ends_with("png");
        EXPECT_TRUE(may_be_read || !picture) << kind << " byte " << at;
        EXPECT_TRUE(!picture || std::uint64_t{picture->width} * picture->height <= 100'000U) << kind << " byte " << at;
      }
    }
  }
}

TEST(Pixels, RefusesChecksumsThatAreWrong) {
  std::string file = make_png(kOpaque, {PngColour::kRgb, 8, false, make_exif(1)});
  for (const char* const chunk : {"IHDR", "eXIf", "IDAT", "IEND"}) {
    std::string changed = file;
    const std::size_t name = file.find(chunk);
    std::size_t length = 0;
    for (std::size_t i = 0; i < 4; ++i) length = length << 8 | static_cast<std::uint8_t>(file[name - 4 + i]);
    changed[name + 4 + length] ^= 1;
    const auto picture = read(changed);
    ASSERT_FALSE(picture) << chunk;
    EXPECT_EQ(picture.error(), ExtractExit::kDamaged) << chunk;
  }
}

TEST(Pixels, RefusesMorePixelsThanTheLimit) {
  for (const auto& [kind, file] : all_kinds()) {
    const auto whole = read(file);
    ASSERT_TRUE(whole) << kind;
    const std::uint64_t pixels = std::uint64_t{whole->width} * whole->height;
    EXPECT_TRUE(read(file, {.max_pixels = pixels})) << kind;
    const auto limited = read(file, {.max_pixels = pixels - 1});
    ASSERT_FALSE(limited) << kind;
    EXPECT_EQ(limited.error(), ExtractExit::kTooManyPixels) << kind;
  }
}

// The header alone, for which nothing else is read.
TEST(Pixels, RefusesHugeHeadersBeforeTheirPixels) {
  const std::string png = "\x89PNG\r\n\x1A\n"s + png_chunk("IHDR", "\x7F\xFF\xFF\xFF\x7F\xFF\xFF\xFF\x08\x02\0\0\0"s);
  std::string jpeg = make_jpeg(kOpaque);
  const std::size_t frame = jpeg.find("\xFF\xC0");
  jpeg.replace(frame + 5, 4, "\xFF\xDC\xFF\xDC");
  std::string gif = make_gif(3, 5, {{0, 0, kOpaque}});
  gif.replace(6, 4, "\xFF\xFF\xFF\xFF");
  std::string webp = make_webp(kOpaque, make_exif(1));
  webp.replace(24, 6, "\xFF\xFF\x7F\xFF\xFF\x00"s);
  for (const std::string& file : {png, jpeg, gif, webp}) {
    const auto picture = read(file);
    ASSERT_FALSE(picture);
    EXPECT_EQ(picture.error(), ExtractExit::kTooManyPixels);
  }
}

TEST(Pixels, RefusesSidesOfZero) {
  const std::string png = "\x89PNG\r\n\x1A\n"s + png_chunk("IHDR", "\0\0\0\0\0\0\0\1\x08\x02\0\0\0"s);
  std::string jpeg = make_jpeg(kOpaque);
  jpeg.replace(jpeg.find("\xFF\xC0") + 5, 2, "\0\0"s);
  std::string gif = make_gif(3, 5, {{0, 0, kOpaque}});
  gif.replace(6, 2, "\0\0"s);
  const Drawing nothing{0, 0, {}};
  for (const std::string& file : {png, jpeg, gif, make_gif(3, 5, {{0, 0, nothing}}), make_gif(3, 5, {})}) {
    const auto picture = read(file);
    ASSERT_FALSE(picture);
    EXPECT_EQ(picture.error(), ExtractExit::kDamaged);
  }
}

TEST(Pixels, RefusesFramesOutsideOfTheirScreen) {
  for (const GifFrame& frame : {GifFrame{1, 0, kOpaque}, GifFrame{0, 1, kOpaque}, GifFrame{65535, 65535, kOpaque}}) {
    const auto picture = read(make_gif(3, 5, {frame}));
    ASSERT_FALSE(picture);
    EXPECT_EQ(picture.error(), ExtractExit::kDamaged);
  }
  EXPECT_FALSE(read(make_animated_webp(3, 3, {{2, 2, draw("ab cd")}})));
}

TEST(Pixels, RefusesColoursThatAPaletteLacks) {
  std::string gif = make_gif(3, 5, {{0, 0, kOpaque}});
  gif[10] = '\xF0';                // two colours
  gif.erase(13 + 2 * 3, 126 * 3);  // and 126 fewer in the file
  const auto picture = read(gif);
  ASSERT_FALSE(picture);
  EXPECT_EQ(picture.error(), ExtractExit::kDamaged);
}

TEST(Pixels, RefusesWhatIsNoPicture) {
  for (const std::string& file : {""s, "text"s, "BM\x36\x10\x0E\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x01\0\0\0\x01\0\0\0"s}) {
    const auto picture = read(file);
    ASSERT_FALSE(picture);
    EXPECT_EQ(picture.error(), ExtractExit::kUnknownPicture);
  }
}

TEST(Pixels, NamesCodingsOfJpegThatAreNotRead) {
  for (const char frame : {'\xC3', '\xC5', '\xCB'}) {  // lossless, hierarchical, lossless with arithmetic coding
    std::string jpeg = make_jpeg(kOpaque);
    jpeg[jpeg.find("\xFF\xC0") + 1] = frame;
    const auto picture = read(jpeg);
    ASSERT_FALSE(picture);
    EXPECT_EQ(picture.error(), ExtractExit::kPictureCoding);
  }
  std::string deep = make_jpeg(kOpaque);
  deep[deep.find("\xFF\xC0") + 4] = '\x0C';  // 12 bits a sample
  EXPECT_EQ(read(deep).error(), ExtractExit::kPictureCoding);
}

// Encoders write about ten scans; each costs a pass over the whole picture.
TEST(Pixels, RefusesJpegOfScansWithoutEnd) {
  std::string jpeg = make_jpeg(enlarge(kOpaque, 8), {JpegColour::kYcc, false, {}, true});
  const std::size_t scan = jpeg.rfind("\xFF\xDA");
  const std::string last = jpeg.substr(scan, jpeg.size() - 2 - scan);
  const auto with_scans = [&](int more) {
    std::string longer = jpeg.substr(0, jpeg.size() - 2);
    for (int i = 0; i < more; ++i) longer += last;
    return longer + "\xFF\xD9";
  };
  EXPECT_TRUE(read(with_scans(0)));
  EXPECT_TRUE(read(with_scans(100)));
  const auto picture = read(with_scans(200));
  ASSERT_FALSE(picture);
  EXPECT_EQ(picture.error(), ExtractExit::kBomb);
}

// What stands behind the end, and around the pixels, is nobody's concern.
TEST(Pixels, PassesOverWhatLiesAroundThePixels) {
  expect_shown(make_png(kOpaque) + "trailing", kOpaque, "behind PNG");
  std::string png = make_png(kOpaque);
  png.insert(33, png_chunk("zTXt", "key\0\0not deflated"s) + png_chunk("iCCP", "x\0\0no profile"s));
  expect_shown(png, kOpaque, "texts and profiles of PNG");
  const Drawing drawing = enlarge(draw("ab"), 8);
  expect_close(make_jpeg(drawing) + "trailing", drawing, 3, "behind JPEG");
}

}  // namespace
}  // namespace minions::formats
