#include "api/document_facts.h"

#include <algorithm>
#include <new>
#include <system_error>

namespace minions::api {

void FactTexts::add(const documents::Document& document) {
  std::size_t bytes = 0;
  for (const documents::Page& page : document.pages) bytes += page.text.size() + 1;
  std::string text;
  text.reserve(bytes);  // growing would leave copies of the text behind
  for (const documents::Page& page : document.pages) text.append(page.text.reveal()).append("\n");
  bytes_ += bytes + document.name.size();
  names_.push_back(document.name);
  texts_.emplace_back(std::move(text));
}

std::vector<std::string_view> FactTexts::views() const {
  std::vector<std::string_view> views(names_.begin(), names_.end());
  for (const chat::Text& text : texts_) views.push_back(text.reveal());
  return views;
}

void DocumentFacts::add(std::vector<QuestionDocument> documents) {
  if (documents.empty()) return;
  std::size_t bytes = 0;
  for (const QuestionDocument& each : documents) {
    for (const documents::Page& page : each.document->pages) bytes += page.text.size();
  }
  std::shared_future<Index>& index = indexes_.emplace_back();
  if (bytes > grounding::kMostIndexedBytes) return;
  auto build = [documents = std::move(documents)]() -> Index {
    FactTexts texts;
    for (const QuestionDocument& each : documents) texts.add(*each.document);
    return std::make_shared<const grounding::FactIndex>(texts.views());
  };
  try {
    index = std::async(std::launch::async, std::move(build)).share();
  } catch (const std::system_error&) {
    return;  // no thread is to be had
  }
}

bool DocumentFacts::is_too_much() const {
  return std::any_of(indexes_.begin(), indexes_.end(), [](const auto& index) { return !index.valid(); });
}

std::optional<DocumentCheck> DocumentFacts::check(std::string_view answer, std::string_view question) {
  if (indexes_.empty() || is_too_much() || answer.empty()) return std::nullopt;
  std::vector<const grounding::FactIndex*> indexes;
  for (auto& index : indexes_) {
    try {
      indexes.push_back(index.get().get());
    } catch (const std::bad_alloc&) {
      index = {};
      return std::nullopt;
    }
  }
  return document_check_of(grounding::check_answer(answer, question, indexes));
}

DocumentCheck document_check_of(grounding::AnswerFindings findings) {
  return {std::move(findings.not_in_documents), std::move(findings.computed), findings.is_unsupported,
          findings.is_partial};
}

}  // namespace minions::api
