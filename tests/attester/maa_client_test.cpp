// The guest's side of Microsoft Azure Attestation, with a real TPM and a service of the tests' own.
#include "attester/maa_client.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "attestation/azure/maa.h"
#include "attestation/azure/tpm_quote.h"
#include "attester/azure_machine.h"
#include "attester/fake_cloud.h"
#include "attester/fake_maa.h"
#include "attester/fake_vtpm.h"
#include "attester/swtpm.h"
#include "base/encoding.h"

namespace minions::attester {
namespace {

using attestation::HclReport;
using attestation::synthetic_snp::kNow;

const std::string kNonce(64, 'a');

class MaaClientTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!Swtpm::is_installed()) GTEST_SKIP() << "swtpm is not installed";
    quiet_tpm_library();
    swtpm_.emplace();
    FakeVtpm vtpm(swtpm_->tcti());
    modulus_ = vtpm.make_signing_key(kAttestationKey);
    Bytes certificate = machine_.certificates[0].der();  // any: the service judges it, not the guest
    certificate.resize(2048);
    vtpm.put_nv(kAkCertificateIndex, certificate);
    report_ = HclReport::parse(machine_.hcl_report(modulus_)).value();
    maa_.now = kNow;
  }

  [[nodiscard]] HardwareProof proof() const {
    return AmdCertification{pem_of(machine_.certificates[0]),
                            pem_of(machine_.certificates[1]) + pem_of(machine_.certificates[2])};
  }
  // As the service answers, after `change`.
  [[nodiscard]] Result<Bytes> token(const std::function<void(Json&)>& change = {}) {
    CloudAccess access{.fetch = [&](const net::FetchRequest& request) -> Result<net::FetchReply> {
                         request_ = request;
                         Json answer = maa_.answer(request.body);
                         if (change) change(answer);
                         return net::FetchReply{200, {}, to_bytes(answer.dump())};
                       },
                       .wait = {}};
    Tpm tpm = Tpm::open(swtpm_->tcti()).value();
    return MaaClient("https://instance.example", std::move(access)).token(tpm, *report_, proof(), kNonce);
  }
  // With a member of the encrypted envelope changed.
  [[nodiscard]] Result<Bytes> token_of_envelope(const std::function<void(Json&)>& change) {
    return token([&](Json& answer) {
      Json envelope = Json::parse(as_text(from_base64url(answer["token"].get<std::string>()).value()));
      change(envelope);
      answer["token"] = to_base64url(as_bytes(envelope.dump()));
    });
  }

  std::optional<Swtpm> swtpm_;
  AzureSnpMachine machine_{kNow};
  Bytes modulus_;
  std::optional<HclReport> report_;
  FakeMaa maa_;
  net::FetchRequest request_;
};

TEST_F(MaaClientTest, GivesATokenThatVerifiesWithItsNonce) {
  const auto given = token();
  ASSERT_TRUE(given) << given.error().detail;
  const Result<attestation::JwkSet> keys = attestation::JwkSet::parse(attestation::key_set({&maa_.key}));
  const attestation::SnpRules rules;
  const attestation::JwtRules jwt_rules;
  attestation::CheckList checks("azure-maa");
  attestation::verify_maa(
      {as_text(*given), keys, kNonce, attestation::Rule<std::string>{"https://instance.example", "test"},
       attestation::MaaPlatform::kSevSnp, rules, jwt_rules, kNow},
      checks);
  for (const auto& check : checks.checks())
    EXPECT_NE(check.outcome, attestation::Outcome::kFail) << check.id << ": " << check.found;
}

TEST_F(MaaClientTest, SendsWhatTheServiceAsksOfGuests) {
  ASSERT_TRUE(token());
  EXPECT_EQ(request_.url, "https://instance.example/attest/AzureGuest?api-version=2020-10-01");
  EXPECT_EQ(request_.method, "POST");
  const Json info = FakeMaa::attestation_info(request_.body);
  const auto bytes_at = [&](const char* pointer) {
    return from_base64(info.at(Json::json_pointer(pointer)).get<std::string>()).value();
  };
  EXPECT_EQ(info["AttestationProtocolVersion"], "2.0");
  EXPECT_EQ(as_text(bytes_at("/ClientPayload/nonce")), kNonce);
  EXPECT_EQ(bytes_at("/TpmInfo/AikCert"), machine_.certificates[0].der());
  EXPECT_TRUE(equal(ByteView(bytes_at("/TpmInfo/AikPub")).last(256), modulus_));
  EXPECT_EQ(info["TpmInfo"]["PcrSet"], Json({0, 1, 2, 3, 4, 5, 6, 7}));
  ASSERT_EQ(info["TpmInfo"]["PCRs"].size(), 8U);
  EXPECT_EQ(info["TpmInfo"]["PCRs"][7]["Index"], 7);
  EXPECT_EQ(bytes_at("/TpmInfo/PCRs/7/Digest"), Bytes(32));
  EXPECT_EQ(bytes_at("/IsolationInfo/Evidence/RunTimeData"), report_->runtime_data);
  EXPECT_EQ(info["IsolationInfo"]["Type"], "SevSnp");
  const Json snp = Json::parse(as_text(bytes_at("/IsolationInfo/Evidence/Proof")));
  EXPECT_TRUE(equal(from_base64url(snp["SnpReport"].get<std::string>()).value(), report_->hardware_report));
  const auto chain = from_base64(snp["VcekCertChain"].get<std::string>()).value();
  EXPECT_EQ(crypto::Certificate::from_pem(as_text(chain))->size(), 3U);
  // Quote and certification are by the attestation key.
  const auto key = crypto::PublicKey::from_rsa(modulus_, Bytes{1, 0, 1}).value();
  for (const auto& [message, signature] :
       {std::pair("/TpmInfo/PcrQuote", "/TpmInfo/PcrSignature"),
        std::pair("/TpmInfo/EncKeyCertifyInfo", "/TpmInfo/EncKeyCertifyInfoSignature")}) {
    EXPECT_TRUE(key.verify_rsa_pkcs1(crypto::HashAlgorithm::kSha256, bytes_at(message), bytes_at(signature)))
        << message;
  }
}

