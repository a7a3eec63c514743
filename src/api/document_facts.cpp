#include "api/document_facts.h"

#include <algorithm>
#include <new>
#include <system_error>

namespace minions::api {

namespace {

// Without the lines that name its pages: their numbers are no facts of the document.
chat::Text without_markers(const chat::Attachment& document) {
  const std::string marker = "[" + document.name + ", page ";
  std::string_view rest = document.text.reveal();
  std::string text;
  text.reserve(rest.size());
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size() - 1) + 1;
    const std::string_view line = rest.substr(0, end);
    if (!line.starts_with(marker)) text += line;
    rest.remove_prefix(end);
  }
  return chat::Text(std::move(text));
}

}  // namespace

void DocumentFacts::add(std::vector<chat::Attachment> documents) {
  if (documents.empty()) return;
  std::size_t bytes = 0;
  for (const chat::Attachment& document : documents) bytes += document.text.size();
  std::shared_future<Index>& index = indexes_.emplace_back();
  if (bytes > grounding::kMostIndexedBytes) return;
  auto build = [documents = std::move(documents)]() -> Index {
    std::vector<chat::Text> texts;
    std::vector<std::string_view> views;
    for (const chat::Attachment& document : documents) {
      texts.push_back(without_markers(document));
      views.push_back(document.name);
    }
    for (const chat::Text& text : texts) views.push_back(text.reveal());
    return std::make_shared<const grounding::FactIndex>(views);
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
