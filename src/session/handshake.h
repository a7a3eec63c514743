// The handshake of docs/protocol.md section 4, one class per side. A client session opens only to a statement whose
// appraisal passed: there is no other way to create one.
#pragma once

#include <memory>

#include "attestation/core/verified_statement.h"
#include "session/messages.h"
#include "session/noise.h"

namespace minions::session {

class ClientSession;

// What both sides hold after the handshake. The two keys are used only as HKDF keys.
struct SessionSecrets {
  crypto::LockedSecret<32> k_c2s;
  crypto::LockedSecret<32> k_s2c;
  crypto::LockedSecret<32> h;  // channel binding

  void clear() {
    k_c2s.clear();
    k_s2c.clear();
    h.clear();
  }
};

[[nodiscard]] const NoisePattern& noise_pattern(attestation::Suite suite);
// "smp2" || C
[[nodiscard]] Bytes handshake_prologue(const Digest32& statement_digest);

class ClientHandshake {
 public:
  // random outlives the handshake.
  [[nodiscard]] static Result<ClientHandshake> start(const attestation::VerifiedStatement& statement,
                                                     std::string_view client_hello, crypto::Random& random);
  // C || suite index || message 1: the body of POST /v2/session.
  [[nodiscard]] const Bytes& request() const { return request_; }
  // Takes message 2. Any failure ends the handshake.
  [[nodiscard]] Result<ClientSession> finish(ByteView message_2) &&;

 private:
  ClientHandshake(const attestation::VerifiedStatement& statement, crypto::Random& random);

  attestation::VerifiedStatement statement_;
  NoiseHandshake noise_;
  Bytes request_;
};

// C of the body of POST /v2/session, with which the server finds its statement. Nothing if the body is too short.
[[nodiscard]] std::optional<Digest32> statement_named_in(ByteView body);

struct AcceptedSession {
  SessionSecrets secrets;
  Bytes message_2;
};

struct ServerHandshakeInput {
  const attestation::Statement& statement;
  const Digest32& statement_digest;
  const crypto::X25519KeyPair& noise_key;
  const SessionParameters& parameters;
};

// Answers the whole body of POST /v2/session, whose C is statement_digest. kMalformed or kTampered: HTTP 400.
[[nodiscard]] Result<AcceptedSession> accept_handshake(const ServerHandshakeInput& input, ByteView body,
                                                       crypto::Random& random);

}  // namespace minions::session
