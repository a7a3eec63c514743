#include "formats/mail_coding.h"

#include <algorithm>

#include "base/text.h"

namespace minions::formats {
namespace {

int base64_digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  return c == '/' ? 63 : -1;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// The byte of two hex digits at the front; -1 if they are invalid.
int hex_byte(std::string_view text) {
  if (text.size() < 2 || hex_digit(text[0]) < 0 || hex_digit(text[1]) < 0) return -1;
  return hex_digit(text[0]) * 16 + hex_digit(text[1]);
}

// `_` is a space and `=41` a byte.
std::string decode_q(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int byte = text[i] == '=' ? hex_byte(text.substr(i + 1)) : -1;
    if (byte >= 0) {
      bytes += static_cast<char>(byte);
      i += 2;
    } else {
      bytes += text[i] == '_' ? ' ' : text[i];
    }
  }
  return bytes;
}

struct Word {
  std::string text;
  std::size_t length = 0;  // of its code; 0: no encoded word here
};

Word encoded_word_at(std::string_view text) {
  constexpr std::size_t kLongest = 512;  // RFC 2047 allows 75, and some senders exceed it
  if (!text.starts_with("=?")) return {};
  text = text.substr(0, kLongest);
  const std::size_t charset_end = text.find('?', 2);
  if (charset_end == std::string_view::npos || charset_end + 2 >= text.size() || text[charset_end + 2] != '?')
    return {};
  const std::size_t begin = charset_end + 3;
  const std::size_t end = text.find("?=", begin);
  if (end == std::string_view::npos) return {};
  const char code = static_cast<char>(text[charset_end + 1] | 0x20);
  if (code != 'q' && code != 'b') return {};
  const std::string_view body = text.substr(begin, end - begin);
  const std::string bytes = code == 'q' ? decode_q(body) : decode_base64_lenient(body);
  const std::string_view label = text.substr(2, charset_end - 2);
  return {to_utf8(label.substr(0, label.find('*')), as_bytes(bytes)).text, end + 2};
}

std::string one_line(std::string_view text) {
  std::string line;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      if (!line.empty() && line.back() != ' ') line += ' ';
    } else {
      line += c;
    }
  }
  return line;
}

// `utf-8'en'%e2%82%ac`
std::string decode_extended(std::string_view value) {
  const std::size_t first = value.find('\'');
  const std::size_t second = first == std::string_view::npos ? first : value.find('\'', first + 1);
  if (second == std::string_view::npos) return decode_header(value);
  std::string bytes;
  for (std::size_t i = second + 1; i < value.size(); ++i) {
    const int byte = value[i] == '%' ? hex_byte(value.substr(i + 1)) : -1;
    bytes += byte >= 0 ? static_cast<char>(byte) : value[i];
    if (byte >= 0) i += 2;
  }
  return one_line(to_utf8(value.substr(0, first), as_bytes(bytes)).text);
}

// A parameter's value at the front, up to its semicolon.
std::string take_value(std::string_view& text) {
  text = text.substr(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  std::string value;
  if (text.starts_with('"')) {
    std::size_t at = 1;
    for (; at < text.size() && text[at] != '"'; ++at) {
      if (text[at] == '\\' && at + 1 < text.size()) ++at;
      value += text[at];
    }
    text.remove_prefix(std::min(text.find(';', std::min(at, text.size())), text.size()));
  } else {
    const std::size_t end = std::min(text.find(';'), text.size());
    value = trimmed(text.substr(0, end));
    text.remove_prefix(end);
  }
  return value;
}

}  // namespace

std::string decode_base64_lenient(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const int digit = base64_digit(c);
    if (digit < 0) continue;
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes += static_cast<char>(bits >> count & 0xFF);
    }
  }
  return bytes;
}

std::string decode_quoted_printable(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '=') {
      bytes += text[i];
      continue;
    }
    const int byte = hex_byte(text.substr(i + 1));
    const std::size_t line_end = text.find_first_not_of(" \t\r", i + 1);
    if (byte >= 0) {
      bytes += static_cast<char>(byte);
      i += 2;
    } else if (line_end == std::string_view::npos) {
      break;
    } else if (text[line_end] == '\n') {  // a soft line break
      i = line_end;
    } else {
      bytes += '=';
    }
  }
  return bytes;
}

std::string decode_transfer(std::string_view encoding, std::string_view text) {
  const std::string name = main_value(encoding);
  if (name == "base64") return decode_base64_lenient(text);
  if (name == "quoted-printable") return decode_quoted_printable(text);
  return std::string(text);
}

std::string decode_header(std::string_view value) {
  std::string decoded;
  while (!value.empty()) {
    const std::size_t start = std::min(value.find("=?"), value.size());
    decoded += to_utf8("", as_bytes(value.substr(0, start))).text;
    value.remove_prefix(start);
    Word word = encoded_word_at(value);
    if (word.length == 0) {
      decoded += value.substr(0, 2);
      value.remove_prefix(std::min<std::size_t>(2, value.size()));
      continue;
    }
    decoded += word.text;
    value.remove_prefix(word.length);
    // White space between two encoded words is not part of the text.
    const std::size_t next = value.find_first_not_of(" \t\r\n");
    if (next != std::string_view::npos && encoded_word_at(value.substr(next)).length > 0) value.remove_prefix(next);
  }
  return one_line(trimmed(decoded));
}

std::string main_value(std::string_view value) { return lower_case(trimmed(value.substr(0, value.find(';')))); }

std::string parameter(std::string_view value, std::string_view name) {
  value.remove_prefix(std::min(value.find(';'), value.size()));
  while (!value.empty()) {
    value.remove_prefix(1);  // the semicolon
    const std::size_t equals = value.find_first_of("=;");
    if (equals == std::string_view::npos) return {};
    const std::string found = lower_case(trimmed(value.substr(0, equals)));
    if (value[equals] == ';') {
      value.remove_prefix(equals);
      continue;
    }
    value.remove_prefix(equals + 1);
    const std::string text = take_value(value);
    if (found == name) return decode_header(text);
    if (found.size() == name.size() + 1 && found.starts_with(name) && found.back() == '*') return decode_extended(text);
  }
  return {};
}

}  // namespace minions::formats
