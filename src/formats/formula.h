// Formulas of Office documents (ECMA-376 part 1, section 22.1) on one line: 1/2, x^2, √(a + b), ∑_{i=1}^n x_i.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "formats/xml.h"

namespace minions::formats {

// Takes the events from the start of `oMath` to its end.
class Formula {
 public:
  void start(std::string_view name, const XmlAttributes& attributes);
  // True with the end of the formula.
  [[nodiscard]] bool end(std::string_view name);
  void text(std::string_view text);
  [[nodiscard]] bool is_open() const { return !nodes_.empty(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  // Starts anew.
  [[nodiscard]] std::string take();

 private:
  struct Argument {
    std::string name;
    std::string text;
  };
  struct Node {
    std::string name;
    std::string text;                 // of what lies directly in it
    std::vector<Argument> arguments;  // in their order
    std::string character;            // of an operator or an accent
    std::string begin = "(";
    std::string end = ")";
    std::string separator = "|";
    std::string type;  // of a fraction
    bool has_character = false;
  };
  [[nodiscard]] static std::string_view argument(const Node& node, std::string_view name);
  [[nodiscard]] static std::string written(Node& node);
  [[nodiscard]] static std::string fraction(const Node& node);
  [[nodiscard]] static std::string scripts(const Node& node);
  [[nodiscard]] static std::string delimited(const Node& node);
  [[nodiscard]] static std::string accented(const Node& node);
  static void append(std::string& to, std::string_view text);

  std::vector<Node> nodes_;
  std::string done_;
  std::size_t bytes_ = 0;
  std::size_t too_deep_ = 0;
  int skipped_depth_ = 0;
  bool in_text_ = false;
};

}  // namespace minions::formats
