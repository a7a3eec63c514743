// What the verification of some evidence needs besides it and lacks: pure, from the evidence's own, unverified fields.
// A server that lies in them makes the client ask a vendor's service for something else, and no more. Available means
// that it verifies and is current: junk under the right name does not prevent a query.
#pragma once

#include "attestation/core/anchors.h"
#include "attestation/core/document.h"
#include "attestation/core/verifier.h"
#include "attestation/policy/policy.h"
#include "collateral/sources.h"

namespace minions::collateral {

struct Need {
  enum class Kind {
    kCertificates,    // DER or PEM, into endorsements
    kRevocationList,  // DER or PEM
    kSignedJson,      // Intel's, with the issuer chain next to it
    kRim,             // JSON around a SWID tag
    kOcsp,            // DER, asked by POST
    kNrasKeys,        // key sets: into TokenKeys
    kMaaKeys,
  };
  Kind kind = Kind::kCertificates;
  std::string what;  // for messages
  std::string url;
  Bytes body;                // of a POST; empty: GET
  std::string endorsement;   // the name under which it is sent; empty for key sets
  std::string chain_header;  // of kSignedJson: the header with the chain
  std::string chain_endorsement;
  std::int64_t keep_s = 0;  // if the answer does not state how long it holds

  // The identity of a question.
  [[nodiscard]] std::string question() const;
};

struct NeedsInput {
  const attestation::Evidence& evidence;
  const attestation::Endorsements& endorsements;
  const attestation::PolicyRules& policy;
  UnixSeconds now = 0;
  const Sources& sources;

  // Where paths end.
  [[nodiscard]] attestation::TrustAnchors anchors() const { return attestation::anchors_of(policy.roots); }
};

[[nodiscard]] std::vector<Need> needs_of(const NeedsInput& input);

}  // namespace minions::collateral
