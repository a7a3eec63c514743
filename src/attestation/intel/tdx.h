// Intel TDX: from a quote and Intel's collateral to named checks. Trusts only the pinned roots; the collateral may come
// from anywhere, including the attester.
#pragma once

#include "attestation/core/binding.h"
#include "attestation/core/check_list.h"
#include "attestation/core/roots.h"
#include "attestation/intel/tdx_quote.h"
#include "attestation/policy/policy.h"
#include "base/time.h"

namespace minions::attestation {

// As served by Intel, each piece once or more: reads every entry, and uses what fits best. A piece without entry is
// missing, which fails the check that names it.
struct TdxCollateral {
  using Entries = std::vector<ByteView>;
  Entries tcb_info;                  // JSON
  Entries tcb_info_issuer_chain;     // PEM
  Entries qe_identity;               // JSON
  Entries qe_identity_issuer_chain;  // PEM
  Entries pck_crl;                   // DER or PEM, of the CA that issued the PCK certificate
  Entries root_ca_crl;               // DER or PEM

  // The non-empty entries under these names.
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

// Writes the checks; all must pass. Returns the body once the quote's signature over it has verified, for comparison
// with other evidence: it means nothing if a check has failed.
std::optional<TdBody> verify_tdx(const TdxInput& input, CheckList& checks);

}  // namespace minions::attestation
