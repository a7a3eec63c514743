// Revocation of a GPU's certificates by OCSP answers that come with the evidence.
#include <gtest/gtest.h>
#include <openssl/ocsp.h>

#include "attestation/synthetic_nvidia.h"
#include "crypto/ocsp.h"

namespace minions::attestation::nvidia {
namespace {

using Parts = Identity::OcspParts;

const std::map<std::string, Bytes> kForOcsp = {
    {"2.5.29.37", {0x30, 0x0A, 0x06, 0x08, 0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x09}}};

Gpu asked() {
  Gpu gpu;
  gpu.rules.ocsp = {OcspMode::kRequire, "policy line 4"};
  return gpu;
}

// Answers of each certificate's own issuer.
Gpu answered(const Parts& about_leaf, const Parts& about_ca = {}) {
  Gpu gpu = asked();
  gpu.ocsp = [=](const Identity& leaf, const Identity& ca, const Identity& root) {
    return std::vector<Bytes>{ca.answer(leaf, ca, about_leaf), root.answer(ca, root, about_ca)};
  };
  return gpu;
}

TEST(NvidiaOcsp, AcceptsGoodAnswersOfTheIssuers) {
  Gpu gpu = answered({});
  EXPECT_EQ(gpu.failure(), "accepted") << to_text(gpu.checks);
  EXPECT_EQ(gpu.check("policy.ocsp").source, "policy line 4");
}

TEST(NvidiaOcsp, AcceptsAResponderThatTheRootEndorses) {
  Gpu gpu = asked();
  gpu.ocsp = [](const Identity& leaf, const Identity& ca, const Identity& root) {
    const Identity responder("responder", {.issuer = &root, .is_ca = false, .extensions = kForOcsp});
    return std::vector<Bytes>{responder.answer(leaf, ca, {}), responder.answer(ca, root, {})};
  };
  EXPECT_EQ(gpu.failure(), "accepted") << to_text(gpu.checks);
}

TEST(NvidiaOcsp, RefusesWithoutAnAnswerAboutEachCertificate) {
  EXPECT_EQ(asked().failure(), "policy.ocsp");
  Gpu gpu = asked();
  gpu.ocsp = [](const Identity& leaf, const Identity& ca, const Identity&) {
    return std::vector<Bytes>{ca.answer(leaf, ca, {})};
  };
  EXPECT_EQ(gpu.failure(), "policy.ocsp");
  EXPECT_EQ(gpu.check("policy.ocsp").found, "\"device ca\": no answer about it");
}

TEST(NvidiaOcsp, RefusesARevokedCertificateWhateverElseIsSaid) {
  Gpu gpu = answered({.status = V_OCSP_CERTSTATUS_REVOKED});
  EXPECT_EQ(gpu.failure(), "policy.ocsp");
  EXPECT_EQ(gpu.check("policy.ocsp").found, "\"TEST A01 GSP FMC LF\": revoked");
  EXPECT_EQ(answered({}, {.status = V_OCSP_CERTSTATUS_REVOKED}).failure(), "policy.ocsp");
  gpu.ocsp = [](const Identity& leaf, const Identity& ca, const Identity& root) {
    return std::vector<Bytes>{ca.answer(leaf, ca, {}), root.answer(ca, root, {}),
                              ca.answer(leaf, ca, {.status = V_OCSP_CERTSTATUS_REVOKED})};
  };
  EXPECT_EQ(gpu.failure(), "policy.ocsp");
}

TEST(NvidiaOcsp, RefusesWhatTheResponderDoesNotKnow) {
  Gpu gpu = answered({.status = V_OCSP_CERTSTATUS_UNKNOWN});
  EXPECT_EQ(gpu.failure(), "policy.ocsp");
  EXPECT_NE(gpu.check("policy.ocsp").found.find("does not know it"), std::string::npos);
}

TEST(NvidiaOcsp, RefusesAnAnswerOutsideItsTime) {
  for (const Parts& parts : {Parts{.next_update = 1'800'000'000}, Parts{.this_update = 1'800'000'001}}) {
    Gpu gpu = answered(parts);
    EXPECT_EQ(gpu.failure(), "policy.ocsp");
    EXPECT_NE(gpu.check("policy.ocsp").found.find("an answer for"), std::string::npos);
  }
}

TEST(NvidiaOcsp, RefusesAnswersOfOthers) {
  for (const bool for_ocsp : {false, true}) {
    Gpu gpu = asked();
    gpu.ocsp = [=](const Identity& leaf, const Identity& ca, const Identity& root) {
      // One that the root endorsed for something else, and one that is meant for answers under another root.
      const Identity other("device root", {});
      const Identity signer("responder", {.issuer = for_ocsp ? &other : &root,
                                          .is_ca = false,
                                          .extensions = for_ocsp ? kForOcsp : std::map<std::string, Bytes>()});
      return std::vector<Bytes>{signer.answer(leaf, ca, {}), root.answer(ca, root, {})};
    };
    EXPECT_EQ(gpu.failure(), "policy.ocsp");
    const std::string& found = gpu.check("policy.ocsp").found;
    EXPECT_NE(found.find(for_ocsp ? "signer" : "may not sign answers"), std::string::npos) << found;
  }
}

TEST(NvidiaOcsp, RefusesEveryBrokenBitAndCut) {
  const Identity root("device root", {});
  const Identity leaf("leaf", {.issuer = &root, .is_ca = false});
  const auto certificate = crypto::Certificate::from_der(leaf.der()).value();
  const auto issuer = crypto::Certificate::from_der(root.der()).value();
  const Digest32 pin = root.sha256();
  const crypto::OcspQuestion question{
      .certificate = certificate, .issuer = issuer, .others = {}, .rules = {.roots = {&pin, 1}, .now = 1'800'000'000}};
  const Bytes good = root.answer(leaf, root, {});
  ASSERT_TRUE(crypto::verify_ocsp_response(good, question));
  for (std::size_t length = 0; length < good.size(); ++length)
    EXPECT_FALSE(crypto::verify_ocsp_response(ByteView(good).first(length), question)) << length;
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_FALSE(crypto::verify_ocsp_response(longer, question));
  // What is signed lies in front, the certificate behind it: a changed certificate may still be the issuer's key.
  for (std::size_t i = 0; i < 200; ++i) {
    Bytes broken = good;
    broken[i] ^= 0x40;
    const auto answer = crypto::verify_ocsp_response(broken, question);
    EXPECT_FALSE(answer && answer->status != crypto::OcspAnswer::Status::kGood) << i;
  }
}

TEST(NvidiaOcsp, AsksAboutOneCertificate) {
  const Identity root("device root", {});
  const Identity leaf("leaf", {.issuer = &root, .is_ca = false});
  const Bytes request = crypto::ocsp_request(crypto::Certificate::from_der(leaf.der()).value(),
                                             crypto::Certificate::from_der(root.der()).value())
                            .value();
  const unsigned char* at = request.data();
  const std::unique_ptr<OCSP_REQUEST, decltype(&OCSP_REQUEST_free)> parsed(
      d2i_OCSP_REQUEST(nullptr, &at, static_cast<long>(request.size())), OCSP_REQUEST_free);
  ASSERT_NE(parsed, nullptr);
  EXPECT_EQ(OCSP_request_onereq_count(parsed.get()), 1);
}

}  // namespace
}  // namespace minions::attestation::nvidia
