#include "llama/prompt.h"

#include <gtest/gtest.h>

namespace minions::llama {
namespace {

// Cells 0 to 2 are tokens, 3 to 6 a picture of two positions, 7 a token, 8 and 9 a picture, 10 a token.
Prompt prompt() {
  Prompt prompt{.tokens = {1, 2, 3}, .pictures = {}};
  prompt.add_picture({1}, 4, 2);
  prompt.tokens.push_back(4);
  prompt.add_picture({2}, 2, 2);
  prompt.tokens.push_back(5);
  return prompt;
}

TEST(Prompt, APictureMayTakeFewerPositionsThanCells) {
  EXPECT_EQ(prompt().position(0), 0U);
  EXPECT_EQ(prompt().position(3), 3U);
  EXPECT_EQ(prompt().position(7), 5U);
  EXPECT_EQ(prompt().position(8), 6U);
  EXPECT_EQ(prompt().position(10), 8U);
  EXPECT_EQ(prompt().position(11), 9U);
}

TEST(Prompt, FindsTheNextPicture) {
  EXPECT_EQ(prompt().picture_from(0), 0U);
  EXPECT_EQ(prompt().picture_from(3), 0U);
  EXPECT_EQ(prompt().picture_from(7), 1U);
  EXPECT_EQ(prompt().picture_from(10), 2U);
}

TEST(Prompt, EndsInNoPicture) {
  EXPECT_EQ(prompt().whole_cells(2), 2U);
  EXPECT_EQ(prompt().whole_cells(3), 3U);
  EXPECT_EQ(prompt().whole_cells(4), 3U);
  EXPECT_EQ(prompt().whole_cells(6), 3U);
  EXPECT_EQ(prompt().whole_cells(7), 7U);
  EXPECT_EQ(prompt().whole_cells(9), 8U);
  EXPECT_EQ(prompt().whole_cells(99), 11U);
}

TEST(Prompt, IsCutWithItsPictures) {
  Prompt cut = prompt();
  cut.cut(7);
  EXPECT_EQ(cut.size(), 7U);
  ASSERT_EQ(cut.pictures.size(), 1U);
  cut.cut(3);
  EXPECT_TRUE(cut.pictures.empty());
}

TEST(Prompt, WhatTwoHaveInCommonEndsAtAnotherPicture) {
  EXPECT_EQ(common_prefix(prompt(), prompt()), 11U);
  Prompt other = prompt();
  other.pictures[1].id = {3};
  EXPECT_EQ(common_prefix(prompt(), other), 8U);
  other.pictures[0].id = {3};
  EXPECT_EQ(common_prefix(prompt(), other), 3U);
  EXPECT_EQ(common_prefix(other, prompt()), 3U);
}

TEST(Prompt, APictureOfAnotherSizeIsAnotherPicture) {
  Prompt shorter{.tokens = {1, 2, 3}, .pictures = {}};
  shorter.add_picture({1}, 3, 2);
  shorter.tokens.insert(shorter.tokens.end(), {kNoToken, 4});
  EXPECT_EQ(common_prefix(prompt(), shorter), 3U);
  Prompt text{.tokens = {1, 2, 9}, .pictures = {}};
  EXPECT_EQ(common_prefix(prompt(), text), 2U);
  EXPECT_EQ(common_prefix(prompt(), {}), 0U);
}

}  // namespace
}  // namespace minions::llama
