// Fields of a WordprocessingML story (ECMA-376 part 1, section 17.16): what is shown is their result; instructions are
// not, unless the field has nothing else to show.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "formats/xml.h"

namespace minions::formats {

class WordFields {
 public:
  // Of w:fldChar, and of what lies in it; `end_mark` returns what a form field shows.
  void mark(std::string_view type);
  void form_data(std::string_view name, const XmlAttributes& attributes);
  [[nodiscard]] std::string end_mark();

  void instruction(std::string_view text);
  // Whether text here is part of an instruction, or repeats what a form field shows.
  [[nodiscard]] bool hides_text() const { return hiding_ > 0; }
  // Text of instructions, kept in case the field never ends.
  void hold(std::string_view text);
  // Of fields without an end: damage, or a field that begins in another part.
  [[nodiscard]] std::string take_unended();
  [[nodiscard]] std::size_t held_bytes() const { return held_.size(); }

 private:
  struct Field {
    std::string instruction;
    bool has_result = false;
    bool shown_by_form = false;
  };
  struct Form {
    enum class Kind { kNone, kCheckBox, kDropDown } kind = Kind::kNone;
    bool default_on = false;
    int on = -1;  // unset
    int default_entry = 0;
    int entry = -1;
    std::vector<std::string> entries;
  };
  [[nodiscard]] static bool hides(const Field& field) { return !field.has_result || field.shown_by_form; }
  [[nodiscard]] static std::string shown_instruction(std::string_view instruction);
  void end_field();

  std::vector<Field> fields_;
  std::size_t beyond_ = 0;  // fields inside too many others
  int hiding_ = 0;          // fields that hide what comes
  Form form_;
  std::string shown_;
  std::string held_;
};

}  // namespace minions::formats
