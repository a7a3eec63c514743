#include "crypto/hash.h"

#include <gtest/gtest.h>

#include "base/encoding.h"

namespace minions::crypto {
namespace {

// FIPS 180-4 examples.
TEST(Hash, MatchesThePublishedExamples) {
  EXPECT_EQ(to_hex(sha256(as_bytes("abc"))), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(sha256(ByteView{})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(to_hex(sha384({as_bytes("a"), as_bytes("bc")})),
            "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7");
  EXPECT_EQ(to_hex(sha512({as_bytes("abc")})).substr(0, 32), "ddaf35a193617abacc417349ae204131");
}

TEST(Sha256, DoesNotDependOnHowItsInputIsCut) {
  const std::string text(1000, 'x');
  for (const std::size_t step : {1U, 63U, 64U, 65U, 999U}) {
    Sha256 hash;
    for (std::size_t at = 0; at < text.size(); at += step)
      hash.update(as_bytes(std::string_view(text).substr(at, step)));
    EXPECT_EQ(std::move(hash).finish(), sha256(as_bytes(text)));
  }
}

// RFC 4231 test cases 1, 2 and 6.
TEST(Hmac, MatchesTheRfc) {
  const Bytes key_1(20, 0x0b);
  const auto mac_1 = hmac_sha256(key_1, {as_bytes("Hi There")});
  EXPECT_EQ(to_hex(mac_1.reveal()), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  const auto mac_2 = hmac_sha256(as_bytes("Jefe"), {as_bytes("what do ya want "), as_bytes("for nothing?")});
  EXPECT_EQ(to_hex(mac_2.reveal()), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  const Bytes key_6(131, 0xaa);
  const auto mac_6 = hmac_sha256(key_6, {as_bytes("Test Using Larger Than Block-Size Key - Hash Key First")});
  EXPECT_EQ(to_hex(mac_6.reveal()), "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Hmac, TakesAnEmptyKey) {
  const auto mac = hmac_sha256({}, {});
  EXPECT_EQ(to_hex(mac.reveal()), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

// RFC 5869 test case 1, the first block of its expansion.
TEST(Hkdf, ExpandsAsTheRfcDoes) {
  const auto prk = exactly<32>(from_hex("077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5")).value();
  const auto out = hkdf_expand_32(prk, from_hex("f0f1f2f3f4f5f6f7f8f9").value());
  EXPECT_EQ(to_hex(out.reveal()), "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
}

}  // namespace
}  // namespace minions::crypto
