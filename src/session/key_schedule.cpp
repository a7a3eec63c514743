#include "session/key_schedule.h"

#include "base/byte_io.h"
#include "crypto/hash.h"

namespace minions::session {
namespace {

crypto::SecretArray<32> stream_key(SessionKey key, std::string_view label, StreamId n) {
  ByteArray<16> info;
  std::copy(label.begin(), label.end(), info.begin());
  store_be(info.data() + 8, n);
  return crypto::hkdf_expand_32(key, info);
}

}  // namespace

crypto::SecretArray<32> request_key(SessionKey k_c2s, StreamId n) { return stream_key(k_c2s, "smp2 req", n); }
crypto::SecretArray<32> reply_key(SessionKey k_s2c, StreamId n) { return stream_key(k_s2c, "smp2 res", n); }

ByteArray<32> cache_salt(SessionKey k_c2s) {
  const crypto::SecretArray<32> derived = stream_key(k_c2s, "smp2 slt", 0);
  ByteArray<32> salt;
  std::copy(derived.reveal().begin(), derived.reveal().end(), salt.begin());
  return salt;
}

}  // namespace minions::session
