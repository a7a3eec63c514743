// What the worker reads: all documents if they fit its context, else passages that are searched for each question. Part
// of the driver: the only files here that use src/retrieval.
#pragma once

#include <optional>

#include "chat/text.h"
#include "minion/prompts.h"
#include "retrieval/chunk_index.h"

namespace minions::runs {

struct ContextBudget {
  std::uint64_t context_tokens;
  std::uint32_t answer_tokens;
  std::size_t max_question_bytes;
};

struct FoundPassages {
  chat::Text text;                  // the system prompt that contains them
  std::vector<std::string> places;  // `[NAME, page N]`, each once, in the order of the documents
};

class WorkerReading {
 public:
  // kUsage: a context in which nothing fits. The documents outlive this.
  [[nodiscard]] static Result<WorkerReading> create(std::span<const documents::Document> documents,
                                                    const ContextBudget& budget);

  [[nodiscard]] bool whole() const { return !index_; }
  // The system prompt with every document. Only if whole().
  [[nodiscard]] std::string_view everything() const { return everything_.reveal(); }
  [[nodiscard]] Result<FoundPassages> find(std::string_view question) const;
  [[nodiscard]] std::uint64_t estimated_document_tokens() const { return document_tokens_; }
  [[nodiscard]] std::uint64_t kept_for_prompt() const { return prompt_tokens_; }  // for question and instructions

 private:
  WorkerReading() = default;
  std::span<const documents::Document> documents_;
  std::uint64_t document_tokens_ = 0;
  std::uint64_t prompt_tokens_ = 0;
  std::uint64_t budget_tokens_ = 0;  // for passages
  chat::Text everything_;
  std::optional<retrieval::ChunkIndex> index_;
};

}  // namespace minions::runs
