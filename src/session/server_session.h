// The server's end of a session: replay window, limits, keys, and its running streams. Used by several threads.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "session/handshake.h"
#include "session/receipt.h"
#include "session/record.h"
#include "session/replay_window.h"

namespace minions::session {

class ServerSession;

// What signs the receipts of a session: the epoch whose statement the client verified. The key lives as long as a
// session refers to it.
struct ReceiptKey {
  Digest32 statement;
  std::shared_ptr<const crypto::Ed25519Signer> signer;
};

struct StreamKeys {
  StreamContext context;
  crypto::SecretArray<32> request_key;
  crypto::SecretArray<32> reply_key;
  crypto::SecretArray<32> channel_binding;  // h
  ByteArray<32> cache_salt{};               // the same for each stream of the session
};

// A running stream; its destruction ends it in the session.
class StreamLease {
 public:
  StreamLease(std::shared_ptr<ServerSession> session, std::uint64_t ticket)
      : session_(std::move(session)), ticket_(ticket) {}
  StreamLease(StreamLease&&) noexcept = default;
  StreamLease& operator=(StreamLease&&) = delete;
  StreamLease(const StreamLease&) = delete;
  StreamLease& operator=(const StreamLease&) = delete;
  ~StreamLease();

 private:
  std::shared_ptr<ServerSession> session_;
  std::uint64_t ticket_;
};

class ServerSession : public std::enable_shared_from_this<ServerSession> {
 public:
  // Asks a stream to stop through its hook, from whichever thread closes the session; the hook must only post.
  using CancelHook = std::function<void()>;

  ServerSession(const SessionParameters& parameters, SessionSecrets secrets, ReceiptKey receipt_key, SteadyTime now);

  // A stream about to open. kNotFound: closed, or past its absolute limit; kBusy: too many streams.
  [[nodiscard]] Result<StreamLease> enter(SteadyTime now, CancelHook cancel);
  // The keys of n, if n is still usable. kMalformed, kReplayed, or kNotFound after close().
  [[nodiscard]] Result<StreamKeys> keys(StreamId n) const;
  // The atomic test-and-set, made after the first record of n has opened and before its plaintext is read.
  [[nodiscard]] Status mark(StreamId n);
  // Counts a record that did not open. Returns true when there were so many that the session is over.
  [[nodiscard]] bool count_bad_tag();
  void note_authorised();

  // Called once when the session closes, from whichever thread closes it; it must only post. Set before others see it.
  void on_close(CancelHook closed) { on_close_ = std::move(closed); }
  // The statement that the client verified: this session must not do what the statement does not state. Null: states
  // nothing. Set before others see the session.
  void rest_on(std::shared_ptr<const attestation::Statement> statement) { statement_ = std::move(statement); }
  [[nodiscard]] const attestation::Statement* statement() const { return statement_.get(); }
  // Erases the keys, refuses new streams, and asks every other stream to stop.
  void close();

  [[nodiscard]] bool expired(SteadyTime now) const;
  [[nodiscard]] bool may_be_evicted() const;  // no open stream and no authorised request
  // When its last stream began; nothing while a stream runs.
  [[nodiscard]] std::optional<SteadyTime> idle_since() const;
  // If no stream runs, no stream opens from now on; close() does the rest.
  [[nodiscard]] bool retire_if_idle();
  [[nodiscard]] bool closed() const;
  [[nodiscard]] const SessionParameters& parameters() const { return parameters_; }
  [[nodiscard]] const ReceiptKey& receipt_key() const { return receipt_key_; }
  [[nodiscard]] SteadyTime created() const { return created_; }

 private:
  friend class StreamLease;
  void leave(std::uint64_t ticket);

  const SessionParameters parameters_;
  const ReceiptKey receipt_key_;
  const SteadyTime created_;
  std::shared_ptr<const attestation::Statement> statement_;

  mutable std::mutex mutex_;
  SessionSecrets secrets_;
  ReplayWindow window_;
  std::map<std::uint64_t, CancelHook> streams_;
  CancelHook on_close_;
  std::uint64_t next_ticket_ = 0;
  SteadyTime last_active_;
  unsigned bad_tags_ = 0;
  bool authorised_ = false;
  bool retired_ = false;
  bool closed_ = false;
};

}  // namespace minions::session
