// The numbers of OpenDocument's lists and headings, which documents leave to whoever displays them.
#pragma once

#include <array>
#include <map>
#include <string>

#include "formats/odf_styles.h"

namespace minions::formats {

// The last number of each level; none before its first.
class ListNumbers {
 public:
  // The label of the next item, as `1.2)` or `-`; empty if the level shows none. A start of 0 is none.
  [[nodiscard]] std::string next(const ListStyle& style, std::size_t level, unsigned start);

 private:
  std::array<unsigned, kListLevels> last_{};
  std::array<bool, kListLevels> has_begun_{};
};

// Lists go on from others: from the last of their style, or from one by its id.
class ListMemory {
 public:
  [[nodiscard]] ListNumbers of_style(const std::string& style) const;
  [[nodiscard]] ListNumbers of_id(const std::string& id) const;
  void keep(const std::string& style, const std::string& id, const ListNumbers& numbers);

 private:
  std::map<std::string, ListNumbers> by_style_;
  std::map<std::string, ListNumbers> by_id_;
};

}  // namespace minions::formats
