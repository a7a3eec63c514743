#include "collateral/collector.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "attestation/synthetic_nvidia.h"
#include "attestation/synthetic_snp.h"
#include "attestation/synthetic_token.h"
#include "attester/temporary_directory.h"
#include "base/encoding.h"
#include "collateral/fake_services.h"
#include "crypto/hash.h"

namespace minions::collateral {
namespace {

using namespace std::chrono_literals;
using attestation::key_set;
using attestation::TokenKey;
namespace synthetic_snp = attestation::synthetic_snp;

constexpr const char* kCrl = "/vcek/v1/Milan/crl";
constexpr const char* kKeys = "/.well-known/jwks.json";
constexpr UnixSeconds kNow = synthetic_snp::kNow;

class CollectorTest : public testing::Test {
 protected:
  CollectorTest() {
    options_.sources = services_.sources();
    options_.cache_folder = temporary_.path() / "cache";
    options_.request_time = 5s;
    options_.retries = {.attempts = 3, .first_wait = 1ms, .longest_wait = 10ms};
    evidence_ = {{"sev-snp", {{"report", platform_.signed_report()}}}};
    const auto certificates = platform_.certificates();
    for (const auto& certificate : certificates) endorsements_["certificates"].push_back(certificate.der());
    policy_.roots.amd = attestation::Rule<std::vector<Digest32>>{synthetic_snp::root_of(certificates)};
  }

  [[nodiscard]] Collected collect(UnixSeconds now = kNow) const {
    return Collector(options_).collect_blocking({evidence_, endorsements_, policy_, now});
  }
  void serve_list() { services_.answer(kCrl, {.body = list_}); }
  [[nodiscard]] std::size_t asked(const std::string& path) const {
    const auto all = services_.asked();
    return static_cast<std::size_t>(std::count(all.begin(), all.end(), path));
  }

