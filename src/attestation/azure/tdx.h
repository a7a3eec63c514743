// Verification of Azure's confidential VMs on Intel TDX: the quote that Azure made from the guest's TD report, the TD
// report in the paravisor's report, the runtime data that it vouches for, and the vTPM's quote by the key named there.
#pragma once

#include "attestation/azure/hcl_report.h"
#include "attestation/azure/tpm_quote.h"
#include "attestation/intel/tdx.h"

namespace minions::attestation {

struct AzureTdxInput {
  ByteView hcl_report;
  ByteView td_quote;
  TdxCollateral collateral;
  const TdxRules& rules;
  UnixSeconds now = 0;
  std::span<const Digest32> roots = kIntelRoots;
};

// Intel's quoting enclave signed a quote of the TD report that the paravisor's report holds, and that is bound to the
// runtime data. Writes the checks of verify_tdx and of the group binding; nothing if a signature or a binding failed. A
// refused TCB does not end it: it may be waived, and the vTPM's quote must still be judged.
[[nodiscard]] std::optional<HclReport> authenticate_azure_tdx(const AzureTdxInput& input, CheckList& checks);

// Without a quote of the vTPM: of unknown age, so only for collecting and for tests.
void verify_azure_tdx_hcl(const AzureTdxInput& input, CheckList& checks);

struct AzureTdxVtpmInput {
  AzureTdxInput hcl;
  ByteView tpm_quote;
  ByteView tpm_signature;
  ByteView pcr_values;
  std::optional<Bytes> qualifying_data;  // as of TpmQuoteInput
};
void verify_azure_tdx_vtpm(const AzureTdxVtpmInput& input, CheckList& checks);

}  // namespace minions::attestation
