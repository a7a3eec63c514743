#include "retrieval/passage_ranker.h"

#include <gtest/gtest.h>

#include <algorithm>

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
