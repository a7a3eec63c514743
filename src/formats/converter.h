// The C library's conversion of one encoding to UTF-8.
#pragma once

#include <iconv.h>

#include <initializer_list>
#include <string>
#include <string_view>

namespace minions::formats {

class Converter {
 public:
  // The first of these names that this system has.
  explicit Converter(std::initializer_list<std::string_view> names);
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;
  ~Converter();

  [[nodiscard]] bool is_open() const { return handle_ != reinterpret_cast<iconv_t>(-1); }

  // kInvalid, kCut: what follows the bytes that were taken is no character, or the beginning of one.
  enum class Stop { kEnd, kInvalid, kCut };
  struct Taken {
    std::size_t bytes;
    Stop stop;
  };
  [[nodiscard]] Taken append(std::string& to, std::string_view bytes);
  // What was held back: some encodings wait whether an accent follows.
  void finish(std::string& to);

 private:
  iconv_t handle_ = reinterpret_cast<iconv_t>(-1);
};

}  // namespace minions::formats
