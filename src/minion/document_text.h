// The documents of a run as one searchable text with normalised white space, which knows the page of each place. The
// ledger and the citation check look passages up in it.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "documents/document.h"

namespace minions::minion {

struct PagePlace {
  std::size_t document;  // index
  std::uint32_t page;
};

class DocumentText {
 public:
  explicit DocumentText(std::span<const documents::Document> documents);

  // All pages, each run of white space as one space, with a zero byte after each page.
  [[nodiscard]] std::string_view text() const { return text_.reveal(); }
  // Without the zero bytes.
  [[nodiscard]] std::size_t size_bytes() const { return text_.size() - starts_.size(); }
  [[nodiscard]] PagePlace place_of(std::size_t offset) const;
  [[nodiscard]] const std::string& name_of(std::size_t document) const { return names_[document]; }
  [[nodiscard]] std::size_t document_count() const { return names_.size(); }

  struct PageRange {
    PagePlace place;
    std::size_t begin;
    std::size_t end;  // at its zero byte
  };
  // By document, in the order of the pages.
  [[nodiscard]] std::size_t page_count() const { return starts_.size(); }
  [[nodiscard]] PageRange page(std::size_t index) const;

 private:
  struct Start {
    std::size_t offset;
    PagePlace place;
  };
  crypto::SecretText text_;
  std::vector<Start> starts_;
  std::vector<std::string> names_;
};

// Each run of white space as one space, none at the ends.
[[nodiscard]] std::string evened_out(std::string_view text);

}  // namespace minions::minion
