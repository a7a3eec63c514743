#include "base/encoding.h"

#include <fmt/format.h>

#include <cstring>

namespace minions {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kBase64Url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr std::array<std::int8_t, 256> reverse(std::string_view alphabet) {
  std::array<std::int8_t, 256> table{};
  table.fill(-1);
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    table[static_cast<std::uint8_t>(alphabet[i])] = static_cast<std::int8_t>(i);
  return table;
}
constexpr auto kHexValue = reverse(kHexDigits);
constexpr auto kBase64Value = reverse(kBase64);
constexpr auto kBase64UrlValue = reverse(kBase64Url);

std::string encode(ByteView bytes, std::string_view alphabet) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  std::uint32_t buffer = 0;
  int bits = 0;
  for (const std::uint8_t byte : bytes) {
    buffer = buffer << 8 | byte;
    for (bits += 8; bits >= 6; bits -= 6) text += alphabet[buffer >> (bits - 6) & 63];
  }
  if (bits > 0) text += alphabet[buffer << (6 - bits) & 63];
  return text;
}

Result<Bytes> decode(std::string_view text, const std::array<std::int8_t, 256>& values, std::string_view name) {
  if (text.size() % 4 == 1)
    return fail(ErrorCode::kMalformed, fmt::format("{}: {} digits cannot be", name, text.size()));
  Bytes bytes(text.size() / 4 * 3);
  std::size_t at = 0;
  // Four digits at a time while all are valid; the loop below finds the position of an invalid one.
  const std::int8_t* const value_of = values.data();
  std::uint8_t* to = bytes.data();
  for (; at + 4 <= text.size(); at += 4, to += 3) {
    const char* const from = text.data() + at;
    const auto digit = [&](std::size_t i) { return std::int32_t{value_of[static_cast<std::uint8_t>(from[i])]}; };
    const std::int32_t group = digit(0) << 18 | digit(1) << 12 | digit(2) << 6 | digit(3);
    if (group < 0) break;
    to[0] = static_cast<std::uint8_t>(group >> 16);
    to[1] = static_cast<std::uint8_t>(group >> 8);
    to[2] = static_cast<std::uint8_t>(group);
  }
  bytes.resize(at / 4 * 3);
  std::uint32_t buffer = 0;
  int bits = 0;
  for (std::size_t i = at; i < text.size(); ++i) {
    const int value = values[static_cast<std::uint8_t>(text[i])];
    if (value < 0) return fail(ErrorCode::kMalformed, fmt::format("{}: digit {} is not of the alphabet", name, i));
    buffer = buffer << 6 | static_cast<std::uint32_t>(value);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes.push_back(static_cast<std::uint8_t>(buffer >> bits));
    }
  }
  if ((buffer & ((1U << bits) - 1)) != 0)
    return fail(ErrorCode::kMalformed, fmt::format("{}: unused bits are not zero", name));
  return bytes;
}

int hex_value(char c) { return kHexValue[static_cast<std::uint8_t>(c)]; }

template <class ValueOf>
Result<Bytes> decode_hex(std::string_view text, std::string_view digit, const ValueOf& value_of) {
  if (text.size() % 2 != 0)
    return fail(ErrorCode::kMalformed, fmt::format("hex: odd number of digits ({})", text.size()));
  Bytes bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = value_of(text[i]);
    const int low = value_of(text[i + 1]);
    if (high < 0 || low < 0) return fail(ErrorCode::kMalformed, fmt::format("hex: no {} at {}", digit, i));
    bytes.push_back(static_cast<std::uint8_t>(high << 4 | low));
  }
  return bytes;
}

}  // namespace

std::string to_hex(ByteView bytes) {
  std::string text(bytes.size() * 2, '0');
  char* to = text.data();
  for (const std::uint8_t byte : bytes) {
    *to++ = kHexDigits[byte >> 4];
    *to++ = kHexDigits[byte & 15];
  }
  return text;
}

Result<Bytes> from_hex(std::string_view text) {
  return decode_hex(text, "lower-case digit", [](char c) { return hex_value(c); });
}
Result<Bytes> from_hex_any_case(std::string_view text) {
  return decode_hex(text, "hex digit",
                    [](char c) { return hex_value(c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c); });
}

std::string to_base64url(ByteView bytes) { return encode(bytes, kBase64Url); }
Result<Bytes> from_base64url(std::string_view text) { return decode(text, kBase64UrlValue, "base64url"); }

std::string to_base64(ByteView bytes) {
  std::string text = encode(bytes, kBase64);
  text.append((4 - text.size() % 4) % 4, '=');
  return text;
}

Result<Bytes> from_base64(std::string_view text) {
  if (text.size() % 4 != 0)
    return fail(ErrorCode::kMalformed, fmt::format("base64: {} characters, want a multiple of 4", text.size()));
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  return decode(text.substr(0, text.size() - padding), kBase64Value, "base64");
}

bool is_utf8(std::string_view text) {
  const auto* at = reinterpret_cast<const std::uint8_t*>(text.data());
  const auto* const end = at + text.size();
  while (at < end) {
    // Eight bytes of ASCII at a time.
    while (end - at >= 8) {
      std::uint64_t eight = 0;
      std::memcpy(&eight, at, sizeof eight);
      if ((eight & 0x8080'8080'8080'8080U) != 0) break;
      at += sizeof eight;
    }
    if (at == end) break;
    const std::uint8_t lead = *at++;
    if (lead < 0x80) continue;
    int following = 0;
    std::uint32_t code_point = 0;
    std::uint32_t least = 0;
    if ((lead & 0xE0) == 0xC0) {
      following = 1, code_point = lead & 0x1FU, least = 0x80;
    } else if ((lead & 0xF0) == 0xE0) {
      following = 2, code_point = lead & 0x0FU, least = 0x800;
    } else if ((lead & 0xF8) == 0xF0) {
      following = 3, code_point = lead & 0x07U, least = 0x10000;
    } else {
      return false;
    }
    if (end - at < following) return false;
    for (; following > 0; --following) {
      if ((*at & 0xC0) != 0x80) return false;
      code_point = code_point << 6 | (*at++ & 0x3FU);
    }
    if (code_point < least || code_point > 0x10FFFF || (code_point >= 0xD800 && code_point <= 0xDFFF)) return false;
  }
  return true;
}

}  // namespace minions
