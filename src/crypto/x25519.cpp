#include "crypto/x25519.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "crypto/openssl.h"

namespace minions::crypto {
namespace {

using Key = OpensslPtr<EVP_PKEY, EVP_PKEY_free>;
using Context = OpensslPtr<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;

// Uses both halves: from the private key alone the library recomputes the public key, which costs as much as generating
// a key.
Key key_pair(std::span<const std::uint8_t, 32> private_key, const X25519Public& public_key) {
  const Context context(must(EVP_PKEY_CTX_new_from_name(nullptr, "X25519", nullptr)));
  must(EVP_PKEY_fromdata_init(context.get()));
  // Parameters are not const, though the library only reads them.
  OSSL_PARAM params[] = {
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PRIV_KEY, const_cast<std::uint8_t*>(private_key.data()),
                                        private_key.size()),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, const_cast<std::uint8_t*>(public_key.data()),
                                        public_key.size()),
      OSSL_PARAM_construct_end()};
  EVP_PKEY* key = nullptr;
  must(EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEYPAIR, params));
  return Key(key);
}

}  // namespace

X25519KeyPair X25519KeyPair::generate(Random& random) {
  SecretArray<32> private_key;
  random.fill(private_key.writable());
  return from_private(private_key.reveal());
}

X25519KeyPair X25519KeyPair::from_private(std::span<const std::uint8_t, 32> private_key) {
  const Key key(
      must(EVP_PKEY_new_raw_private_key_ex(nullptr, "X25519", nullptr, private_key.data(), private_key.size())));
  X25519Public public_key;
  std::size_t length = public_key.size();
  must(EVP_PKEY_get_raw_public_key(key.get(), public_key.data(), &length));
  return {LockedSecret<32>(private_key), public_key};
}

Result<SecretArray<32>> X25519KeyPair::derive(const X25519Public& peer) const {
  const Key own = key_pair(private_.reveal(), public_);
  const Key other(must(EVP_PKEY_new_raw_public_key_ex(nullptr, "X25519", nullptr, peer.data(), peer.size())));
  const Context context(must(EVP_PKEY_CTX_new_from_pkey(nullptr, own.get(), nullptr)));
  must(EVP_PKEY_derive_init(context.get()));
  must(EVP_PKEY_derive_set_peer_ex(context.get(), other.get(), 0));
  SecretArray<32> shared;
  std::size_t length = shared.kSize;
  if (EVP_PKEY_derive(context.get(), shared.writable().data(), &length) != 1 ||
      constant_time_equal(shared.reveal(), ByteArray<32>{})) {
    ERR_clear_error();
    return fail(ErrorCode::kTampered, "x25519: the peer's key is of low order");
  }
  return shared;
}

}  // namespace minions::crypto
