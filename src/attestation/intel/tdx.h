// Intel TDX: from a quote and Intel's collateral to named checks. Trusts the pinned roots alone; the collateral may
// come from anywhere, the attester too.
#pragma once

#include "attestation/core/binding.h"
#include "attestation/core/check_list.h"
#include "attestation/core/roots.h"
#include "attestation/intel/tdx_quote.h"
#include "attestation/policy/policy.h"
#include "base/time.h"

namespace minions::attestation {

// As Intel serves it, each piece once or more: every entry is read, and what fits best is used. A piece without entry
// is missing, which fails the check that names it.
struct TdxCollateral {
  using Entries = std::vector<ByteView>;
  Entries tcb_info;                  // JSON
  Entries tcb_info_issuer_chain;     // PEM
  Entries qe_identity;               // JSON
  Entries qe_identity_issuer_chain;  // PEM
  Entries pck_crl;                   // DER or PEM, of the CA that issued the PCK certificate
  Entries root_ca_crl;               // DER or PEM

  // The entries under these names, those that are not empty.
  [[nodiscard]] static TdxCollateral of(const Endorsements& endorsements);
};

inline constexpr std::array<Digest32, 1> kIntelRoots = {roots::kIntelSgx};

struct TdxInput {
  ByteView quote;
  TdxCollateral collateral;
  const TdxRules& policy;
  UnixSeconds now = 0;
  std::optional<ReportData64> report_data;  // nothing: judged by the caller
  std::span<const Digest32> roots = kIntelRoots;
};

// Writes the checks; all must pass. The body is given once the quote's signature over it has verified, for comparison
// with other evidence: it means nothing where a check has failed.
std::optional<TdBody> verify_tdx(const TdxInput& input, CheckList& checks);

}  // namespace minions::attestation
