// Sessions for tests: the statement of the vectors, appraised as a client would, and a handshake over it.
#pragma once

#include "attestation/core/appraise.h"
#include "session/client_session.h"
#include "support/vectors.h"

namespace minions::testing {

// The vectors' own document, accepted by a policy that allows simulated evidence, pins the operator's key and demands
// the suite.
inline attestation::VerifiedStatement verified_vector_statement(attestation::Suite suite) {
  const Json& vectors = smp2_vectors();
  const Json& document = vectors["document"];
  const std::string policy_text = std::string("[simulated]\nallow = true\n[session]\nsuite = ") +
                                  (suite == attestation::Suite::kHybrid ? "\"hybrid\"\n" : "\"classical\"\n");
  auto policy = attestation::AppraisalPolicy::parse(policy_text, "test.toml").value();
  policy = policy.with({.trusted_attestation_pem = vectors["keys"]["attestor_public_pem"].get<std::string>()}).value();
  const auto parsed =
      attestation::AttestationDocument::parse(as_bytes(document["bytes"].get_ref<const std::string&>()));
  const auto result =
      attestation::appraise({.document = parsed,
                             .nonce = hex_array<32>(document["nonce"]),
                             .policy = policy,
                             .now = document["now"],
                             .connection = {.kind = attestation::ServerConnection::Kind::kPlainLoopback}});
  if (!result.statement) throw std::runtime_error(result.to_text());
  return *result.statement;
}

// A client session with the vectors' server, made by the server's own handshake.
inline session::ClientSession open_session() {
  crypto::SystemRandom random;
  const auto verified = verified_vector_statement(attestation::Suite::kClassical);
  auto client = session::ClientHandshake::start(verified, session::client_hello_json("test", 0), random).value();
  const auto key = crypto::X25519KeyPair::from_private(hex_array<32>(smp2_vectors()["keys"]["noise_private"]));
  session::SessionParameters parameters;
  const auto accepted =
      session::accept_handshake({verified.statement(), verified.digest(), key, parameters}, client.request(), random)
          .value();
  return std::move(client).finish(accepted.message_2).value();
}

}  // namespace minions::testing
