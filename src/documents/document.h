// A document as text: its name, its pages with their numbers, and what a reader must know about how it was read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "crypto/secret.h"

namespace minions::documents {

enum class DocumentKind {
  kText,
  kMarkdown,
  kPdf,
  kDocx,
  kPptx,
  kXlsx,
  kOdt,
  kOdp,
  kOds,
  kHtml,
  kCsv,
  kSource,
  kMail,
  kImage,
};
[[nodiscard]] std::string_view name_of(DocumentKind kind);

struct Page {
  std::uint32_t number;  // from 1; for a slide or a sheet its position; page 1 if there are no pages
  crypto::SecretText text;
};

// What a picture is, whatever its file's name.
struct ImageFacts {
  std::string media_type;  // image/png
  std::uint32_t width;     // in pixels
  std::uint32_t height;
};

struct Document {
  std::string name;  // one printable line: a file name without folders; within a folder, the path in it
  DocumentKind kind;
  std::vector<Page> pages;
  std::vector<std::string> notes;        // "pages 2 and 5-7 have no text: ..."; never content
  std::optional<ImageFacts> image = {};  // of a picture, which has pages only if its text was requested
};

// The line before a page, which citations refer to, without its line end: `[NAME, page N]`.
[[nodiscard]] std::string page_marker(std::string_view name, std::uint32_t number);

// "2, 5-7": the numbers in order, for notes.
[[nodiscard]] std::string ranges_of(const std::vector<std::uint32_t>& numbers);

// Each page under its marker. A line of the text that could be taken for a marker is indented by a space, so that a
// document cannot pass for another one.
[[nodiscard]] crypto::SecretText render(const Document& document);

}  // namespace minions::documents
