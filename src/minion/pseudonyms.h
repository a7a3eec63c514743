// Privacy mode: personal data becomes stable placeholders (PERSON_1, EMAIL_2) before text leaves the machine, and is
// restored in replies. One value has one placeholder for the whole run. Text that already looks like a placeholder is
// itself replaced by one, so that restoring is never ambiguous.
#pragma once

#include <map>
#include <set>
#include <span>

#include "chat/text.h"
#include "minion/personal_data.h"

namespace minions::minion {

// PERSON_1 and what it stands for.
using Placeholders = std::map<std::string, chat::Text, std::less<>>;
// Replaces every placeholder of the map, in any case, with its value, in one pass. Leaves others unchanged.
[[nodiscard]] chat::Text put_back(std::string_view text, const Placeholders& placeholders);
// Those that it restores, in the map's order.
[[nodiscard]] std::set<std::string> placeholders_in(std::string_view text, const Placeholders& placeholders);

class Pseudonyms {
 public:
  // A person's name: from now on found as whole words anywhere, and so are its first and last word alone. Ignored if it
  // does not look like a name: a worker may list whole sentences. True if it was taken.
  bool add_name(std::string_view name);
  // A file's name, hidden as a whole.
  void add_file(std::string_view name);

  [[nodiscard]] chat::Text hide(std::string_view text);
  [[nodiscard]] chat::Text put_back(std::string_view text) const { return minion::put_back(text, placeholders_); }
  [[nodiscard]] const Placeholders& placeholders() const { return placeholders_; }

 private:
  [[nodiscard]] const std::string& placeholder_for(DataKind kind, std::string_view value);
  void add_known(std::string_view text, std::size_t entry);
  void find_known(std::string_view text, std::vector<DataSpan>& to) const;

  struct Entry {
    std::string placeholder;
    DataKind kind;
  };
  std::vector<Entry> entries_;
  Placeholders placeholders_;                                         // values as they were first found
  std::map<std::pair<DataKind, std::string>, std::size_t> by_value_;  // value without spaces and case; entry
  std::map<std::string, std::size_t, std::less<>> known_;             // exact texts to look for; entry
  std::map<DataKind, unsigned> counts_;
};

}  // namespace minions::minion
