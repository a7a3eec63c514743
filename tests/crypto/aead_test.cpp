#include "crypto/aead.h"

#include <gtest/gtest.h>

#include "base/encoding.h"

namespace minions::crypto {
namespace {

Bytes hex(std::string_view text) { return from_hex(text).value(); }
template <std::size_t N>
ByteArray<N> hex_array(std::string_view text) {
  return exactly<N>(from_hex(text)).value();
}

// Test cases 14 and 16 of "The Galois/Counter Mode of Operation" (McGrew, Viega), AES-256.
TEST(Aead, MatchesThePublishedCases) {
  const ByteArray<32> zero_key{};
  const ByteArray<12> zero_nonce{};
  Bytes out(32);
  Sealer(zero_key).seal(zero_nonce, {}, {}, 16, out);
  EXPECT_EQ(to_hex(out), "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919");

  const auto key = hex_array<32>("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
  const auto nonce = hex_array<12>("cafebabefacedbaddecaf888");
  const Bytes associated = hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
  const Bytes plaintext =
      hex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0d"
          "e657ba637b39");
  out.resize(plaintext.size() + kAeadTagSize);
  Sealer(key).seal(nonce, associated, std::array{ByteView(plaintext)}, 0, out);
  EXPECT_EQ(to_hex(out),
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393"
            "ba7a0abcc9f662"
            "76fc6ece0f4e1768cddf8853bb2d551b");
}

TEST(Aead, SealsTheSameHoweverThePlaintextIsCut) {
  const ByteArray<32> key{1, 2, 3};
  const ByteArray<12> nonce{9};
  Bytes plaintext(300);
  for (std::size_t i = 0; i < 200; ++i) plaintext[i] = static_cast<std::uint8_t>(i);  // the rest is zero
  Bytes whole(plaintext.size() + kAeadTagSize);
  Sealer sealer(key);
  sealer.seal(nonce, {}, std::array{ByteView(plaintext)}, 0, whole);
  for (std::size_t cut = 0; cut <= 200; ++cut) {
    const ByteView parts[] = {ByteView(plaintext).first(cut), ByteView(plaintext).subspan(cut, 200 - cut)};
    Bytes again(whole.size());
    sealer.seal(nonce, {}, parts, 100, again);
    ASSERT_EQ(again, whole) << "cut at " << cut;
  }
}

TEST(Aead, RefusesEveryBitFlipAndEveryCut) {
  const ByteArray<32> key{7};
  const ByteArray<12> nonce{};
  const std::string_view text = "nobody but us";
  Bytes sealed(text.size() + kAeadTagSize);
  Sealer(key).seal(nonce, as_bytes("aad"), std::array{as_bytes(text)}, 0, sealed);
  Opener opener(key);
  Bytes opened(text.size());
  ASSERT_TRUE(opener.open(nonce, as_bytes("aad"), sealed, opened));
  EXPECT_EQ(as_text(opened), text);
  for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    Bytes flipped = sealed;
    flipped[bit / 8] = static_cast<std::uint8_t>(flipped[bit / 8] ^ (1U << (bit % 8)));
    EXPECT_EQ(opener.open(nonce, as_bytes("aad"), flipped, opened).error().code, ErrorCode::kTampered);
    EXPECT_EQ(opened, Bytes(text.size())) << "what did not verify must be wiped";
  }
  for (std::size_t length = 0; length < sealed.size(); ++length) {
    Bytes shorter(length < kAeadTagSize ? 0 : length - kAeadTagSize);
    EXPECT_FALSE(opener.open(nonce, as_bytes("aad"), ByteView(sealed).first(length), shorter)) << length;
  }
  EXPECT_FALSE(opener.open(nonce, as_bytes("aae"), sealed, opened));
  EXPECT_FALSE(opener.open(ByteArray<12>{1}, as_bytes("aad"), sealed, opened));
  EXPECT_TRUE(opener.open(nonce, as_bytes("aad"), sealed, opened)) << "a failure must not spoil the next record";
}

}  // namespace
}  // namespace minions::crypto
