#include "attestation/core/jwt.h"

#include <fmt/format.h>

#include "attestation/core/result.h"
#include "base/encoding.h"
#include "base/time_window.h"
#include "crypto/certificate.h"

namespace minions::attestation {
namespace {

constexpr std::size_t kTokenLimitBytes = 256 * 1024;
constexpr std::size_t kKeySetLimitBytes = 1024 * 1024;
constexpr JsonLimits kClaimLimits{.bytes = kTokenLimitBytes, .depth = 16};

Result<Json> parse_part(std::string_view encoded, std::string_view what) {
  MINIONS_TRY_ASSIGN(const Bytes decoded, from_base64url(encoded));
  auto json = parse_strict_json(as_text(decoded), kClaimLimits);
  if (!json) return fail(std::move(json).error().in(what));
  return json;
}

std::string text_or_nothing(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Result<crypto::PublicKey> key_of_certificate(const Json& jwk) {
  const auto chain = jwk.find("x5c");
  if (chain == jwk.end() || !chain->is_array() || chain->empty() || !chain->front().is_string())
    return fail(ErrorCode::kMalformed, "key set: a key with neither its parameters nor a certificate");
  MINIONS_TRY_ASSIGN(const Bytes der, from_base64(chain->front().get<std::string>()));
  MINIONS_TRY_ASSIGN(const crypto::Certificate certificate, crypto::Certificate::from_der(der));
  return certificate.public_key();
}

// Nothing for a key that no algorithm here uses.
Result<std::optional<crypto::PublicKey>> key_of(const Json& jwk) {
  const std::string type = text_or_nothing(jwk, "kty");
  if (type == "EC" && jwk.contains("x") && jwk.contains("y")) {
    if (text_or_nothing(jwk, "crv") != "P-384") return std::nullopt;
    MINIONS_TRY_ASSIGN(Bytes point, base64url_member(jwk, "x"));
    MINIONS_TRY_ASSIGN(const Bytes y, base64url_member(jwk, "y"));
    append(point, y);
    MINIONS_TRY_ASSIGN(crypto::PublicKey key, crypto::PublicKey::from_point(crypto::Curve::kP384, point));
    return key;
  }
  if (type == "RSA" && jwk.contains("n") && jwk.contains("e")) {
    MINIONS_TRY_ASSIGN(const Bytes modulus, base64url_member(jwk, "n"));
    MINIONS_TRY_ASSIGN(const Bytes exponent, base64url_member(jwk, "e"));
    MINIONS_TRY_ASSIGN(crypto::PublicKey key, crypto::PublicKey::from_rsa(modulus, exponent));
    return key;
  }
  if (type != "EC" && type != "RSA") return std::nullopt;
  MINIONS_TRY_ASSIGN(crypto::PublicKey key, key_of_certificate(jwk));
  return key;
}

Result<UnixSeconds> time_claim(const Json& claims, std::string_view name) {
  MINIONS_TRY_ASSIGN(const std::uint64_t seconds, integer_member(claims, name));
  return static_cast<UnixSeconds>(seconds);
}

}  // namespace

std::string_view name_of(JwtAlgorithm algorithm) {
  switch (algorithm) {
    case JwtAlgorithm::kEs384: return "ES384";
    case JwtAlgorithm::kRs256: return "RS256";
  }
  return "";
}

Result<Jwt> Jwt::parse(std::string_view compact) {
  if (compact.size() > kTokenLimitBytes) {
    return fail(ErrorCode::kTooLarge,
                fmt::format("token: {} bytes, at most {} are taken", compact.size(), kTokenLimitBytes));
  }
  const std::size_t first = compact.find('.');
  const std::size_t second = first == std::string_view::npos ? first : compact.find('.', first + 1);
  if (second == std::string_view::npos || compact.find('.', second + 1) != std::string_view::npos)
    return fail(ErrorCode::kMalformed, "token: want three parts with dots between");
  MINIONS_TRY_ASSIGN(const Json header, parse_part(compact.substr(0, first), "token header"));
  if (header.contains("crit")) return fail(ErrorCode::kUnsupported, "token header: crit is not understood");
  Jwt token;
  MINIONS_TRY_ASSIGN(token.algorithm, string_member(header, "alg"));
  token.key_id = text_or_nothing(header, "kid");
  MINIONS_TRY_ASSIGN(token.claims, parse_part(compact.substr(first + 1, second - first - 1), "token claims"));
  token.signing_input = compact.substr(0, second);
  MINIONS_TRY_ASSIGN(token.signature, from_base64url(compact.substr(second + 1)));
  return token;
}

Result<JwkSet> JwkSet::parse(std::string_view json) {
  MINIONS_TRY_ASSIGN(const Json document, parse_strict_json(json, {.bytes = kKeySetLimitBytes, .depth = 8}));
  MINIONS_TRY_ASSIGN(const Json* keys, array_member(document, "keys"));
  JwkSet set;
  for (const Json& jwk : *keys) {
    if (!jwk.is_object()) return fail(ErrorCode::kMalformed, "key set: a key that is no object");
    MINIONS_TRY_ASSIGN(const std::string id, string_member(jwk, "kid"));
    MINIONS_TRY_ASSIGN(auto key, key_of(jwk));
    if (!key) continue;
    if (!set.keys_.emplace(id, *std::move(key)).second)
      return fail(ErrorCode::kMalformed, fmt::format("key set: two keys with id {}", shown(id)));
  }
  return set;
}

const crypto::PublicKey* JwkSet::find(std::string_view key_id) const {
  const auto found = keys_.find(key_id);
  return found == keys_.end() ? nullptr : &found->second;
}

Status verify_jwt(const Jwt& token, JwtAlgorithm algorithm, const JwkSet& keys) {
  if (token.algorithm != name_of(algorithm)) {
    return fail(ErrorCode::kTampered,
                fmt::format("algorithm: want {}, found {}", name_of(algorithm), shown(token.algorithm)));
  }
  const crypto::PublicKey* key = keys.find(token.key_id);
  if (key == nullptr) {
    return fail(ErrorCode::kTampered,
                fmt::format("key {} is not among the {} of the key set", shown(token.key_id), keys.size()));
  }
  bool good = false;
  switch (algorithm) {
    case JwtAlgorithm::kEs384:
      good = key->curve() == crypto::Curve::kP384 &&
             key->verify_ecdsa(crypto::HashAlgorithm::kSha384, as_bytes(token.signing_input), token.signature);
      break;
    case JwtAlgorithm::kRs256:
      good = key->verify_rsa_pkcs1(crypto::HashAlgorithm::kSha256, as_bytes(token.signing_input), token.signature);
      break;
  }
  if (!good) return fail(ErrorCode::kTampered, "a signature that does not verify");
  return {};
}

std::string shown_claim(const Json& claims, std::string_view name) {
  const auto found = claims.find(name);
  if (found == claims.end()) return "none";
  return shown(found->is_string() ? found->get<std::string>() : found->dump(-1, ' ', true));
}

bool claim_is_text(const Json& claims, std::string_view name, std::string_view wanted) {
  const auto found = claims.find(name);
  return found != claims.end() && found->is_string() && found->get_ref<const std::string&>() == wanted;
}

bool claim_is_bool(const Json& claims, std::string_view name, bool wanted) {
  const auto found = claims.find(name);
  return found != claims.end() && found->is_boolean() && found->get<bool>() == wanted;
}

Status check_jwt_times(const Json& claims, UnixSeconds now, std::uint64_t leeway_s) {
  MINIONS_TRY_ASSIGN(const UnixSeconds not_before, time_claim(claims, "nbf"));
  MINIONS_TRY_ASSIGN(const UnixSeconds expires, time_claim(claims, "exp"));
  const auto leeway = static_cast<UnixSeconds>(leeway_s);
  const TimeWindow window{not_before, expires};
  if (window.holds_at(now, {.early_s = leeway, .late_s = leeway})) return {};
  return fail(ErrorCode::kTampered, window.against(now));
}

}  // namespace minions::attestation
