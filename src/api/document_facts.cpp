#include "api/document_facts.h"

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
  if (bytes > grounding::kMostIndexedBytes) {
    is_too_much_ = true;
    return;
  }
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
    indexes_.push_back(std::async(std::launch::async, std::move(build)).share());
  } catch (const std::system_error&) {
    is_too_much_ = true;  // no thread is to be had
  }
}

std::optional<DocumentCheck> DocumentFacts::check(std::string_view answer, std::string_view question) const {
  if (indexes_.empty() || is_too_much_ || answer.empty()) return std::nullopt;
  std::vector<const grounding::FactIndex*> indexes;
  for (const auto& index : indexes_) {
    try {
      indexes.push_back(index.get().get());
    } catch (const std::exception&) {
      return std::nullopt;  // out of memory
    }
  }
  return document_check_of(grounding::check_answer(answer, question, indexes));
}

DocumentCheck document_check_of(grounding::AnswerFindings findings) {
  return {std::move(findings.not_in_documents), std::move(findings.computed), findings.is_unsupported,
          findings.is_partial};
}

}  // namespace minions::api
