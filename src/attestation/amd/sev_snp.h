// Verification of AMD SEV-SNP evidence: a report, the certificate of the key that signed it, and what the policy wants.
// Pure functions. In steps, because on Azure a report is the beginning of a longer chain.
#pragma once

#include "attestation/amd/endorsement.h"
#include "attestation/policy/policy.h"

namespace minions::attestation {

struct SnpInput {
  ByteView report;
  // Untrusted: the VCEK or VLEK among them, ASK or ASVK, and ARK, in any order.
  std::span<const crypto::Certificate> certificates;
  std::span<const crypto::RevocationList> revocation_lists;
  // The required REPORT_DATA. Nothing: not judged, which a waived check reports.
  std::optional<ByteArray<64>> report_data;
  const SnpRules& rules;
  UnixSeconds now = 0;
  std::span<const Digest32> roots = kAmdRoots;
};

struct AuthenticSnpReport {
  SnpReport report;
  SnpProduct product = SnpProduct::kMilan;
};

// Genuine AMD firmware of the certified chip and TCB signed the report. Checks of the groups parse, signature, chain
// and binding; nothing if one failed. Examines neither report_data nor the rules.
[[nodiscard]] std::optional<AuthenticSnpReport> authenticate_snp_report(const SnpInput& input, CheckList& checks);

// policy.* and tcb.*: every rule except those about the vTPM; judges all.
void check_snp_rules(const AuthenticSnpReport& authentic, const SnpRules& rules, CheckList& checks);

void verify_sev_snp(const SnpInput& input, CheckList& checks);

}  // namespace minions::attestation
