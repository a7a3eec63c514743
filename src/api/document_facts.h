// The facts of the documents that went with questions, for looking answers up in them. They are collected on a thread
// of their own while the model works.
#pragma once

#include <future>
#include <memory>

#include "chat/conversation.h"
#include "grounding/answer_check.h"
#include "minions/minions.hpp"

namespace minions::api {

class DocumentFacts {
 public:
  // Of one question; nothing if there are none.
  void add(std::vector<chat::Attachment> documents);
  void clear() { indexes_.clear(); }
  // Waits for what is being collected. Nothing: no documents, or no text to look up.
  [[nodiscard]] std::optional<DocumentCheck> check(std::string_view answer, std::string_view question) const;

 private:
  using Index = std::shared_ptr<const grounding::FactIndex>;
  std::vector<std::shared_future<Index>> indexes_;
};

[[nodiscard]] DocumentCheck document_check_of(grounding::AnswerFindings findings);

}  // namespace minions::api
