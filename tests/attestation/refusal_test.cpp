#include "attestation/core/refusal.h"

#include <gtest/gtest.h>

#include "attestation/core/check_list.h"

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
  EXPECT_EQ(refusal(result).check_id, "binding");
  EXPECT_EQ(refusal(result).code, ErrorCode::kRefused);
}

TEST(Refusal, SaysWhoseSideACheckIsBeforeItSaysItself) {
  const struct {
    const char* id;
    Side side;
  } kRows[] = {
      {"statement.window", Side::kClock},
      {"evidence.azure-maa.chain.time", Side::kClock},
      {"evidence.tdx.tcb.tcb_info_window", Side::kClock},
      {"evidence.azure-tdx-vtpm.tcb.qe_identity_window", Side::kClock},
      {"evidence.sev-snp.chain.path", Side::kEvidence},
      {"measurement", Side::kPolicy},
      {"verdict.class", Side::kPolicy},
      {"attestor.key", Side::kEvidence},
      {"evidence.nvidia-nras.signature.keys", Side::kService},
      {"evidence.sev-snp.policy.debug", Side::kEvidence},
      {"files.unused", Side::kInput},
      {"simulated.allowed", Side::kEvidence},
  };
  for (const auto& row : kRows) EXPECT_EQ(side_of(failed(row.id, "expired, missing, none")), row.side) << row.id;
}

// Nothing follows from the words of what was found.
TEST(Refusal, TakesTheSideThatTheCheckSays) {
  Check check = failed("evidence.tdx.signature.tcb_info", "anything");
  EXPECT_EQ(side_of(check), Side::kEvidence);
  check.side = Side::kService;
  EXPECT_EQ(side_of(check), Side::kService);
  CheckList checks("tdx");
  const Result<int> late = fail(Error{ErrorCode::kTampered, "x"}.because(Cause::kTime));
  const Result<int> missing = fail(Error{ErrorCode::kNotFound, "x"}.because(Cause::kNotServed));
  const Result<int> other = fail(ErrorCode::kTampered, "certificate has expired");
  checks.expect("chain.a", late, "y");
  checks.expect("chain.b", missing, "y");
  checks.expect("chain.c", other, "y");
  EXPECT_EQ(side_of(checks.checks()[0]), Side::kClock);
  EXPECT_EQ(side_of(checks.checks()[1]), Side::kService);
  EXPECT_EQ(side_of(checks.checks()[2]), Side::kEvidence);
}

}  // namespace
}  // namespace minions::attestation
