// The few properties of style sheets that decide whether text is seen, and where it ends: of style attributes, and of
// rules in style elements that select by element, class and id. Other selectors and media than screens are passed over.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace minions::formats {

enum class Display : std::uint8_t { kUnset, kNone, kInline, kBlock, kRow, kCell, kFlex };
enum class White : std::uint8_t { kUnset, kCollapsed, kKept, kLinesKept };
enum class Shift : std::uint8_t { kUnset, kNone, kUp, kDown };
enum class Said : std::uint8_t { kUnset, kNo, kYes };
enum class FontSize : std::uint8_t { kUnset, kZero, kRelative, kAbsolute };

// What declarations say; kUnset where they are silent.
struct Style {
  Display display = Display::kUnset;
  White white = White::kUnset;
  Shift shift = Shift::kUnset;
  FontSize font = FontSize::kUnset;
  Said is_hidden = Said::kUnset;     // visibility
  Said is_struck = Said::kUnset;     // a line through the text
  Said is_collapsed = Said::kUnset;  // without height, or fully transparent
  char list = '\0';                  // as the type of ol: 1, a, A, i, I; `-` for bullets and none

  void apply(const Style& later);
};

struct Declarations {
  Style normal;
  Style important;
};
[[nodiscard]] Declarations parse_declarations(std::string_view css);

class StyleSheet {
 public:
  void add(std::string_view css);
  [[nodiscard]] bool is_empty() const { return rules_.empty(); }
  // For an element by its name, id and classes, and its style attribute.
  [[nodiscard]] Style style_of(std::string_view tag, std::string_view id, std::string_view classes,
                               std::string_view declarations) const;

 private:
  struct Rule {
    std::string tag;  // empty: any
    std::string id;
    std::vector<std::string> classes;
    unsigned specificity = 0;
    Declarations says;
  };
  void add_rules(std::string_view css, int depth);
  void add_rule(std::string_view selectors, std::string_view declarations);
  [[nodiscard]] static bool parse_selector(std::string_view selector, Rule& to);
  void collect(const std::string& key, std::string_view tag, std::string_view id,
               const std::vector<std::string>& classes, std::vector<const Rule*>& to) const;

  std::vector<Rule> rules_;
  std::unordered_map<std::string, std::vector<std::uint32_t>> by_key_;  // `#id`, `.class` or the element
};

}  // namespace minions::formats
