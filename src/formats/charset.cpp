#include "formats/charset.h"

#include <iconv.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "base/encoding.h"
#include "formats/text_decoding.h"

namespace minions::formats {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

Converted from_windows_1252(ByteView bytes) {
  Converted converted;
  converted.text.reserve(bytes.size() + bytes.size() / 8);
  for (const std::uint8_t byte : bytes) append_utf8(converted.text, windows_1252(byte));
  return converted;
}

class Iconv {
 public:
  explicit Iconv(const std::string& from) : handle_(iconv_open("UTF-8", from.c_str())) {}
  Iconv(const Iconv&) = delete;
  Iconv& operator=(const Iconv&) = delete;
  ~Iconv() {
    if (is_open()) iconv_close(handle_);
  }
  [[nodiscard]] bool is_open() const { return handle_ != reinterpret_cast<iconv_t>(-1); }
  [[nodiscard]] iconv_t get() const { return handle_; }

 private:
  iconv_t handle_;
};

Converted convert(const Iconv& iconv_handle, ByteView bytes) {
  Converted converted;
  // iconv does not write there: its type predates const.
  char* input = const_cast<char*>(as_text(bytes).data());
  std::size_t input_left = bytes.size();
  std::array<char, 16 * 1024> block;
  while (input_left > 0) {
    char* output = block.data();
    std::size_t output_left = block.size();
    const std::size_t outcome = iconv(iconv_handle.get(), &input, &input_left, &output, &output_left);
    const int error = outcome == static_cast<std::size_t>(-1) ? errno : 0;
    converted.text.append(block.data(), block.size() - output_left);
    if (error == 0 || error == E2BIG) continue;
    converted.text += kReplacement;
    ++converted.replaced;
    if (error == EINVAL) break;  // ends inside a character
    ++input;
    --input_left;
  }
  // Some encodings hold a character back to see whether an accent follows.
  char* output = block.data();
  std::size_t output_left = block.size();
  iconv(iconv_handle.get(), nullptr, nullptr, &output, &output_left);
  converted.text.append(block.data(), block.size() - output_left);
  return converted;
}

std::size_t sequence_bytes(char first) {
  const auto byte = static_cast<std::uint8_t>(first);
  return byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

// The C library accepts code points beyond U+10FFFF, which are not UTF-8 (RFC 3629 section 3).
Converted without_impossible(Converted converted) {
  if (is_utf8(converted.text)) return converted;
  Converted sound;
  sound.replaced = converted.replaced;
  for (std::string_view rest = converted.text; !rest.empty();) {
    const std::string_view character = rest.substr(0, sequence_bytes(rest.front()));
    const bool possible = is_utf8(character);
    sound.text += possible ? character : kReplacement;
    if (!possible) ++sound.replaced;
    rest.remove_prefix(possible ? character.size() : 1);
  }
  return sound;
}

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_unnamed(std::string_view name) { return name.empty() || is_one_of(name, {"us-ascii", "ascii"}); }
bool may_be_utf8(std::string_view name) { return is_unnamed(name) || is_one_of(name, {"utf-8", "utf8"}); }

}  // namespace

std::string lower_case(std::string_view ascii) {
  std::string lower(ascii);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  }
  return lower;
}

Converted to_utf8(std::string_view label, std::string&& bytes) {
  std::string owned = std::exchange(bytes, {});
  if (may_be_utf8(lower_case(label.substr(0, 64))) && is_utf8(owned)) return {std::move(owned), 0, true};
  return to_utf8(label, as_bytes(owned));
}

Converted to_utf8(std::string_view label, ByteView bytes) {
  const std::string name = lower_case(label.substr(0, 64));
  if (may_be_utf8(name) && is_utf8(as_text(bytes))) return {std::string(as_text(bytes)), 0, true};
  if (is_unnamed(name) || is_one_of(name, {"iso-8859-1", "latin1", "windows-1252", "cp1252", "x-user-defined"}))
    return from_windows_1252(bytes);
  // glibc reads instructions after a slash.
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == ':' || c == '.';
  });
  const Iconv handle(plain ? name : "none");
  if (handle.is_open()) return without_impossible(convert(handle, bytes));
  Converted guessed = to_utf8("", bytes);
  guessed.charset_is_known = false;
  return guessed;
}

}  // namespace minions::formats
