// The text of one slide or notes page of PresentationML (ECMA-376 part 1, sections 19 and 21.1), in the order of its
// shapes: bullets and numbers of lists, tables with tabs between columns, formulas on a line.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "formats/counter_format.h"
#include "formats/formula.h"
#include "formats/raised_text.h"
#include "formats/symbol_fonts.h"
#include "formats/xml.h"

namespace minions::formats {

// The bytes of all slides together.
struct TextBudget {
  std::uint64_t limit;
  std::uint64_t used = 0;
};

class SlideText final : public XmlHandler {
 public:
  // A chart or a diagram, and where in the text it stands.
  struct Drawing {
    std::size_t at;
    std::string id;  // of the relationship
  };

  explicit SlideText(TextBudget& budget) : budget_(budget) {}

  void start(std::string_view name, const XmlAttributes& attributes) override;
  void end(std::string_view name) override;
  void text(std::string_view text) override;
  [[nodiscard]] Read<void> status() const override;

  [[nodiscard]] const std::string& shown() const { return text_; }
  [[nodiscard]] const std::vector<Drawing>& drawings() const { return drawings_; }
  [[nodiscard]] bool is_hidden() const { return is_hidden_; }
  [[nodiscard]] std::uint64_t pictures() const { return pictures_; }
  [[nodiscard]] std::uint64_t objects() const { return objects_; }

 private:
  static constexpr std::size_t kLevels = 9;
  struct Bullet {
    enum class Kind { kNone, kMark, kNumber } kind = Kind::kNone;
    std::string mark;  // a character, or the name of a numbering
    std::string font;
    std::uint32_t start = 1;
  };
  struct Counter {
    std::string numbering;
    std::uint32_t start = 0;
    std::uint32_t number = 0;
  };

  void start_text(std::string_view name, const XmlAttributes& attributes);
  void start_list(std::string_view name, const XmlAttributes& attributes);
  void start_other(std::string_view name, const XmlAttributes& attributes);
  void end_text(std::string_view name);
  void start_paragraph();
  void end_paragraph();
  [[nodiscard]] std::string next_number(const Bullet& bullet);
  void begin_text();
  void write_run(std::string_view text);
  void write(std::string_view text);
  void flush_script(char after);
  void put(std::string_view text);

  TextBudget& budget_;
  std::string text_;
  std::vector<Drawing> drawings_;
  Formula formula_;
  std::vector<bool> choices_;               // of mc:AlternateContent: whether one is taken
  std::array<Bullet, kLevels> list_style_;  // of the shape
  std::array<Counter, kLevels> counters_;
  Bullet bullet_;
  std::size_t level_ = 0;
  std::size_t style_level_ = 0;
  std::string script_text_;  // held until what follows is known
  Script script_ = Script::kNone;
  Script run_script_ = Script::kNone;
  SymbolFont run_font_ = SymbolFont::kNone;
  std::uint64_t pictures_ = 0;
  std::uint64_t objects_ = 0;
  std::uint32_t cells_ = 0;  // of the row
  int skipped_depth_ = 0;
  bool is_hidden_ = false;
  bool in_text_ = false;
  bool in_run_properties_ = false;
  bool in_list_style_ = false;
  bool in_cell_ = false;
  bool cell_has_text_ = false;
  bool in_formula_ = false;
  bool after_formula_ = false;
  bool in_slide_number_ = false;
  bool has_text_ = false;  // the paragraph
};

}  // namespace minions::formats
