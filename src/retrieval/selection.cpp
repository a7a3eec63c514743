#include "retrieval/selection.h"

#include <algorithm>

#include "base/tokens.h"

namespace minions::retrieval {
namespace {

constexpr std::size_t kChunkChars = 3000;
constexpr std::size_t kLeastChunkChars = 64;
constexpr std::size_t kMostChunks = 64;
constexpr std::uint64_t kMarkerTokens = 8;  // beside the name

Selection in_order(std::vector<const Chunk*> chunks) {
  std::sort(chunks.begin(), chunks.end());
  Selection selection;
  for (const Chunk* const chunk : chunks) {
    std::string place = documents::page_marker(chunk->document, chunk->page);
    if (selection.places.empty() || selection.places.back() != place) selection.places.push_back(std::move(place));
  }
  selection.chunks = std::move(chunks);
  return selection;
}

}  // namespace

ChunkOptions chunks_for(std::uint64_t tokens) {
  ChunkOptions options;
  options.max_chars = std::clamp<std::size_t>(tokens * 3 / 4, kLeastChunkChars, kChunkChars);
  return options;
}

std::uint64_t estimated_tokens(const Chunk& chunk) {
  return minions::estimated_tokens(chunk.text.reveal()) + minions::estimated_tokens(chunk.document) + kMarkerTokens;
}

std::uint64_t estimated_tokens(const documents::Document& document) {
  std::uint64_t tokens = 0;
  for (const documents::Page& page : document.pages)
    tokens += minions::estimated_tokens(page.text.reveal()) + minions::estimated_tokens(document.name) + kMarkerTokens;
  return tokens;
}

Result<Selection> select(const ChunkIndex& index, std::string_view question, std::uint64_t tokens) {
  MINIONS_TRY_ASSIGN(const std::vector<Hit> hits, index.search(question, kMostChunks));
  std::vector<const Chunk*> chosen;
  std::uint64_t taken = 0;
  for (const Hit& hit : hits) {
    taken += estimated_tokens(*hit.chunk);
    if (taken > tokens) break;
    chosen.push_back(hit.chunk);
  }
  return in_order(std::move(chosen));
}

Selection first_of(std::span<const Chunk> chunks, std::uint64_t tokens) {
  std::vector<const Chunk*> chosen;
  std::uint64_t taken = 0;
  for (const Chunk& chunk : chunks) {
    taken += estimated_tokens(chunk);
    if (taken > tokens) break;
    chosen.push_back(&chunk);
  }
  return in_order(std::move(chosen));
}

crypto::SecretText render(const Chunk& chunk) {
  documents::Document part;
  part.name = chunk.document;
  part.pages.push_back({chunk.page, chunk.text.copy()});
  return documents::render(part);
}

}  // namespace minions::retrieval
