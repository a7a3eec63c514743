// Every single bit of a report, quote or signature, flipped alone: the form does not allow it, or a signature or digest
// over it fails. Evidence of the tests' own always, genuine evidence of GPUs where it is at hand (that of SNP, TDX and
// vTPMs: *_genuine_test.cpp). In parts, which ctest runs beside each other.
#include <gtest/gtest.h>

#include "attestation/nvidia/spdm_report.h"
#include "attestation/nvidia_evidence.h"
#include "attestation/snp_evidence.h"
#include "attestation/synthetic_nvidia.h"
#include "attestation/synthetic_snp.h"
#include "attestation/synthetic_tdx.h"

namespace minions::attestation {
namespace {

using snp_evidence::failure;
using snp_evidence::with_bit_flipped;

constexpr std::size_t kParts = 4;

class EveryBit : public ::testing::TestWithParam<std::size_t> {
 protected:
  // Calls judge for this part of the bits.
  template <class Judge>
  void each(const Bytes& good, const Judge& judge) const {
    for (std::size_t bit = GetParam(); bit < 8 * good.size(); bit += kParts) {
      judge(bit, with_bit_flipped(good, bit));
      if (HasFatalFailure()) return;
    }
  }
};
INSTANTIATE_TEST_SUITE_P(Parts, EveryBit, ::testing::Range(std::size_t{0}, kParts),
                         [](const auto& part) { return "part" + std::to_string(part.param); });

TEST_P(EveryBit, OfAnSnpReportCounts) {
  for (const SnpProduct product : {SnpProduct::kMilan, SnpProduct::kTurin}) {
    const synthetic_snp::Platform platform(product);
    const auto certificates = platform.certificates();
    const auto roots = synthetic_snp::root_of(certificates);
    const SnpRules rules;
    const auto judged = [&](ByteView report) {
      CheckList checks("sev-snp");
      verify_sev_snp({.report = report,
                      .certificates = certificates,
                      .revocation_lists = {},
                      .report_data = std::nullopt,
                      .rules = rules,
                      .now = synthetic_snp::kNow,
                      .roots = roots},
                     checks);
      return failure(checks);
    };
    const Bytes good = platform.signed_report();
    ASSERT_EQ(judged(good), "accepted");
    each(good, [&](std::size_t bit, ByteView flipped) {
      const std::string found = judged(flipped);
      ASSERT_TRUE(found == "parse.snp_report" || found == "signature.snp_report" || found == "chain.certificate")
          << "bit " << bit << ": " << found;
    });
  }
}

TEST_P(EveryBit, OfATpmQuoteItsSignatureAndItsPcrsCounts) {
  using namespace synthetic_snp;
  const Quote quote;
  const Bytes attest = quote.attest();
  const PcrRules no_rules;
  struct Scheme {
    std::string name;
    SigningKey key;
    Bytes signature;
  };
  const SigningKey rsa = SigningKey::rsa();
  const SigningKey ec = SigningKey::p256();
  const Bytes r_s = ec.sign_ecdsa(crypto::HashAlgorithm::kSha256, attest);
  Bytes ecdsa = {0x00, 0x18, 0x00, 0x0B, 0x00, 0x20};
  append(ecdsa, ByteView(r_s).first(32));
  append(ecdsa, Bytes{0x00, 0x20});
  append(ecdsa, ByteView(r_s).subspan(32));
  for (const auto& [name, key, signature] :
       {Scheme{"raw", rsa, rsa.sign_rsa_pkcs1(crypto::HashAlgorithm::kSha256, attest)},
        Scheme{"rsassa", rsa, tagged(0x14, 0x0B, rsa.sign_rsa_pkcs1(crypto::HashAlgorithm::kSha256, attest))},
        Scheme{"rsapss", rsa, tagged(0x16, 0x0B, rsa.sign_rsa_pss(crypto::HashAlgorithm::kSha256, attest))},
        Scheme{"ecdsa", ec, ecdsa}}) {
    const auto public_key = key.public_key();
    const auto judged = [&](ByteView quoted, ByteView signed_with, ByteView pcrs) {
      CheckList checks("tpm2-quote");
      verify_tpm_quote({.attest = quoted,
                        .signature = signed_with,
                        .attestation_key = public_key,
                        .qualifying_data = std::nullopt,
                        .pcr_values = pcrs,
                        .pcrs = no_rules},
                       checks);
      return failure(checks);
    };
    ASSERT_EQ(judged(attest, signature, quote.pcr_values), "accepted") << name;
    each(attest, [&, &what = name, &value = signature](std::size_t bit, ByteView flipped) {
      ASSERT_NE(judged(flipped, value, quote.pcr_values), "accepted") << what << " quote bit " << bit;
    });
    each(signature, [&, &what = name](std::size_t bit, ByteView flipped) {
      ASSERT_NE(judged(attest, flipped, quote.pcr_values), "accepted") << what << " signature bit " << bit;
    });
    each(quote.pcr_values, [&, &what = name, &value = signature](std::size_t bit, ByteView flipped) {
      ASSERT_EQ(judged(attest, value, flipped), "binding.pcr_digest") << what << " pcr bit " << bit;
    });
  }
}

// All but the text of the PCK chain, in which only what each issuer signed counts (tdx_genuine_test.cpp judges that).
TEST_P(EveryBit, OfATdxQuoteBeforeItsCertificatesCounts) {
  for (const std::uint16_t version : {std::uint16_t{4}, std::uint16_t{5}}) {
    tdx::Platform platform;
    platform.version = version;
    tdx::TdxEvidence evidence = platform.evidence();
    const Bytes good = evidence.quote;
    const TdxQuote quote = TdxQuote::parse(good).value();
    const auto pck = crypto::Certificate::from_pem(quote.pck_chain_pem).value().front();
    const std::size_t text = as_text(good).find("-----BEGIN");
    ASSERT_NE(text, std::string::npos);
    each(Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(text)),
         [&](std::size_t bit, const Bytes& flipped) {
           Bytes whole = flipped;
           append(whole, ByteView(good).subspan(text));
           const auto altered = TdxQuote::parse(whole);
           ASSERT_FALSE(altered && verify_qe_report(*altered, pck) && verify_attestation_key(*altered) &&
                        verify_quote_signature(*altered))
               << "version " << version << " bit " << bit;
         });
  }
}

// Request, response and signature; a zero byte may follow.
void expect_signed(const Bytes& flipped, const crypto::PublicKey& key, std::size_t bit) {
  const auto report = SpdmReport::parse(flipped);
  ASSERT_FALSE(report && key.verify_ecdsa(crypto::HashAlgorithm::kSha384, report->signed_bytes, report->signature))
      << "bit " << bit;
}

TEST_P(EveryBit, OfAGpuReportCounts) {
  nvidia::Gpu gpu;
  Bytes good;
  gpu.after_signing = [&](Bytes& encoded) { good = encoded; };
  ASSERT_EQ(gpu.failure(), "accepted");
  const auto key = crypto::PublicKey::from_spki(gpu.spki).value();
  each(good, [&](std::size_t bit, const Bytes& flipped) { expect_signed(flipped, key, bit); });
}

TEST_P(EveryBit, OfAGenuineGpuReportCounts) {
  const auto all = nvidia::manifest();
  if (!all) GTEST_SKIP() << "the genuine evidence is not beside this clone";
  for (const char* id : {"gpu-blackwell-575", "gpu-h100-550"}) {
    nvidia::GenuineGpu gpu(nvidia::case_named(*all, id));
    ASSERT_EQ(gpu.failure(), "accepted");
    const auto key = crypto::Certificate::from_pem(gpu.certificates).value().front().public_key().value();
    each(gpu.report, [&](std::size_t bit, const Bytes& flipped) { expect_signed(flipped, key, bit); });
  }
}

}  // namespace
}  // namespace minions::attestation
