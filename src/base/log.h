// Logs as key=value lines or JSON lines on stderr. A call takes only log-safe values: numbers, booleans, text that is
// part of the program, and text that the caller declares public. Documents, prompts, answers and keys have no way in.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace minions::log {

enum class Level { kDebug, kInfo, kWarning, kError };
enum class Format { kKeyValue, kJson };

// Text from outside the program that may be logged: a session id, an address, a file name the operator gave.
struct Public {
  std::string_view text;
};

class Value {
 public:
  template <std::integral T>
  Value(T number) : text_(std::to_string(number)), bare_(true) {}
  Value(bool truth) : text_(truth ? "true" : "false"), bare_(true) {}
  template <std::size_t N>
  Value(const char (&literal)[N]) : text_(literal, N - 1) {}
  Value(Public text) : text_(text.text) {}

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] bool bare() const { return bare_; }

 private:
  std::string text_;
  bool bare_ = false;
};

struct Field {
  std::string_view key;
  Value value;
};

// Set once by main before threads start.
void configure(Level least, Format format);

// While one exists, only the log writes to standard error: anything else in the process that prints there is dropped.
// Libraries print their input, which may be a user's. One at a time.
class ToItself {
 public:
  ToItself();
  ~ToItself();
  ToItself(const ToItself&) = delete;
  ToItself& operator=(const ToItself&) = delete;
};

[[nodiscard]] bool enabled(Level level);
void write(Level level, std::string_view event, std::initializer_list<Field> fields);

inline void debug(std::string_view event, std::initializer_list<Field> fields = {}) {
  write(Level::kDebug, event, fields);
}
inline void info(std::string_view event, std::initializer_list<Field> fields = {}) {
  write(Level::kInfo, event, fields);
}
inline void warning(std::string_view event, std::initializer_list<Field> fields = {}) {
  write(Level::kWarning, event, fields);
}
inline void error(std::string_view event, std::initializer_list<Field> fields = {}) {
  write(Level::kError, event, fields);
}

}  // namespace minions::log
