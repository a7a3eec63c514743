// Fonts whose characters are pictures: what a byte of Symbol, Wingdings or Webdings shows, as the character that means
// it. Office documents store such bytes as they are or at U+F000.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace minions::formats {

enum class SymbolFont { kNone, kSymbol, kWingdings, kWingdings2, kWebdings, kDingbats };

[[nodiscard]] SymbolFont symbol_font(std::string_view name);

struct SymbolText {
  std::string text;
  std::uint64_t unknown = 0;  // characters without a meaning here, each "[symbol]" in the text
};
// Text in that font. kNone: only what stands at U+F000 is a symbol, of the likeliest font.
[[nodiscard]] SymbolText symbol_text(std::string_view utf8, SymbolFont font);
// Whether that needs doing.
[[nodiscard]] bool may_have_symbols(std::string_view utf8, SymbolFont font);

// A tick, a cross or a box for one: a bullet that says something.
[[nodiscard]] bool is_answer_mark(std::string_view utf8);

}  // namespace minions::formats
