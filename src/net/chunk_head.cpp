#include "net/chunk_head.h"

#include <algorithm>

#include "net/http.h"

namespace minions::net {
namespace {

constexpr std::size_t kMaxSizeDigits = 16;  // of 64 bits, ignoring leading zeros
constexpr std::size_t kMaxZeros = 256;
constexpr std::string_view kLineEnd = "\r\n";

bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

bool is_beginning_of(std::string_view bytes, std::string_view whole) {
  const std::size_t common = std::min(bytes.size(), whole.size());
  return bytes.substr(0, common) == whole.substr(0, common);
}

// The received part of a trailer section's line: `NAME: VALUE`, not folded.
std::optional<std::string> broken_trailer_line(std::string_view line) {
  const std::size_t colon = line.find(':');
  const std::string_view name = line.substr(0, colon);
  if (!std::all_of(name.begin(), name.end(), is_token_char) || (name.empty() && !line.empty()))
    return "a trailer field's name is not a token";
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view value = line.substr(colon + 1);
  if (!std::all_of(value.begin(), value.end(), is_value_char)) return "a control character in a trailer field";
  return std::nullopt;
}

std::optional<std::string> broken_trailer(std::string_view bytes) {
  const std::size_t all = bytes.size();
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\r');
    const std::string_view line = bytes.substr(0, end);
    if (all - bytes.size() + line.size() > kMaxTrailerBytes)
      return "a trailer of more than " + std::to_string(kMaxTrailerBytes) + " bytes";
    if (auto broken = broken_trailer_line(line)) return broken;
    if (end == std::string_view::npos) return std::nullopt;
    bytes.remove_prefix(end);
    if (!is_beginning_of(bytes, kLineEnd)) return "a carriage return without its line feed in the trailer";
    if (line.empty()) return std::nullopt;  // the end of the section
    if (line.find(':') == std::string_view::npos) return "a trailer line without a colon";
    bytes.remove_prefix(std::min(bytes.size(), kLineEnd.size()));
  }
  return std::nullopt;
}

std::optional<std::string> broken_extension(std::string_view extension) {
  if (extension.size() > kMaxChunkExtension) {
    return "a chunk extension of " + std::to_string(extension.size()) + " bytes, at most " +
           std::to_string(kMaxChunkExtension);
  }
  const std::size_t begin = extension.find_first_not_of(" \t");
  if (begin != std::string_view::npos && extension[begin] != ';') return "a chunk's size is no hexadecimal number";
  if (!std::all_of(extension.begin(), extension.end(), is_value_char)) return "a control character in a chunk's head";
  return std::nullopt;
}

}  // namespace

std::optional<std::string> broken_chunk_head(std::string_view bytes, ChunkPlace place) {
  if (place == ChunkPlace::kAfterData) {
    if (!is_beginning_of(bytes, kLineEnd)) return "a chunk's data is longer than its size says";
    bytes.remove_prefix(std::min(bytes.size(), kLineEnd.size()));
  }
  if (bytes.empty()) return std::nullopt;
  const auto size_end = std::find_if_not(bytes.begin(), bytes.end(), is_hex);
  const std::string_view digits = bytes.substr(0, static_cast<std::size_t>(size_end - bytes.begin()));
  if (digits.empty()) return "a chunk's size is no hexadecimal number";
  const std::size_t zeros = std::min(digits.find_first_not_of('0'), digits.size());
  if (digits.size() - zeros > kMaxSizeDigits || zeros > kMaxZeros) return "a chunk's size is over 64 bits";
  const std::string_view rest = bytes.substr(digits.size());
  const std::size_t line_end = rest.find('\r');
  if (auto broken = broken_extension(rest.substr(0, line_end))) return broken;
  if (line_end == std::string_view::npos) return std::nullopt;
  const std::string_view behind = rest.substr(line_end);
  if (!is_beginning_of(behind, kLineEnd)) return "a carriage return without its line feed in a chunk's head";
  if (zeros < digits.size()) return std::nullopt;
  return broken_trailer(behind.substr(std::min(behind.size(), kLineEnd.size())));
}

bool has_bare_line_end(std::string_view bytes) {
  for (std::size_t at = bytes.find_first_of("\r\n"); at != std::string_view::npos;
       at = bytes.find_first_of("\r\n", at + kLineEnd.size())) {
    if (!is_beginning_of(bytes.substr(at), kLineEnd)) return true;
  }
  return false;
}

}  // namespace minions::net
