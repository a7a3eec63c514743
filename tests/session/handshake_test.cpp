// Both suites against the vectors, from the appraised document to the session keys, and every negative case.
#include "session/handshake.h"

#include "attestation/core/appraise.h"
#include "session/client_session.h"
#include "support/vectors.h"
#include "support/verified.h"

namespace minions::session {
namespace {

using testing::hex;
using testing::hex_array;
using testing::ScriptedRandom;
using testing::smp2_vectors;

const Json& keys() { return smp2_vectors()["keys"]; }

crypto::X25519KeyPair noise_key() {
  return crypto::X25519KeyPair::from_private(hex_array<32>(keys()["noise_private"]));
}

const Json& handshake_of(attestation::Suite suite) {
  for (const Json& vector : smp2_vectors()["handshakes"]) {
    if (vector["suite"] == attestation::noise_name(suite)) return vector;
  }
  throw std::runtime_error("no such suite in the vectors");
}

Bytes client_randomness(const Json& vector) {
  Bytes bytes = hex(keys()["client_ephemeral_private"]);
  if (vector.contains("kem_seed")) append(bytes, hex(vector["kem_seed"]));
  return bytes;
}
Bytes server_randomness(const Json& vector) {
  Bytes bytes = hex(keys()["server_ephemeral_private"]);
  if (vector.contains("kem_m")) append(bytes, hex(vector["kem_m"]));
  return bytes;
}

struct Server {
  crypto::X25519KeyPair key = noise_key();
  Bytes statement_bytes = to_bytes(smp2_vectors()["statement"]["bytes"].get<std::string>());
  attestation::Statement statement = attestation::Statement::parse(statement_bytes).value();
  Digest32 digest = attestation::statement_digest(statement_bytes);
  SessionParameters parameters;

  Result<AcceptedSession> answer(ByteView body, crypto::Random& random) {
    return accept_handshake({statement, digest, key, parameters}, body, random);
  }
};

class Handshake : public ::testing::TestWithParam<attestation::Suite> {};

TEST_P(Handshake, GivesTheBytesAndKeysOfTheVectors) {
  const Json& vector = handshake_of(GetParam());
  const auto statement = testing::verified_vector_statement(GetParam());
  ScriptedRandom client_random(client_randomness(vector));
  auto client = ClientHandshake::start(statement, vector["payload_1"].get<std::string>(), client_random);
  ASSERT_TRUE(client);
  EXPECT_EQ(to_hex(client->request()), vector["session_body"]);
  EXPECT_TRUE(client_random.used_up());

  Server server;
  server.parameters = SessionParameters::parse(vector["payload_2"].get<std::string>()).value();
  EXPECT_EQ(server.parameters.to_json(), vector["payload_2"]);
  ScriptedRandom server_random(server_randomness(vector));
  const auto accepted = server.answer(client->request(), server_random);
  ASSERT_TRUE(accepted) << accepted.error().detail;
  EXPECT_EQ(to_hex(accepted->message_2), vector["message_2"]);
  EXPECT_TRUE(server_random.used_up());

  const auto session = std::move(*client).finish(accepted->message_2);
  ASSERT_TRUE(session) << session.error().detail;
  EXPECT_EQ(session->parameters().session, hex_array<16>(keys()["session"]));
  EXPECT_EQ(to_hex(session->channel_binding()), vector["h"]);
  if (vector.contains("k_c2s")) {
    EXPECT_EQ(to_hex(accepted->secrets.k_c2s.reveal()), vector["k_c2s"]);
    EXPECT_EQ(to_hex(accepted->secrets.k_s2c.reveal()), vector["k_s2c"]);
  }
}

INSTANTIATE_TEST_SUITE_P(Suites, Handshake,
                         ::testing::Values(attestation::Suite::kHybrid, attestation::Suite::kClassical),
                         [](const auto& suite) {
                           return suite.param == attestation::Suite::kHybrid ? "Hybrid" : "Classical";
                         });

TEST(KeySchedule, DerivesTheStreamKeysOfTheVectors) {
  const Json& classical = handshake_of(attestation::Suite::kClassical);
  const auto k_c2s = hex_array<32>(classical["k_c2s"]);
  const auto k_s2c = hex_array<32>(classical["k_s2c"]);
  for (const Json& vector : smp2_vectors()["stream_keys"]) {
    const StreamId n = testing::number(vector["n"]);
    const auto request = request_key(k_c2s, n);
    const auto reply = reply_key(k_s2c, n);
    EXPECT_EQ(to_hex(request.reveal()), vector["request_key"]);
    EXPECT_EQ(to_hex(reply.reveal()), vector["reply_key"]);
  }
}

TEST(ServerHandshake, RefusesEveryBadBodyOfTheVectors) {
  crypto::SystemRandom random;
  for (const Json& vector : smp2_vectors()["negative_handshakes"]) {
    SCOPED_TRACE(vector["name"].get<std::string>());
    Server server;
    const Bytes body = hex(vector["body"]);
    const auto named = statement_named_in(body);
    if (vector["want"] == "421") {
      EXPECT_TRUE(named.has_value() && *named != server.digest);
      continue;
    }
    const bool accepted = named == server.digest && server.answer(body, random).has_value();
    EXPECT_EQ(accepted, vector["want"] == "ok");
  }
}

TEST(ClientHandshake, RefusesEveryBadMessage2OfTheVectors) {
  for (const Json& vector : smp2_vectors()["negative_message_2"]) {
    SCOPED_TRACE(vector["name"].get<std::string>());
    const auto suite = attestation::suite_from_name(vector["suite"].get<std::string>()).value();
    const Json& handshake = handshake_of(suite);
    ScriptedRandom random(client_randomness(handshake));
    auto client = ClientHandshake::start(testing::verified_vector_statement(suite),
                                         handshake["payload_1"].get<std::string>(), random);
    ASSERT_TRUE(client);
    EXPECT_EQ(std::move(*client).finish(hex(vector["message_2"])).has_value(), vector["want"] == "ok");
  }
}

TEST(ClientSession, SpendsEachStreamIdOnceAndKeepsTheWindow) {
  auto session = testing::open_session();
  for (StreamId n = 0; n < 1024; ++n) {
    const auto stream = session.open_stream();
    ASSERT_TRUE(stream);
    EXPECT_EQ(stream->context.n, n);
    if (n != 0) session.finish_stream(n);
  }
  EXPECT_EQ(session.open_stream().error().code, ErrorCode::kBusy);
  session.finish_stream(0);
  EXPECT_EQ(session.open_stream()->context.n, 1024U);
}

TEST(ClientSession, OpensNothingOnceClosed) {
  auto session = testing::open_session();
  session.close();
  EXPECT_EQ(session.open_stream().error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace minions::session
