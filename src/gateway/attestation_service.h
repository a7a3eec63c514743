// Serves attestation documents: rotates epochs, collects evidence on a separate thread, and answers client nonces in
// batches (docs/protocol.md section 3).
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "attester/batch.h"
#include "net/task.h"

namespace minions::gateway {

// A document on its way to one client. Everything but its end is shared by all documents of a batch, and most of that
// by those of an epoch: however many wait or are read slowly, there is one copy of each.
struct ServedDocument {
  std::shared_ptr<const attester::AttestedBatch> batch;
  attestation::DocumentForm form;
  std::string ending;

  // Valid while this exists.
  [[nodiscard]] std::array<std::string_view, attestation::DocumentWriter::kSharedPieces + 1> pieces() const;
};

class AttestationService {
 public:
  struct Parts {
    attester::EpochSchedule schedule;
    std::unique_ptr<attester::Attester> attester;
    crypto::P384PrivateKey operator_key;
    std::chrono::milliseconds answer_time{10'000};
    std::function<UnixSeconds()> now;  // from any thread
  };
  // Collects for the first epoch before it returns: an unsound platform makes no keys that anyone sees.
  [[nodiscard]] static Result<std::unique_ptr<AttestationService>> start(Parts parts);
  ~AttestationService();
  AttestationService(const AttestationService&) = delete;
  AttestationService& operator=(const AttestationService&) = delete;

  // The document over this nonce. have: C of the statement that the client has; if it is the current one, returns the
  // short form. kBusy: 4,096 nonces wait already; kTimeout: no evidence in time.
  [[nodiscard]] net::Task<Result<ServedDocument>> document(std::optional<attestation::Nonce> nonce,
                                                           std::optional<Digest32> have, net::Executor executor);
  // Ends the service's thread; waiting calls get no answer. Call before the io_contexts of those calls are destroyed.
  void stop();

  // The epoch of this C, while it accepts handshakes. Null otherwise.
  [[nodiscard]] attester::EpochPointer find(const Digest32& statement) const;
  // The keys that statements list from the next epoch on. From any thread, like all below.
  void list_tls_keys(std::vector<Digest32> spki_sha256);
  // Whether the TLS key is known to a client with any statement that still accepts handshakes.
  [[nodiscard]] bool every_statement_lists(const Digest32& tls_spki_sha256) const;
  // The models that statements list from the next epoch on; at once if the current one lists none. kUsage: they make no
  // valid statement; keeps the old ones.
  [[nodiscard]] Status list_models(std::vector<attestation::ModelEntry> models);

  // Whether the current statement is still valid.
  [[nodiscard]] bool ready() const;
  [[nodiscard]] std::uint64_t epoch_number() const;
  // The time that starts and ends epochs.
  [[nodiscard]] UnixSeconds now() const { return parts_.now(); }

 private:
  class Answer;
  struct Waiting {
    attestation::Nonce nonce;
    std::shared_ptr<Answer> answer;
  };
  struct Current {
    attester::EpochEvidence evidence;
    attester::AttestedBatch batch;  // without nonces
  };

  explicit AttestationService(Parts parts);
  void run();
  [[nodiscard]] Status rotate();
  void answer(std::deque<Waiting> batch);

  Parts parts_;
  crypto::SystemRandom random_;
  mutable std::mutex mutex_;  // guards all below, and parts_.schedule
  std::condition_variable wake_;
  std::shared_ptr<const Current> current_;
  std::deque<Waiting> waiting_;
  bool rotate_now_ = false;  // the statement lacks all models, or claims more of a prompt cache than is true
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace minions::gateway
