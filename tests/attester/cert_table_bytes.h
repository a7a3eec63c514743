// Tables of certificates as hosts write them.
#pragma once

#include "base/bytes.h"

namespace minions::attester {

inline constexpr ByteArray<16> kVcekGuid = {0x63, 0xda, 0x75, 0x8d, 0xe6, 0x64, 0x45, 0x64,
                                            0xad, 0xc5, 0xf4, 0xb9, 0x3b, 0xe8, 0xac, 0xcd};
inline constexpr ByteArray<16> kVlekGuid = {0xa8, 0x07, 0x4b, 0xc2, 0xa2, 0x5a, 0x48, 0x3e,
                                            0xaa, 0xe6, 0x39, 0xc0, 0x45, 0xa0, 0xb8, 0xa1};
inline constexpr ByteArray<16> kAskGuid = {0x4a, 0xb7, 0xb3, 0x79, 0xbb, 0xac, 0x4f, 0xe4,
                                           0xa0, 0x2f, 0x05, 0xae, 0xf3, 0x27, 0xc7, 0x82};
inline constexpr ByteArray<16> kArkGuid = {0xc0, 0xb4, 0x06, 0xa4, 0xa8, 0x03, 0x49, 0x52,
                                           0x97, 0x43, 0x3f, 0xb6, 0x01, 0x4c, 0xd0, 0xae};

// The other order: u32, u16, u16 little-endian, then eight bytes as they are.
inline ByteArray<16> turned(ByteArray<16> guid) {
  std::reverse(guid.begin(), guid.begin() + 4);
  std::reverse(guid.begin() + 4, guid.begin() + 6);
  std::reverse(guid.begin() + 6, guid.begin() + 8);
  return guid;
}

inline void put_le(Bytes& to, std::size_t at, std::uint32_t value) {
  for (std::size_t i = 0; i < 4; ++i) to[at + i] = static_cast<std::uint8_t>(value >> (8 * i));
}

inline Bytes cert_table(const std::vector<std::pair<ByteArray<16>, std::string>>& certificates) {
  Bytes table(24 * (certificates.size() + 1));
  std::size_t at = 0;
  for (const auto& [guid, bytes] : certificates) {
    std::copy(guid.begin(), guid.end(), table.begin() + static_cast<std::ptrdiff_t>(at));
    put_le(table, at + 16, static_cast<std::uint32_t>(table.size()));
    put_le(table, at + 20, static_cast<std::uint32_t>(bytes.size()));
    append(table, bytes);
    at += 24;
  }
  return table;
}

}  // namespace minions::attester
