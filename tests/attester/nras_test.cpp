#include "attester/nras.h"

#include <gtest/gtest.h>

#include "attestation/nvidia/nras.h"
#include "attestation/synthetic_token.h"
#include "attester/fake_cloud.h"
#include "attester/fake_nvml.h"
#include "attester/nvml.h"
#include "base/encoding.h"
#include "crypto/hash.h"

namespace minions::attester {
namespace {

using attestation::TokenKey;

constexpr UnixSeconds kNow = 1'790'000'000;
const Digest32 kNonce{9, 9, 9};

// An answer of a service of the tests' own about one GPU.
std::string answer(const TokenKey& key, Json overall_changes = Json::object()) {
  const Json common = {
      {"iss", attestation::kNrasIssuer}, {"nbf", kNow - 1}, {"exp", kNow + 3600}, {"eat_nonce", to_hex(kNonce)}};
  Json device = common;
  device.update({{"ueid", "1"},
                 {"measres", "success"},
                 {"secboot", true},
                 {"dbgstat", "disabled"},
                 {"oemid", "5703"},
                 {"x-nvidia-gpu-attestation-report-nonce-match", true},
                 {"x-nvidia-gpu-attestation-report-signature-verified", true}});
  const std::string token = key.sign("ES384", device);
  Json overall = common;
  overall.update({{"sub", "NVIDIA-PLATFORM-ATTESTATION"},
                  {"x-nvidia-overall-att-result", true},
                  {"submods", {{"GPU-0", {"DIGEST", {"SHA-256", to_hex(crypto::sha256(as_bytes(token)))}}}}}});
  overall.update(overall_changes);
  return Json::array({Json::array({"JWT", key.sign("ES384", overall)}), {{"GPU-0", token}}}).dump();
}

class Nras : public testing::Test {
 protected:
  [[nodiscard]] Result<attestation::Evidence> collect(unsigned gpus = 1) {
    const FakeNvml fake("gpus=" + std::to_string(gpus));
    const auto source = with_nras(make_nvml_source(Nvml::open(FakeNvml::path()).value()).value(),
                                  NrasClient::make("https://nras.test/", cloud.access()).value());
    return source->collect(kNonce);
  }

  FakeCloud cloud;
  TokenKey key{TokenKey::Kind::kEcP384, "service"};
};

TEST_F(Nras, IsAskedAboutAllGpusAndItsExactAnswerIsEvidence) {
  const std::string body = answer(key) + "\n";
  cloud.will_answer(200, body);
  const auto evidence = collect(2).value();
  ASSERT_EQ(evidence.size(), 3U);
  EXPECT_EQ(evidence[2].type, "nvidia-nras");
  EXPECT_EQ(evidence[2].data.at("response"), to_bytes(body));
  ASSERT_EQ(cloud.requests.size(), 1U);
  EXPECT_EQ(cloud.requests[0].url, "https://nras.test/v3/attest/gpu");
  EXPECT_EQ(cloud.requests[0].method, "POST");
  const Json request = parse_strict_json(as_text(cloud.requests[0].body)).value();
  EXPECT_EQ(request["nonce"], to_hex(kNonce));
  EXPECT_EQ(request["arch"], "HOPPER");
  ASSERT_EQ(request["evidence_list"].size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(request["evidence_list"][i]["evidence"], to_base64(evidence[i].data.at("report")));
    EXPECT_EQ(request["evidence_list"][i]["certificate"], to_base64(evidence[i].data.at("cert_chain")));
  }
}

TEST_F(Nras, GivesWhatTheVerifierAccepts) {
  cloud.will_answer(200, answer(key));
  const auto evidence = collect().value();
  const Result<attestation::JwkSet> keys = attestation::JwkSet::parse(attestation::key_set({&key}));
  const attestation::GpuRules rules;
  const attestation::JwtRules jwt_rules;
  attestation::CheckList checks("nvidia-nras");
  attestation::verify_nras({.response = evidence[1].data.at("response"),
                            .keys = keys,
                            .nonce = kNonce,
                            .rules = rules,
                            .jwt_rules = jwt_rules,
                            .now = kNow},
                           checks);
  EXPECT_FALSE(checks.any_failed());
}

TEST_F(Nras, IsNotAskedWithoutGpus) {
  EXPECT_TRUE(collect(0)->empty());
  EXPECT_TRUE(cloud.requests.empty());
}

TEST_F(Nras, RefusesAnswersThatNoClientWouldTake) {
  cloud.will_answer(200, answer(key, {{"x-nvidia-overall-att-result", false}}));
  EXPECT_EQ(collect().error().code, ErrorCode::kRefused);
  cloud.will_answer(200, answer(key, {{"eat_nonce", to_hex(Digest32{})}}));
  EXPECT_EQ(collect().error().code, ErrorCode::kRefused);
  for (const char* other : {"", "{}", "[]", "<html>", R"([["JWT","a.b.c"],{"GPU-0":"x"}])"}) {
    cloud.will_answer(200, other);
    EXPECT_EQ(collect().error().code, ErrorCode::kMalformed) << other;
  }
  cloud.will_answer(400, "{}");
  EXPECT_NE(collect().error().detail.find("nras.test/v3/attest/gpu"), std::string::npos);
}

TEST_F(Nras, RefusesGpusThatItCannotName) {
  const auto client = NrasClient::make("https://nras.test", cloud.access()).value();
  EXPECT_FALSE(client.ask({{"nvidia-gpu", {{"report", to_bytes("r")}}}}, kNonce));
  EXPECT_FALSE(client.ask({{"nvidia-gpu", {{"report", to_bytes("r")}, {"cert_chain", {}}}}}, kNonce));
  EXPECT_TRUE(cloud.requests.empty());
}

TEST(NrasClient, WantsAnAddressThatCannotBeOverheard) {
  EXPECT_TRUE(NrasClient::make("https://nras.attestation.nvidia.com"));
  EXPECT_TRUE(NrasClient::make("http://127.0.0.1:8000"));
  EXPECT_EQ(NrasClient::make("http://nras.test").error().code, ErrorCode::kUsage);
  EXPECT_EQ(NrasClient::make("nras.test").error().code, ErrorCode::kUsage);
}

}  // namespace
}  // namespace minions::attester
