// Signed tokens (RFC 7515, RFC 7519) of attestation services, and the key sets (RFC 7517) that verify them. The
// algorithm is the caller's demand, never the token's choice; header fields that name keys or addresses are not
// followed.
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
  std::string algorithm;  // as the header says
  std::string key_id;     // empty: the header has none
  Json claims;
  std::string signing_input;  // header and claims as they came, with the dot between
  Bytes signature;

  // Compact form: three parts in base64url without padding. Refuses `crit`, keys that stand twice and anything that is
  // not an object.
  [[nodiscard]] static Result<Jwt> parse(std::string_view compact);
};

// Public keys by their id. From the verifier's own fetch, its cache or a file of its user; never from the server.
class JwkSet {
 public:
  // {"keys": [...]}. Keys of kinds that no algorithm here uses are left out. A key that has only a certificate (x5c) is
  // the first certificate's: the set's origin is trusted, not the certificate.
  [[nodiscard]] static Result<JwkSet> parse(std::string_view json);

  [[nodiscard]] const crypto::PublicKey* find(std::string_view key_id) const;
  [[nodiscard]] std::size_t size() const { return keys_.size(); }

 private:
  std::map<std::string, crypto::PublicKey, std::less<>> keys_;
};

// kTampered, with what was wrong: another algorithm, no such key, or a signature that does not verify.
[[nodiscard]] Status verify_jwt(const Jwt& token, JwtAlgorithm algorithm, const JwkSet& keys);

// For checks of claims: what stands there as it may be shown ("none" if nothing does), and whether it is what it should
// be.
[[nodiscard]] std::string shown_claim(const Json& claims, std::string_view name);
[[nodiscard]] bool claim_is_text(const Json& claims, std::string_view name, std::string_view wanted);
[[nodiscard]] bool claim_is_bool(const Json& claims, std::string_view name, bool wanted);

// nbf <= now < exp, both there, each with the leeway (seconds).
[[nodiscard]] Status check_jwt_times(const Json& claims, UnixSeconds now, std::uint64_t leeway_s);

}  // namespace minions::attestation
