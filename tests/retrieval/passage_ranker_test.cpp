#include "retrieval/passage_ranker.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>

namespace minions::retrieval {
namespace {

std::size_t best(const std::vector<double>& scores) {
  return static_cast<std::size_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
}

TEST(Bm25, PrefersRareWordsAndShortPassages) {
  const std::string_view passages[] = {"common common common", "common rare",
                                       "common rare and a lot of other words that dilute it", "none"};
  const QueryWord query[] = {{"common"}, {"rare"}};
  const auto scores = bm25_scores(passages, query);
  EXPECT_EQ(best(scores), 1U);
  EXPECT_GT(scores[2], scores[0]);
  EXPECT_EQ(scores[3], 0);
}

TEST(Bm25, MatchesTheFormulaByHand) {
  const std::string_view passages[] = {"apple", "pear"};
  const QueryWord query[] = {{"apples"}};
  // One of two passages has it: ln(1 + (2 - 1 + 0.5) / (1 + 0.5)) = ln 2; length is average, so the rest is 2.2 / 2.2.
  EXPECT_NEAR(bm25_scores(passages, query)[0], 0.6931471805599453, 1e-12);
}

TEST(Bm25, CountsWeights) {
  const std::string_view passages[] = {"apple", "pear"};
  const QueryWord query[] = {{"apple", 1}, {"pear", 2}};
  EXPECT_EQ(best(bm25_scores(passages, query)), 1U);
}

TEST(Bm25, GivesZerosWithoutPassagesOrQuery) {
  const std::string_view passages[] = {"apple"};
  EXPECT_EQ(bm25_scores(passages, {}), std::vector<double>{0});
  EXPECT_TRUE(bm25_scores({}, {}).empty());
}

// Words that are made to meet in a table by the low bits of their hash cost no more than others.
TEST(Bm25, WordsOfOneSlotAreFast) {
  constexpr std::uint64_t kLow = (1U << 17) - 1;
  const auto step = [](std::uint64_t hash, char c) {
    return (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U & kLow;
  };
  const std::string_view letters = "0123456789abcdefghijklmnopqrstuvwxyz";
  const std::uint64_t basis = 0xCBF29CE484222325U & kLow;
  std::vector<std::string> blocks;  // that lead back to where they began
  for (const char a : letters) {
    for (const char b : letters) {
      for (const char c : letters) {
        for (const char d : letters) {
          if (step(step(step(step(basis, a), b), c), d) == basis) blocks.push_back({a, b, c, d});
        }
      }
    }
  }
  ASSERT_GE(blocks.size(), 3U);
  std::vector<std::string> all = blocks;
  for (std::size_t i = 0; all.size() < 10'000; ++i) {
    const std::string start = all[i];
    for (const std::string& block : blocks) all.push_back(start + block);
  }
  std::vector<QueryWord> query;
  std::string text;
  for (const std::string& word : all) {
    query.push_back({word + "0"});  // a digit: no ending is taken off
    text += word + "0 ";
  }
  const std::vector<std::string_view> passages(200, text);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_GT(bm25_scores(passages, query)[0], 0);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

// A question of many words over many passages.
TEST(Bm25, CostsWhatIsFound) {
  std::vector<QueryWord> query;
  for (int i = 0; i < 50'000; ++i) query.push_back({"w" + std::to_string(i)});
  const std::vector<std::string_view> passages(400'000, "w7");
  const auto start = std::chrono::steady_clock::now();
  EXPECT_GT(bm25_scores(passages, query)[0], 0);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

TEST(Bm25, AsksWithinLongPassagesAsWell) {
  const std::string text(1 << 20, 'x');
  const std::vector<std::string_view> passages(100, text);
  const QueryWord query[] = {{"apple"}};
  int asked = 0;
  static_cast<void>(bm25_scores(passages, query, [&] { return ++asked < 3; }));
  EXPECT_EQ(asked, 3);
}

TEST(Bm25, StopsWhenTold) {
  const std::vector<std::string_view> passages(100'000, "apple pie");
  const QueryWord query[] = {{"apple"}};
  int asked = 0;
  const auto scores = bm25_scores(passages, query, [&] { return ++asked < 3; });
  EXPECT_EQ(asked, 3);
  EXPECT_EQ(scores, std::vector<double>(passages.size(), 0));
}

}  // namespace
}  // namespace minions::retrieval
