#include "retrieval/chunker.h"

#include <algorithm>

namespace minions::retrieval {
namespace {

struct Span {
  std::size_t begin;
  std::size_t end;
};

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f'; }

Span trimmed(std::string_view text, Span span) {
  while (span.begin < span.end && is_space(text[span.begin])) ++span.begin;
  while (span.end > span.begin && is_space(text[span.end - 1])) --span.end;
  return span;
}

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// The largest cut in (from, limit] that ends a sentence, otherwise a line, a word or a character; a cut in the first
// half would waste the chunk.
std::size_t cut_before(std::string_view text, std::size_t from, std::size_t limit) {
  const std::size_t half = from + (limit - from) / 2;
  for (std::size_t at = limit; at > half; --at) {
    if (is_space(text[at]) && (text[at - 1] == '.' || text[at - 1] == '!' || text[at - 1] == '?')) return at;
  }
  for (std::size_t at = limit; at > half; --at) {
    if (text[at] == '\n') return at;
  }
  for (std::size_t at = limit; at > half; --at) {
    if (is_space(text[at])) return at;
  }
  while (limit > from + 1 && is_continuation(text[limit])) --limit;
  return limit;
}

// A span that is too long, in overlapping parts.
void cut(std::string_view text, Span span, const ChunkOptions& options, std::vector<Span>& to) {
  while (span.end - span.begin > options.max_chars) {
    const std::size_t end = cut_before(text, span.begin, span.begin + options.max_chars);
    to.push_back({span.begin, end});
    std::size_t next = end - std::min(options.overlap, (end - span.begin) / 2);
    while (next < end && is_continuation(text[next])) ++next;
    span.begin = next;
  }
  if (span.end > span.begin) to.push_back(span);
}

bool starts_section(std::string_view text, std::size_t at) { return at < text.size() && text[at] == '#'; }

// Blank lines separate paragraphs; by section, headings do too.
std::vector<Span> paragraphs(std::string_view text, ChunkBy by) {
  std::vector<Span> found;
  std::size_t begin = 0;
  const auto end_at = [&](std::size_t end) {
    const Span span = trimmed(text, {begin, end});
    if (span.end > span.begin) found.push_back(span);
    begin = end;
  };
  for (std::size_t line_end = text.find('\n'); line_end != std::string_view::npos;
       line_end = text.find('\n', line_end + 1)) {
    const std::size_t next = line_end + 1;
    const std::size_t word = text.find_first_not_of(" \t\r", next);
    const bool blank = word == std::string_view::npos || text[word] == '\n';
    if (blank || (by == ChunkBy::kSection && starts_section(text, next))) end_at(next);
  }
  end_at(text.size());
  return found;
}

std::vector<Span> spans_of(std::string_view text, const ChunkOptions& options) {
  std::vector<Span> spans;
  if (options.by == ChunkBy::kPage) {
    cut(text, trimmed(text, {0, text.size()}), options, spans);
    return spans;
  }
  Span open{0, 0};
  const auto close = [&] {
    if (open.end > open.begin) cut(text, open, options, spans);
  };
  for (const Span paragraph : paragraphs(text, options.by)) {
    const bool fits = open.end > open.begin && paragraph.end - open.begin <= options.max_chars;
    if (fits && !(options.by == ChunkBy::kSection && starts_section(text, paragraph.begin))) {
      open.end = paragraph.end;
      continue;
    }
    close();
    open = paragraph;
  }
  close();
  return spans;
}

}  // namespace

std::vector<Chunk> chunk(const documents::Document& document, const ChunkOptions& options) {
  ChunkOptions sound = options;
  sound.max_chars = std::max<std::size_t>(options.max_chars, 16);
  sound.overlap = std::min(options.overlap, sound.max_chars / 2);
  std::vector<Chunk> chunks;
  for (const documents::Page& page : document.pages) {
    const std::string_view text = page.text.reveal();
    for (const Span span : spans_of(text, sound)) {
      chunks.push_back({document.name, page.number, span.begin,
                        crypto::SecretText(std::string(text.substr(span.begin, span.end - span.begin)))});
    }
  }
  return chunks;
}

std::vector<Chunk> chunk(std::span<const documents::Document> documents, const ChunkOptions& options) {
  std::vector<Chunk> all;
  for (const documents::Document& document : documents) {
    for (Chunk& part : chunk(document, options)) all.push_back(std::move(part));
  }
  return all;
}

}  // namespace minions::retrieval
