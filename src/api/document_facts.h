// The facts of the documents that went with questions, for looking answers up in them. They are collected on a thread
// of their own while the model works.
#pragma once

#include <future>
#include <memory>

#include "chat/conversation.h"
#include "grounding/answer_check.h"
#include "minions/minions.hpp"

namespace minions::api {

inline constexpr std::string_view kNotLookedUp =
    "the documents have too much text to look answers up in: what an answer invents is not marked";

class DocumentFacts {
 public:
  // Of one question; nothing if there are none.
  void add(std::vector<chat::Attachment> documents);
  void clear() {
    indexes_.clear();
    is_too_much_ = false;
  }
  [[nodiscard]] std::size_t size() const { return indexes_.size(); }
  // Drops what was added since it had that size.
  void cut_to(std::size_t size) { indexes_.resize(std::min(size, indexes_.size())); }
  // Answers are not looked up: the documents have over grounding::kMostIndexedBytes, or there is no thread for it.
  [[nodiscard]] bool is_too_much() const { return is_too_much_; }
  // Waits for what is being collected. Nothing: no documents, no text to look up, or too much.
  [[nodiscard]] std::optional<DocumentCheck> check(std::string_view answer, std::string_view question) const;

 private:
  using Index = std::shared_ptr<const grounding::FactIndex>;
  std::vector<std::shared_future<Index>> indexes_;
  bool is_too_much_ = false;
};

[[nodiscard]] DocumentCheck document_check_of(grounding::AnswerFindings findings);

}  // namespace minions::api
