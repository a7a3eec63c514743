// The scanners behind personal_data.h, one family of data each. Spans may overlap those of another scanner.
#pragma once

#include <vector>

#include "minion/personal_data.h"

namespace minions::minion {

// Mail addresses, IP addresses, URLs that contain credentials or secrets.
void scan_addresses(std::string_view text, std::vector<DataSpan>& to);
// Cards, IBANs, national ids: by form and checksum.
void scan_numbers(std::string_view text, std::vector<DataSpan>& to);
void scan_phones(std::string_view text, std::vector<DataSpan>& to);
// Dates after words such as "born" or "date of birth".
void scan_birth_dates(std::string_view text, std::vector<DataSpan>& to);
// Names after a title or a label: "Dr. Ada Lovelace", "Name: Ada Lovelace".
void scan_marked_names(std::string_view text, std::vector<DataSpan>& to);

namespace scanning {

[[nodiscard]] constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
[[nodiscard]] constexpr bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
[[nodiscard]] constexpr bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
[[nodiscard]] constexpr bool is_alnum(char c) { return is_digit(c) || is_upper(c) || is_lower(c); }
// Letters, digits and all bytes of letters beyond ASCII.
[[nodiscard]] constexpr bool is_word(char c) { return is_alnum(c) || static_cast<unsigned char>(c) >= 0x80; }
[[nodiscard]] constexpr char lower(char c) { return is_upper(c) ? static_cast<char>(c | 0x20) : c; }

// No word continues across either end.
[[nodiscard]] inline bool stands_alone(std::string_view text, std::size_t begin, std::size_t end) {
  return (begin == 0 || !is_word(text[begin - 1])) && (end == text.size() || !is_word(text[end]));
}
// ASCII letters in either case; `word` is lower case.
[[nodiscard]] bool word_at(std::string_view text, std::size_t at, std::string_view word);
// One of the words, as a whole word, ends within `reach` bytes before `at`, in the same line or the line before.
[[nodiscard]] bool word_before(std::string_view text, std::size_t at, std::size_t reach,
                               const std::vector<std::string_view>& words);

}  // namespace scanning
}  // namespace minions::minion
