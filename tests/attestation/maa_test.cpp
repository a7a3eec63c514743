#include "attestation/azure/maa.h"

#include <gtest/gtest.h>

#include <functional>

#include "attestation/azure/hcl_report.h"
#include "attestation/synthetic_token.h"

namespace minions::attestation {
namespace {

constexpr UnixSeconds kNow = 1'790'000'000;
const std::string kIssuer = "https://instance.example";

const TokenKey& instance_key() {
  static const TokenKey key(TokenKey::Kind::kRsa, "instance");
  return key;
}

Json snp_claims() {
  return {{"iss", kIssuer},
          {"nbf", kNow - 10},
          {"exp", kNow + 28'000},
          {"secureboot", true},
          {"x-ms-attestation-type", "azurevm"},
          {"x-ms-isolation-tee",
           {{"x-ms-attestation-type", "sevsnpvm"},
            {"x-ms-compliance-status", "azure-compliant-cvm"},
            {"x-ms-sevsnpvm-is-debuggable", false},
            {"x-ms-sevsnpvm-migration-allowed", false},
            {"x-ms-sevsnpvm-vmpl", 0},
            {"x-ms-sevsnpvm-launchmeasurement", std::string(96, 'a')}}},
          {"x-ms-runtime", {{"client-payload", {{"nonce", "bm9uY2U="}}}}}};
}

Json tdx_claims() {
  Json claims = snp_claims();
  claims["x-ms-isolation-tee"] = {{"x-ms-attestation-type", "tdxvm"},
                                  {"x-ms-compliance-status", "azure-compliant-cvm"},
                                  {"tdx_td_attributes_debug", false}};
  return claims;
}

struct Judged {
  SnpRules rules;
  std::optional<MaaPlatform> platform;
  std::optional<std::string> nonce = "nonce";
  OptionalRule<std::string> issuer = Rule<std::string>{kIssuer, "policy line 3"};
  UnixSeconds now = kNow;

  // The id of the first check that failed, without its prefix; empty when all passed.
  [[nodiscard]] std::string first_failure(const std::string& token) const {
    const Result<JwkSet> keys = JwkSet::parse(key_set({&instance_key()}));
    const JwtRules jwt_rules;
    CheckList checks("azure-maa");
    verify_maa({token, keys, nonce, issuer, platform, rules, jwt_rules, now}, checks);
    EXPECT_FALSE(checks.checks().empty());
    for (const Check& check : checks.checks()) {
      if (check.outcome == Outcome::kFail) return check.id.substr(std::string("evidence.azure-maa.").size());
    }
    return "";
  }
  [[nodiscard]] std::string first_failure(const Json& claims) const {
    return first_failure(instance_key().sign("RS256", claims));
  }
};

TEST(Maa, TakesGoodTokens) {
  EXPECT_EQ(Judged().first_failure(snp_claims()), "");
  EXPECT_EQ(Judged().first_failure(tdx_claims()), "");
  EXPECT_EQ(Judged{.platform = MaaPlatform::kSevSnp}.first_failure(snp_claims()), "");
}

// The service gives everybody a genuine token about a machine of their own.
TEST(Maa, HoldsTheTokenAgainstTheMachineBesideIt) {
  const Json key = TokenKey(TokenKey::Kind::kRsa, "HCLAkPub").jwk();
  const Json other = TokenKey(TokenKey::Kind::kRsa, "other").jwk();
  MaaMachine machine{.attestation_key = vtpm_key_of(Json::array({key})).value(), .report_id = ByteArray<32>{}};
  machine.report_id->fill(0xEE);
  machine.measurement.fill(0xAA);
  const auto judged = [&](const std::function<void(Json&)>& change) {
    Json claims = snp_claims();
    Json& tee = claims["x-ms-isolation-tee"];
    tee["x-ms-runtime"] = {{"keys", Json::array({key})}};
    tee["x-ms-sevsnpvm-reportid"] = std::string(64, 'e');
    change(tee);
    const Result<JwkSet> keys = JwkSet::parse(key_set({&instance_key()}));
    const SnpRules rules;
    const JwtRules jwt_rules;
    const std::string token = instance_key().sign("RS256", claims);
    CheckList checks("azure-maa");
    verify_maa({.token = token,
                .keys = keys,
                .nonce = "nonce",
                .issuer = Rule<std::string>{kIssuer, "policy line 3"},
                .rules = rules,
                .jwt_rules = jwt_rules,
                .now = kNow,
                .machine = &machine},
               checks);
    for (const Check& check : checks.checks()) {
      if (check.outcome == Outcome::kFail) return check.id;
    }
    return std::string();
  };
  EXPECT_EQ(judged([](Json&) {}), "");
  EXPECT_EQ(judged([&](Json& tee) {
              tee["x-ms-runtime"]["keys"] = Json::array({other});
              tee["x-ms-runtime"]["keys"][0]["kid"] = "HCLAkPub";
            }),
            "evidence.azure-maa.binding.attestation_key");
  EXPECT_EQ(judged([](Json& tee) { tee.erase("x-ms-runtime"); }), "evidence.azure-maa.binding.attestation_key");
  EXPECT_EQ(judged([](Json& tee) { tee["x-ms-sevsnpvm-launchmeasurement"] = std::string(96, 'b'); }),
            "evidence.azure-maa.binding.measurement");
  EXPECT_EQ(judged([](Json& tee) { tee["x-ms-sevsnpvm-reportid"] = std::string(64, 'f'); }),
            "evidence.azure-maa.binding.report_id");
  EXPECT_EQ(judged([](Json& tee) { tee.erase("x-ms-sevsnpvm-reportid"); }), "evidence.azure-maa.binding.report_id");
}

TEST(Maa, HoldsSignatureIssuerAndTime) {
  EXPECT_EQ(Judged().first_failure(instance_key().sign("none", snp_claims())), "signature");
  const TokenKey other(TokenKey::Kind::kRsa, "other");
  EXPECT_EQ(Judged().first_failure(other.sign("RS256", snp_claims())), "signature");
  EXPECT_EQ(Judged{.issuer = Rule<std::string>{"https://other.example"}}.first_failure(snp_claims()), "chain.issuer");
  EXPECT_EQ(Judged{.now = kNow - 11}.first_failure(snp_claims()), "chain.time");
  EXPECT_EQ(Judged{.now = kNow + 28'000}.first_failure(snp_claims()), "chain.time");
  EXPECT_EQ(Judged().first_failure(std::string("x.y")), "parse");
}

TEST(Maa, HoldsTheNonce) {
  EXPECT_EQ(Judged{.nonce = "other"}.first_failure(snp_claims()), "binding.nonce");
  Json without = snp_claims();
  without.erase("x-ms-runtime");
  EXPECT_EQ(Judged().first_failure(without), "binding.nonce");
  EXPECT_EQ(Judged{.nonce = std::nullopt}.first_failure(without), "");
}

TEST(Maa, RefusesAnOrdinaryVm) {
  Json ordinary = snp_claims();
  ordinary.erase("x-ms-isolation-tee");
  EXPECT_EQ(Judged().first_failure(ordinary), "policy.confidential");
}

TEST(Maa, HoldsEachClaimOfTheVm) {
  struct Case {
    const char* claim;
    Json value;
    const char* failure;
  };
  for (const Case& c : {Case{"x-ms-attestation-type", "sgx", "policy.platform"},
                        Case{"x-ms-compliance-status", "azure-signed-cvm", "policy.compliance"},
                        Case{"x-ms-sevsnpvm-is-debuggable", true, "policy.debug"},
                        Case{"x-ms-sevsnpvm-vmpl", 1, "policy.vmpl"}, Case{"x-ms-sevsnpvm-vmpl", "0", "policy.vmpl"},
                        Case{"x-ms-sevsnpvm-migration-allowed", true, "policy.migration"}}) {
    Json claims = snp_claims();
    claims["x-ms-isolation-tee"][c.claim] = c.value;
    EXPECT_EQ(Judged().first_failure(claims), c.failure) << c.claim;
    claims["x-ms-isolation-tee"].erase(c.claim);
    EXPECT_EQ(Judged().first_failure(claims), c.failure) << "without " << c.claim;
  }
  Json insecure = snp_claims();
  insecure["secureboot"] = false;
  EXPECT_EQ(Judged().first_failure(insecure), "policy.secure_boot");
  Json other = snp_claims();
  other["x-ms-attestation-type"] = "sgx";
  EXPECT_EQ(Judged().first_failure(other), "policy.type");
}

// What a policy lets the machine have is judged all the same, and shown.
TEST(Maa, ShowsWhatThePolicyAllows) {
  SnpRules rules;
  rules.allow_debug = {true, "policy line 2"};
  rules.allow_migration_agent = {true, "policy line 3"};
  Json claims = snp_claims();
  claims["x-ms-isolation-tee"]["x-ms-sevsnpvm-is-debuggable"] = true;
  claims["x-ms-isolation-tee"]["x-ms-sevsnpvm-migration-allowed"] = true;
  const Result<JwkSet> keys = JwkSet::parse(key_set({&instance_key()}));
  const JwtRules jwt_rules;
  const std::string token = instance_key().sign("RS256", claims);
  const auto source_of = [&](std::string_view id, const SnpRules& of) {
    CheckList checks("azure-maa");
    verify_maa({token, keys, "nonce", Rule<std::string>{kIssuer, "x"}, std::nullopt, of, jwt_rules, kNow}, checks);
    for (const Check& check : checks.checks())
      if (check.id == "evidence.azure-maa." + std::string(id)) return check.source;
    return std::string("no such check");
  };
  EXPECT_EQ(source_of("policy.debug", rules), "allowed (policy line 2): \"true\"");
  EXPECT_EQ(source_of("policy.migration", rules), "allowed (policy line 3): \"true\"");
  EXPECT_EQ(source_of("policy.debug", SnpRules()), "built-in");
}

TEST(Maa, TakesNoGuestInDebugging) {
  for (const char* claim : {"x-ms-azurevm-bootdebug-enabled", "x-ms-azurevm-hypervisordebug-enabled",
                            "x-ms-azurevm-kerneldebug-enabled", "x-ms-azurevm-testsigning-enabled"}) {
    for (Json claims : {snp_claims(), tdx_claims()}) {
      claims[claim] = false;
      EXPECT_EQ(Judged().first_failure(claims), "") << claim;
      claims[claim] = true;
      EXPECT_EQ(Judged().first_failure(claims), "policy.guest_debug") << claim;
    }
  }
}

TEST(Maa, TakesNoTcbThatTheServiceCallsRevoked) {
  for (const bool inside : {true, false}) {
    Json claims = tdx_claims();
    Json& place = inside ? claims["x-ms-isolation-tee"] : claims;
    place["attester_tcb_status"] = "UpToDate";
    EXPECT_EQ(Judged().first_failure(claims), "");
    place["attester_tcb_status"] = "Revoked";
    EXPECT_EQ(Judged().first_failure(claims), "policy.not_revoked");
  }
}

TEST(Maa, WantsThePlatformOfTheEvidenceBesideIt) {
  EXPECT_EQ(Judged{.platform = MaaPlatform::kTdx}.first_failure(snp_claims()), "policy.platform");
  EXPECT_EQ(Judged{.platform = MaaPlatform::kSevSnp}.first_failure(tdx_claims()), "policy.platform");
}

TEST(Maa, JudgesDebugOfTdx) {
  Json debuggable = tdx_claims();
  debuggable["x-ms-isolation-tee"]["tdx_td_attributes_debug"] = true;
  EXPECT_EQ(Judged().first_failure(debuggable), "policy.debug");
  EXPECT_EQ(Judged{.platform = MaaPlatform::kTdx}.first_failure(debuggable), "policy.debug");
  Json silent = tdx_claims();
  silent["x-ms-isolation-tee"].erase("tdx_td_attributes_debug");
  EXPECT_EQ(Judged().first_failure(silent), "policy.debug");
  EXPECT_EQ(Judged{.platform = MaaPlatform::kTdx}.first_failure(silent), "");
}

TEST(Maa, HoldsTheMeasurementsOfThePolicy) {
  SnpRules rules;
  Measurement measurement;
  measurement.fill(0xaa);
  rules.measurements = Rule<std::vector<Measurement>>{{measurement}};
  EXPECT_EQ(Judged{.rules = rules}.first_failure(snp_claims()), "");
  rules.measurements->value[0].fill(0xab);
  EXPECT_EQ(Judged{.rules = rules}.first_failure(snp_claims()), "policy.measurement");
}

}  // namespace
}  // namespace minions::attestation
