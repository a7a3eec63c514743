// Lines typed by the user: edited and with a history on a terminal, unchanged from a pipe.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"

namespace minions::app {

struct TypedLine {
  enum class Kind { kLine, kInterrupted, kEnd };  // Ctrl-C; end of input or Ctrl-D
  Kind kind = Kind::kEnd;
  std::string text;
};

class LineEditor {
 public:
  // history_file: read now, written by the destructor with mode 0600; empty: history stays in memory.
  explicit LineEditor(std::string history_file);
  ~LineEditor();
  LineEditor(const LineEditor&) = delete;
  LineEditor& operator=(const LineEditor&) = delete;

  [[nodiscard]] bool interactive() const { return terminal_ != nullptr; }
  // Shows no prompt if the input is not a terminal.
  [[nodiscard]] TypedLine read(const char* prompt);
  void remember(const std::string& text);

 private:
  struct Terminal;
  std::unique_ptr<Terminal> terminal_;
  std::string history_file_;
};

}  // namespace minions::app
