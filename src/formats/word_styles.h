// What the styles of a WordprocessingML document say about its text (ECMA-376 part 1, section 17.7), with what each
// takes from the style that it is based on.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "formats/raised_text.h"
#include "formats/symbol_fonts.h"
#include "formats/xml.h"

namespace minions::formats {

struct WordStyle {
  std::optional<int> heading;  // 1 to 6; 0: none
  std::optional<int> list;     // numId
  std::optional<int> list_level;
  std::string list_style;  // the style that names the list
  std::optional<bool> hidden;
  std::optional<Script> script;
  std::optional<SymbolFont> font;
};

// Values of attributes: `0`, `false` and `off` are false, everything else true.
[[nodiscard]] bool is_on(std::string_view value);
[[nodiscard]] int number_or(std::string_view text, int otherwise);
[[nodiscard]] Script script_named(std::string_view vertical_alignment);
// Of a style's id or name in the languages of its programs: `heading 1`, `berschrift1`, `Titre1`. 0: none.
[[nodiscard]] int heading_level(std::string_view name);
// Of w:outlineLvl, which counts from 0. 0: body text.
[[nodiscard]] int heading_of_outline(std::string_view value);

class WordStyles final : public XmlHandler {
 public:
  void start(std::string_view name, const XmlAttributes& attributes) override;
  void end(std::string_view name) override;
  void text(std::string_view) override {}
  [[nodiscard]] Read<void> status() const override;

  // An unknown id has what its own words say and what the document's defaults are.
  [[nodiscard]] WordStyle paragraph(const std::string& id);
  [[nodiscard]] WordStyle character(const std::string& id);

 private:
  struct Definition {
    WordStyle own;
    std::string based_on;
  };
  void start_style(const XmlAttributes& attributes);
  void take(std::string_view name, std::string_view value, const XmlAttributes& attributes);
  [[nodiscard]] WordStyle resolved(const std::string& id, bool with_defaults) const;

  std::map<std::string, Definition> definitions_;
  std::map<std::string, WordStyle> paragraphs_;  // resolved
  std::map<std::string, WordStyle> characters_;
  Definition defaults_;
  Definition* current_ = nullptr;
  std::string default_paragraph_;
  std::string id_;
  std::size_t bytes_ = 0;
  int skipped_depth_ = 0;
};

}  // namespace minions::formats
