// Epochs: each has a statement and the keys that it names. A schedule holds the current and the previous one. No clock:
// now is passed in.
#pragma once

#include <memory>
#include <mutex>
#include <optional>

#include "attestation/core/statement.h"
#include "crypto/ed25519.h"
#include "crypto/random.h"
#include "crypto/x25519.h"

namespace minions::attester {

// How long after not_after a client whose clock or request lags may still open a handshake.
inline constexpr std::int64_t kNoiseKeyGraceS = 60;

// Sessions hold a reference: the receipt key lives until the last session of its statement has ended.
class Epoch {
 public:
  [[nodiscard]] const attestation::Statement& statement() const { return statement_; }
  // As served; never re-encoded.
  [[nodiscard]] const Bytes& statement_bytes() const { return bytes_; }
  [[nodiscard]] const Digest32& digest() const { return digest_; }  // C
  [[nodiscard]] UnixSeconds noise_key_until() const { return statement_.not_after + kNoiseKeyGraceS; }
  [[nodiscard]] const crypto::Ed25519Signer& receipt_key() const { return receipt_; }

  // Null once wiped. A handshake keeps its reference only while it runs. Any thread.
  [[nodiscard]] std::shared_ptr<const crypto::X25519KeyPair> noise_key() const;
  void wipe_noise_key();

 private:
  friend class EpochFactory;
  Epoch(crypto::X25519KeyPair noise, crypto::Ed25519Signer receipt);

  attestation::Statement statement_;
  Bytes bytes_;
  Digest32 digest_{};
  mutable std::mutex mutex_;
  std::shared_ptr<const crypto::X25519KeyPair> noise_;
  crypto::Ed25519Signer receipt_;
};
using EpochPointer = std::shared_ptr<Epoch>;

struct EpochSettings {
  ByteArray<16> instance{};  // random per boot
  std::vector<attestation::Suite> suites{std::begin(attestation::kSuites), std::end(attestation::kSuites)};
  std::vector<Digest32> tls_spki_sha256;
  std::vector<attestation::ModelEntry> models;
  attestation::Software software;
  std::vector<std::string> overrides;
  std::int64_t epoch_s = 600;  // a statement is valid for half as long again
};

class EpochFactory {
 public:
  // kUsage for times out of range, and for settings that make no valid statement (too large, ill-formed weights).
  [[nodiscard]] static Result<EpochFactory> make(EpochSettings settings);

  [[nodiscard]] Result<EpochPointer> epoch(std::uint64_t number, UnixSeconds now, crypto::Random& random) const;
  // From the next epoch on: list a coming TLS key one epoch before it serves.
  void list_tls_keys(std::vector<Digest32> spki_sha256) { settings_.tls_spki_sha256 = std::move(spki_sha256); }
  // From the next epoch on. kUsage for models that make no valid statement: keeps the old ones.
  [[nodiscard]] Status list_models(std::vector<attestation::ModelEntry> models);
  [[nodiscard]] const std::vector<attestation::ModelEntry>& models() const { return settings_.models; }
  [[nodiscard]] std::int64_t epoch_s() const { return settings_.epoch_s; }

 private:
  explicit EpochFactory(EpochSettings settings) : settings_(std::move(settings)) {}
  EpochSettings settings_;
};

// When keys begin and end. One thread at a time. A new epoch is prepared first and installed once there is evidence for
// it.
class EpochSchedule {
 public:
  explicit EpochSchedule(EpochFactory factory) : factory_(std::move(factory)) {}
  EpochSchedule(EpochSchedule&&) = default;
  EpochSchedule& operator=(EpochSchedule&&) = delete;
  ~EpochSchedule();

  // No epoch yet, an expired one, or a clock that was set back before its start.
  [[nodiscard]] bool due(UnixSeconds now) const;
  [[nodiscard]] Result<EpochPointer> prepare(UnixSeconds now, crypto::Random& random);
  // Makes it the current one. If there are more than two, the oldest loses its noise key.
  void install(EpochPointer epoch);
  // Wipes expired noise keys.
  void expire(UnixSeconds now);

  // Null before the first install.
  [[nodiscard]] const EpochPointer& current() const { return current_; }
  // The epoch of this C that still accepts handshakes; null otherwise.
  [[nodiscard]] EpochPointer find(const Digest32& digest, UnixSeconds now) const;
  [[nodiscard]] EpochFactory& factory() { return factory_; }
  // Whether the TLS key is known to a client with any statement that still accepts handshakes.
  [[nodiscard]] bool every_statement_lists(const Digest32& tls_spki_sha256, UnixSeconds now) const;
  // When due() or expire() next has something to do.
  [[nodiscard]] UnixSeconds next_event(UnixSeconds now) const;

 private:
  EpochFactory factory_;
  std::uint64_t number_ = 0;
  EpochPointer current_;
  EpochPointer previous_;
  // Of each epoch that has not expired, wiped or not: clients hold its statement.
  struct Issued {
    std::vector<Digest32> tls_spki_sha256;
    UnixSeconds until;
  };
  std::vector<Issued> issued_;
};

}  // namespace minions::attester
