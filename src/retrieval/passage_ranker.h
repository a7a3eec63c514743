// BM25 of many passages against one question in a single pass over their text, without an index.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace minions::retrieval {

struct QueryWord {
  std::string word;
  double weight = 1;
};

// Scores in the order of the passages; 0 if no word of the query appears. Words are compared as words.h folds them.
// `go_on` is called every half megabyte; once it returns false, the scores are worthless.
[[nodiscard]] std::vector<double> bm25_scores(
    std::span<const std::string_view> passages, std::span<const QueryWord> query,
    const std::function<bool()>& go_on = [] { return true; });

}  // namespace minions::retrieval
