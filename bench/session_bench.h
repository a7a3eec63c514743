// The session core compared with its primitives, in one process and in turns. Each function returns ratios, and the
// values they come from.
#pragma once

#include <string_view>

#include "attestation/core/statement.h"

namespace minions::bench {

struct RecordSpeeds {
  double seal_bytes_per_s;
  double raw_seal_bytes_per_s;
  double seal_ratio;  // of the speeds: median over the rounds
  double open_bytes_per_s;
  double raw_open_bytes_per_s;
  double open_ratio;
};
// Records of 16 KiB of plaintext against EVP AES-256-GCM with one context, a new nonce and as many associated bytes for
// each.
[[nodiscard]] RecordSpeeds measure_records();

struct HandshakeCost {
  double both_sides_us;
  double primitives_us;
  double ratio;  // median over the rounds
};
// Both sides' CPU against the key agreement, KEM, hash and AEAD operations that the two messages need.
[[nodiscard]] HandshakeCost measure_handshake(attestation::Suite suite);

}  // namespace minions::bench
