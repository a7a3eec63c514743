// What all trust in evidence comes from: SHA-256 of the DER of each vendor's root certificate. The certificates
// themselves come with the evidence or are fetched, and are compared with these digests. docs/attestation.md lists
// their sources.
#pragma once

#include "base/bytes.h"

namespace minions::attestation::roots {

namespace internal {
consteval Digest32 digest(const char (&hex)[65]) {
  Digest32 out{};
  const auto nibble = [](char c) { return static_cast<std::uint8_t>(c <= '9' ? c - '0' : c - 'a' + 10); };
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = static_cast<std::uint8_t>(nibble(hex[2 * i]) << 4 | nibble(hex[2 * i + 1]));
  return out;
}
}  // namespace internal

// AMD's ARK of each product line.
inline constexpr Digest32 kAmdMilan =
    internal::digest("69d063b45344d26a2e94e1f4210de49ef555308287d4c174445c95639a540bcd");
inline constexpr Digest32 kAmdGenoa =
    internal::digest("4c6598d19c18719c5dfd4a7d335f674e5bfe1d8f800cea2cf270c10d103db2f1");
inline constexpr Digest32 kAmdTurin =
    internal::digest("1f084161a44bb6d93778a904877d4819cafa5d05ef4193b2ded9dd9c73dd3f6a");
inline constexpr Digest32 kIntelSgx =
    internal::digest("44a0196b2b99f889b8e149e95b807a350e7424964399e885a7cbb8ccfab674d3");
inline constexpr Digest32 kNvidiaDeviceIdentity =
    internal::digest("102bf659d5419614c9d8e6aecebc80454eb26b1df6a769ac720b9a690b167b48");
inline constexpr Digest32 kNvidiaRim =
    internal::digest("12977b5115acb0381179279fffeb5a8c4d264971ebb32298023a465fa41df5d1");
inline constexpr Digest32 kAzureVtpm2023 =
    internal::digest("e6c596b17f8ffefba5c300f714cfb1260c6028704ecf7becc4ab5018efb00e95");

}  // namespace minions::attestation::roots
