#include "runs/passages.h"

#include <fmt/format.h>

#include <algorithm>

#include "runs/tokens.h"

namespace minions::runs {
namespace {

using minion::filled;
namespace prompts = minion::prompts;

constexpr std::uint64_t kPromptTokens = 400;  // of the instructions around documents and question
constexpr std::uint64_t kLeastTokens = 256;   // for passages: less is not worth reading
constexpr std::size_t kChunkChars = 3000;
constexpr std::size_t kMostPassages = 64;

std::string rendered(std::span<const documents::Document> documents) {
  std::string text;
  for (std::size_t i = 0; i < documents.size(); ++i) {
    if (i > 0) text += "\n\n";
    const chat::Text pages = documents::render(documents[i]);
    text.append(fmt::format("### Document {}\n", i + 1)).append(pages.reveal());
  }
  return text;
}

// The passage under its marker, delimited like whole documents.
std::string rendered(const retrieval::Chunk& chunk) {
  documents::Document part;
  part.name = chunk.document;
  part.pages.push_back({chunk.page, chunk.text.copy()});
  const chat::Text text = documents::render(part);
  return std::string(text.reveal());
}

std::uint64_t document_tokens(std::span<const documents::Document> documents) {
  std::uint64_t tokens = 0;
  for (const documents::Document& document : documents) {
    for (const documents::Page& page : document.pages)
      tokens += estimated_tokens(page.text.reveal()) + estimated_tokens(document.name) + 8;
  }
  return tokens;
}

}  // namespace

Result<WorkerReading> WorkerReading::create(std::span<const documents::Document> documents,
                                            const ContextBudget& budget) {
  WorkerReading reading;
  reading.documents_ = documents;
  reading.document_tokens_ = document_tokens(documents);
  const std::uint64_t taken = kPromptTokens + budget.answer_tokens + (budget.max_question_bytes + 2) / 3;
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
  retrieval::ChunkOptions options;
  options.max_chars = std::min<std::size_t>(kChunkChars, reading.budget_tokens_ * 3 / 4);
  MINIONS_TRY_ASSIGN(retrieval::ChunkIndex index, retrieval::ChunkIndex::build(retrieval::chunk(documents, options)));
  reading.index_.emplace(std::move(index));
  return reading;
}

Result<FoundPassages> WorkerReading::find(std::string_view question) const {
  MINIONS_TRY_ASSIGN(const std::vector<retrieval::Hit> hits, index_->search(question, kMostPassages));
  std::vector<const retrieval::Chunk*> chosen;
  std::uint64_t tokens = 0;
  for (const retrieval::Hit& hit : hits) {
    tokens += estimated_tokens(hit.chunk->text.reveal()) + estimated_tokens(hit.chunk->document) + 8;
    if (tokens > budget_tokens_) break;
    chosen.push_back(hit.chunk);
  }
  // In the order of the text, so that a passage comes after the one it continues.
  std::sort(chosen.begin(), chosen.end());
  FoundPassages found;
  std::string text;
  for (const retrieval::Chunk* chunk : chosen) {
    text.append(rendered(*chunk)).append("\n");
    std::string place = documents::page_marker(chunk->document, chunk->page);
    if (found.places.empty() || found.places.back() != place) found.places.push_back(std::move(place));
  }
  if (chosen.empty()) {
    text = "(no passage has a word of the question)";
    found.places.emplace_back("none");
  }
  found.text = chat::Text(filled(prompts::kWorkerPassages, {{"passages", text},
                                                            {"seen", std::to_string(chosen.size())},
                                                            {"total", std::to_string(index_->chunks().size())}}));
  return found;
}

}  // namespace minions::runs
