// Appraisal: from a document, a policy and a time to an attestation result. Reads no clock and no network; the only
// maker of a VerifiedStatement.
#pragma once

#include "attestation/document.h"
#include "attestation/policy.h"
#include "attestation/result.h"
#include "attestation/verifier.h"

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
  std::optional<Nonce> nonce;                   // the one that this client asked with
  const AppraisalPolicy& policy;
  UnixSeconds now = 0;
  ServerConnection connection;
  TrustAnchors anchors{};
  const TokenKeys* keys = nullptr;  // of token services, from the verifier's own hands; null: none
};

[[nodiscard]] AttestationResult appraise(const AppraisalInput& input);

// The TLS rule alone, for each further connection to a server whose statement stands.
[[nodiscard]] Check check_tls(const Statement& statement, const PolicyRules& policy,
                              const ServerConnection& connection);

}  // namespace minions::attestation
