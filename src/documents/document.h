// A document as text: its name, its pages with their numbers, and what a reader must know about how it was read.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "crypto/secret.h"

namespace minions::documents {

enum class DocumentKind { kText, kMarkdown, kPdf };
[[nodiscard]] std::string_view name_of(DocumentKind kind);

struct Page {
  std::uint32_t number;  // from 1; what has no pages is page 1
  crypto::SecretText text;
};

struct Document {
  std::string name;  // a file name without folders, one printable line
  DocumentKind kind;
  std::vector<Page> pages;
  std::vector<std::string> notes;  // "pages 2 and 5-7 have no text: ..."; never content
};

// The line in front of a page, which citations refer to, without its line end: `[NAME, page N]`.
[[nodiscard]] std::string page_marker(std::string_view name, std::uint32_t number);

// Each page under its marker. A line of the text itself that could be taken for a marker gets a space in front, so that
// a document cannot pass for another one.
[[nodiscard]] crypto::SecretText render(const Document& document);

}  // namespace minions::documents