TEST_F(MaaClientTest, SendsTheQuoteOfATdx) {
  AzureTdxMachine tdx;
  const auto report = HclReport::parse(tdx.hcl_report(modulus_)).value();
  const Bytes quote = {1, 2, 3};
  FakeCloud cloud;
  cloud.will_answer(400, "");
  Tpm tpm = Tpm::open(swtpm_->tcti()).value();
  EXPECT_FALSE(MaaClient("https://instance.example", cloud.access()).token(tpm, report, quote, kNonce));
  const Json info = FakeMaa::attestation_info(cloud.requests.at(0).body);
  EXPECT_EQ(info["IsolationInfo"]["Type"], "Tdx");
  EXPECT_EQ(info["IsolationInfo"]["Evidence"]["Proof"], to_base64(quote));
}

TEST_F(MaaClientTest, RefusesAnswersThatDoNotOpen) {
  for (const std::string member : {"Jwt", "AuthenticationData", "EncryptionParams", "EncryptedInnerKey"}) {
    const auto missing = token_of_envelope([&](Json& envelope) { envelope.erase(member); });
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, ErrorCode::kMalformed);
    EXPECT_NE(missing.error().detail.find(member), std::string::npos) << missing.error().detail;
  }
  const auto change_byte = [](Json& value) {
    Bytes bytes = from_base64(value.get<std::string>()).value();
    bytes[0] ^= 1;
    value = to_base64(bytes);
  };
  const auto change = [&](const char* pointer) {
    return token_of_envelope([&](Json& envelope) { change_byte(envelope[Json::json_pointer(pointer)]); });
  };
  EXPECT_EQ(change("/Jwt").error().code, ErrorCode::kTampered);
  EXPECT_EQ(change("/AuthenticationData").error().code, ErrorCode::kTampered);
  EXPECT_EQ(change("/EncryptionParams/Iv").error().code, ErrorCode::kTampered);
  EXPECT_EQ(change("/EncryptedInnerKey").error().code, ErrorCode::kIo);
  EXPECT_FALSE(token([](Json& answer) { answer["token"] = "e30"; }));
  EXPECT_FALSE(token([](Json& answer) { answer.erase("token"); }));
  maa_.associated_data = "another";
  EXPECT_EQ(token().error().code, ErrorCode::kTampered);
}

TEST_F(MaaClientTest, RefusesAKeyOfAnotherSize) {
  maa_.inner_key_bytes = 16;
  const auto given = token();
  ASSERT_FALSE(given);
  EXPECT_EQ(given.error().code, ErrorCode::kUnsupported);
}

TEST_F(MaaClientTest, CannotOpenATokenOnceABootPcrChanged) {
  const auto given = token([&](Json&) { FakeVtpm(swtpm_->tcti()).extend_pcr(7, Digest32{}); });
  ASSERT_FALSE(given);
  EXPECT_EQ(given.error().code, ErrorCode::kIo) << given.error().detail;
}

TEST_F(MaaClientTest, NeedsTheCertificateOfTheAttestationKey) {
  const Swtpm bare;
  FakeVtpm(bare.tcti()).make_signing_key(kAttestationKey);
  Tpm tpm = Tpm::open(bare.tcti()).value();
  FakeCloud cloud;
  const auto given = MaaClient("https://instance.example", cloud.access()).token(tpm, *report_, proof(), kNonce);
  ASSERT_FALSE(given);
  EXPECT_EQ(given.error().code, ErrorCode::kNotFound);
  EXPECT_NE(given.error().detail.find("0x01c101d0"), std::string::npos) << given.error().detail;
  EXPECT_TRUE(cloud.requests.empty());
}

TEST(GuestSystem, ReadsWhatTheSystemSaysOfItself) {
  const TemporaryDirectory root;
  std::filesystem::create_directories(root.path() / "etc");
  std::filesystem::create_directories(root.path() / "sys/kernel/security/tpm0");
  write_file(root.path() / "etc/os-release", "PRETTY_NAME=\"Ubuntu 22.04\"\nNAME=\"Ubuntu\"\nVERSION_ID=\"22.04\"\n");
  write_file(root.path() / "sys/kernel/security/tpm0/binary_bios_measurements", "log");
  const GuestSystem system = GuestSystem::read(root.path());
  EXPECT_EQ(system.distribution, "Ubuntu");
  EXPECT_EQ(system.version_major, 22U);
  EXPECT_EQ(system.version_minor, 4U);
  EXPECT_EQ(as_text(system.boot_log), "log");
}

TEST(GuestSystem, LeavesOutWhatTheSystemDoesNotSay) {
  const TemporaryDirectory root;
  std::filesystem::create_directories(root.path() / "etc");
  write_file(root.path() / "etc/os-release", "NAME=Debian\nVERSION_ID=x");
  const GuestSystem system = GuestSystem::read(root.path());
  EXPECT_EQ(system.distribution, "Debian");
  EXPECT_EQ(system.version_major, 0U);
  EXPECT_TRUE(system.boot_log.empty());
}

}  // namespace
}  // namespace minions::attester
