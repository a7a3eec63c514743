// The client's end of a session: issues each stream id once, and holds the keys until close(). For one thread at a
// time.
#pragma once

#include <set>

#include "session/exchange.h"
#include "session/handshake.h"

namespace minions::session {

// The keys of one exchange. n counts as used once this exists.
struct ClientStream {
  StreamContext context;
  crypto::SecretArray<32> request_key;
  crypto::SecretArray<32> reply_key;
};

class ClientSession {
 public:
  // kBusy if the oldest unfinished stream is 1,023 ids behind; kNotFound after close().
  [[nodiscard]] Result<ClientStream> open_stream();
  // Exchange n is over, whatever the outcome.
  void finish_stream(StreamId n) { unfinished_.erase(n); }
  // Erases the keys.
  void close() { secrets_.clear(); }
  [[nodiscard]] bool closed() const { return !secrets_.k_c2s.has_value(); }

  [[nodiscard]] const SessionParameters& parameters() const { return parameters_; }
  [[nodiscard]] const attestation::VerifiedStatement& statement() const { return statement_; }
  // h; only while not closed().
  [[nodiscard]] Digest32 channel_binding() const;
  // Compares the trailer with what this side sent (T) and opened (U).
  [[nodiscard]] Status check(const ReplyTrailer& trailer, StreamId n, const Digest32& request,
                             const Digest32& reply) const;

 private:
  friend class ClientHandshake;
  ClientSession(attestation::VerifiedStatement statement, const SessionParameters& parameters, SessionSecrets secrets)
      : statement_(std::move(statement)), parameters_(parameters), secrets_(std::move(secrets)) {}

  attestation::VerifiedStatement statement_;
  SessionParameters parameters_;
  SessionSecrets secrets_;
  StreamId next_ = 0;
  std::set<StreamId> unfinished_;
};

}  // namespace minions::session
