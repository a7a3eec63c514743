#include "attester/imds.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "attester/azure_machine.h"
#include "attester/fake_cloud.h"
#include "base/encoding.h"

namespace minions::attester {
namespace {

const AzureSnpMachine& machine() {
  static const AzureSnpMachine made(attestation::synthetic_snp::kNow);
  return made;
}

TEST(Imds, GivesTheCertificatesOfTheProcessor) {
  FakeCloud cloud;
  cloud.will_answer(200, machine().imds_certification());
  const auto amd = Imds("http://127.0.0.1", cloud.access()).amd_certification();
  ASSERT_TRUE(amd) << amd.error().detail;
  EXPECT_EQ(amd->vcek_pem, pem_of(machine().certificates[0]));
  EXPECT_EQ(amd->chain_pem, pem_of(machine().certificates[1]) + pem_of(machine().certificates[2]));
  const net::FetchRequest& request = cloud.requests.at(0);
  EXPECT_EQ(request.url, "http://127.0.0.1/metadata/THIM/amd/certification");
  EXPECT_EQ(request.method, "GET");
  ASSERT_EQ(request.headers.size(), 1U);
  EXPECT_EQ(request.headers[0].name + ": " + request.headers[0].value, "Metadata: true");
}

TEST(Imds, RefusesAnswersWithoutTheCertificates) {
  const Json good = Json::parse(machine().imds_certification());
  const auto refusal = [](const Json& answer) {
    FakeCloud cloud;
    cloud.will_answer(200, answer.dump());
    const auto amd = Imds("http://127.0.0.1", cloud.access()).amd_certification();
    return amd ? "accepted" : amd.error().detail;
  };
  EXPECT_EQ(refusal(good), "accepted");
  for (const std::string member : {"vcekCert", "certificateChain"}) {
    Json missing = good;
    missing.erase(member);
    EXPECT_NE(refusal(missing).find(member), std::string::npos);
    Json no_pem = good;
    no_pem[member] = "MII";
    EXPECT_NE(refusal(no_pem).find(member), std::string::npos);
    Json number = good;
    number[member] = 1;
    EXPECT_NE(refusal(number).find(member), std::string::npos);
  }
  Json swapped = good;
  std::swap(swapped["vcekCert"], swapped["certificateChain"]);
  EXPECT_EQ(refusal(swapped), "imds: vcekCert: want 1 certificates, found 2");
}

TEST(Imds, GivesTheQuoteOfATdReport) {
  FakeCloud cloud;
  const Bytes quote = {0xFB, 0xFF, 0x00, 0x01};
  cloud.will_answer(200, Json{{"quote", to_base64url(quote)}}.dump());
  const Bytes report(1024, 0xFB);
  const auto answer = Imds("http://127.0.0.1:80", cloud.access()).td_quote(report);
  ASSERT_TRUE(answer) << answer.error().detail;
  EXPECT_EQ(*answer, quote);
  const net::FetchRequest& request = cloud.requests.at(0);
  EXPECT_EQ(request.url, "http://127.0.0.1:80/acc/tdquote");
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(Json::parse(as_text(request.body)), (Json{{"report", to_base64url(report)}}));
}

TEST(Imds, RefusesAnAnswerWithoutAQuote) {
  for (const std::string_view text : {"{}", "{\"quote\":\"*\"}", "{\"quote\":null}", "quote"}) {
    FakeCloud cloud;
    cloud.will_answer(200, text);
    const auto answer = Imds("http://127.0.0.1", cloud.access()).td_quote(Bytes(1024));
    ASSERT_FALSE(answer) << text;
    EXPECT_EQ(answer.error().code, ErrorCode::kMalformed) << answer.error().detail;
    EXPECT_TRUE(answer.error().detail.starts_with("imds: ")) << answer.error().detail;
  }
}

}  // namespace
}  // namespace minions::attester
