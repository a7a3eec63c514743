#include <gtest/gtest.h>

#include "base/encoding.h"
#include "crypto/ecdsa.h"
#include "crypto/ed25519.h"
#include "crypto/mlkem.h"
#include "crypto/x25519.h"

namespace minions::crypto {
namespace {

template <std::size_t N>
ByteArray<N> hex_array(std::string_view text) {
  return exactly<N>(from_hex(text)).value();
}

// RFC 7748 section 6.1.
TEST(X25519, MatchesTheRfc) {
  const auto bob =
      X25519KeyPair::from_private(hex_array<32>("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"));
  EXPECT_EQ(to_hex(bob.public_key()), "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
  const auto shared = bob.derive(hex_array<32>("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"));
  ASSERT_TRUE(shared);
  EXPECT_EQ(to_hex(shared->reveal()), "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
}

TEST(X25519, AgreesOnBothSides) {
  SystemRandom random;
  const auto one = X25519KeyPair::generate(random);
  const auto two = X25519KeyPair::generate(random);
  const auto here = one.derive(two.public_key());
  const auto there = two.derive(one.public_key());
  ASSERT_TRUE(here && there);
  EXPECT_TRUE(constant_time_equal(here->reveal(), there->reveal()));
}

// The points of small order of RFC 7748 and their non-canonical spellings.
TEST(X25519, RefusesKeysOfLowOrder) {
  SystemRandom random;
  const auto own = X25519KeyPair::generate(random);
  for (const std::string_view low : {"0000000000000000000000000000000000000000000000000000000000000000",
                                     "0100000000000000000000000000000000000000000000000000000000000000",
                                     "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
                                     "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
                                     "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                                     "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                                     "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"}) {
    EXPECT_EQ(own.derive(hex_array<32>(low)).error().code, ErrorCode::kTampered) << low;
  }
}

// RFC 8032 section 7.1, test 2.
TEST(Ed25519, MatchesTheRfc) {
  const auto signer =
      Ed25519Signer::from_seed(hex_array<32>("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"));
  EXPECT_EQ(to_hex(signer.public_key()), "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
  const ByteArray<1> message = {0x72};
  const auto signature = signer.sign(message);
  EXPECT_EQ(to_hex(signature),
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4"
            "302aeeb00d291612bb0c00");
  EXPECT_TRUE(ed25519_verify(signer.public_key(), message, signature));
}

TEST(Ed25519, RefusesEveryBitFlipAndEveryCutOfASignature) {
  SystemRandom random;
  const auto signer = Ed25519Signer::generate(random);
  const auto signature = signer.sign(as_bytes("receipt"));
  for (std::size_t bit = 0; bit < signature.size() * 8; ++bit) {
    auto flipped = signature;
    flipped[bit / 8] = static_cast<std::uint8_t>(flipped[bit / 8] ^ (1U << (bit % 8)));
    EXPECT_FALSE(ed25519_verify(signer.public_key(), as_bytes("receipt"), flipped));
  }
  for (std::size_t length = 0; length < signature.size(); ++length) {
    EXPECT_FALSE(ed25519_verify(signer.public_key(), as_bytes("receipt"), ByteView(signature).first(length)));
  }
  EXPECT_FALSE(ed25519_verify(signer.public_key(), as_bytes("receipu"), signature));
}

TEST(MlKem, AgreesOnBothSidesAndRejectsImplicitly) {
  SystemRandom random;
  const auto keys = MlKemKeyPair::generate(random);
  auto sent = mlkem_encapsulate(keys.public_key(), random);
  ASSERT_TRUE(sent);
  const auto received = keys.decapsulate(sent->ciphertext);
  EXPECT_TRUE(constant_time_equal(sent->secret.reveal(), received.reveal()));
  sent->ciphertext[7] ^= 1;
  const auto other = keys.decapsulate(sent->ciphertext);
  EXPECT_FALSE(constant_time_equal(sent->secret.reveal(), other.reveal()));
}

// FIPS 203 section 7.2: the right length, and every coefficient below 3,329.
TEST(MlKem, RefusesAKeyThatIsNone) {
  SystemRandom random;
  MlKemPublic key = MlKemKeyPair::generate(random).public_key();
  ASSERT_TRUE(mlkem_encapsulate(key, random));
  EXPECT_FALSE(mlkem_encapsulate(ByteView(key).first(key.size() - 1), random));
  key[0] = 0xFF;
  key[1] = static_cast<std::uint8_t>(key[1] | 0x0F);
  EXPECT_EQ(mlkem_encapsulate(key, random).error().code, ErrorCode::kMalformed);
}

TEST(P384, SignsWhatItsPublicKeyVerifies) {
  const auto key = P384PrivateKey::generate();
  const Bytes signature = key.sign(as_bytes("statement"));
  EXPECT_TRUE(key.public_key().verify(as_bytes("statement"), signature));
  EXPECT_FALSE(key.public_key().verify(as_bytes("statemenu"), signature));
  EXPECT_FALSE(P384PrivateKey::generate().public_key().verify(as_bytes("statement"), signature));
  for (std::size_t length = 0; length < signature.size(); ++length) {
    EXPECT_FALSE(key.public_key().verify(as_bytes("statement"), ByteView(signature).first(length)));
  }
}

TEST(P384, RoundTripsThroughPem) {
  const auto key = P384PrivateKey::generate();
  const auto again = P384PrivateKey::from_pem(key.to_pem());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->public_key().spki(), key.public_key().spki());
  const auto public_key = P384PublicKey::from_pem(key.public_key().to_pem() + "\n \n");
  ASSERT_TRUE(public_key);
  EXPECT_EQ(public_key->spki_sha256(), key.public_key().spki_sha256());
}

TEST(P384, RefusesOtherPem) {
  const auto key = P384PrivateKey::generate();
  const std::string pem = key.public_key().to_pem();
  EXPECT_FALSE(P384PublicKey::from_pem(""));
  EXPECT_FALSE(P384PublicKey::from_pem({}));
  EXPECT_FALSE(P384PublicKey::from_pem(pem + pem));
  EXPECT_FALSE(P384PublicKey::from_pem("x" + pem));
  EXPECT_FALSE(P384PublicKey::from_pem(key.to_pem()));
  EXPECT_FALSE(P384PrivateKey::from_pem(pem));
  std::string damaged = pem;
  damaged[40] = damaged[40] == 'A' ? 'B' : 'A';
  EXPECT_FALSE(P384PublicKey::from_pem(damaged));
}

}  // namespace
}  // namespace minions::crypto
