// Every key of a stream, derived in one place (docs/protocol.md section 5).
//
//   key            from     info
//   request key    k_c2s    "smp2 req" || u64(n)
//   reply key      k_s2c    "smp2 res" || u64(n)
//   cache salt     k_c2s    "smp2 slt" || u64(0)
//  n is below 2^63 and used once for one body, so each key seals one sequence of records with counter nonces. The salt
//  is not a key: a model server gets it, to keep its cache of this session's prompts from other sessions.
#pragma once

#include "crypto/secret.h"

namespace minions::session {

using StreamId = std::uint64_t;
using SessionId = ByteArray<16>;
using SessionKey = std::span<const std::uint8_t, 32>;

inline constexpr StreamId kStreamIdLimit = StreamId{1} << 63;

[[nodiscard]] crypto::SecretArray<32> request_key(SessionKey k_c2s, StreamId n);
[[nodiscard]] crypto::SecretArray<32> reply_key(SessionKey k_s2c, StreamId n);
[[nodiscard]] ByteArray<32> cache_salt(SessionKey k_c2s);

}  // namespace minions::session
