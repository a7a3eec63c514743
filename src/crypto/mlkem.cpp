#include "crypto/mlkem.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "crypto/openssl.h"

namespace minions::crypto {
namespace {

using Key = OpensslPtr<EVP_PKEY, EVP_PKEY_free>;
using Context = OpensslPtr<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;

}  // namespace

void MlKemKeyPair::Free::operator()(evp_pkey_st* key) const { EVP_PKEY_free(key); }

MlKemKeyPair MlKemKeyPair::generate(Random& random) {
  SecretArray<64> seed;
  random.fill(seed.writable());
  const Context context(must(EVP_PKEY_CTX_new_from_name(nullptr, "ML-KEM-768", nullptr)));
  must(EVP_PKEY_keygen_init(context.get()));
  const OSSL_PARAM params[] = {
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_ML_KEM_SEED, seed.writable().data(), seed.kSize),
      OSSL_PARAM_construct_end()};
  must(EVP_PKEY_CTX_set_params(context.get(), params));
  EVP_PKEY* key = nullptr;
  must(EVP_PKEY_generate(context.get(), &key));
  return MlKemKeyPair(key);
}

MlKemPublic MlKemKeyPair::public_key() const {
  MlKemPublic out;
  std::size_t length = 0;
  must(EVP_PKEY_get_octet_string_param(key_.get(), OSSL_PKEY_PARAM_PUB_KEY, out.data(), out.size(), &length));
  return out;
}

SecretArray<32> MlKemKeyPair::decapsulate(const MlKemCiphertext& ciphertext) const {
  const Context context(must(EVP_PKEY_CTX_new_from_pkey(nullptr, key_.get(), nullptr)));
  must(EVP_PKEY_decapsulate_init(context.get(), nullptr));
  SecretArray<32> secret;
  std::size_t length = secret.kSize;
  must(EVP_PKEY_decapsulate(context.get(), secret.writable().data(), &length, ciphertext.data(), ciphertext.size()));
  return secret;
}

Result<MlKemEncapsulated> mlkem_encapsulate(ByteView public_key, Random& random) {
  const Key key(EVP_PKEY_new_raw_public_key_ex(nullptr, "ML-KEM-768", nullptr, public_key.data(), public_key.size()));
  if (key == nullptr) return fail(ErrorCode::kMalformed, "ml-kem-768: bad encapsulation key: " + last_reason());
  const Context context(must(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr)));
  SecretArray<32> randomness;
  random.fill(randomness.writable());
  const OSSL_PARAM params[] = {
      OSSL_PARAM_construct_octet_string(OSSL_KEM_PARAM_IKME, randomness.writable().data(), randomness.kSize),
      OSSL_PARAM_construct_end()};
  must(EVP_PKEY_encapsulate_init(context.get(), params));
  MlKemEncapsulated out;
  std::size_t ciphertext_length = out.ciphertext.size();
  std::size_t secret_length = out.secret.kSize;
  must(EVP_PKEY_encapsulate(context.get(), out.ciphertext.data(), &ciphertext_length, out.secret.writable().data(),
                            &secret_length));
  return out;
}

}  // namespace minions::crypto
