// Revocation of a GPU's certificates by OCSP answers that come with the evidence.
#include <gtest/gtest.h>
#include <openssl/ocsp.h>

#include "attestation/core/check_table.h"
#include "attestation/core/refusal.h"
#include "attestation/policy/policy.h"
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
  EXPECT_EQ(side_of(gpu.check("policy.ocsp")), Side::kService);
}

TEST(NvidiaOcsp, RefusesARevokedCertificateWhateverElseIsSaid) {
  Gpu gpu = answered({.status = V_OCSP_CERTSTATUS_REVOKED});
  EXPECT_EQ(gpu.failure(), "policy.ocsp.not_revoked");
  EXPECT_EQ(gpu.check("policy.ocsp.not_revoked").found, "\"TEST A01 GSP FMC LF\": revoked");
  EXPECT_EQ(answered({}, {.status = V_OCSP_CERTSTATUS_REVOKED}).failure(), "policy.ocsp.not_revoked");
  gpu.ocsp = [](const Identity& leaf, const Identity& ca, const Identity& root) {
    return std::vector<Bytes>{ca.answer(leaf, ca, {}), root.answer(ca, root, {}),
                              ca.answer(leaf, ca, {.status = V_OCSP_CERTSTATUS_REVOKED})};
  };
  EXPECT_EQ(gpu.failure(), "policy.ocsp.not_revoked");
  // What is missing, which a waiver covers, hides nothing of what is revoked.
  gpu.ocsp = [](const Identity&, const Identity& ca, const Identity& root) {
    return std::vector<Bytes>{root.answer(ca, root, {.status = V_OCSP_CERTSTATUS_REVOKED})};
  };
  EXPECT_EQ(gpu.failure(), "policy.ocsp.not_revoked");
}

