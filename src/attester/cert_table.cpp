#include "attester/cert_table.h"

#include <fmt/format.h>

#include <optional>

#include "base/byte_io.h"

namespace minions::attester {
namespace {

constexpr std::size_t kEntriesLimit = 64;

using Guid = ByteArray<16>;

struct KnownGuid {
  AmdCertificate kind;
  Guid bytes;  // in the order of the text
};
constexpr KnownGuid kKnown[] = {
    // 63da758d-e664-4564-adc5-f4b93be8accd
    {AmdCertificate::kVcek,
     {0x63, 0xda, 0x75, 0x8d, 0xe6, 0x64, 0x45, 0x64, 0xad, 0xc5, 0xf4, 0xb9, 0x3b, 0xe8, 0xac, 0xcd}},
    // a8074bc2-a25a-483e-aae6-39c045a0b8a1
    {AmdCertificate::kVlek,
     {0xa8, 0x07, 0x4b, 0xc2, 0xa2, 0x5a, 0x48, 0x3e, 0xaa, 0xe6, 0x39, 0xc0, 0x45, 0xa0, 0xb8, 0xa1}},
    // 4ab7b379-bbac-4fe4-a02f-05aef327c782
    {AmdCertificate::kAsk,
     {0x4a, 0xb7, 0xb3, 0x79, 0xbb, 0xac, 0x4f, 0xe4, 0xa0, 0x2f, 0x05, 0xae, 0xf3, 0x27, 0xc7, 0x82}},
    // c0b406a4-a803-4952-9743-3fb6014cd0ae
    {AmdCertificate::kArk,
     {0xc0, 0xb4, 0x06, 0xa4, 0xa8, 0x03, 0x49, 0x52, 0x97, 0x43, 0x3f, 0xb6, 0x01, 0x4c, 0xd0, 0xae}},
};

// The byte order of a GUID in memory (RFC 4122 section 4.1.2 read little-endian): the first three fields are reversed.
constexpr Guid mixed_endian(const Guid& guid) {
  return {guid[3], guid[2], guid[1],  guid[0],  guid[5],  guid[4],  guid[7],  guid[6],
          guid[8], guid[9], guid[10], guid[11], guid[12], guid[13], guid[14], guid[15]};
}

// Hosts write either order.
std::optional<AmdCertificate> kind_of(ByteView guid) {
  for (const KnownGuid& known : kKnown) {
    if (equal(guid, known.bytes) || equal(guid, mixed_endian(known.bytes))) return known.kind;
  }
  return std::nullopt;
}

bool all_zero(ByteView bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

struct RawEntry {
  ByteView guid;
  std::uint32_t offset = 0;
  std::uint32_t length = 0;

  [[nodiscard]] bool is_last() const { return all_zero(guid) && offset == 0 && length == 0; }
};

Result<RawEntry> read_entry(ByteReader& reader) {
  RawEntry entry;
  MINIONS_TRY_ASSIGN(entry.guid, reader.take(16, "guid"));
  MINIONS_TRY_ASSIGN(entry.offset, reader.le<std::uint32_t>("offset"));
  MINIONS_TRY_ASSIGN(entry.length, reader.le<std::uint32_t>("length"));
  return entry;
}

}  // namespace

std::string_view name_of(AmdCertificate kind) {
  switch (kind) {
    case AmdCertificate::kVcek: return "VCEK";
    case AmdCertificate::kVlek: return "VLEK";
    case AmdCertificate::kAsk: return "ASK";
    case AmdCertificate::kArk: return "ARK";
  }
  return "";
}

Result<std::vector<CertTableEntry>> parse_cert_table(ByteView table) {
  std::vector<CertTableEntry> entries;
  if (all_zero(table)) return entries;
  std::vector<std::pair<AmdCertificate, RawEntry>> found;
  ByteReader reader(table);
  for (std::size_t index = 0;; ++index) {
    if (index == kEntriesLimit)
      return fail(ErrorCode::kMalformed, fmt::format("certificate table: more than {} entries", kEntriesLimit));
    auto entry = read_entry(reader);
    if (!entry) return fail(std::move(entry).error().in(fmt::format("certificate table entry {}", index)));
    if (entry->is_last()) break;
    const auto kind = kind_of(entry->guid);
    if (!kind) continue;
    const bool twice = std::any_of(found.begin(), found.end(), [&](const auto& other) { return other.first == *kind; });
    if (twice) return fail(ErrorCode::kMalformed, fmt::format("certificate table: two entries for {}", name_of(*kind)));
    found.emplace_back(*kind, *entry);
  }
  // Only now is the end of the entries known.
  const std::size_t start = reader.position();
  for (const auto& [kind, entry] : found) {
    if (entry.length == 0 || entry.offset < start || entry.offset > table.size() ||
        entry.length > table.size() - entry.offset) {
      return fail(ErrorCode::kMalformed,
                  fmt::format("certificate table {}: want {} to {}, found offset {} and length {}", name_of(kind),
                              start, table.size(), entry.offset, entry.length));
    }
    entries.push_back({kind, table.subspan(entry.offset, entry.length)});
  }
  return entries;
}

}  // namespace minions::attester
