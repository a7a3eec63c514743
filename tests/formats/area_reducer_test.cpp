#include "formats/area_reducer.h"

#include <gtest/gtest.h>

#include "formats/reduced_picture.h"
#include "make_picture.h"

namespace minions::formats {
namespace {

// Rows of grey, a number each.
std::vector<int> reduced(Sides from, Sides to, const std::vector<int>& pixels) {
  AreaReducer reducer(from, to);
  std::vector<int> made;
  for (std::size_t y = 0; y < from.height; ++y) {
    Bytes row;
    for (std::size_t x = 0; x < from.width; ++x)
      row.insert(row.end(), 3, static_cast<std::uint8_t>(pixels[y * from.width + x]));
    reducer.add(row);
    for (std::size_t i = 0; i < reducer.row().size(); i += 3) made.push_back(reducer.row()[i]);
  }
  return made;
}

TEST(AreaReducer, AveragesWhatAPixelCovers) {
  EXPECT_EQ(reduced({2, 2}, {1, 1}, {10, 20, 30, 40}), (std::vector<int>{25}));
  EXPECT_EQ(reduced({4, 2}, {2, 1}, {0, 10, 100, 110, 20, 30, 120, 130}), (std::vector<int>{15, 115}));
  // Three pixels become two: the middle one belongs to both by half.
  EXPECT_EQ(reduced({3, 1}, {2, 1}, {0, 90, 30}), (std::vector<int>{30, 50}));
  EXPECT_EQ(reduced({1, 3}, {1, 2}, {0, 90, 30}), (std::vector<int>{30, 50}));
  EXPECT_EQ(reduced({3, 3}, {2, 2}, {0, 0, 0, 0, 90, 0, 0, 0, 0}), (std::vector<int>{10, 10, 10, 10}));
}

TEST(AreaReducer, KeepsEachPixelOfASizeThatStays) {
  EXPECT_EQ(reduced({2, 2}, {2, 2}, {10, 20, 30, 40}), (std::vector<int>{10, 20, 30, 40}));
}

TEST(AreaReducer, KeepsAFlatColourAtEverySize) {
  for (std::uint32_t width = 1; width <= 13; ++width) {
    for (std::uint32_t height = 1; height <= 7; ++height) {
      const auto made = reduced({13, 7}, {width, height}, std::vector<int>(13 * 7, 255));
      EXPECT_EQ(made, std::vector<int>(std::size_t{width} * height, 255)) << width << " x " << height;
    }
  }
}

TEST(AreaReducer, ChoosesSidesWithinTheLimit) {
  const auto sides = [](std::uint32_t width, std::uint32_t height, std::uint64_t most) {
    const Sides found = reduced_sides({width, height}, most);
    return std::pair(found.width, found.height);
  };
  EXPECT_EQ(sides(4000, 3000, 1'000'000), std::pair(1154U, 866U));
  EXPECT_EQ(sides(4000, 3000, 12'000'000), std::pair(4000U, 3000U));
  EXPECT_EQ(sides(100'000, 1, 1000), std::pair(1000U, 1U));
  EXPECT_EQ(sides(1, 100'000, 1000), std::pair(1U, 1000U));
  EXPECT_EQ(sides(3, 4, 1), std::pair(1U, 1U));
  for (std::uint64_t most = 1; most < 2000; most += 7) {
    const Sides found = reduced_sides({97, 31}, most);
    EXPECT_LE(std::uint64_t{found.width} * found.height, most);
    EXPECT_GE(std::min(found.width, found.height), 1U);
    EXPECT_LE(found.width, 97U);
    EXPECT_LE(found.height, 31U);
  }
}

TEST(ReducedPicture, RefusesAsReadingDoes) {
  const std::string png = test::make_png(test::draw("abc def"));
  EXPECT_TRUE(reduce_picture(as_bytes(png), {.max_pixels_out = 2}));
  EXPECT_EQ(reduce_picture(as_bytes(png), {.max_pixels = 5}).error(), ExtractExit::kTooManyPixels);
  EXPECT_EQ(reduce_picture(as_bytes(png.substr(0, 50)), {.max_pixels_out = 2}).error(), ExtractExit::kDamaged);
  EXPECT_EQ(reduce_picture(as_bytes("text"), {}).error(), ExtractExit::kUnknownPicture);
  const std::string jpeg = test::make_jpeg(test::enlarge(test::draw("ab"), 8));
  EXPECT_TRUE(reduce_picture(as_bytes(jpeg), {}));
}

}  // namespace
}  // namespace minions::formats
