// What a TDX quote must leave zero, and bits that Intel fixes.
#include <gtest/gtest.h>

#include <set>

#include "attestation/core/appraise.h"
#include "attestation/synthetic_tdx.h"

namespace minions::attestation::tdx {
namespace {

using Failures = std::vector<std::string>;

Failures with_both_allowed(const Platform& platform) {
  TdxEvidence evidence = platform.evidence();
  evidence.policy.allow_debug.value = true;
  evidence.policy.allow_migration.value = true;
  return evidence.failures();
}

TEST(TdxAttributes, AreRefusedWhereTheyAreReserved) {
  constexpr std::uint64_t kKnown[] = {0, 16, 27, 28, 29, 30, 31, 62, 63};
  for (unsigned bit = 0; bit < 64; ++bit) {
    Platform platform;
    platform.body.td_attributes |= std::uint64_t{1} << bit;
    const bool known = std::find(std::begin(kKnown), std::end(kKnown), bit) != std::end(kKnown);
    EXPECT_EQ(with_both_allowed(platform), known ? Failures() : Failures{"policy.attributes"}) << bit;
  }
  Platform all;
  all.body.td_attributes = 0xffffffffdfffff00;
  all.body.xfam = 0;
  TdxEvidence evidence = all.evidence();
  EXPECT_EQ(evidence.failures(), (Failures{"policy.attributes", "policy.xfam_fixed"}));
  EXPECT_EQ(evidence.check("policy.attributes").found, "TD attributes 0xffffffffdfffff00, reserved 0x3fffffff07feff00");
}

// Quotes that a peer's test suite made under roots of its own, with the policies that go with them.
TEST(TdxAttributes, OfThePeersCasesAreJudgedAsTheirReadmeSays) {
  const auto folder = test::shared_folder() / "cases/evidence/tdx-reserved-bits";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "the cases are not beside this clone";
  const auto read = [&](const std::string& name) {
    std::ifstream file(folder / name, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  const auto failures_of = [&](const std::string& name) {
    const auto document = AttestationDocument::parse(as_bytes(read(name + ".json")));
    // Their policies are from before verdicts had classes.
    const auto policy =
        AppraisalPolicy::parse(read(name + ".toml") + "\n[verdict]\nrequire = \"operator-trusted\"\n", name);
    const AttestationResult result = appraise({.document = document,
                                               .nonce = document->nonce,
                                               .policy = policy.value(),
                                               .now = seconds_of("2026-03-01T00:00:00Z")});
    std::set<std::string> failed;
    for (const Check& check : result.checks) {
      if (check.outcome == Outcome::kFail) failed.insert(check.id);
    }
    return failed;
  };
  EXPECT_EQ(failures_of("base"), std::set<std::string>());
  EXPECT_EQ(failures_of("t403"), std::set<std::string>{"evidence.tdx.policy.attributes"});
  EXPECT_EQ(failures_of("allones"),
            (std::set<std::string>{"evidence.tdx.policy.attributes", "evidence.tdx.policy.xfam_fixed"}));
}

TEST(TdxXfam, HasX87AndSseAndNothingThatIsReserved) {
  const auto judged = [](std::uint64_t bits) {
    Platform platform;
    platform.body.xfam = bits;
    return platform.evidence().failures();
  };
  for (const std::uint64_t bits : {0x0ULL, 0x1ULL, 0x2ULL, 0xe4ULL})
    EXPECT_EQ(judged(bits), Failures{"policy.xfam_fixed"}) << bits;
  EXPECT_EQ(judged(0x3), Failures());
  for (unsigned bit = 2; bit < 64; ++bit) {
    const bool known = bit < 20 && bit != 3 && bit != 4 && bit != 10 && bit != 13 && bit != 16;
    EXPECT_EQ(judged(3 | std::uint64_t{1} << bit), known ? Failures() : Failures{"policy.xfam_fixed"}) << bit;
  }
}

TEST(TdxQuote, WantsZerosInReservedBytes) {
  for (const std::uint16_t version : {std::uint16_t{4}, std::uint16_t{5}}) {
    for (std::size_t at = 8; at < 12; ++at) {
      Platform platform;
      platform.version = version;
      platform.change_signed_part = [&](Bytes& part) { part[at] = 7; };
      TdxEvidence evidence = platform.evidence();
      EXPECT_EQ(evidence.failures(), Failures{"parse"});
      EXPECT_EQ(evidence.check("parse").found,
                fmt::format("tdx quote: header: want zeros in the reserved bytes 8 to 11, found 0x07 at {}", at));
    }
  }
  for (const std::size_t at : {20U, 31U, 96U, 127U, 160U, 191U, 262U, 303U}) {
    Platform platform;
    platform.change_certification = [&](Bytes& certification) { certification[at] = 1; };
    TdxEvidence evidence = platform.evidence();
    EXPECT_EQ(evidence.failures(), Failures{"parse"}) << at;
    EXPECT_NE(evidence.check("parse").found.find(fmt::format("qe report: want zeros")), std::string::npos);
    EXPECT_NE(evidence.check("parse").found.find(fmt::format("0x01 at {}", at)), std::string::npos);
  }
}

}  // namespace
}  // namespace minions::attestation::tdx
