// The facts of the documents that went with questions, for looking answers up in them. They are collected on a thread
// of their own while the model works.
#pragma once

#include <future>
#include <memory>

#include "api/question.h"
#include "grounding/answer_check.h"
#include "minions/minions.hpp"

namespace minions::api {

inline constexpr std::string_view kNotLookedUp =
    "the documents have too much text to look answers up in: what an answer invents is not marked";

// Its name, and its pages as one text, in which a quotation may go over a page's end.
class FactTexts {
 public:
  void add(const documents::Document& document);
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] std::vector<std::string_view> views() const;

 private:
  std::vector<std::string> names_;
  std::vector<chat::Text> texts_;
  std::size_t bytes_ = 0;
};

class DocumentFacts {
 public:
  // Of one question; nothing if there are none.
  void add(std::vector<QuestionDocument> documents);
  void clear() { indexes_.clear(); }
  [[nodiscard]] std::size_t size() const { return indexes_.size(); }
  // Drops what was added since it had that size.
  void cut_to(std::size_t size) { indexes_.resize(std::min(size, indexes_.size())); }
  // Answers are not looked up: the documents of a question have over grounding::kMostIndexedBytes, or there was no
  // thread or no memory for them. To be asked after check(), which may find that out.
  [[nodiscard]] bool is_too_much() const;
  // Waits for what is being collected. Nothing: no documents, no text to look up, or too much.
  [[nodiscard]] std::optional<DocumentCheck> check(std::string_view answer, std::string_view question);

 private:
  using Index = std::shared_ptr<const grounding::FactIndex>;
  std::vector<std::shared_future<Index>> indexes_;  // one a question; not valid: it was too much
};

[[nodiscard]] DocumentCheck document_check_of(grounding::AnswerFindings findings);

}  // namespace minions::api
