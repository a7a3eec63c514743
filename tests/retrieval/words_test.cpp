#include "retrieval/words.h"

#include <gtest/gtest.h>

namespace minions::retrieval {
namespace {

using Words = std::vector<std::string>;

TEST(Words, FoldsFormsOfOneWordTogether) {
  const std::pair<const char*, const char*> same[] = {{"Revenues", "revenue"},  {"planned", "plan"},
                                                      {"companies", "company"}, {"increasing", "increase"},
                                                      {"Ada's", "ada"},         {"\xC3\x89tude", "\xC3\xA9tude"},
                                                      {"houses", "house"},      {"COSTS", "cost"}};
  for (const auto& [a, b] : same) {
    EXPECT_EQ(folded(a), folded(b)) << a;
    EXPECT_EQ(folded_hash(a), folded_hash(b)) << a;
  }
}

TEST(Words, KeepsDifferentWordsApart) {
  const std::pair<const char*, const char*> different[] = {{"bus", "bu"}, {"glass", "gla"},    {"2021", "2022"},
                                                           {"ring", "r"}, {"status", "statu"}, {"A4s", "A4"}};
  for (const auto& [a, b] : different) EXPECT_NE(folded(a), folded(b)) << a;
}

TEST(Words, FindsWordsAndNumbersWhole) {
  Words words;
  for_each_word("It's 4.2 million (net), v1.\n'quoted' end.", [&](std::string_view word) { words.emplace_back(word); });
  EXPECT_EQ(words, (Words{"It's", "4.2", "million", "net", "v1", "quoted", "end"}));
}

TEST(SearchWords, DropsWhatSaysNothing) {
  EXPECT_EQ(search_words("What was the net revenue of ACME in 2021, and the Revenues of 2022?"),
            (Words{"net", "revenue", "ACME", "2021", "2022"}));
  EXPECT_EQ(search_words("To be or not to be?"), (Words{"To", "be", "or", "not"}));
  EXPECT_TRUE(search_words("?!").empty());
  std::string long_text;
  for (int i = 0; i < 100'000; ++i) long_text += "w" + std::to_string(i) + " ";
  EXPECT_EQ(search_words(long_text).size(), kMostSearchWords);
}

}  // namespace
}  // namespace minions::retrieval
