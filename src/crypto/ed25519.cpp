#include "crypto/ed25519.h"

#include <sodium.h>

#include <cstdio>
#include <cstdlib>

namespace minions::crypto {
namespace {

static_assert(Ed25519Public{}.size() == crypto_sign_PUBLICKEYBYTES);
static_assert(Ed25519Signature{}.size() == crypto_sign_BYTES);

// Chooses the fastest implementations for this processor. Fails only if the system has no random bytes.
void initialise_library() {
  static const bool done = sodium_init() >= 0;
  if (done) return;
  std::fputs("fatal: crypto library: libsodium could not be initialised\n", stderr);
  std::abort();
}

}  // namespace

Ed25519Signer Ed25519Signer::generate(Random& random) {
  SecretArray<32> seed;
  random.fill(seed.writable());
  return from_seed(seed.reveal());
}

Ed25519Signer Ed25519Signer::from_seed(std::span<const std::uint8_t, 32> seed) {
  initialise_library();
  Ed25519Signer signer;
  SecretArray<crypto_sign_SECRETKEYBYTES> seed_and_public;
  crypto_sign_seed_keypair(signer.public_.data(), seed_and_public.writable().data(), seed.data());
  signer.seed_and_public_ = LockedSecret(seed_and_public);
  return signer;
}

Ed25519Signature Ed25519Signer::sign(ByteView message) const {
  Ed25519Signature signature;
  crypto_sign_detached(signature.data(), nullptr, message.data(), message.size(), seed_and_public_.reveal().data());
  return signature;
}

bool ed25519_verify(const Ed25519Public& key, ByteView message, ByteView signature) {
  initialise_library();
  return signature.size() == crypto_sign_BYTES &&
         crypto_sign_verify_detached(signature.data(), message.data(), message.size(), key.data()) == 0;
}

}  // namespace minions::crypto
