#include "attestation/core/jwt.h"

#include <gtest/gtest.h>

#include "attestation/synthetic_token.h"
#include "base/encoding.h"

namespace minions::attestation {
namespace {

const TokenKey& ec_key() {
  static const TokenKey key(TokenKey::Kind::kEcP384, "ec");
  return key;
}
const TokenKey& rsa_key() {
  static const TokenKey key(TokenKey::Kind::kRsa, "rsa");
  return key;
}
JwkSet keys() { return JwkSet::parse(key_set({&ec_key(), &rsa_key()})).value(); }
Jwt parsed(const std::string& compact) { return Jwt::parse(compact).value(); }

TEST(Jwt, VerifiesUnderTheAlgorithmThatIsAskedFor) {
  const Json claims = {{"a", 1}};
  const Jwt es384 = parsed(ec_key().sign("ES384", claims));
  const Jwt rs256 = parsed(rsa_key().sign("RS256", claims));
  EXPECT_TRUE(verify_jwt(es384, JwtAlgorithm::kEs384, keys()));
  EXPECT_TRUE(verify_jwt(rs256, JwtAlgorithm::kRs256, keys()));
  EXPECT_EQ(es384.claims, claims);
  EXPECT_FALSE(verify_jwt(es384, JwtAlgorithm::kRs256, keys()));
  EXPECT_FALSE(verify_jwt(rs256, JwtAlgorithm::kEs384, keys()));
}

TEST(Jwt, TakesNoOtherAlgorithmWhateverTheTokenSays) {
  for (const char* algorithm : {"none", "None", "HS256", "HS384", "ES256", "PS256", "es384", ""}) {
    const Jwt token = parsed(ec_key().sign(algorithm, Json::object()));
    EXPECT_FALSE(verify_jwt(token, JwtAlgorithm::kEs384, keys())) << algorithm;
  }
  // The right name over a key of another kind.
  const TokenKey p256(TokenKey::Kind::kEcP256, "rsa");
  EXPECT_FALSE(verify_jwt(parsed(p256.sign("ES384", Json::object())), JwtAlgorithm::kEs384, keys()));
  EXPECT_FALSE(verify_jwt(parsed(rsa_key().sign("ES384", Json::object())), JwtAlgorithm::kEs384, keys()));
  EXPECT_FALSE(verify_jwt(parsed(ec_key().sign("RS256", Json::object())), JwtAlgorithm::kRs256, keys()));
}

TEST(Jwt, NeedsItsKeyInTheSet) {
  const TokenKey other(TokenKey::Kind::kEcP384, "other");
  const auto missing = verify_jwt(parsed(other.sign("ES384", Json::object())), JwtAlgorithm::kEs384, keys());
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().detail, "key \"other\" is not among the 2 of the key set");
  // Another key under a known id.
  const TokenKey impostor(TokenKey::Kind::kEcP384, "ec");
  EXPECT_FALSE(verify_jwt(parsed(impostor.sign("ES384", Json::object())), JwtAlgorithm::kEs384, keys()));
  // A key that the token brings along is not looked at.
  const Json header = {{"alg", "ES384"}, {"kid", "mine"}, {"jwk", other.jwk()}, {"jku", "https://127.0.0.1/"}};
  EXPECT_FALSE(verify_jwt(parsed(other.sign_raw(header.dump(), "{}")), JwtAlgorithm::kEs384, keys()));
}

TEST(Jwt, RefusesEveryFlippedBit) {
  const std::string compact = ec_key().sign("ES384", {{"a", "b"}});
  ASSERT_TRUE(verify_jwt(Jwt::parse(compact).value(), JwtAlgorithm::kEs384, keys()));
  std::size_t well_formed = 0;
  for (std::size_t at = 0; at < compact.size(); ++at) {
    for (const unsigned bit : {1U, 2U, 4U, 8U, 16U, 32U, 64U, 128U}) {
      std::string altered = compact;
      altered[at] = static_cast<char>(static_cast<unsigned char>(altered[at]) ^ bit);
      const auto token = Jwt::parse(altered);
      if (!token) continue;
      ++well_formed;
      EXPECT_FALSE(verify_jwt(*token, JwtAlgorithm::kEs384, keys())) << at << " " << bit;
    }
  }
  EXPECT_GT(well_formed, 100U);
}

TEST(Jwt, RefusesOtherForms) {
  const std::string good = ec_key().sign("ES384", {{"a", 1}});
  const std::string header = good.substr(0, good.find('.'));
  EXPECT_FALSE(Jwt::parse(""));
  EXPECT_FALSE(Jwt::parse("a.b"));
  EXPECT_FALSE(Jwt::parse(good + ".x"));
  EXPECT_FALSE(Jwt::parse(good + "="));
  EXPECT_FALSE(Jwt::parse(header + "." + to_base64url(as_bytes("[1]")) + ".AAAA"));
  EXPECT_FALSE(Jwt::parse(header + "." + to_base64url(as_bytes(R"({"a":1,"a":2})")) + ".AAAA"));
  EXPECT_FALSE(Jwt::parse(ec_key().sign_raw(R"({"kid":"ec"})", "{}")));
  EXPECT_FALSE(Jwt::parse(ec_key().sign_raw(R"({"alg":"ES384","kid":"ec","crit":["x"]})", "{}")));
  EXPECT_EQ(Jwt::parse(std::string(300 * 1024, 'A')).error().code, ErrorCode::kTooLarge);
}

TEST(JwkSet, LeavesOutWhatItHasNoUseForAndRefusesTheRest) {
  const TokenKey p256(TokenKey::Kind::kEcP256, "small");
  EXPECT_EQ(JwkSet::parse(key_set({&ec_key(), &p256}))->size(), 1U);
  EXPECT_EQ(JwkSet::parse(R"({"keys":[{"kty":"oct","kid":"a","k":"AAAA"}]})")->size(), 0U);
  EXPECT_FALSE(JwkSet::parse(key_set({&ec_key(), &ec_key()})));
  EXPECT_FALSE(JwkSet::parse(R"({"keys":[{"kty":"EC"}]})"));
  EXPECT_FALSE(JwkSet::parse(R"({"keys":[{"kty":"RSA","kid":"a"}]})"));
  EXPECT_FALSE(JwkSet::parse(R"({"keys":{}})"));
  Json off_curve = ec_key().jwk();
  off_curve["y"] = off_curve["x"];
  EXPECT_FALSE(JwkSet::parse(Json{{"keys", {off_curve}}}.dump()));
}

TEST(JwtTimes, HoldBothEnds) {
  const Json claims = Json::parse(R"({"nbf":1000,"exp":2000})");
  EXPECT_FALSE(check_jwt_times(claims, 999, 0));
  EXPECT_TRUE(check_jwt_times(claims, 1000, 0));
  EXPECT_TRUE(check_jwt_times(claims, 1999, 0));
  EXPECT_FALSE(check_jwt_times(claims, 2000, 0));
  EXPECT_TRUE(check_jwt_times(claims, 990, 10));
  EXPECT_TRUE(check_jwt_times(claims, 2009, 10));
  EXPECT_FALSE(check_jwt_times(claims, 2010, 10));
  EXPECT_FALSE(check_jwt_times(Json::parse(R"({"nbf":1000})"), 1500, 0));
  EXPECT_FALSE(check_jwt_times(Json::parse(R"({"nbf":1000,"exp":"2000"})"), 1500, 0));
}

}  // namespace
}  // namespace minions::attestation
