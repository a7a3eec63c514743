// The published vectors (noise-c, cacophony) for the patterns built in.
#include "session/noise.h"

#include "crypto/aead.h"

#include "support/vectors.h"

namespace minions::session {
namespace {

using testing::hex;
using testing::hex_array;
using testing::ScriptedRandom;

const NoisePattern* pattern_named(const std::string& name) {
  for (const NoisePattern* pattern : {&kNoiseNN, &kNoiseNK, &kNoiseNX, &kNoiseNKhfs}) {
    if (pattern->name == name) return pattern;
  }
  return nullptr;
}

// One direction of messages after the handshake: a vector goes on with transport messages, nonces counting from zero.
struct Transport {
  crypto::SecretArray<32> key;
  std::uint64_t n = 0;

  Bytes seal(ByteView payload) {
    ByteArray<12> nonce{};
    store_be(nonce.data() + 4, n++);
    Bytes out(payload.size() + crypto::kAeadTagSize);
    crypto::Sealer(key.reveal()).seal(nonce, {}, std::array{payload}, 0, out);
    return out;
  }
};

void run(const Json& vector, const NoisePattern& pattern) {
  const auto init_prologue = hex(vector["init_prologue"]);
  const auto resp_prologue = hex(vector["resp_prologue"]);
  ScriptedRandom init_random(hex(vector["init_ephemeral"]));
  ScriptedRandom resp_random(hex(vector["resp_ephemeral"]));
  std::optional<crypto::X25519KeyPair> resp_static;
  if (vector.contains("resp_static"))
    resp_static = crypto::X25519KeyPair::from_private(hex_array<32>(vector["resp_static"]));
  NoiseConfig initiator{.role = NoiseRole::kInitiator, .prologue = init_prologue};
  if (vector.contains("init_remote_static")) initiator.remote_static = hex_array<32>(vector["init_remote_static"]);
  const NoiseConfig responder{
      .role = NoiseRole::kResponder, .prologue = resp_prologue, .local_static = resp_static ? &*resp_static : nullptr};

  NoiseHandshake first(pattern, initiator, init_random);
  NoiseHandshake second(pattern, responder, resp_random);
  const Json& messages = vector["messages"];
  ASSERT_GE(messages.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    NoiseHandshake& writer = i == 0 ? first : second;
    NoiseHandshake& reader = i == 0 ? second : first;
    const auto message = writer.write_message(hex(messages[i]["payload"]));
    ASSERT_TRUE(message);
    EXPECT_EQ(to_hex(*message), messages[i]["ciphertext"]);
    const auto payload = reader.read_message(*message);
    ASSERT_TRUE(payload);
    EXPECT_EQ(to_hex(*payload), messages[i]["payload"]);
  }
  ASSERT_TRUE(first.complete() && second.complete());
  EXPECT_EQ(first.hash(), second.hash());
  if (vector.contains("handshake_hash")) {
    EXPECT_EQ(to_hex(first.hash()), vector["handshake_hash"]);
  }
  auto [to_responder, to_initiator] = std::move(first).split();
  auto [to_responder_again, to_initiator_again] = std::move(second).split();
  EXPECT_TRUE(crypto::constant_time_equal(to_responder.reveal(), to_responder_again.reveal()));
  EXPECT_TRUE(crypto::constant_time_equal(to_initiator.reveal(), to_initiator_again.reveal()));
  Transport transports[] = {{std::move(to_responder)}, {std::move(to_initiator)}};
  for (std::size_t i = 2; i < messages.size(); ++i) {
    EXPECT_EQ(to_hex(transports[i % 2].seal(hex(messages[i]["payload"]))), messages[i]["ciphertext"]);
  }
}

TEST(Noise, PassesThePublishedVectors) {
  const auto file = testing::shared_json("vectors/noise.json");
  if (!file) GTEST_SKIP() << "the third-party vectors are not beside this clone";
  int passed = 0;
  for (const Json& vector : (*file)["vectors"]) {
    SCOPED_TRACE(vector["name"].get<std::string>());
    const NoisePattern* pattern = pattern_named(vector["name"]);
    ASSERT_NE(pattern, nullptr);
    run(vector, *pattern);
    ++passed;
  }
  EXPECT_GE(passed, 5);
}

TEST(Noise, RefusesEveryBitFlipAndEveryCutOfAMessage) {
  crypto::SystemRandom random;
  const auto server = crypto::X25519KeyPair::generate(random);
  const NoiseConfig initiator{
      .role = NoiseRole::kInitiator, .prologue = as_bytes("p"), .remote_static = server.public_key()};
  const NoiseConfig responder{.role = NoiseRole::kResponder, .prologue = as_bytes("p"), .local_static = &server};
  const Bytes message = NoiseHandshake(kNoiseNK, initiator, random).write_message(as_bytes("{}")).value();
  ASSERT_TRUE(NoiseHandshake(kNoiseNK, responder, random).read_message(message));
  for (std::size_t bit = 0; bit < message.size() * 8; ++bit) {
    Bytes flipped = message;
    flipped[bit / 8] = static_cast<std::uint8_t>(flipped[bit / 8] ^ (1U << (bit % 8)));
    // X25519 ignores the top bit of a public key, but the transcript does not.
    EXPECT_FALSE(NoiseHandshake(kNoiseNK, responder, random).read_message(flipped)) << "bit " << bit;
  }
  for (std::size_t length = 0; length < message.size(); ++length) {
    EXPECT_FALSE(NoiseHandshake(kNoiseNK, responder, random).read_message(ByteView(message).first(length))) << length;
  }
}

}  // namespace
}  // namespace minions::session
