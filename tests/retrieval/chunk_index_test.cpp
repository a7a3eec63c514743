#include "retrieval/chunk_index.h"

#include <gtest/gtest.h>

#include <random>

namespace minions::retrieval {
namespace {

ChunkIndex index_of(const std::vector<std::string>& texts) {
  std::vector<Chunk> chunks;
  for (const std::string& text : texts) {
    chunks.push_back({"d", static_cast<std::uint32_t>(chunks.size() + 1), 0, crypto::SecretText(text)});
  }
  auto index = ChunkIndex::build(std::move(chunks));
  EXPECT_TRUE(index) << index.error().detail;
  return *std::move(index);
}

std::vector<std::uint32_t> pages(const Result<std::vector<Hit>>& hits) {
  std::vector<std::uint32_t> pages;
  EXPECT_TRUE(hits) << hits.error().detail;
  for (const Hit& hit : *hits) pages.push_back(hit.chunk->page);
  return pages;
}
using Pages = std::vector<std::uint32_t>;

TEST(ChunkIndex, RanksTheBestChunkFirst) {
  const auto index = index_of({"the cat sat", "revenue was high", "net revenue was 4.2 million in 2021", "the dog"});
  EXPECT_EQ(pages(index.search("What was the net revenue in 2021?", 5)), (Pages{3, 2}));
  EXPECT_EQ(pages(index.search("What was the net revenue in 2021?", 1)), (Pages{3}));
  EXPECT_EQ(pages(index.search("dogs", 5)), (Pages{4}));
}

TEST(ChunkIndex, FindsNothingWhereNothingIs) {
  const auto index = index_of({"the cat sat"});
  EXPECT_TRUE(pages(index.search("zebra", 5)).empty());
  EXPECT_TRUE(pages(index.search("", 5)).empty());
  EXPECT_TRUE(pages(index.search("cat", 0)).empty());
  EXPECT_TRUE(pages(index_of({}).search("cat", 5)).empty());
}

TEST(ChunkIndex, TakesNothingInAQuestionAsSyntax) {
  const auto index = index_of({"near the text column", "alpha AND beta"});
  for (const char* question : {"\"", "text:near", "NEAR(a b)", "alpha NOT beta", "* ^ + -", "a\"b", "(", "text : *",
                               "'; DROP TABLE chunk; --"}) {
    EXPECT_TRUE(index.search(question, 5)) << question;
  }
  EXPECT_EQ(pages(index.search("text: beta NOT near", 5)).size(), 2U);
  EXPECT_TRUE(index.search(std::string_view("beta\0gamma", 10), 5));
}

TEST(ChunkIndex, AddsWeightedTerms) {
  const auto index = index_of({"apple pie", "apple tree", "cherry tree", "plum"});
  const WeightedTerm terms[] = {{"apple", 1}, {"tree", 5}, {"\"?", 3}};
  EXPECT_EQ(pages(index.search(terms, 5)), (Pages{2, 3, 1}));
  const WeightedTerm phrase[] = {{"cherry tree", 1}};
  EXPECT_EQ(pages(index.search(phrase, 5)), (Pages{3}));
}

TEST(ChunkIndex, KeepsTheTextOrderOfEqualScores) {
  const auto index = index_of({"same words", "same words", "same words"});
  EXPECT_EQ(pages(index.search("same words", 2)), (Pages{1, 2}));
}

TEST(ChunkIndex, SearchesTenThousandChunks) {
  std::mt19937 random(7);
  std::vector<std::string> texts(10'000);
  for (std::string& text : texts) {
    for (int i = 0; i < 60; ++i) text += "w" + std::to_string(random() % 5000 * (random() % 5000) / 5000) + " ";
  }
  texts[6789] += "platypus";
  const auto index = index_of(texts);
  EXPECT_EQ(pages(index.search("Where is the platypus?", 8)), (Pages{6790}));
  const auto hits = index.search("w1 w2 w3 w4 w5 w6 w7 platypus", 8);
  ASSERT_TRUE(hits);
  ASSERT_EQ(hits->size(), 8U);
  for (std::size_t i = 1; i < 8; ++i) EXPECT_LE((*hits)[i].score, (*hits)[i - 1].score);
}

}  // namespace
}  // namespace minions::retrieval
