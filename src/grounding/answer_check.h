// Whether an answer's figures, dates, names, identifiers and quotations stand in the documents that it is about, or in
// the question. What stands nowhere is listed. It does not judge whether a statement is true.
#pragma once

#include "grounding/fact_index.h"

namespace minions::grounding {

// Of an answer; the rest is not looked up, and that is said.
inline constexpr std::size_t kMostAnswerBytes = 64 * 1024;

struct AnswerFindings {
  std::vector<std::string> not_in_documents;  // in the order of the answer, each once, as the answer writes it
  std::vector<std::string> computed;          // likewise: figures that may be sums or counts, or are invented
  bool is_partial = false;                    // the answer is longer than what is looked up
  bool is_unsupported = false;                // no word of weight occurs in the documents, which are in its language

  [[nodiscard]] bool empty() const { return not_in_documents.empty() && computed.empty() && !is_unsupported; }
};

// question: everything that was asked, whose facts count as found, too.
[[nodiscard]] AnswerFindings check_answer(std::string_view answer, std::string_view question,
                                          std::span<const FactIndex* const> documents);

}  // namespace minions::grounding
