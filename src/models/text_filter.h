// Between a model's tokens and the reader: holds back what may still become a stop string or the rest of a character,
// and says when a stop string has come. Tokens cut through both. Bytes in, whole UTF-8 characters out; bytes that are
// no UTF-8 pass, and become U+FFFD where JSON is written.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace minions::models {

class TextFilter {
 public:
  explicit TextFilter(std::vector<std::string> stops);

  // What may be shown after this piece. After a stop string: what stood before it, and nothing from then on.
  [[nodiscard]] std::string take(std::string_view piece);
  // The rest, when the model has ended by itself.
  [[nodiscard]] std::string finish();
  [[nodiscard]] bool stopped() const { return stopped_; }

 private:
  [[nodiscard]] std::size_t held_back() const;

  std::vector<std::string> stops_;
  std::size_t longest_ = 0;
  std::string pending_;
  bool stopped_ = false;
};

// Bytes at the end of the text that begin a UTF-8 character without ending it.
[[nodiscard]] std::size_t unfinished_utf8(std::string_view text);

}  // namespace minions::models
