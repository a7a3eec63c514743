// WordprocessingML (ECMA-376 part 1, section 17): the headers once each, the body, its notes and comments, the footers.
#include <algorithm>
#include <set>

#include "formats/altchunk.h"
#include "formats/drawing_parts.h"
#include "formats/office.h"
#include "formats/package.h"
#include "formats/word_story.h"

namespace minions::formats {
namespace {

constexpr std::size_t kMaxChunks = 64;
constexpr std::size_t kMaxHeaders = 1000;

class WordReader {
 public:
  WordReader(Zip& zip, const std::string& main_part, PageWriter& writer)
      : zip_(zip), main_part_(main_part), writer_(writer) {}

  [[nodiscard]] Read<void> read() {
    auto related = relationships_of(zip_, main_part_);
    if (!related) return stop(related.error());
    related_ = *std::move(related);
    if (auto read = read_definitions(); !read) return read;
    if (auto read = read_chunks(); !read) return read;
    if (auto read = read_headers(); !read) return read;
    write_once("header", "Header: ");
    if (auto read = read_body(); !read) return read;
    for (const std::string_view type : {"footnotes", "endnotes", "comments"}) {
      if (auto read = read_notes(type); !read) return read;
    }
    write_once("footer", "Footer: ");
    remark();
    writer_.finish();
    return writer_.status();
  }

 private:
  struct Story {
    Story(WordContext& context, PageWriter& place, WordCounts& counts)
        : text(place), handler(context, kNoDrawings, text.writer, counts) {}
    static inline const WordDrawings kNoDrawings;
    HeldText text;
    WordStory handler;
    std::string type;
  };

  [[nodiscard]] Read<void> read_definitions();
  [[nodiscard]] Read<void> read_chunks();
  [[nodiscard]] Read<void> read_headers();
  [[nodiscard]] Read<void> read_body();
  [[nodiscard]] Read<void> read_notes(std::string_view type);
  void write_once(std::string_view type, std::string_view label);
  void remark();

  Zip& zip_;
  const std::string& main_part_;
  PageWriter& writer_;
  Relationships related_;
  WordContext context_;
  WordDrawings drawings_;
  WordCounts counts_;
  std::vector<std::unique_ptr<Story>> headers_;  // and footers
};

Read<void> WordReader::read_definitions() {
  const std::string styles = part_key(target_of_type(related_, "styles"));
  const std::string numbering = part_key(target_of_type(related_, "numbering"));
  std::map<std::string, ChartHandler> charts;
  std::map<std::string, DiagramHandler> diagrams;
  for (const auto& [id, relationship] : related_) {
    if (relationship.type == "chart") charts[part_key(relationship.target)];
    if (relationship.type == "diagramData") diagrams[part_key(relationship.target)];
  }
  auto read = zip_.parse_parts([&](std::string_view name) -> XmlHandler* {
    const std::string key = part_key(name);
    if (key == styles) return &context_.styles;
    if (key == numbering) return &context_.numbering;
    if (const auto chart = charts.find(key); chart != charts.end()) return &chart->second;
    const auto diagram = diagrams.find(key);
    return diagram == diagrams.end() ? nullptr : &diagram->second;
  });
  if (!read) return read;
  for (const auto& [id, relationship] : related_) {
    const std::string key = part_key(relationship.target);
    if (const auto chart = charts.find(key); chart != charts.end()) drawings_[id] = chart->second.shown();
    if (const auto diagram = diagrams.find(key); diagram != diagrams.end()) drawings_[id] = diagram->second.shown();
  }
  return {};
}

Read<void> WordReader::read_chunks() {
  std::size_t chunks = 0;
  for (const auto& [id, relationship] : related_) {
    if (relationship.type != "aFChunk" || ++chunks > kMaxChunks) continue;
    auto bytes = zip_.small_part(relationship.target, writer_.limits().max_text_bytes);
    if (!bytes) return stop(bytes.error());
    HeldText text(writer_);
    if (write_chunk(relationship.target, *std::move(bytes), text.writer)) drawings_[id] = text.take();
    if (auto good = text.writer.status(); !good) return good;
  }
  return {};
}

Read<void> WordReader::read_headers() {
  std::map<std::string, Story*> stories;
  for (const auto& [id, relationship] : related_) {
    if (relationship.type != "header" && relationship.type != "footer") continue;
    if (headers_.size() >= kMaxHeaders) {
      ++counts_.objects;
      continue;
    }
    Story*& story = stories[part_key(relationship.target)];
    if (story != nullptr) continue;
    story = headers_.emplace_back(std::make_unique<Story>(context_, writer_, counts_)).get();
    story->type = relationship.type;
  }
  if (stories.empty()) return {};
  auto read = zip_.parse_parts([&](std::string_view name) -> XmlHandler* {
    const auto story = stories.find(part_key(name));
    return story == stories.end() ? nullptr : &story->second->handler;
  });
  counts_.saved_breaks = false;
  return read;
}

// Sections repeat theirs, and the first pages of many say the same. Page numbers alone are not text.
void WordReader::write_once(std::string_view type, std::string_view label) {
  std::set<std::string> written;
  for (const auto& header : headers_) {
    if (header->type != type) continue;
    header->handler.finish();
    std::string text = header->text.take();
    const auto empty_lines =
        std::unique(text.begin(), text.end(), [](char a, char b) { return a == '\n' && b == '\n'; });
    text.erase(empty_lines, text.end());
    if (text.find_first_not_of("0123456789 \t\n-./|") == std::string::npos || !written.insert(text).second) continue;
    writer_.end_paragraph();
    writer_.text(std::string(label) + text);
    writer_.end_paragraph();
  }
}

Read<void> WordReader::read_body() {
  WordStory body(context_, drawings_, writer_, counts_);
  if (auto read = zip_.parse_part(main_part_, body); !read) return read;
  body.finish();
  return writer_.status();
}

Read<void> WordReader::read_notes(std::string_view type) {
  const std::string part = part_key(target_of_type(related_, type));
  if (part.empty()) return {};
  Story notes(context_, writer_, counts_);
  bool found = false;
  auto read = zip_.parse_parts([&](std::string_view name) -> XmlHandler* {
    if (found || part_key(name) != part) return nullptr;
    found = true;
    return &notes.handler;
  });
  if (!read) return read;
  if (!found) ++counts_.objects;
  notes.handler.finish();
  const std::string text = notes.text.take();
  if (text.empty()) return {};
  writer_.end_paragraph();
  if (type == "comments") writer_.text("Comments:\n");
  writer_.text(text);
  writer_.end_paragraph();
  return {};
}

void WordReader::remark() {
  const auto count = [&](Remark remark, std::uint64_t number) {
    if (number > 0) writer_.remark(remark, number);
  };
  count(Remark::kSavedPageNumbers, counts_.saved_breaks ? 1 : 0);
  count(Remark::kUnreadPictures, counts_.pictures);
  count(Remark::kDeletions, counts_.deletions);
  count(Remark::kHiddenText, counts_.hidden);
  count(Remark::kUnreadObjects, counts_.objects);
}

}  // namespace

Read<void> read_docx(Zip& zip, const std::string& main_part, PageWriter& writer) {
  return WordReader(zip, main_part, writer).read();
}

}  // namespace minions::formats
