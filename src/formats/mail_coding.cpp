#include "formats/mail_coding.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "base/encoding.h"
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
  std::string charset;
  std::string bytes;
  std::size_t length = 0;  // of its code; 0: no encoded word here
};

Word encoded_word_at(std::string_view text) {
  constexpr std::size_t kLongest = 1024;  // RFC 2047 allows 75, and some senders exceed it
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
  const std::string_view label = text.substr(2, charset_end - 2);
  return {lower_case(label.substr(0, label.find('*'))), code == 'q' ? decode_q(body) : decode_base64_lenient(body),
          end + 2};
}

// The encoded words at the front as UTF-8, without the white space between them. Those of one charset are one text: a
// character may begin in one and end in the next.
std::string take_words(std::string_view& value) {
  std::string text;
  std::string charset;
  std::string bytes;
  for (Word word = encoded_word_at(value); word.length > 0;) {
    if (word.charset != charset) {
      text += to_utf8(charset, as_bytes(bytes)).text;
      charset = word.charset;
      bytes.clear();
    }
    bytes += word.bytes;
    value.remove_prefix(word.length);
    const std::size_t next = value.find_first_not_of(" \t\r\n");
    word = next == std::string_view::npos ? Word() : encoded_word_at(value.substr(next));
    if (word.length > 0) value.remove_prefix(next);
  }
  return text + to_utf8(charset, as_bytes(bytes)).text;
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

// A parameter's value may come in pieces (RFC 2231 section 3), some of them with bytes as `%e2`, the first of these
// after charset and language: `utf-8'en'%e2%82%ac`.
struct Piece {
  std::size_t number = 0;
  std::string text;
  bool is_coded = false;
};

std::string percent_decoded(std::string_view value) {
  std::string bytes;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const int byte = value[i] == '%' ? hex_byte(value.substr(i + 1)) : -1;
    bytes += byte >= 0 ? static_cast<char>(byte) : value[i];
    if (byte >= 0) i += 2;
  }
  return bytes;
}

std::string joined(std::vector<Piece> pieces) {
  std::stable_sort(pieces.begin(), pieces.end(), [](const Piece& a, const Piece& b) { return a.number < b.number; });
  const bool coded = std::any_of(pieces.begin(), pieces.end(), [](const Piece& piece) { return piece.is_coded; });
  std::string charset;
  std::string bytes;
  bool has_charset = false;
  for (const Piece& piece : pieces) {
    std::string_view text = piece.text;
    const std::size_t first = text.find('\'');
    const std::size_t second = first == std::string_view::npos ? first : text.find('\'', first + 1);
    if (piece.is_coded && !has_charset && second != std::string_view::npos) {
      charset = text.substr(0, first);
      text.remove_prefix(second + 1);
      has_charset = true;
    }
    bytes += piece.is_coded ? percent_decoded(text) : std::string(text);
  }
  return coded ? one_line(to_utf8(charset, as_bytes(bytes)).text) : decode_header(bytes);
}

// Of `name*2*`, whose number is 2 and which is coded; nothing if it is no piece of that name.
bool is_piece_of(std::string_view found, std::string_view name, Piece& piece) {
  if (found.size() <= name.size() || !found.starts_with(name) || found[name.size()] != '*') return false;
  std::string_view rest = found.substr(name.size());
  piece.is_coded = rest.ends_with('*');
  if (piece.is_coded) rest.remove_suffix(1);
  if (rest.empty()) return true;
  rest.remove_prefix(1);
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), piece.number);
  return error == std::errc() && end == rest.data() + rest.size();
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

std::string decode_header(std::string_view value, std::string_view raw_charset) {
  const std::string_view charset = is_utf8(value) ? std::string_view() : raw_charset;
  std::string decoded;
  while (!value.empty()) {
    const std::size_t start = std::min(value.find("=?"), value.size());
    decoded += to_utf8(charset, as_bytes(value.substr(0, start))).text;
    value.remove_prefix(start);
    if (encoded_word_at(value).length > 0) {
      decoded += take_words(value);
    } else {
      decoded += value.substr(0, 2);
      value.remove_prefix(std::min<std::size_t>(2, value.size()));
    }
  }
  return one_line(trimmed(decoded));
}

std::string main_value(std::string_view value) { return lower_case(trimmed(value.substr(0, value.find(';')))); }

std::string parameter(std::string_view value, std::string_view name) {
  constexpr std::size_t kMaxPieces = 1000;
  std::vector<Piece> pieces;
  std::string plain;
  bool is_plain = false;
  value.remove_prefix(std::min(value.find(';'), value.size()));
  while (!value.empty() && pieces.size() < kMaxPieces) {
    value.remove_prefix(1);  // the semicolon
    const std::size_t equals = value.find_first_of("=;");
    if (equals == std::string_view::npos) break;
    const std::string found = lower_case(trimmed(value.substr(0, equals)));
    if (value[equals] == ';') {
      value.remove_prefix(equals);
      continue;
    }
    value.remove_prefix(equals + 1);
    std::string text = take_value(value);
    Piece piece;
    if (found == name && !is_plain) {
      plain = std::move(text);
      is_plain = true;
    } else if (is_piece_of(found, name, piece)) {
      piece.text = std::move(text);
      pieces.push_back(std::move(piece));
    }
  }
  return pieces.empty() ? decode_header(plain) : joined(std::move(pieces));
}

}  // namespace minions::formats
