// Verification of Azure's confidential VMs on AMD SEV-SNP: the hardware's report, then the runtime data that it vouches
// for, then the attestation key named there, then the vTPM's quote. The report can be old: only the quote is fresh.
#pragma once

#include "attestation/amd/sev_snp.h"
#include "attestation/azure/hcl_report.h"
#include "attestation/azure/tpm_quote.h"

namespace minions::attestation {

inline constexpr std::array<Digest32, 1> kAzureVtpmRoots = {roots::kAzureVtpm2023};

struct AzureSnpInput {
  ByteView hcl_report;
  std::span<const crypto::Certificate> certificates;  // as of SnpInput
  std::span<const crypto::RevocationList> revocation_lists;
  const SnpRules& rules;
  UnixSeconds now = 0;
  std::span<const Digest32> roots = kAmdRoots;
};

struct AuthenticHclReport {
  HclReport report;
  AuthenticSnpReport snp;
};
// AMD's firmware signed the hardware report, and it is bound to the runtime data. Checks of the groups parse,
// signature, chain and binding; nothing if one failed.
[[nodiscard]] std::optional<AuthenticHclReport> authenticate_azure_snp(const AzureSnpInput& input, CheckList& checks);

// Without a quote: of unknown age, so only for collecting and for tests.
void verify_azure_hcl(const AzureSnpInput& input, CheckList& checks);

struct AzureSnpVtpmInput {
  AzureSnpInput hcl;
  ByteView tpm_quote;
  ByteView tpm_signature;
  ByteView pcr_values;
  std::optional<Bytes> qualifying_data;  // as of TpmQuoteInput
};
void verify_azure_snp_vtpm(const AzureSnpVtpmInput& input, CheckList& checks);

struct AzureAkCertificateInput {
  ByteView certificate;                               // of NV 0x01C101D0: DER, zeros may follow
  std::span<const crypto::Certificate> certificates;  // intermediate and root, in any order
  const crypto::PublicKey* attestation_key =
      nullptr;  // that it must be for; null: not judged, which a waived check reports
  UnixSeconds now = 0;
  std::span<const Digest32> roots = kAzureVtpmRoots;
};
void verify_azure_ak_certificate(const AzureAkCertificateInput& input, CheckList& checks);

}  // namespace minions::attestation
