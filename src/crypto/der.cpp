#include "crypto/der.h"

#include <fmt/format.h>

namespace minions::crypto {
namespace {

tl::unexpected<Error> malformed(std::string_view field, std::string_view what) {
  return fail(ErrorCode::kMalformed, fmt::format("{}: {}", field, what));
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
    if (count == 0 || count > 4 || bytes_.size() < 2 + count) return malformed(field, "a DER length that is none");
    length = 0;
    for (std::size_t i = 0; i < count; ++i) length = length << 8 | bytes_[2 + i];
    header += count;
    const bool shortest = length >= 0x80 && length >> (8 * (count - 1)) != 0;
    if (!shortest) return malformed(field, "a DER length that is not in its shortest form");
  }
  if (length > bytes_.size() - header) {
    return malformed(field, fmt::format("a DER value of {} bytes with {} left", length, bytes_.size() - header));
  }
  const Value value{tag, bytes_.subspan(header, length)};
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

Result<std::uint64_t> DerReader::integer(std::string_view field) {
  MINIONS_TRY_ASSIGN(ByteView contents, take(der_tag::kInteger, field));
  if (contents.empty()) return malformed(field, "an INTEGER without bytes");
  if (contents[0] >= 0x80) return malformed(field, "a negative INTEGER");
  if (contents.size() > 1 && contents[0] == 0) {
    if (contents[1] < 0x80) return malformed(field, "an INTEGER that is not in its shortest form");
    contents = contents.subspan(1);
  }
  if (contents.size() > sizeof(std::uint64_t)) return malformed(field, "an INTEGER over 64 bits");
  std::uint64_t value = 0;
  for (const std::uint8_t byte : contents) value = value << 8 | byte;
  return value;
}

Result<std::string> DerReader::object_identifier(std::string_view field) {
  MINIONS_TRY_ASSIGN(const ByteView contents, take(der_tag::kObjectIdentifier, field));
  if (contents.empty() || contents.back() >= 0x80) return malformed(field, "an OBJECT IDENTIFIER that is none");
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
      dotted = fmt::format("{}.{}", first, arc - 40 * first);
    } else {
      dotted += fmt::format(".{}", arc);
    }
    arc = 0;
  }
  return dotted;
}

Status DerReader::finish(std::string_view what) const {
  if (at_end()) return {};
  return malformed(what, fmt::format("{} bytes after its end", bytes_.size()));
}

}  // namespace minions::crypto
