#include "crypto/der.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>

namespace minions::crypto {
namespace {

tl::unexpected<Error> malformed(std::string_view field, std::string_view what) {
  return fail(ErrorCode::kMalformed, fmt::format("{}: {}", field, what));
}

// YYMMDDHHMMSSZ or YYYYMMDDHHMMSSZ.
std::optional<UnixSeconds> seconds_of(std::string_view text, std::size_t year_digits) {
  if (text.size() != year_digits + 11 || text.back() != 'Z') return std::nullopt;
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (!std::all_of(text.begin(), text.end() - 1, is_digit)) return std::nullopt;
  const auto number = [&](std::size_t at, std::size_t digits) {
    int value = 0;
    for (std::size_t i = at; i < at + digits; ++i) value = 10 * value + (text[i] - '0');
    return value;
  };
  int year = number(0, year_digits);
  if (year_digits == 2) year += year < 50 ? 2000 : 1900;
  const std::chrono::year_month_day day(std::chrono::year(year),
                                        std::chrono::month(static_cast<unsigned>(number(year_digits, 2))),
                                        std::chrono::day(static_cast<unsigned>(number(year_digits + 2, 2))));
  const int hour = number(year_digits + 4, 2);
  const int minute = number(year_digits + 6, 2);
  const int second = number(year_digits + 8, 2);
  if (!day.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  return UnixSeconds{std::chrono::sys_days(day).time_since_epoch().count()} * 86'400 + hour * 3'600 + minute * 60 +
         second;
}

void append_decimal(std::string& to, std::uint64_t number) {
  char digits[20];
  const auto [end, error] = std::to_chars(std::begin(digits), std::end(digits), number);
  to.append(digits, end);
}

void append_base128(Bytes& to, std::uint64_t arc) {
  int shift = 0;
  while (shift < 56 && arc >> (shift + 7) != 0) shift += 7;
  for (; shift > 0; shift -= 7) to.push_back(static_cast<std::uint8_t>(0x80U | (arc >> shift & 0x7fU)));
  to.push_back(static_cast<std::uint8_t>(arc & 0x7fU));
}

}  // namespace

std::optional<std::uint8_t> DerReader::peek() const {
  if (bytes_.empty()) return std::nullopt;
  return bytes_[0];
}

Result<DerReader::Value> DerReader::next(std::string_view field) {
  constexpr std::uint8_t kLongTag = 0x1f;
  if (bytes_.size() < 2) return malformed(field, "want a DER value, found its end");
  const std::uint8_t tag = bytes_[0];
  if ((tag & kLongTag) == kLongTag) return malformed(field, "a DER tag of more than one byte");
  std::size_t length = bytes_[1];
  std::size_t header = 2;
  if (length >= 0x80) {
    const std::size_t count = length & 0x7f;
    if (count == 0 || count > 4 || bytes_.size() < 2 + count) return malformed(field, "an invalid DER length");
    length = 0;
    for (std::size_t i = 0; i < count; ++i) length = length << 8 | bytes_[2 + i];
    header += count;
    const bool shortest = length >= 0x80 && length >> (8 * (count - 1)) != 0;
    if (!shortest) return malformed(field, "a DER length that is not in its shortest form");
  }
  if (length > bytes_.size() - header) {
    return malformed(field, fmt::format("a DER value of {} bytes with {} left", length, bytes_.size() - header));
  }
  const Value value{tag, bytes_.subspan(header, length), bytes_.first(header + length)};
  bytes_ = bytes_.subspan(header + length);
  return value;
}

Result<ByteView> DerReader::take(std::uint8_t tag, std::string_view field) {
  MINIONS_TRY_ASSIGN(const Value value, next(field));
  if (value.tag != tag) return malformed(field, fmt::format("want DER tag {:#04x}, found {:#04x}", tag, value.tag));
  return value.contents;
}

Result<DerReader> DerReader::enter(std::uint8_t tag, std::string_view field) {
  return take(tag, field).map([](ByteView contents) { return DerReader(contents); });
}

Result<ByteView> DerReader::take_encoded(std::uint8_t tag, std::string_view field) {
  const ByteView before = bytes_;
  MINIONS_TRY(take(tag, field));
  return before.first(before.size() - bytes_.size());
}

Result<bool> DerReader::default_false(std::string_view field) {
  constexpr std::uint8_t kTrue = 0xff;
  if (peek() != der_tag::kBoolean) return false;
  MINIONS_TRY_ASSIGN(const ByteView contents, take(der_tag::kBoolean, field));
  if (contents.size() != 1 || contents[0] != kTrue) return malformed(field, "a BOOLEAN that is not TRUE in DER");
  return true;
}

Result<ByteView> DerReader::bit_string(std::string_view field) {
  MINIONS_TRY_ASSIGN(const ByteView contents, take(der_tag::kBitString, field));
  if (contents.empty() || contents[0] != 0) return malformed(field, "a BIT STRING that is not of whole bytes");
  return contents.subspan(1);
}

Result<ByteView> DerReader::unsigned_integer(std::string_view field) {
  MINIONS_TRY_ASSIGN(const ByteView contents, take(der_tag::kInteger, field));
  if (contents.empty()) return malformed(field, "an INTEGER without bytes");
  if (contents[0] >= 0x80) return malformed(field, "a negative INTEGER");
  if (contents.size() == 1 || contents[0] != 0) return contents;
  if (contents[1] < 0x80) return malformed(field, "an INTEGER that is not in its shortest form");
  return contents.subspan(1);
}

Result<std::uint64_t> DerReader::integer(std::string_view field) {
  MINIONS_TRY_ASSIGN(const ByteView magnitude, unsigned_integer(field));
  if (magnitude.size() > sizeof(std::uint64_t)) return malformed(field, "an INTEGER over 64 bits");
  std::uint64_t value = 0;
  for (const std::uint8_t byte : magnitude) value = value << 8 | byte;
  return value;
}

Result<UnixSeconds> DerReader::time(std::string_view field) {
  MINIONS_TRY_ASSIGN(const Value value, next(field));
  std::optional<UnixSeconds> seconds;
  if (value.tag == der_tag::kUtcTime) seconds = seconds_of(as_text(value.contents), 2);
  if (value.tag == der_tag::kGeneralizedTime) seconds = seconds_of(as_text(value.contents), 4);
  if (!seconds) return malformed(field, "no time in UTC with seconds");
  return *seconds;
}

Result<std::string> DerReader::object_identifier(std::string_view field) {
  MINIONS_TRY_ASSIGN(const ByteView contents, take(der_tag::kObjectIdentifier, field));
  if (contents.empty() || contents.back() >= 0x80) return malformed(field, "an invalid OBJECT IDENTIFIER");
  std::string dotted;
  std::uint64_t arc = 0;
  bool arc_begins = true;
  for (const std::uint8_t byte : contents) {
    if (arc_begins && byte == 0x80) return malformed(field, "an OBJECT IDENTIFIER that is not in its shortest form");
    if (arc > (std::uint64_t{1} << 56)) return malformed(field, "an OBJECT IDENTIFIER with a part over 63 bits");
    arc = arc << 7 | (byte & 0x7fU);
    arc_begins = byte < 0x80;
    if (!arc_begins) continue;
    if (dotted.empty()) {
      const std::uint64_t first = arc < 80 ? arc / 40 : 2;
      append_decimal(dotted, first);
      arc -= 40 * first;
    }
    dotted += '.';
    append_decimal(dotted, arc);
    arc = 0;
  }
  return dotted;
}

Status DerReader::finish(std::string_view what) const {
  if (at_end()) return {};
  return malformed(what, fmt::format("{} bytes after its end", bytes_.size()));
}

Bytes object_identifier_bytes(std::string_view dotted) {
  Bytes out;
  std::uint64_t first = 0;
  for (std::size_t index = 0;; ++index) {
    const std::size_t dot = dotted.find('.');
    const std::string_view part = dotted.substr(0, dot);
    std::uint64_t arc = 0;
    std::from_chars(part.data(), part.data() + part.size(), arc);
    if (index == 0) {
      first = arc;
    } else {
      append_base128(out, index == 1 ? 40 * first + arc : arc);
    }
    if (dot == dotted.npos) return out;
    dotted.remove_prefix(dot + 1);
  }
}

bool is_object_identifier(ByteView contents) {
  if (contents.empty() || contents.back() >= 0x80) return false;
  bool arc_begins = true;
  for (const std::uint8_t byte : contents) {
    if (arc_begins && byte == 0x80) return false;
    arc_begins = byte < 0x80;
  }
  return true;
}

}  // namespace minions::crypto
