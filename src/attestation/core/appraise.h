// Appraisal: from a document, a policy and a time to an attestation result. Reads no clock and no network; the only
// source of a VerifiedStatement.
#pragma once

#include "attestation/core/document.h"
#include "attestation/core/result.h"
#include "attestation/core/verifier.h"
#include "attestation/policy/policy.h"

namespace minions::attestation {

inline constexpr std::int64_t kValidityLimitS = 3600;
// What clients tolerate unless their policy says otherwise.
inline constexpr auto kEarlyToleranceS = static_cast<std::int64_t>(kDefaultLeewayS);

// The connection that carries the messages.
struct ServerConnection {
  enum class Kind {
    kTls,
    kPlainLoopback,
    kNone,  // a document judged offline
  };
  Kind kind = Kind::kNone;
  std::optional<Digest32> leaf_spki_sha256;  // with kTls
};

struct AppraisalInput {
  const Result<AttestationDocument>& document;  // completed if it was short; its error becomes the first check
  std::optional<Nonce> nonce;                   // the one that this client sent
  const AppraisalPolicy& policy;
  UnixSeconds now = 0;
  ServerConnection connection;
  TrustAnchors anchors{};
  const TokenKeys* keys = nullptr;  // of token services, obtained by the verifier itself; null: none
};

[[nodiscard]] AttestationResult appraise(const AppraisalInput& input);

// The user's choices, the same for every path by which a document comes. Anything else that an appraisal may need from
// the user goes in here, without a default, so that no path can forget it.
struct AppraisalChoices {
  const AppraisalPolicy& policy;
  const TokenKeys* keys;  // as of AppraisalInput
};

// What was seen of a server.
struct Observed {
  const Result<AttestationDocument>& document;
  std::optional<Nonce> nonce;
  ServerConnection connection;
};
// From a file or a log, which show neither who asked nor over which connection: the nonce is the document's own claim,
// and proves only that everything belongs together.
[[nodiscard]] Observed recorded(const Result<AttestationDocument>& document);

// The one appraisal, for all paths.
[[nodiscard]] AttestationResult appraise(const Observed& observed, const AppraisalChoices& choices, UnixSeconds now);

// Evidence by itself: files without a document around them.
struct BareEvidence {
  const Evidence& evidence;
  const Endorsements& endorsements;
  EvidenceBinding binding;  // as far as the required values are known
};
// The part of an appraisal that concerns the machine, by the same verifiers and rules, and a waived check for each rule
// of the policy that concerns a statement. Makes no VerifiedStatement.
[[nodiscard]] std::vector<Check> judge_bare_evidence(const BareEvidence& bare, const AppraisalChoices& choices,
                                                     UnixSeconds now);

// For pieces that are not evidence of a machine, such as an HCL report without its quote: they do not meet a policy
// that requires a kind or a class, whatever accompanies them.
[[nodiscard]] std::vector<Check> judge_no_machine(const PolicyRules& policy);

// The TLS rule alone, for each further connection to a server whose statement holds.
[[nodiscard]] Check check_tls(const Statement& statement, const PolicyRules& policy,
                              const ServerConnection& connection);

}  // namespace minions::attestation
