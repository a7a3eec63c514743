// Between a model's tokens and the reader: holds back what may still become a stop string or the rest of a character,
// and reports when a stop string has come. Tokens split both. Bytes in, whole UTF-8 characters out; invalid UTF-8
// passes, and becomes U+FFFD where JSON is written.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace minions::llama {

class TextFilter {
 public:
  explicit TextFilter(std::vector<std::string> stops);

  // What may be shown after this piece. After a stop string: the text before it, and nothing from then on.
  [[nodiscard]] std::string take(std::string_view piece);
  // The rest, when the model has ended by itself.
  [[nodiscard]] std::string finish();
  [[nodiscard]] bool stopped() const { return stopped_; }

 private:
  // A stop string, and how much of it the text so far ends with (Knuth, Morris and Pratt): one step per byte of the
  // text, whatever the string.
  struct Stop {
    explicit Stop(std::string given);
    // Takes the next byte. Returns whether the string is now complete.
    [[nodiscard]] bool take(char byte);

    std::string text;
    std::vector<std::size_t> shorter;  // by matched length: the next shorter start of the string that is also its end
    std::size_t matched = 0;
  };

  std::vector<Stop> stops_;
  std::string pending_;
  bool stopped_ = false;
};

// Bytes at the end of the text that begin a UTF-8 character without ending it.
[[nodiscard]] std::size_t unfinished_utf8(std::string_view text);

}  // namespace minions::llama
