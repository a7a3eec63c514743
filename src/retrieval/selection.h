// The passages of documents that fit into so many tokens, chosen for a question.
#pragma once

#include "retrieval/chunk_index.h"

namespace minions::retrieval {

// Chunks of this size or, if the room is small, of less: passages that a model can make sense of.
[[nodiscard]] ChunkOptions chunks_for(std::uint64_t tokens);

// What a chunk takes of the room, by a high estimate: its text under its marker.
[[nodiscard]] std::uint64_t estimated_tokens(const Chunk& chunk);
// The same of a whole document.
[[nodiscard]] std::uint64_t estimated_tokens(const documents::Document& document);

struct Selection {
  std::vector<const Chunk*> chunks;  // in the order of the text, so that a passage comes after the one it continues
  std::vector<std::string> places;   // their page markers, each once, in the same order
};
// The best for the question; nothing if no chunk has a word of it. The index outlives the result.
[[nodiscard]] Result<Selection> select(const ChunkIndex& index, std::string_view question, std::uint64_t tokens);
// From the beginning on, for questions about the whole.
[[nodiscard]] Selection first_of(std::span<const Chunk> chunks, std::uint64_t tokens);

// Under its page's marker, like a whole document.
[[nodiscard]] crypto::SecretText render(const Chunk& chunk);

}  // namespace minions::retrieval
