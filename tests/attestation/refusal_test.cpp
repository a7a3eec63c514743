#include "attestation/core/refusal.h"

#include <gtest/gtest.h>

namespace minions::attestation {
namespace {

Check failed(std::string id, std::string found, std::string source = "policy line 3") {
  return {std::move(id), Outcome::kFail, "what is wanted", std::move(found), std::move(source)};
}

TEST(Refusal, NamesCheckWantLineFoundSideAndWhatWasSent) {
  EXPECT_EQ(refusal_text(failed("evidence.sev-snp.tcb.microcode", "115")),
            "attestation: sev-snp tcb microcode: want what is wanted (policy line 3), found 115; the server's evidence "
            "does not meet this; nothing was sent");
  EXPECT_TRUE(refusal_text(failed("tls.spki", "none"), kNothingMoreSent).ends_with("; nothing more was sent"));
}

TEST(Refusal, IsByTheFirstFailingCheckOfAResult) {
  AttestationResult result;
  result.checks = {{"nonce", Outcome::kPass, "", "", ""}, failed("binding", "x"), failed("tls.spki", "y")};
  EXPECT_TRUE(refusal_text(result).starts_with("attestation: binding: "));
  EXPECT_EQ(refusal_text(AttestationResult()), "attestation: refused; nothing was sent");
}

TEST(Refusal, SaysWhoseSideItIs) {
  const struct {
    const char* id;
    const char* found;
    Side side;
  } kRows[] = {
      {"statement.window", "a to b, now c", Side::kClock},
      {"evidence.azure-maa.chain.time", "a to b, now c", Side::kClock},
      {"evidence.tdx.tcb.tcb_info_window", "a to b", Side::kClock},
      {"evidence.sev-snp.chain.path", "\"SEV-VCEK\": certificate has expired", Side::kClock},
      {"evidence.sev-snp.chain.path", "\"SEV-VCEK\": certificate is not yet valid", Side::kClock},
      {"evidence.sev-snp.chain.revocation", "a list for 2024 to 2025", Side::kClock},
      {"evidence.nvidia-gpu.policy.ocsp", "\"GH100\": an answer for 2024 to 2025", Side::kClock},
      {"evidence.sev-snp.chain.path", "no path", Side::kEvidence},
      {"evidence.sev-snp.chain.revocation", "\"SEV-Milan\" is revoked", Side::kEvidence},
      {"evidence.nvidia-gpu.policy.ocsp", "\"GH100\": revoked", Side::kEvidence},
      {"evidence.azure-maa.policy.issuer", "none", Side::kPolicy},
      {"evidence.azure-snp-vtpm.policy.pcrs", "none", Side::kPolicy},
      {"measurement", "neither", Side::kPolicy},
      {"attestor.key", "no pin: simulated evidence rests on this key alone", Side::kPolicy},
      {"attestor.key", "spki sha256 00", Side::kEvidence},
      {"evidence.nvidia-nras.signature.keys", "no key set of the service is at hand", Side::kService},
      {"evidence.nvidia-gpu.policy.ocsp", "\"GH100\": no answer about it", Side::kService},
      {"evidence.nvidia-gpu.rim.driver", "none", Side::kService},
      {"evidence.tdx.signature.tcb_info", "missing", Side::kService},
      {"evidence.sev-snp.policy.debug", "debuggable", Side::kEvidence},
      {"files.unused", "\"notes.txt\": nothing that is known", Side::kInput},
      {"simulated.allowed", "simulated evidence", Side::kEvidence},
  };
  for (const auto& row : kRows) EXPECT_EQ(side_of(failed(row.id, row.found)), row.side) << row.id << ": " << row.found;
}

}  // namespace
}  // namespace minions::attestation
