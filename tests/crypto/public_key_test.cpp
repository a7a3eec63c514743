#include "crypto/public_key.h"

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "crypto/ecdsa.h"

namespace minions::crypto {
namespace {

// RFC 6979 A.2.5 and A.2.6: deterministic signatures over "sample".
constexpr std::string_view kP256Point =
    "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb67903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177"
    "a3c"
    "294d4462299";
constexpr std::string_view kP256Sha256 =
    "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064d"
    "c4a"
    "b2f843acda8";
constexpr std::string_view kP384Point =
    "ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e06aae5286b300c64def8f0ea9055866064a254515480bc138015d9b72d7d57244e"
    "a8e"
    "f9ac0c621896708a59367f9dfb9f54ca84b3f1c9db1288b231c3ae0d4fe7344fd2533264720";
constexpr std::string_view kP384Sha384 =
    "94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c81a648152e44acf96e36dd1e80fabe4699ef4aeb15f178cea1"
    "fe4"
    "0db2603138f130e740a19624526203b6351d0a3a94fa329c145786e679e7b82c71a38628ac8";

Bytes bytes(std::string_view hex) { return from_hex(hex).value(); }

TEST(PublicKey, VerifiesThePublishedSignatures) {
  const auto p256 = PublicKey::from_point(Curve::kP256, bytes(kP256Point)).value();
  const auto p384 = PublicKey::from_point(Curve::kP384, bytes(kP384Point)).value();
  EXPECT_TRUE(p256.verify_ecdsa(HashAlgorithm::kSha256, as_bytes("sample"), bytes(kP256Sha256)));
  EXPECT_TRUE(p384.verify_ecdsa(HashAlgorithm::kSha384, as_bytes("sample"), bytes(kP384Sha384)));
  EXPECT_FALSE(p256.verify_ecdsa(HashAlgorithm::kSha256, as_bytes("Sample"), bytes(kP256Sha256)));
  EXPECT_FALSE(p256.verify_ecdsa(HashAlgorithm::kSha384, as_bytes("sample"), bytes(kP256Sha256)));
  EXPECT_FALSE(p384.verify_ecdsa(HashAlgorithm::kSha384, as_bytes("sample"), bytes(kP256Sha256)));
  EXPECT_FALSE(p256.verify_ecdsa(HashAlgorithm::kSha256, as_bytes("sample"), {}));
  EXPECT_FALSE(p256.verify_rsa_pkcs1(HashAlgorithm::kSha256, as_bytes("sample"), bytes(kP256Sha256)));
  for (std::size_t bit = 0; bit < 512; ++bit) {
    Bytes flipped = bytes(kP256Sha256);
    flipped[bit / 8] = static_cast<std::uint8_t>(flipped[bit / 8] ^ (1U << bit % 8));
    EXPECT_FALSE(p256.verify_ecdsa(HashAlgorithm::kSha256, as_bytes("sample"), flipped)) << bit;
  }
}

TEST(PublicKey, RefusesPointsOffTheCurve) {
  Bytes off = bytes(kP256Point);
  off.back() ^= 1;
  EXPECT_FALSE(PublicKey::from_point(Curve::kP256, off));
  EXPECT_FALSE(PublicKey::from_point(Curve::kP384, bytes(kP256Point)));
  EXPECT_FALSE(PublicKey::from_point(Curve::kP256, Bytes(64, 0)));
  EXPECT_FALSE(PublicKey::from_point(Curve::kP256, {}));
}

TEST(PublicKey, ReadsWhatItWrites) {
  const auto p384 = PublicKey::from_point(Curve::kP384, bytes(kP384Point)).value();
  const auto again = PublicKey::from_spki(p384.spki());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->curve(), Curve::kP384);
  EXPECT_EQ(again->spki_sha256(), p384.spki_sha256());
  Bytes longer = p384.spki();
  longer.push_back(0);
  EXPECT_FALSE(PublicKey::from_spki(longer));
  EXPECT_FALSE(PublicKey::from_spki({}));
}

TEST(PublicKey, TakesDerSignatures) {
  const auto key = P384PrivateKey::generate();
  const auto public_key = PublicKey::from_spki(key.public_key().spki()).value();
  EXPECT_TRUE(public_key.verify_ecdsa_der(HashAlgorithm::kSha384, as_bytes("m"), key.sign(as_bytes("m"))));
  EXPECT_FALSE(public_key.verify_ecdsa_der(HashAlgorithm::kSha384, as_bytes("n"), key.sign(as_bytes("m"))));
}

TEST(PublicKey, RefusesWeakRsa) {
  Bytes modulus(128, 0xff);  // 1,024 bits
  const Bytes exponent = {1, 0, 1};
  EXPECT_EQ(PublicKey::from_rsa(modulus, exponent).error().code, ErrorCode::kUnsupported);
  modulus.assign(256, 0xff);
  EXPECT_TRUE(PublicKey::from_rsa(modulus, exponent));
  EXPECT_FALSE(PublicKey::from_rsa(Bytes(1024, 0xff), exponent));
  EXPECT_FALSE(PublicKey::from_rsa({}, exponent));
  EXPECT_FALSE(PublicKey::from_rsa(modulus, {}));
}

}  // namespace
}  // namespace minions::crypto
