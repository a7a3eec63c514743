// One attempt at an exchange, in one session over one connection: seals and sends the request, and opens the reply
// record by record. The exchange is complete only when its trailer has opened, its receipt is good and its HTTP body
// has ended. Retries nothing.
#pragma once

#include "client/retry.h"
#include "client/transport.h"
#include "session/client_session.h"

namespace minions::client {

// Receives the reply as it opens. The data is authentic and in order, but the reply is whole only once the exchange
// reports it complete.
class ReplySink {
 public:
  virtual ~ReplySink() = default;
  // Once, before data. False aborts the exchange.
  virtual bool head(const session::ReplyHead& head) = 0;
  virtual bool data(std::string_view piece) = 0;
  // The server says by a filler record that it waits for the model.
  virtual void waiting() {}
};

// Facts about a complete reply.
struct SealedReply {
  session::ReplyHead head;
  session::SessionId session{};
  session::StreamId n = 0;
  std::string usage;         // JSON as the receipt signs it; empty if the server gave none
  session::Receipt receipt;  // verified
};

// What an offline check of one exchange needs, as far as it got.
struct ExchangeTranscript {
  Digest32 channel_binding{};  // of its session
  session::StreamId n = 0;
  crypto::SecretText head;  // may hold an API key
  std::string reply_head;
  crypto::SecretText reply_data;
  std::optional<session::Receipt> receipt;
  std::string usage;
};
enum class Keep { kFacts, kTranscript };

struct AttemptResult {
  tl::expected<SealedReply, AttemptFailure> reply;
  std::uint64_t sealed_bytes_sent = 0;  // of the request's HTTP body
  std::optional<std::chrono::steady_clock::time_point> first_data;
  double seal_s = 0;  // sealing and opening only
  double open_s = 0;
  std::optional<ExchangeTranscript> transcript;  // with Keep::kTranscript, once n was used
};

struct AttemptInput {
  const Transport& transport;
  session::ClientSession& session;  // with attestation rules for its connections
  const attestation::PolicyRules& policy;
  const session::RequestHead& head;
  ByteView body;
  ReplySink& sink;
  std::chrono::milliseconds no_progress;  // reset by opened records only, filler among them
  Keep keep = Keep::kFacts;
};

// Opens a connection and checks its key against the statement before writing a byte. kRefused if that fails.
[[nodiscard]] net::Task<Result<std::unique_ptr<net::ClientExchange>>> open_pinned(
    const Transport& transport, const attestation::Statement& statement, const attestation::PolicyRules& policy,
    std::stop_token stop);

// The input and what it refers to outlive the task. Requesting stop, on the executor's thread, closes the connection.
[[nodiscard]] net::Task<AttemptResult> attempt(const AttemptInput& input, std::stop_token stop);

}  // namespace minions::client
