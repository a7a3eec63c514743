#include "minion/document_text.h"

#include <algorithm>

namespace minions::minion {
namespace {

void append_evened_out(std::string& to, std::string_view text) {
  const std::size_t start = to.size();
  bool space = false;
  for (const char c : text) {
    if (c == ' ' || (c >= '\t' && c <= '\r') || c == '\0') {
      space = true;
      continue;
    }
    if (space && to.size() > start) to += ' ';
    space = false;
    to += c;
  }
}

}  // namespace

std::string evened_out(std::string_view text) {
  std::string even;
  even.reserve(text.size());
  append_evened_out(even, text);
  return even;
}

DocumentText::DocumentText(std::span<const documents::Document> documents) {
  std::size_t bytes = 0;
  for (const documents::Document& document : documents) {
    for (const documents::Page& page : document.pages) bytes += page.text.size() + 1;
  }
  std::string text;
  text.reserve(bytes);
  for (std::size_t i = 0; i < documents.size(); ++i) {
    names_.push_back(documents[i].name);
    for (const documents::Page& page : documents[i].pages) {
      starts_.push_back({text.size(), {i, page.number}});
      append_evened_out(text, page.text.reveal());
      text += '\0';
    }
  }
  text_ = crypto::SecretText(std::move(text));
}

PagePlace DocumentText::place_of(std::size_t offset) const {
  const auto after = std::upper_bound(starts_.begin(), starts_.end(), offset,
                                      [](std::size_t at, const Start& start) { return at < start.offset; });
  return after == starts_.begin() ? PagePlace{0, 0} : std::prev(after)->place;
}

DocumentText::PageRange DocumentText::page(std::size_t index) const {
  const std::size_t end = index + 1 < starts_.size() ? starts_[index + 1].offset : text_.size();
  return {starts_[index].place, starts_[index].offset, end - 1};
}

}  // namespace minions::minion
