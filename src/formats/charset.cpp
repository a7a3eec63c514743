#include "formats/charset.h"

#include <algorithm>
#include <utility>

#include "base/encoding.h"
#include "formats/converter.h"
#include "formats/encoding_label.h"
#include "formats/multi_byte.h"
#include "formats/single_byte.h"

namespace minions::formats {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";

// The one of a call, for its one document.
std::string& unnamed_charset() {
  static std::string label;
  return label;
}

std::size_t sequence_bytes(char first) {
  const auto byte = static_cast<std::uint8_t>(first);
  return byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

// The C library accepts code points beyond U+10FFFF, which are not UTF-8 (RFC 3629 section 3).
Converted without_impossible(Decoded decoded) {
  if (is_utf8(decoded.text)) return {std::move(decoded.text), decoded.replaced, true};
  Converted sound;
  sound.replaced = decoded.replaced;
  for (std::string_view rest = decoded.text; !rest.empty();) {
    const std::string_view character = rest.substr(0, sequence_bytes(rest.front()));
    const bool possible = is_utf8(character);
    sound.text += possible ? character : kReplacement;
    if (!possible) ++sound.replaced;
    rest.remove_prefix(possible ? character.size() : 1);
  }
  return sound;
}

Converted whole(Decoded decoded) { return {std::move(decoded.text), decoded.replaced, true}; }

Converted guessed(ByteView bytes) {
  if (is_utf8(as_text(bytes))) return {std::string(as_text(bytes)), 0, true};
  return whole(from_single_byte(Encoding::kWindows1252, bytes));
}
Converted guessed_for_unknown(ByteView bytes) {
  Converted converted = guessed(bytes);
  converted.charset_is_known = false;
  return converted;
}

Converted by_c_library(std::string_view name, ByteView bytes) {
  Converter converter({name});
  if (!converter.is_open()) return guessed_for_unknown(bytes);
  Decoded decoded;
  for (std::string_view rest = as_text(bytes); !rest.empty();) {
    const Converter::Taken taken = converter.append(decoded.text, rest);
    rest.remove_prefix(taken.bytes);
    if (rest.empty()) break;
    decoded.text += kReplacement;
    ++decoded.replaced;
    if (taken.stop == Converter::Stop::kCut) break;
    rest.remove_prefix(1);
  }
  converter.finish(decoded.text);
  return without_impossible(std::move(decoded));
}

// Without a mark by its zero bytes, and little-endian otherwise, as on the Web; that much ASCII is not UTF-16.
Converted by_utf16(Encoding encoding, bool is_exact, ByteView bytes) {
  constexpr std::size_t kMuchAscii = 32;
  const std::string_view text = as_text(bytes);
  if (bytes.size() >= kMuchAscii && text.find('\0') == std::string_view::npos && is_utf8(text))
    return {std::string(text), 0, true};
  ByteOrder order = encoding == Encoding::kUtf16Be ? ByteOrder::kBig : ByteOrder::kLittle;
  if (!is_exact) order = utf16_order(bytes).value_or(order);
  return whole(from_utf16(bytes, order));
}

// Encodings that could hide ASCII from who checks a text: only what is ASCII in them is read.
Converted by_replacement(ByteView bytes) {
  const std::string_view text = as_text(bytes);
  const bool switches = text.find_first_of("\x1B\x0E\x0F") != std::string_view::npos || text.find("~{") != text.npos;
  if (!switches && is_utf8(text)) return {std::string(text), 0, true};
  return {std::string(kReplacement), bytes.size(), true};
}

Converted by_encoding(Encoding encoding, std::string_view label, ByteView bytes) {
  if (encoding <= Encoding::kWindows1252 || encoding == Encoding::kUserDefined)
    return whole(from_single_byte(encoding, bytes));
  if (encoding >= Encoding::kGb18030 && encoding <= Encoding::kEucKr) {
    auto decoded = from_multi_byte(encoding, bytes);
    return decoded ? without_impossible(*std::move(decoded)) : guessed_for_unknown(bytes);
  }
  if (encoding == Encoding::kUtf8) return whole(from_utf8(as_text(bytes)));
  if (encoding == Encoding::kReplacement) return by_replacement(bytes);
  return by_utf16(encoding, label.ends_with("le") || label.ends_with("be"), bytes);
}

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Labels under which senders send anything: UTF-8 if it is that.
bool is_unnamed(std::string_view label) {
  return label.empty() || is_one_of(label, {"us-ascii", "ascii", "ansi_x3.4-1968", "646", "unknown-8bit", "x-unknown"});
}

// WHATWG Encoding section 6: a mark outweighs every label.
std::string_view label_of_mark(std::string_view text) {
  if (text.starts_with(kUtf8Mark)) return "utf-8";
  if (text.starts_with("\xFF\xFE")) return text.starts_with(std::string_view("\xFF\xFE\0\0", 4)) ? "" : "utf-16le";
  return text.starts_with("\xFE\xFF") ? "utf-16be" : "";
}

Converted by_label(const std::string& label, ByteView bytes) {
  if (const auto encoding = encoding_of(label)) return by_encoding(*encoding, label, bytes);
  if (const std::string_view other = other_encoding(label); !other.empty()) return by_c_library(other, bytes);
  // glibc reads instructions after a slash.
  const bool plain = std::all_of(label.begin(), label.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == ':' || c == '.';
  });
  if (!plain || is_utf8(as_text(bytes))) return guessed_for_unknown(bytes);
  return by_c_library(label, bytes);
}

}  // namespace

std::string lower_case(std::string_view ascii) {
  std::string lower(ascii);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  }
  return lower;
}

void set_unnamed_charset(std::string_view label) { unnamed_charset() = plain_label(label); }

Converted to_utf8(std::string_view label, std::string&& bytes) {
  std::string owned = std::exchange(bytes, {});
  const std::string plain = plain_label(label);
  const bool utf8 = encoding_of(plain) == Encoding::kUtf8 || (is_unnamed(plain) && unnamed_charset().empty());
  if (utf8 && !owned.starts_with(kUtf8Mark) && is_utf8(owned)) return {std::move(owned), 0, true};
  return to_utf8(label, as_bytes(owned));
}

Converted to_utf8(std::string_view label, ByteView bytes) {
  const std::string_view text = as_text(bytes);
  if (const std::string_view marked = label_of_mark(text); !marked.empty())
    return by_label(std::string(marked), bytes.subspan(marked == "utf-8" ? 3 : 2));
  const std::string plain = plain_label(label);
  const bool other_than_ascii = std::any_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte >= 0x80; });
  const bool is_ours = !unnamed_charset().empty() && (is_unnamed(plain) || !is_known_encoding(plain));
  if (is_ours && !(other_than_ascii && is_utf8(text))) return by_label(unnamed_charset(), bytes);
  if (is_unnamed(plain)) {
    Converted converted = guessed(bytes);
    converted.charset_is_known = !plain.starts_with("x-") && !plain.starts_with("unknown");
    return converted;
  }
  Converted converted = by_label(plain, bytes);
  if (converted.replaced == 0 || !other_than_ascii || !is_utf8(text)) return converted;
  return guessed_for_unknown(bytes);
}

}  // namespace minions::formats