// Junk before the answer that says it, which no waiver makes good.
TEST(NvidiaOcsp, LeavesNoAnswerUnread) {
  Gpu gpu = asked();
  gpu.ocsp = [](const Identity& leaf, const Identity& ca, const Identity& root) {
    Bytes junk = ca.answer(leaf, ca, {});
    junk.back() ^= 1;
    std::vector<Bytes> answers(16, junk);
    answers.push_back(ca.answer(leaf, ca, {.status = V_OCSP_CERTSTATUS_REVOKED}));
    answers.push_back(root.answer(ca, root, {}));
    return answers;
  };
  EXPECT_EQ(gpu.failure(), "parse.ocsp");
  EXPECT_FALSE(waiver_covers("evidence.nvidia-gpu.ocsp", "evidence.nvidia-gpu.parse.ocsp"));
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
    EXPECT_EQ(side_of(gpu.check("policy.ocsp")), Side::kClock);
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

TEST(NvidiaOcsp, SaysThatAResponderWhoHasExpiredIsAMatterOfTime) {
  Gpu gpu = asked();
  gpu.ocsp = [](const Identity& leaf, const Identity& ca, const Identity& root) {
    const Identity responder("responder",
                             {.issuer = &ca, .is_ca = false, .not_after = 1'799'999'999, .extensions = kForOcsp});
    return std::vector<Bytes>{responder.answer(leaf, ca, {}), root.answer(ca, root, {})};
  };
  EXPECT_EQ(gpu.failure(), "policy.ocsp");
  EXPECT_EQ(side_of(gpu.check("policy.ocsp")), Side::kClock) << gpu.check("policy.ocsp").found;
}

// RFC 6960 section 4.2.2.2: who issued the certificate decides who may answer about it.
TEST(NvidiaOcsp, RefusesAResponderOfTheCertificateThatItSpeaksOf) {
  const auto judged = [](bool about_ca, const Identity::Options& more) {
    Gpu gpu = asked();
    gpu.ocsp = [=](const Identity& leaf, const Identity& ca, const Identity& root) {
      Identity::Options options = more;
      options.issuer = &ca;
      options.extensions = kForOcsp;
      const Identity responder("responder", options);
      return std::vector<Bytes>{about_ca ? ca.answer(leaf, ca, {}) : responder.answer(leaf, ca, {}),
                                about_ca ? responder.answer(ca, root, {}) : root.answer(ca, root, {})};
    };
    const std::string failure = gpu.failure();
    return failure == "policy.ocsp" ? gpu.check("policy.ocsp").found : failure;
  };
  EXPECT_EQ(judged(false, {.is_ca = false}), "accepted") << "one that the leaf's own issuer delegated";
  const std::string by_itself = judged(true, {.is_ca = false});
  EXPECT_NE(by_itself.find("\"device ca\": ocsp response: signer: want device root"), std::string::npos) << by_itself;
  const std::string authority = judged(false, {.is_ca = true});
  EXPECT_NE(authority.find("want a leaf, found a certificate authority"), std::string::npos) << authority;
}

TEST(NvidiaOcsp, RefusesACertificateOnHoldWhateverHashNamesIt) {
  for (const bool sha1 : {false, true}) {
    Gpu gpu =
        answered({.status = V_OCSP_CERTSTATUS_REVOKED, .reason = OCSP_REVOKED_STATUS_CERTIFICATEHOLD, .sha1_id = sha1});
    EXPECT_EQ(gpu.failure(), "policy.ocsp.not_revoked");
    EXPECT_EQ(gpu.check("policy.ocsp.not_revoked").found, "\"TEST A01 GSP FMC LF\": on hold");
  }
}

TEST(NvidiaOcsp, NamesWhatIsNoAnswer) {
  Gpu gpu = answered({});
  gpu.rim_answers = gpu.signer.answers();
  gpu.rim_answers->push_back({1, 2, 3});
  EXPECT_EQ(gpu.failure(), "parse.ocsp");
  EXPECT_TRUE(gpu.check("parse.ocsp").found.starts_with("ocsp[4]: ocsp response: not one in DER"));
}

TEST(NvidiaOcsp, TakesNoEndOfAnswers) {
  const auto judged = [](std::size_t copies) {
    Gpu gpu = asked();
    gpu.ocsp = [=](const Identity& leaf, const Identity& ca, const Identity& root) {
      std::vector<Bytes> answers(copies, ca.answer(leaf, ca, {}));
      answers.push_back(root.answer(ca, root, {}));
      return answers;
    };
    return gpu.failure();
  };
  EXPECT_EQ(judged(16), "accepted");
  EXPECT_EQ(judged(17), "parse.ocsp");
  EXPECT_EQ(judged(1022), "parse.ocsp");
}

TEST(NvidiaOcsp, AllowsForClocksThatDiffer) {
  const auto judged = [](const Parts& parts, std::uint64_t leeway_s) {
    Gpu gpu = answered(parts);
    gpu.leeway_s = leeway_s;
    const std::string failure = gpu.failure();
    return failure == "policy.ocsp" ? gpu.check("policy.ocsp").found : failure;
  };
  EXPECT_EQ(judged({.this_update = 1'800'000'060}, 60), "accepted");
  EXPECT_EQ(judged({.next_update = 1'799'999'941}, 60), "accepted");
  EXPECT_NE(judged({.next_update = 1'799'999'940}, 60), "accepted");
  EXPECT_EQ(judged({.this_update = 1'800'000'061}, 60),
            "\"TEST A01 GSP FMC LF\": an answer for 2027-01-15T08:01:01Z to 2027-01-15T08:16:40Z, our clock says "
            "2027-01-15T08:00:00Z, 61 s too early");
}

// NVIDIA withdraws a driver by the certificate that signed its reference values.
TEST(NvidiaOcsp, IsAskedAboutTheSignersOfReferenceValues) {
  Gpu gpu = answered({});
  EXPECT_EQ(gpu.failure(), "accepted") << to_text(gpu.checks);
  EXPECT_EQ(gpu.check("policy.ocsp.driver_rim").found, "2 good answers");
  EXPECT_EQ(gpu.check("policy.ocsp.vbios_rim").source, "policy line 4");
  gpu.rim_answers.emplace();
  EXPECT_EQ(gpu.failure(), "policy.ocsp.driver_rim");
  EXPECT_EQ(gpu.check("policy.ocsp.driver_rim").found, "\"RIM signer\": no answer about it");
  const Parts on_hold{.status = V_OCSP_CERTSTATUS_REVOKED, .reason = OCSP_REVOKED_STATUS_CERTIFICATEHOLD};
  gpu.rim_answers = gpu.signer.answers(on_hold);
  EXPECT_EQ(gpu.failure(), "policy.ocsp.driver_rim.not_revoked");
  EXPECT_EQ(gpu.check("policy.ocsp.driver_rim.not_revoked").found, "\"RIM signer\": on hold");
  gpu.rim_answers = gpu.signer.answers({}, {.status = V_OCSP_CERTSTATUS_REVOKED});
  EXPECT_EQ(gpu.failure(), "policy.ocsp.driver_rim.not_revoked");
  EXPECT_EQ(gpu.check("policy.ocsp.driver_rim.not_revoked").found, "\"RIM CA\": revoked");
  gpu.rules.rim.value = RimMode::kOff;
  EXPECT_EQ(gpu.failure(), "accepted") << "their values are not used";
}

TEST(NvidiaOcsp, RefusesEveryBrokenBitAndCut) {
  const Identity root("device root", {});
  const Identity leaf("leaf", {.issuer = &root, .is_ca = false});
  const auto certificate = crypto::Certificate::from_der(leaf.der()).value();
  const auto issuer = crypto::Certificate::from_der(root.der()).value();
  const crypto::OcspQuestion question{
      .certificate = certificate, .issuer = issuer, .root = issuer, .now = 1'800'000'000};
  const auto asked_of = [&](ByteView der) {
    const auto response = crypto::OcspResponse::parse(der);
    return response ? response->about(question) : fail(response.error());
  };
  const Bytes good = root.answer(leaf, root, {});
  ASSERT_TRUE(asked_of(good));
  for (std::size_t length = 0; length < good.size(); ++length)
    EXPECT_FALSE(asked_of(ByteView(good).first(length))) << length;
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_FALSE(asked_of(longer));
  // What is signed lies in front, the certificate behind it: a changed certificate may still be the issuer's key.
  for (std::size_t i = 0; i < 200; ++i) {
    Bytes broken = good;
    broken[i] ^= 0x40;
    const auto answer = asked_of(broken);
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
