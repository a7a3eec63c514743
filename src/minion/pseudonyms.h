// Privacy mode: personal data becomes stable placeholders (PERSON_1, EMAIL_2) before text leaves the machine, and comes
// back in what returns. One value has one placeholder for the whole run. Text that looks like a placeholder already is
// hidden behind one itself, so that putting back is never ambiguous.
#pragma once

#include <map>
#include <set>
#include <span>

#include "chat/text.h"
#include "minion/personal_data.h"

namespace minions::minion {

// PERSON_1 and what it stands for.
using Placeholders = std::map<std::string, chat::Text, std::less<>>;
// Every placeholder of the map, in whatever case a model wrote it, becomes its value, in one pass. Others stay.
[[nodiscard]] chat::Text put_back(std::string_view text, const Placeholders& placeholders);
// Those that it puts back, as the map has them.
[[nodiscard]] std::set<std::string> placeholders_in(std::string_view text, const Placeholders& placeholders);

class Pseudonyms {
 public:
  // A person's name: found from now on wherever it stands as whole words, and its first and last word by themselves.
  // Ignored where it is no name by its form: a worker may list whole sentences. True if it was taken.
  bool add_name(std::string_view name);
  // A file's name, hidden whole.
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
  Placeholders placeholders_;  // values as they stood where they were found first
  std::map<std::pair<DataKind, std::string>, std::size_t> by_value_;  // value without spaces and case; entry
  std::map<std::string, std::size_t, std::less<>> known_;             // exact texts to look for; entry
  std::map<DataKind, unsigned> counts_;
};

}  // namespace minions::minion
