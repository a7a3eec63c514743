#include "base/nesting.h"

namespace minions {
namespace {

// Over TOML, without what is in strings and comments.
class TomlKeys {
 public:
  explicit TomlKeys(std::string_view text) : text_(text) {}

  [[nodiscard]] std::optional<std::size_t> deeper_than(std::size_t limit) {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"' || c == '\'') {
        skip_string(c);
        continue;
      }
      if (c == '#') {
        at_ = std::min(text_.find('\n', at_), text_.size());
        continue;
      }
      if (c == '.' && ++dots_ > limit) return line_;
      if (c == '\n') ++line_;
      // What else stands outside of a key begins another one, or a value.
      if (c == '\n' || c == '=' || c == ',' || c == '[' || c == ']' || c == '{' || c == '}') dots_ = 0;
      ++at_;
    }
    return std::nullopt;
  }

 private:
  void skip_string(char quote) {
    const bool multi_line = text_.substr(at_, 3) == std::string_view(quote == '"' ? "\"\"\"" : "'''");
    const std::size_t quotes = multi_line ? 3 : 1;
    const std::string_view end = text_.substr(at_, quotes);
    for (at_ += quotes; at_ < text_.size(); ++at_) {
      if (quote == '"' && text_[at_] == '\\') {
        ++at_;
      } else if (text_.substr(at_, quotes) == end) {
        at_ += quotes;
        return;
      } else if (text_[at_] == '\n') {
        if (!multi_line) return;  // no TOML: its parser says so
        ++line_;
      }
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  std::size_t dots_ = 0;
};

}  // namespace

bool json_nests_deeper(std::string_view text, std::size_t limit) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (in_string) {
      if (c == '\\') ++at;
      in_string = c != '"';
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > limit) return true;
    } else if ((c == '}' || c == ']') && depth > 0) {
      --depth;
    }
  }
  return false;
}

std::optional<std::size_t> line_of_deep_toml_key(std::string_view text, std::size_t limit) {
  return TomlKeys(text).deeper_than(limit);
}

}  // namespace minions
