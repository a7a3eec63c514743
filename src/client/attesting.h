// Fetches a server's attestation document and appraises it; remembers verified statements. Sends the server only a
// nonce and the digest of a statement, and the hardware vendors only the questions of collateral/needs.h.
#pragma once

#include <functional>
#include <memory>

#include "client/transport.h"
#include "collateral/collector.h"
#include "crypto/random.h"

namespace minions::client {

using UnixClock = std::function<UnixSeconds()>;

// One appraisal and what it was based on.
struct Attestation {
  attestation::AttestationResult result;
  Result<attestation::AttestationDocument> document;  // completed if it was a short one
  std::optional<attestation::Nonce> nonce;
  std::optional<Digest32> leaf_spki_sha256;  // of the connection it came over
  attestation::ServerConnection connection{};
  std::vector<std::string> missing;                         // unavailable collateral, and why
  std::shared_ptr<const attestation::TokenKeys> keys = {};  // of token services; null: none were looked for
  double seconds = 0;
  std::int64_t early_s = attestation::kEarlyToleranceS;  // of the statement, by the policy
};

// The document as the server would write it in full, for a log. Nothing if it did not parse.
[[nodiscard]] std::optional<std::string> document_json(const Attestation& attestation);

// Appraises the same document, nonce and connection by another policy.
[[nodiscard]] attestation::AttestationResult appraise_attestation(const Attestation& attestation,
                                                                  const attestation::AppraisalPolicy& policy,
                                                                  UnixSeconds now);

// How to appraise a document from a file. as_of: a time other than now.
struct RecordedOptions {
  const collateral::Collector& collector;
  std::optional<UnixSeconds> as_of;
  UnixClock clock;
};
// Appraises a document that came without a connection like one that a server sent: looks for what it needs in the same
// places. Blocks.
[[nodiscard]] Attestation appraise_recorded(Result<attestation::AttestationDocument> document,
                                            const attestation::AppraisalPolicy& policy, const RecordedOptions& options);

struct AttestingInput {
  Transport& transport;  // stores the cookies of the reply
  const attestation::AppraisalPolicy& policy;
  crypto::Random& random;
  const UnixClock& unix_time;                               // read once document and collateral have arrived
  const attestation::AttestationDocument* known = nullptr;  // a full document that have= may refer to
  const collateral::Collector* collector = nullptr;         // null: what the server sends must suffice
  std::optional<net::Executor> executor = {};               // for the collector's requests; set if collector is
};

// kNetwork if no document came. Any document that came is appraised; a refusal is a result.
[[nodiscard]] net::Task<Result<Attestation>> fetch_and_appraise(const AttestingInput& input, std::stop_token stop);

// The verified statements of one process, in memory, until not_after.
class StatementCache {
 public:
  struct Key {
    std::string address;
    Digest32 policy{};
    [[nodiscard]] friend auto operator<=>(const Key&, const Key&) = default;
  };

  void put(const Key& key, std::shared_ptr<const Attestation> attestation) { entries_[key] = std::move(attestation); }
  // Null if there is none or it has expired.
  [[nodiscard]] std::shared_ptr<const Attestation> find(const Key& key, UnixSeconds now) const;
  // Includes expired ones: their document may still complete a short one.
  [[nodiscard]] std::shared_ptr<const Attestation> last(const Key& key) const;
  void drop(const Key& key) { entries_.erase(key); }

 private:
  std::map<Key, std::shared_ptr<const Attestation>> entries_;
};

}  // namespace minions::client
