// Control characters of text files: what logs, terminals and old programs write, which is left out, and how much of
// them says that a file is not text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace minions::formats {

// Whether the encoding of a text fits its bytes, or was taken because every byte fits it.
enum class Evidence { kStrong, kNone };

[[nodiscard]] bool is_binary(std::string_view utf8, Evidence evidence);

struct LeftOut {
  std::uint64_t sequences = 0;  // of terminals: colours, titles, places on the screen
  std::uint64_t controls = 0;
};

// All but tab, line feed, form feed and carriage return. A backspace takes back the character before it, a vertical tab
// becomes a line feed, and what may separate fields becomes a blank.
LeftOut leave_out_controls(std::string& utf8);

}  // namespace minions::formats
