#include "attester/fake_maa.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <nlohmann/json.hpp>

#include "base/encoding.h"
#include "crypto/aead.h"
#include "crypto/public_key.h"
#include "crypto/random.h"

namespace minions::attester {
namespace {

void must(bool good) {
  if (!good) throw std::runtime_error("openssl");
}

// A TPM2B_PUBLIC of an RSA key ends with its modulus.
Bytes encrypt_to(ByteView public_area, ByteView message) {
  const auto key = crypto::PublicKey::from_rsa(public_area.last(256), Bytes{1, 0, 1}).value();
  const Bytes spki = key.spki();
  const unsigned char* at = spki.data();
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> pkey(
      d2i_PUBKEY(nullptr, &at, static_cast<long>(spki.size())), EVP_PKEY_free);
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(EVP_PKEY_CTX_new(pkey.get(), nullptr),
                                                                            EVP_PKEY_CTX_free);
  must(EVP_PKEY_encrypt_init(context.get()) == 1);
  must(EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) == 1);
  Bytes out(256);
  std::size_t size = out.size();
  must(EVP_PKEY_encrypt(context.get(), out.data(), &size, message.data(), message.size()) == 1);
  return out;
}

Json claims_of(const Json& info, UnixSeconds now) {
  const bool snp = info["IsolationInfo"]["Type"] == "SevSnp";
  Json tee = {{"x-ms-attestation-type", snp ? "sevsnpvm" : "tdxvm"}, {"x-ms-compliance-status", "azure-compliant-cvm"}};
  if (snp) {
    tee.update({{"x-ms-sevsnpvm-is-debuggable", false},
                {"x-ms-sevsnpvm-migration-allowed", false},
                {"x-ms-sevsnpvm-vmpl", 0}});
  }
  return {{"iss", "https://instance.example"},
          {"nbf", now},
          {"exp", now + 28'800},
          {"secureboot", true},
          {"x-ms-attestation-type", "azurevm"},
          {"x-ms-isolation-tee", tee},
          {"x-ms-runtime", {{"client-payload", info["ClientPayload"]}}}};
}

}  // namespace

Json FakeMaa::attestation_info(ByteView request_body) {
  const Json request = Json::parse(as_text(request_body));
  return Json::parse(as_text(from_base64url(request["AttestationInfo"].get<std::string>()).value()));
}

Json FakeMaa::answer(ByteView request_body) const {
  const Json info = attestation_info(request_body);
  const std::string token = key.sign("RS256", claims_of(info, now));
  ByteArray<32> inner{};
  crypto::SystemRandom random;
  inner = random.bytes<32>();
  const ByteArray<12> nonce = random.bytes<12>();
  Bytes sealed(token.size() + crypto::kAeadTagSize);
  crypto::Sealer sealer{crypto::AeadKey(inner)};
  const ByteView parts[] = {as_bytes(token)};
  sealer.seal(nonce, as_bytes(associated_data), parts, 0, sealed);
  const Bytes public_area = from_base64(info["TpmInfo"]["EncKeyPub"].get<std::string>()).value();
  const Json envelope = {
      {"Jwt", to_base64(ByteView(sealed).first(token.size()))},
      {"AuthenticationData", to_base64(ByteView(sealed).last(crypto::kAeadTagSize))},
      {"EncryptionParams",
       {{"Iv", to_base64(nonce)}, {"Cipher", "AES"}, {"BlockCipherMode", "ChainingModeGCM"}, {"KeySizeBits", 256}}},
      {"EncryptedInnerKey", to_base64(encrypt_to(public_area, ByteView(inner).first(inner_key_bytes)))}};
  return {{"token", to_base64url(as_bytes(envelope.dump()))}};
}

}  // namespace minions::attester
