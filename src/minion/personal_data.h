// Finds personal data in text by its form, its checksum or the words around it. Does not find names that nothing marks
// as such: the worker looks for those.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace minions::minion {

enum class DataKind {
  kPerson,
  kEmail,
  kPhone,
  kCard,
  kAccount,
  kNationalId,
  kIpAddress,
  kUrl,
  kBirthDate,
  kFile,
  kLiteral,  // text that looks like a placeholder already
};
// PERSON, EMAIL, ...: what placeholders begin with.
[[nodiscard]] std::string_view name_of(DataKind kind);

struct DataSpan {
  std::size_t begin;
  std::size_t end;
  DataKind kind;
};

// In the order of the text, without overlaps: if two kinds claim the same place, the one that begins earlier wins, then
// the longer.
[[nodiscard]] std::vector<DataSpan> find_personal_data(std::string_view text);

// Sorts and drops what overlaps, by that rule.
void keep_first_and_longest(std::vector<DataSpan>& spans);

}  // namespace minions::minion
