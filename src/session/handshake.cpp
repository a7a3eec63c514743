#include "session/handshake.h"

#include <fmt/format.h>

#include "session/client_session.h"

namespace minions::session {
namespace {
constexpr std::size_t kPayloadLimit = 4096;
}

const NoisePattern& noise_pattern(attestation::Suite suite) {
  switch (suite) {
    case attestation::Suite::kHybrid: return kNoiseNKhfs;
    case attestation::Suite::kClassical: return kNoiseNK;
  }
  return kNoiseNK;
}

Bytes handshake_prologue(const Digest32& statement_digest) {
  constexpr std::string_view kLabel = "smp2";
  Bytes prologue(kLabel.size() + statement_digest.size());
  std::copy(statement_digest.begin(), statement_digest.end(),
            std::copy(kLabel.begin(), kLabel.end(), prologue.begin()));
  return prologue;
}

ClientHandshake::ClientHandshake(const attestation::VerifiedStatement& statement, crypto::Random& random)
    : statement_(statement),
      noise_(noise_pattern(statement.suite()),
             {.role = NoiseRole::kInitiator,
              .prologue = handshake_prologue(statement.digest()),
              .remote_static = statement.statement().noise_x25519},
             random) {
  append(request_, statement.digest());
  request_.push_back(statement.suite_index());
}

Result<ClientHandshake> ClientHandshake::start(const attestation::VerifiedStatement& statement,
                                               std::string_view client_hello, crypto::Random& random) {
  ClientHandshake handshake(statement, random);
  MINIONS_TRY_ASSIGN(const Bytes message_1, handshake.noise_.write_message(as_bytes(client_hello)));
  append(handshake.request_, message_1);
  return handshake;
}

Result<ClientSession> ClientHandshake::finish(ByteView message_2) && {
  MINIONS_TRY_ASSIGN(const Bytes payload, noise_.read_message(message_2));
  if (payload.size() > kPayloadLimit)
    return fail(ErrorCode::kMalformed, "handshake: the payload of message 2 is over 4 KiB");
  MINIONS_TRY_ASSIGN(SessionParameters parameters, SessionParameters::parse(as_text(payload)));
  SessionSecrets secrets;
  secrets.h = crypto::LockedSecret<32>(noise_.hash());
  const auto [c2s, s2c] = std::move(noise_).split();
  secrets.k_c2s = crypto::LockedSecret<32>(c2s);
  secrets.k_s2c = crypto::LockedSecret<32>(s2c);
  return ClientSession(statement_, parameters, std::move(secrets));
}

std::optional<Digest32> statement_named_in(ByteView body) {
  Digest32 digest;
  if (body.size() < digest.size()) return std::nullopt;
  std::copy_n(body.begin(), digest.size(), digest.begin());
  return digest;
}

Result<AcceptedSession> accept_handshake(const ServerHandshakeInput& input, ByteView body, crypto::Random& random) {
  constexpr std::size_t kMessageAt = sizeof(Digest32) + 1;
  if (body.size() <= kMessageAt) return fail(ErrorCode::kMalformed, "session request: no handshake message in it");
  const std::uint8_t index = body[sizeof(Digest32)];
  if (index >= input.statement.suites.size()) {
    return fail(ErrorCode::kMalformed,
                fmt::format("session request: suite {} of {}", index, input.statement.suites.size()));
  }
  const auto suite = attestation::suite_from_name(input.statement.suites[index]);
  if (!suite) return fail(ErrorCode::kInternal, "session request: the statement lists a suite that is not built in");
  NoiseHandshake noise(noise_pattern(*suite),
                       {.role = NoiseRole::kResponder,
                        .prologue = handshake_prologue(input.statement_digest),
                        .local_static = &input.noise_key},
                       random);
  MINIONS_TRY_ASSIGN(const Bytes hello, noise.read_message(body.subspan(kMessageAt)));
  if (hello.size() > kPayloadLimit)
    return fail(ErrorCode::kTooLarge, "handshake: the payload of message 1 is over 4 KiB");
  MINIONS_TRY(check_client_hello(as_text(hello)));

  AcceptedSession accepted;
  MINIONS_TRY_ASSIGN(accepted.message_2, noise.write_message(as_bytes(input.parameters.to_json())));
  accepted.secrets.h = crypto::LockedSecret<32>(noise.hash());
  const auto [c2s, s2c] = std::move(noise).split();
  accepted.secrets.k_c2s = crypto::LockedSecret<32>(c2s);
  accepted.secrets.k_s2c = crypto::LockedSecret<32>(s2c);
  return accepted;
}

}  // namespace minions::session
