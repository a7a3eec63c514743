// Chunks of one run in a full-text index, in memory only: for many questions about the same documents. One thread at a
// time. For a single question over a text that was never indexed, passage_ranker.h is faster.
#pragma once

#include <memory>

#include "base/result.h"
#include "retrieval/chunker.h"

namespace minions::retrieval {

struct Hit {
  const Chunk* chunk;  // lives as long as the index
  double score;        // BM25, larger is better
};

// A word and its weight, as planned by a supervisor.
struct WeightedTerm {
  std::string term;
  double weight = 1;
};

class ChunkIndex {
 public:
  [[nodiscard]] static Result<ChunkIndex> build(std::vector<Chunk> chunks);
  ChunkIndex(ChunkIndex&&) noexcept;
  ChunkIndex& operator=(ChunkIndex&&) noexcept;
  ~ChunkIndex();

  // The k best chunks with at least one significant word of the question, best first; equal scores in the order of the
  // text. The question is plain words: nothing in it is read as query syntax.
  [[nodiscard]] Result<std::vector<Hit>> search(std::string_view question, std::size_t k) const;
  // The sum of the BM25 of each term times its weight. A term of several words is a phrase.
  [[nodiscard]] Result<std::vector<Hit>> search(std::span<const WeightedTerm> terms, std::size_t k) const;

  [[nodiscard]] std::span<const Chunk> chunks() const;

 private:
  struct Tables;
  explicit ChunkIndex(std::unique_ptr<Tables> tables);
  std::unique_ptr<Tables> tables_;
};

}  // namespace minions::retrieval
