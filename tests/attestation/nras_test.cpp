#include "attestation/nvidia/nras.h"

#include <gtest/gtest.h>

#include "attestation/core/check_table.h"
#include "attestation/synthetic_token.h"
#include "base/encoding.h"
#include "crypto/hash.h"

namespace minions::attestation {
namespace {

constexpr UnixSeconds kNow = 1'790'000'000;

const TokenKey& service_key() {
  static const TokenKey key(TokenKey::Kind::kEcP384, "service");
  return key;
}

Digest32 nonce() {
  Digest32 out;
  out.fill(7);
  return out;
}

// An answer of a service of our own, whose tokens a test can bend before they are signed.
struct Answer {
  Json overall = {{"sub", "NVIDIA-PLATFORM-ATTESTATION"},
                  {"iss", kNrasIssuer},
                  {"nbf", kNow - 10},
                  {"exp", kNow + 3590},
                  {"eat_nonce", to_hex(nonce())},
                  {"x-nvidia-overall-att-result", true}};
  std::vector<Json> devices = {device("1"), device("2")};
  std::string algorithm = "ES384";

  static Json device(const std::string& ueid) {
    return {{"iss", kNrasIssuer},
            {"nbf", kNow - 10},
            {"exp", kNow + 3590},
            {"eat_nonce", to_hex(nonce())},
            {"ueid", ueid},
            {"measres", "success"},
            {"secboot", true},
            {"dbgstat", "disabled"},
            {"oemid", "5703"},
            {"x-nvidia-gpu-attestation-report-nonce-match", true},
            {"x-nvidia-gpu-attestation-report-signature-verified", true}};
  }

