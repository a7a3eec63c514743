// Signed tokens (RFC 7515, RFC 7519) of attestation services, and the key sets (RFC 7517) that verify them. The caller
// demands the algorithm, never the token; header fields that name keys or addresses are not followed.
#pragma once

#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/time.h"
#include "crypto/public_key.h"

namespace minions::attestation {

enum class JwtAlgorithm {
  kEs384,  // ECDSA, P-384, SHA-384
  kRs256,  // RSASSA-PKCS1-v1_5, SHA-256
};
[[nodiscard]] std::string_view name_of(JwtAlgorithm algorithm);

struct Jwt {
  std::string algorithm;  // as stated in the header
  std::string key_id;     // empty: the header has none
  Json claims;
  std::string signing_input;  // header and claims as received, with the dot between
  Bytes signature;

  // Compact form: three parts in base64url without padding. Refuses `crit`, duplicate keys and anything that is not an
  // object.
  [[nodiscard]] static Result<Jwt> parse(std::string_view compact);
};

// Public keys by their id. From the verifier's own fetch, its cache or a user's file; never from the server.
class JwkSet {
 public:
  // {"keys": [...]}. Skips keys of kinds that no algorithm here uses. If a key has only a certificate (x5c), it is the
  // first certificate's key: the set's origin is trusted, not the certificate.
  [[nodiscard]] static Result<JwkSet> parse(std::string_view json);

  [[nodiscard]] const crypto::PublicKey* find(std::string_view key_id) const;
  [[nodiscard]] std::size_t size() const { return keys_.size(); }

 private:
  std::map<std::string, crypto::PublicKey, std::less<>> keys_;
};

// kTampered, with the reason: another algorithm, no such key, or a signature that does not verify.
[[nodiscard]] Status verify_jwt(const Jwt& token, JwtAlgorithm algorithm, const JwkSet& keys);

// For checks of claims: the found value in a printable form ("none" if missing), and whether it is the expected one.
[[nodiscard]] std::string shown_claim(const Json& claims, std::string_view name);
[[nodiscard]] bool claim_is_text(const Json& claims, std::string_view name, std::string_view wanted);
[[nodiscard]] bool claim_is_bool(const Json& claims, std::string_view name, bool wanted);

// nbf <= now < exp, both present, each with the leeway (seconds).
[[nodiscard]] Status check_jwt_times(const Json& claims, UnixSeconds now, std::uint64_t leeway_s);

}  // namespace minions::attestation
