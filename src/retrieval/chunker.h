// Cuts documents into passages of bounded size that know their place.
#pragma once

#include <span>

#include "documents/document.h"

namespace minions::retrieval {

enum class ChunkBy {
  kPage,       // a page, or parts of it if it is too long
  kParagraph,  // whole paragraphs, as many as fit; never across pages
  kSection,    // starts anew at each Markdown heading; inside a section as by paragraph
};

struct ChunkOptions {
  ChunkBy by = ChunkBy::kParagraph;
  std::size_t max_chars = 3000;  // bytes of UTF-8; at least 16
  std::size_t overlap =
      20;  // bytes of the previous text that a part repeats if a paragraph or page was cut; below max_chars / 2
};

struct Chunk {
  std::string document;
  std::uint32_t page;
  std::size_t offset;  // in bytes, of its first character in the page's text
  crypto::SecretText text;
};

// In the order of the text. Every character that is not white space is in at least one chunk.
[[nodiscard]] std::vector<Chunk> chunk(const documents::Document& document, const ChunkOptions& options);
[[nodiscard]] std::vector<Chunk> chunk(std::span<const documents::Document> documents, const ChunkOptions& options);

}  // namespace minions::retrieval
