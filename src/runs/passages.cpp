#include "runs/passages.h"

#include <fmt/format.h>

#include <algorithm>

#include "retrieval/selection.h"

namespace minions::runs {
namespace {

using minion::filled;
namespace prompts = minion::prompts;

constexpr std::uint64_t kPromptTokens = 400;  // of the instructions around documents and question
constexpr std::uint64_t kLeastTokens = 256;   // for passages: less is not worth reading

std::string rendered(std::span<const documents::Document> documents) {
  std::string text;
  for (std::size_t i = 0; i < documents.size(); ++i) {
    if (i > 0) text += "\n\n";
    const chat::Text pages = documents::render(documents[i]);
    text.append(fmt::format("### Document {}\n", i + 1)).append(pages.reveal());
  }
  return text;
}

std::uint64_t document_tokens(std::span<const documents::Document> documents) {
  std::uint64_t tokens = 0;
  for (const documents::Document& document : documents) tokens += retrieval::estimated_tokens(document);
  return tokens;
}

}  // namespace

Result<WorkerReading> WorkerReading::create(std::span<const documents::Document> documents,
                                            const ContextBudget& budget) {
  WorkerReading reading;
  reading.documents_ = documents;
  reading.document_tokens_ = document_tokens(documents);
  reading.prompt_tokens_ = kPromptTokens + (budget.max_question_bytes + 2) / 3;
  const std::uint64_t taken = budget.answer_tokens + reading.prompt_tokens_;
  if (budget.context_tokens < taken + kLeastTokens) {
    return fail(
        ErrorCode::kUsage,
        fmt::format(
            "worker: a context of {} tokens leaves no room for documents beside question and answer, want {} at least",
            budget.context_tokens, taken + kLeastTokens));
  }
  reading.budget_tokens_ = budget.context_tokens - taken;
  if (reading.document_tokens_ <= reading.budget_tokens_) {
    reading.everything_ = chat::Text(filled(prompts::kWorkerDocuments, {{"documents", rendered(documents)}}));
    return reading;
  }
  const retrieval::ChunkOptions options = retrieval::chunks_for(reading.budget_tokens_);
  MINIONS_TRY_ASSIGN(retrieval::ChunkIndex index, retrieval::ChunkIndex::build(retrieval::chunk(documents, options)));
  reading.index_.emplace(std::move(index));
  return reading;
}

Result<FoundPassages> WorkerReading::find(std::string_view question) const {
  MINIONS_TRY_ASSIGN(retrieval::Selection selected, retrieval::select(*index_, question, budget_tokens_));
  FoundPassages found;
  std::string text;
  for (const retrieval::Chunk* const chunk : selected.chunks) {
    const chat::Text passage = retrieval::render(*chunk);
    text.append(passage.reveal()).append("\n");
  }
  found.places = std::move(selected.places);
  if (selected.chunks.empty()) {
    text = "(no passage has a word of the question)";
    found.places.emplace_back("none");
  }
  found.text = chat::Text(filled(prompts::kWorkerPassages, {{"passages", text},
                                                            {"seen", std::to_string(selected.chunks.size())},
                                                            {"total", std::to_string(index_->chunks().size())}}));
  return found;
}

}  // namespace minions::runs