  FakeServices services_;
  attester::TemporaryDirectory temporary_;
  synthetic_snp::Platform platform_;
  Bytes list_ = synthetic_snp::RevocationSpec{.issuer = platform_.ark.subject, .signer = platform_.ark.key}.der();
  CollectorOptions options_;
  attestation::Evidence evidence_;
  attestation::Endorsements endorsements_;
  attestation::PolicyRules policy_;
};

TEST_F(CollectorTest, FetchesOnceAndThenTakesFromTheCache) {
  serve_list();
  for (int i = 0; i < 2; ++i) {
    const Collected collected = collect();
    EXPECT_TRUE(collected.missing.empty()) << collected.missing.front();
    ASSERT_EQ(collected.endorsements.at("revocation_lists").size(), 1U);
    EXPECT_EQ(collected.endorsements.at("revocation_lists")[0], list_);
    EXPECT_EQ(collected.endorsements.at("certificates"), endorsements_.at("certificates"));
  }
  EXPECT_EQ(asked(kCrl), 1U);
}

TEST_F(CollectorTest, FetchesAgainWhatHasRunOut) {
  serve_list();
  (void)collect();
  (void)collect(kNow + 2 * synthetic_snp::kDay);
  EXPECT_EQ(asked(kCrl), 2U);
}

TEST_F(CollectorTest, TakesWhatHasRunOutWhereNothingElseIsToBeHad) {
  serve_list();
  (void)collect();
  services_.answer(kCrl, {.body = {}, .status = 503});
  const Collected collected = collect(kNow + 2 * synthetic_snp::kDay);
  EXPECT_TRUE(collected.missing.empty());
  EXPECT_EQ(collected.endorsements.at("revocation_lists")[0], list_) << "its own dates are judged with the rest";
}

TEST_F(CollectorTest, SaysWhatCouldNotBeHadAndWhy) {
  const Collected collected = collect();
  ASSERT_EQ(collected.missing.size(), 1U);
  EXPECT_EQ(collected.missing[0], "AMD revocation list of ARK-Milan: " + services_.address() + kCrl + ": status 404");
  EXPECT_EQ(collected.endorsements.count("revocation_lists"), 0U);
}

TEST_F(CollectorTest, AsksAgainWhereAServiceThrottles) {
  for (const int status : {429, 502, 503, 504}) {
    options_.cache_folder = temporary_.path() / std::to_string(status);
    services_.forget();
    services_.answer(kCrl, {.body = list_, .headers = {{"retry-after", "0"}}, .refusals = 2, .refusal = status});
    const Collected collected = collect();
    EXPECT_TRUE(collected.missing.empty()) << collected.missing.front();
    EXPECT_EQ(asked(kCrl), 3U) << status;
  }
}

TEST_F(CollectorTest, NamesServiceAddressAndStatusOfWhoThrottlesWithoutEnd) {
  services_.answer(kCrl, {.body = {}, .status = 429});
  EXPECT_EQ(collect().missing.at(0),
            "AMD revocation list of ARK-Milan: " + services_.address() + kCrl + ": status 429 after 3 attempts");
  EXPECT_EQ(asked(kCrl), 3U);
  services_.forget();
  services_.answer(kCrl, {.body = {}, .status = 429, .headers = {{"retry-after", "3600"}}});
  EXPECT_EQ(collect().missing.at(0),
            "AMD revocation list of ARK-Milan: " + services_.address() + kCrl + ": status 429");
  EXPECT_EQ(asked(kCrl), 1U) << "there is no time to wait so long";
}

TEST_F(CollectorTest, FetchesItsOwnListWhereAStapledOneIsNotSigned) {
  const Bytes junk =
      synthetic_snp::RevocationSpec{.issuer = platform_.ark.subject, .signer = synthetic_snp::SigningKey::p384()}.der();
  endorsements_["revocation_lists"] = {junk};
  serve_list();
  EXPECT_EQ(collect().endorsements.at("revocation_lists"), (std::vector<Bytes>{junk, list_}));
}

TEST_F(CollectorTest, AsksTheServiceWhereWhatWasKeptDoesNotDo) {
  const Bytes junk =
      synthetic_snp::RevocationSpec{.issuer = platform_.ark.subject, .signer = synthetic_snp::SigningKey::p384()}.der();
  services_.answer(kCrl, {.body = junk});
  EXPECT_EQ(collect().endorsements.at("revocation_lists"), std::vector<Bytes>{junk});
  serve_list();
  EXPECT_EQ(collect().endorsements.at("revocation_lists"), (std::vector<Bytes>{junk, list_}));
  EXPECT_EQ(asked(kCrl), 2U);
}

TEST_F(CollectorTest, KeepsNothingThatCannotBeRead) {
  services_.answer(kCrl, {.body = to_bytes("<html>")});
  const Collected collected = collect();
  ASSERT_EQ(collected.missing.size(), 1U);
  EXPECT_EQ(collected.endorsements.count("revocation_lists"), 0U);
}

// The signer of reference values is known once they are there.
TEST_F(CollectorTest, AsksAboutWhatItFetched) {
  namespace nvidia = attestation::nvidia;
  const nvidia::RimSigner signer;
  const nvidia::Identity root("device root", {});
  const nvidia::Identity leaf("GH100 A01 GSP FMC LF", {.issuer = &root, .is_ca = false});
  nvidia::ReportParts parts;
  Bytes report = parts.encode();
  append(report, leaf.sign(report));
  evidence_ = {{"nvidia-gpu", {{"report", report}, {"cert_chain", to_bytes(leaf.pem() + root.pem())}}}};
  endorsements_.clear();
  policy_.roots.nvidia_device = attestation::Rule<std::vector<Digest32>>{{root.sha256()}};
  policy_.roots.nvidia_rim = attestation::Rule<std::vector<Digest32>>{signer.roots()};
  const std::string tag = signer.sign(nvidia::rim_of("550.1.02", {7}).document());
  services_.answer(
      "/v1/rim/NV_GPU_DRIVER_GH100_550.1.02",
      {.body = to_bytes(
           Json{{"id", "x"}, {"rim", to_base64(as_bytes(tag))}, {"sha256", to_hex(crypto::sha256(as_bytes(tag)))}}
               .dump())});
  const Collected collected = collect(1'800'000'000);
  EXPECT_EQ(collected.endorsements.at("rims").size(), 1U);
  std::string missing;
  for (const std::string& each : collected.missing) missing += each + "\n";
  EXPECT_NE(missing.find("NVIDIA OCSP answer about \"RIM signer\""), std::string::npos) << missing;
  EXPECT_NE(missing.find("NVIDIA OCSP answer about \"RIM CA\""), std::string::npos) << missing;
}

TEST_F(CollectorTest, OfflineAsksNobody) {
  options_.network = Network::kOffline;
  EXPECT_EQ(collect().missing.at(0).substr(0, 3), "AMD");
  EXPECT_TRUE(services_.asked().empty());
  options_.network = Network::kOnline;
  serve_list();
  (void)collect();
  services_.forget();
  options_.network = Network::kOffline;
  EXPECT_TRUE(collect(kNow + 2 * synthetic_snp::kDay).missing.empty()) << "what is kept is used, whatever its age";
  EXPECT_TRUE(services_.asked().empty());
}

TEST_F(CollectorTest, GivesUpOnAServiceThatHangs) {
  services_.answer(kCrl, {.body = {}, .hangs = true});
  options_.request_time = 300ms;
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(collect().missing.size(), 1U);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 5s);
  EXPECT_EQ(asked(kCrl), 1U) << "it has had its time";
}

TEST_F(CollectorTest, HasOneBoundOnAllItsTime) {
  endorsements_.clear();
  options_.total_time = 300ms;
  for (const std::string& path : {std::string(kCrl), std::string("/vcek/v1/Milan/cert_chain")})
    services_.answer(path, {.body = {}, .hangs = true});
  const auto start = std::chrono::steady_clock::now();
  const Collected collected = collect();
  EXPECT_EQ(collected.missing.size(), 3U);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 3s);
}

TEST_F(CollectorTest, RefusesAnAnswerOverItsLimit) {
  services_.answer(kCrl, {.body = Bytes(kMostReplyBytes + 1)});
  EXPECT_NE(collect().missing.at(0).find("over 4194304 bytes"), std::string::npos);
}

TEST_F(CollectorTest, FetchesNothingOnceToldToStop) {
  std::stop_source stop;
  stop.request_stop();
  net::asio::io_context context;
  const Collector collector(options_);
  const Collected collected = net::run_until_done(
      context, collector.collect({evidence_, endorsements_, policy_, kNow}, context.get_executor(), stop.get_token()));
  EXPECT_TRUE(services_.asked().empty());
  EXPECT_EQ(collected.endorsements, endorsements_);
}

class KeysTest : public CollectorTest {
 protected:
  KeysTest() {
    endorsements_.clear();
    evidence_ = {{"nvidia-nras", {{"response", response_of(old_key_)}}}};
  }
  static Bytes response_of(const TokenKey& key) {
    const std::string token = key.sign("ES384", {{"iss", "x"}});
    return to_bytes(R"([["JWT",")" + token + R"("],{"GPU-0":")" + token + R"("}])");
  }
  TokenKey old_key_{TokenKey::Kind::kEcP384, "old"};
  TokenKey new_key_{TokenKey::Kind::kEcP384, "new"};
};

TEST_F(KeysTest, AreFetchedAndKept) {
  services_.answer(kKeys, {.body = to_bytes(key_set({&old_key_}))});
  for (int i = 0; i < 2; ++i) {
    const Collected collected = collect();
    ASSERT_TRUE(collected.keys.nras);
    EXPECT_NE(collected.keys.nras->find("old"), nullptr);
    EXPECT_FALSE(collected.keys.maa);
  }
  EXPECT_EQ(asked(kKeys), 1U);
}

TEST_F(KeysTest, AreFetchedOnceMoreForAKeyThatIsNotThere) {
  services_.answer(kKeys, {.body = to_bytes(key_set({&old_key_}))});
  (void)collect();
  services_.answer(kKeys, {.body = to_bytes(key_set({&old_key_, &new_key_}))});
  evidence_[0].data["response"] = response_of(new_key_);
  EXPECT_NE(collect().keys.nras->find("new"), nullptr);
  EXPECT_EQ(asked(kKeys), 2U);
  const TokenKey unknown(TokenKey::Kind::kEcP384, "unknown");
  evidence_[0].data["response"] = response_of(unknown);
  EXPECT_EQ(collect().keys.nras->find("unknown"), nullptr);
  EXPECT_EQ(asked(kKeys), 3U);
}

TEST_F(KeysTest, ThatTheUserGaveStandInPlaceOfAFetch) {
  options_.key_sets["nras"] = key_set({&new_key_});
  EXPECT_NE(collect().keys.nras->find("new"), nullptr);
  EXPECT_TRUE(services_.asked().empty());
}

TEST_F(KeysTest, ThatAreNoKeySetAreMissing) {
  services_.answer(kKeys, {.body = to_bytes("<html>")});
  const Collected collected = collect();
  EXPECT_FALSE(collected.keys.nras);
  EXPECT_EQ(collected.missing.size(), 1U);
}

}  // namespace
}  // namespace minions::collateral