  [[nodiscard]] Json response() const {
    Json tokens = Json::object();
    Json digests = Json::object();
    for (std::size_t i = 0; i < devices.size(); ++i) {
      const std::string name = "GPU-" + std::to_string(i);
      tokens[name] = service_key().sign(algorithm, devices[i]);
      digests[name] = {"DIGEST", {"SHA-256", to_hex(crypto::sha256(as_bytes(tokens[name].get<std::string>())))}};
    }
    Json claims = overall;
    if (!claims.contains("submods")) claims["submods"] = digests;
    return Json::array({Json::array({"JWT", service_key().sign(algorithm, claims)}), tokens});
  }
};

// The id of the first check that failed, without its prefix; empty when all passed.
std::string first_failure(const std::string& response, UnixSeconds now = kNow, const GpuRules& rules = {},
                          const std::optional<Digest32>& expected = nonce()) {
  const Result<JwkSet> keys = JwkSet::parse(key_set({&service_key()}));
  const JwtRules jwt_rules;
  CheckList checks("nvidia-nras");
  verify_nras({as_bytes(response), keys, expected, rules, jwt_rules, now}, checks);
  EXPECT_FALSE(checks.checks().empty());
  for (const Check& check : checks.checks()) {
    if (check.outcome == Outcome::kFail) return check.id.substr(std::string("evidence.nvidia-nras.").size());
  }
  return "";
}
std::string first_failure(const Answer& answer, UnixSeconds now = kNow, const GpuRules& rules = {}) {
  return first_failure(answer.response().dump(), now, rules);
}

// Good tokens of two other GPUs are as many as those that are here.
TEST(Nras, HoldsTokensAgainstTheGpusBesideThemByIdentity) {
  const auto judged = [](std::optional<std::vector<std::string>> gpus) {
    const Result<JwkSet> keys = JwkSet::parse(key_set({&service_key()}));
    const JwtRules jwt_rules;
    const GpuRules rules;
    CheckList checks("nvidia-nras");
    const std::string response = Answer().response().dump();
    verify_nras({.response = as_bytes(response),
                 .keys = keys,
                 .nonce = nonce(),
                 .rules = rules,
                 .jwt_rules = jwt_rules,
                 .now = kNow,
                 .gpus = std::move(gpus)},
                checks);
    for (const Check& check : checks.checks()) {
      if (check.outcome == Outcome::kFail) return check.id;
    }
    return std::string();
  };
  EXPECT_EQ(judged({{"1", "2"}}), "");
  EXPECT_EQ(judged({{"2", "1"}}), "");
  EXPECT_EQ(judged(std::nullopt), "");  // which a waived check says
  for (const auto& gpus : std::vector<std::vector<std::string>>{{"1", "3"}, {"1"}, {"1", "2", "3"}, {"1", "1"}, {}})
    EXPECT_EQ(judged(gpus), "evidence.nvidia-nras.binding.gpus");
}

TEST(Nras, WritesSerialNumbersAsTokensDo) {
  EXPECT_EQ(decimal_serial({}), "0");
  EXPECT_EQ(decimal_serial(Bytes{0x00, 0xFF}), "255");
  // Of a genuine device and the token about it.
  EXPECT_EQ(decimal_serial(from_hex("7110d9a459f4b405f4e7b876b4a9b8ea738af99e").value()),
            "645491728318197586580044110930866076104639838622");
}

TEST(Nras, TakesAGoodAnswer) { EXPECT_EQ(first_failure(Answer()), ""); }

TEST(Nras, HoldsTheTimes) {
  EXPECT_EQ(first_failure(Answer(), kNow - 11), "chain.time");
  EXPECT_EQ(first_failure(Answer(), kNow + 3590), "chain.time");
}

// What a token of version 3.0 says of each chain.
Json chain_claim(const char* status, const char* ocsp, const Json& reason = nullptr) {
  return {{"x-nvidia-cert-status", status},
          {"x-nvidia-cert-ocsp-status", ocsp},
          {"x-nvidia-cert-expiration-date", "9999-12-31T23:59:59Z"},
          {"x-nvidia-cert-revocation-reason", reason}};
}

TEST(Nras, HoldsWhatTheServiceFoundOfEachCertificate) {
  for (const char* claim : {"x-nvidia-gpu-attestation-report-cert-chain", "x-nvidia-gpu-driver-rim-cert-chain",
                            "x-nvidia-gpu-vbios-rim-cert-chain"}) {
    const auto failure = [&](const Json& chain) {
      Answer answer;
      answer.devices[1][claim] = chain;
      return first_failure(answer);
    };
    EXPECT_EQ(failure(chain_claim("valid", "good")), "");
    EXPECT_EQ(failure(chain_claim("revoked", "good")), "policy.ocsp.not_revoked") << claim;
    EXPECT_EQ(failure(chain_claim("valid", "revoked")), "policy.ocsp.not_revoked") << claim;
    EXPECT_EQ(failure(chain_claim("valid", "good", "CERT_HOLD")), "policy.ocsp.not_revoked") << claim;
    EXPECT_EQ(failure(chain_claim("expired", "good")), "policy.certificates") << claim;
    EXPECT_EQ(failure(chain_claim("invalid", "good")), "policy.certificates") << claim;
    EXPECT_EQ(failure(chain_claim("valid", "unknown")), "policy.ocsp") << claim;
    EXPECT_EQ(failure("good"), "policy.certificates") << claim;
    EXPECT_EQ(failure(Json::object()), "policy.certificates") << claim;
  }
}

TEST(Nras, AsksNoOcspWhereThePolicyDoesNotAndTakesNothingRevokedEvenThen) {
  GpuRules off;
  off.ocsp = {OcspMode::kOff, "policy line 2"};
  Answer answer;
  answer.devices[0]["x-nvidia-gpu-driver-rim-cert-chain"] = chain_claim("valid", "unknown");
  EXPECT_EQ(first_failure(answer, kNow, off), "");
  answer.devices[0]["x-nvidia-gpu-driver-rim-cert-chain"] = chain_claim("valid", "revoked");
  EXPECT_EQ(first_failure(answer, kNow, off), "policy.ocsp.not_revoked");
  EXPECT_TRUE(waiver_covers("evidence.nvidia-gpu.ocsp", "evidence.nvidia-nras.policy.ocsp"));
  EXPECT_FALSE(waiver_covers("evidence.nvidia-gpu.ocsp", "evidence.nvidia-nras.policy.ocsp.not_revoked"));
}

TEST(Nras, HoldsEachClaim) {
  struct Case {
    const char* claim;
    Json value;
    const char* failure;
  };
  for (const Case& c :
       {Case{"sub", "other", "chain.subject"}, Case{"iss", "https://evil.example", "chain.issuer"},
        Case{"x-nvidia-overall-att-result", false, "policy.overall"},
        Case{"x-nvidia-overall-att-result", "true", "policy.overall"},
        Case{"eat_nonce", std::string(64, '0'), "binding.nonce"}, Case{"submods", Json::object(), "binding.devices"}}) {
    Answer answer;
    answer.overall[c.claim] = c.value;
    EXPECT_EQ(first_failure(answer), c.failure) << c.claim;
  }
  for (const Case& c :
       {Case{"iss", "https://evil.example", "chain.issuer"}, Case{"eat_nonce", std::string(64, '0'), "binding.nonce"},
        Case{"measres", "fail", "policy.measurements"}, Case{"secboot", false, "policy.secboot"},
        Case{"dbgstat", "enabled", "policy.dbgstat"}, Case{"oemid", "1", "policy.vendor"},
        Case{"ueid", "1", "binding.distinct"},
        Case{"x-nvidia-gpu-attestation-report-nonce-match", false, "policy.report"},
        Case{"x-nvidia-gpu-attestation-report-signature-verified", nullptr, "policy.report"},
        Case{"x-nvidia-gpu-vbios-rim-signature-verified", false, "policy.report"},
        Case{"x-nvidia-gpu-attestation-report-cert-chain-validated", false, "policy.report"},
        Case{"x-nvidia-gpu-arch-check", "false", "policy.report"}, Case{"x-nvidia-gpu-arch-check", 0, "policy.report"},
        Case{"x-nvidia-error-details", "an error", "policy.measurements"},
        Case{"x-nvidia-attestation-warning", "the certificate is on hold", "policy.ocsp.not_revoked"},
        Case{"x-nvidia-attestation-warning", true, "policy.ocsp.not_revoked"}}) {
    Answer answer;
    answer.devices[1][c.claim] = c.value;
    EXPECT_EQ(first_failure(answer), c.failure) << c.claim;
  }
  for (const char* claim : {"measres", "secboot", "dbgstat", "oemid", "eat_nonce", "nbf", "exp", "iss"}) {
    Answer answer;
    answer.devices[0].erase(claim);
    EXPECT_NE(first_failure(answer), "") << claim;
  }
}

TEST(Nras, LetsThePolicyRelax) {
  GpuRules rules;
  rules.require_secboot.value = false;
  rules.require_dbgstat_disabled.value = false;
  Answer answer;
  answer.devices[0]["secboot"] = false;
  answer.devices[0]["dbgstat"] = "enabled";
  EXPECT_EQ(first_failure(answer, kNow, rules), "");
}

TEST(Nras, ShowsTheClaimsThatThePolicyDoesNotAskFor) {
  GpuRules rules;
  rules.require_secboot = {false, "policy line 2"};
  const Result<JwkSet> keys = JwkSet::parse(key_set({&service_key()}));
  const JwtRules jwt_rules;
  const std::string response = Answer().response().dump();
  CheckList checks("nvidia-nras");
  verify_nras({as_bytes(response), keys, nonce(), rules, jwt_rules, kNow}, checks);
  int waived = 0;
  for (const Check& check : checks.checks()) {
    if (check.id != "evidence.nvidia-nras.policy.secboot") continue;
    ++waived;
    EXPECT_EQ(check.outcome, Outcome::kWaived);
    EXPECT_EQ(check.source, "not required (policy line 2): \"true\"");
  }
  EXPECT_EQ(waived, 2) << "one for each GPU";
}

// A token does not state the mode; the report beside it does.
TEST(Nras, LeavesTheModeToTheReports) {
  GpuRules rules;
  rules.mode = {{"SPT"}, "policy line 2"};
  EXPECT_EQ(first_failure(Answer(), kNow, rules), "policy.mode");
  const Result<JwkSet> keys = JwkSet::parse(key_set({&service_key()}));
  const JwtRules jwt_rules;
  const std::string response = Answer().response().dump();
  CheckList checks("nvidia-nras");
  verify_nras({.response = as_bytes(response),
               .keys = keys,
               .nonce = nonce(),
               .rules = rules,
               .jwt_rules = jwt_rules,
               .now = kNow,
               .gpus = {{"1", "2"}}},
              checks);
  EXPECT_FALSE(checks.any_failed());
}

TEST(Nras, TiesTheDeviceTokensToThePlatforms) {
  Json swapped = Answer().response();
  std::swap(swapped[1]["GPU-0"], swapped[1]["GPU-1"]);
  EXPECT_EQ(first_failure(swapped.dump()), "binding.digest");
  Json missing = Answer().response();
  missing[1].erase("GPU-1");
  EXPECT_EQ(first_failure(missing.dump()), "binding.devices");
  Json renamed = Answer().response();
  renamed[1]["GPU-7"] = renamed[1]["GPU-1"];
  renamed[1].erase("GPU-1");
  EXPECT_EQ(first_failure(renamed.dump()), "binding.digest");
}

TEST(Nras, ReportsTheServicesOwnError) {
  Answer answer;
  answer.overall["x-nvidia-overall-att-result"] = false;
  answer.devices[0] = {{"iss", kNrasIssuer},
                       {"nbf", kNow},
                       {"exp", kNow + 3600},
                       {"x-nvidia-error-details", {{"code", 4010}, {"message", "NONCE_NOT_MATCHING"}}}};
  EXPECT_EQ(first_failure(answer), "policy.overall");
  answer.overall["x-nvidia-overall-att-result"] = true;
  EXPECT_EQ(first_failure(answer), "policy.measurements");
}

TEST(Nras, TakesOneAlgorithmAndOneShape) {
  Answer answer;
  answer.algorithm = "none";
  EXPECT_EQ(first_failure(answer), "signature");
  const Json good = Answer().response();
  for (const Json& bad : {Json::array(), Json::array({good[0]}), Json::array({good[1], good[0]}),
                          Json::array({good[0], Json::object()}), Json::array({good[0], good[1], good[1]}),
                          Json::array({Json::array({"CWT", good[0][1]}), good[1]}), Json::object()}) {
    EXPECT_EQ(first_failure(bad.dump()), "parse") << bad.dump().substr(0, 60);
  }
  EXPECT_EQ(first_failure(std::string(R"([["JWT","a"],{}],"more":[1])")), "parse");
  EXPECT_EQ(first_failure(std::string("")), "parse");
}

TEST(Nras, WithoutAnExpectedNonceItIsNotJudged) {
  EXPECT_EQ(first_failure(Answer().response().dump(), kNow, {}, std::nullopt), "");
}

TEST(Nras, WithoutAKeySetNothingPasses) {
  const Result<JwkSet> keys = fail(ErrorCode::kNotFound, "no key set: neither fetched nor given by --jwks");
  const GpuRules rules;
  const JwtRules jwt_rules;
  CheckList checks("nvidia-nras");
  const std::string response = Answer().response().dump();
  verify_nras({as_bytes(response), keys, nonce(), rules, jwt_rules, kNow}, checks);
  EXPECT_EQ(checks.checks().back().id, "evidence.nvidia-nras.signature.keys");
  EXPECT_TRUE(checks.any_failed());
}

TEST(Nras, HoldsTheRulesAboutGpus) {
  Answer answer;
  for (Json& device : answer.devices) {
    device["hwmodel"] = "GH100 A01 GSP BROM";
    device["x-nvidia-gpu-driver-version"] = "550.90.07";
    device["x-nvidia-gpu-vbios-version"] = "96.00.9F.00.01";
  }
  GpuRules rules;
  rules.models = {{"GH100"}};
  rules.min_driver = {"550.90.07"};
  rules.min_vbios = {"96.00.9F.00.01"};
  EXPECT_EQ(first_failure(answer, kNow, rules), "");
  for (const auto& [claim, value, failure] :
       {std::tuple{"hwmodel", "GB100", "policy.model"},
        std::tuple{"x-nvidia-gpu-driver-version", "550.90.06", "policy.driver"},
        std::tuple{"x-nvidia-gpu-vbios-version", "96.00.9F.00.00", "policy.vbios"}}) {
    Answer other = answer;
    other.devices[1][claim] = value;
    EXPECT_EQ(first_failure(other, kNow, rules), failure);
    other.devices[1].erase(claim);
    EXPECT_EQ(first_failure(other, kNow, rules), failure);
  }
}

}  // namespace
}  // namespace minions::attestation
