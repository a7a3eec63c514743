// Cold offline appraisal of documents with genuine evidence, against the sum of the signature checks in them; and the
// cost of a statement that was verified before. Prints one JSON object, or nothing if the evidence is not next to the
// project.
//  Genuine evidence is bound to its own statements, so each document is refused for its binding at the end, and for
//  nothing else: all costly work has been done by then.
#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <filesystem>
#include <fstream>

#include "attestation/core/appraise.h"
#include "base/encoding.h"
#include "client/attesting.h"
#include "crypto/ecdsa.h"
#include "crypto/random.h"
#include "measuring.h"

namespace minions::bench {
namespace {

namespace fs = std::filesystem;
using namespace attestation;

constexpr int kRounds = 41;

Bytes file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

[[noreturn]] void give_up(const std::string& why) {
  fmt::print(stderr, "appraise_bench: error: {}\n", why);
  std::exit(1);
}

// Signatures of a document by algorithm.
struct SignatureChecks {
  int p384 = 0;
  int p256 = 0;
  int rsa4096_pss = 0;
};

struct Subject {
  std::string name;
  UnixSeconds now = 0;
  Evidence evidence;
  Endorsements endorsements;
  std::string policy;
  SignatureChecks checks;
};

Subject snp(const fs::path& folder) {
  Subject subject{.name = "snp", .now = 1717200000};  // 2024-06-01
  subject.evidence = {{"sev-snp", {{"report", file(folder / "snp-milan-v2/report.bin")}}}};
  for (const char* each : {"snp-milan-v2/vcek.der", "roots/amd_milan_ask.pem", "roots/amd_milan_ark.pem"})
    subject.endorsements["certificates"].push_back(file(folder / each));
  subject.checks = {.p384 = 2, .rsa4096_pss = 2};  // report and attestor; VCEK and ASK
  return subject;
}

Subject tdx(const fs::path& folder) {
  Subject subject{.name = "tdx", .now = 1770681600};  // 2026-02-10
  const fs::path from = folder / "tdx-v5-emr";
  subject.evidence = {{"tdx", {{"quote", file(from / "quote.bin")}}}};
  for (const auto& [name, path] :
       {std::pair{"tcb_info", "tcb_info.json"}, std::pair{"tcb_info_issuer_chain", "tcb_info_issuer_chain.pem"},
        std::pair{"qe_identity", "qe_identity.json"},
        std::pair{"qe_identity_issuer_chain", "qe_identity_issuer_chain.pem"}, std::pair{"pck_crl", "pck_crl.der"},
        std::pair{"root_ca_crl", "root_ca_crl.der"}})
    subject.endorsements[name] = {file(from / path)};
  // Quote, enclave report, PCK and its CA, two lists, TCB signer, TCB info, enclave identity; attestor.
  subject.checks = {.p384 = 1, .p256 = 9};
  return subject;
}

Subject with_gpu(Subject subject, const fs::path& folder, bool rims) {
  const fs::path from = folder / "gpu-h100-full-rim";
  subject.evidence.push_back(
      {"nvidia-gpu", {{"report", file(from / "report.bin")}, {"cert_chain", file(from / "cert_chain.pem")}}});
  subject.checks.p384 += 5;  // report and four certificates
  subject.name += rims ? "_gpu_rim" : "_gpu";
  subject.policy = fmt::format("[gpu]\nocsp = \"off\"\nrim = \"{}\"\n", rims ? "require" : "off");
  if (!rims) return subject;
  for (const char* rim : {"driver_rim_545.00.swidtag", "vbios_rim_96005E0001_test.swidtag"})
    subject.endorsements["rims"].push_back(file(from / rim));
  subject.checks.p384 += 8;  // for each its own and three certificates
  return subject;
}

// As a server would send it.
std::string document_of(const Subject& subject, const crypto::P384PrivateKey& attestor) {
  Statement statement;
  statement.not_before = subject.now - 10;
  statement.not_after = subject.now + 890;
  statement.suites = {std::string(noise_name(Suite::kHybrid))};
  statement.software = {"minionsd", "0", ""};
  const std::string text = statement.to_json();
  const auto chain = binding_chain(statement_digest(as_bytes(text)), {}, subject.evidence).value();
  const OperatorSignature signed_by{attestor.public_key().to_pem(), attestor.sign(chain.operator_input)};
  return DocumentWriter({as_bytes(text), subject.evidence, subject.endorsements, signed_by}).full();
}

AttestationResult appraise_cold(const std::string& text, const AppraisalPolicy& policy, UnixSeconds now) {
  const auto document = AttestationDocument::parse(as_bytes(text));
  return appraise({.document = document, .nonce = std::nullopt, .policy = policy, .now = now});
}

void require_all_done(const Subject& subject, const AttestationResult& result) {
  for (const Check& check : result.checks) {
    if (check.outcome != Outcome::kFail) continue;
    const bool binding = check.id.find(".binding.report_data") != check.id.npos || check.id.ends_with(".binding.nonce");
    if (!binding) give_up(fmt::format("{}: {}", subject.name, check.to_text()));
  }
}

template <class Work>
double median_us(const Work& work) {
  std::vector<double> rounds;
  for (int i = 0; i < kRounds; ++i) rounds.push_back(1e6 * cpu_seconds_of(work));
  return median(rounds);
}

struct CheckCosts {
  double p384_us;
  double p256_us;
  double rsa4096_pss_us;
};

// One check with an available key, over a message as long as a report.
struct RawCheck {
  RawCheck(const char* curve, unsigned rsa_bits, const EVP_MD* hash) : hash_(hash) {
    key_ = rsa_bits > 0 ? EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{rsa_bits})
                        : EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", curve);
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    std::size_t size = 1024;
    signature_.resize(size);
    const bool good = start(context, EVP_DigestSignInit) &&
                      EVP_DigestSign(context, signature_.data(), &size, message_.data(), message_.size()) == 1;
    EVP_MD_CTX_free(context);
    if (!good) give_up("no key to compare with");
    signature_.resize(size);
  }
  ~RawCheck() { EVP_PKEY_free(key_); }
  RawCheck(const RawCheck&) = delete;
  RawCheck& operator=(const RawCheck&) = delete;

  void operator()() const {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    const bool good =
        start(context, EVP_DigestVerifyInit) &&
        EVP_DigestVerify(context, signature_.data(), signature_.size(), message_.data(), message_.size()) == 1;
    EVP_MD_CTX_free(context);
    if (!good) give_up("a good signature does not verify");
  }

 private:
  template <class Init>
  bool start(EVP_MD_CTX* context, const Init& init) const {
    EVP_PKEY_CTX* parameters = nullptr;
    if (init(context, &parameters, hash_, nullptr, key_) != 1) return false;
    return EVP_PKEY_get_base_id(key_) != EVP_PKEY_RSA ||
           (EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1 &&
            EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_DIGEST) == 1);
  }

  const EVP_MD* hash_;
  EVP_PKEY* key_ = nullptr;
  Bytes message_ = Bytes(4096, 0x5A);
  Bytes signature_;
};

double sum_us(const SignatureChecks& checks, const CheckCosts& costs) {
  return checks.p384 * costs.p384_us + checks.p256 * costs.p256_us + checks.rsa4096_pss * costs.rsa4096_pss_us;
}

// Of a statement that was accepted: simulated evidence, since no genuine one is bound to a statement of ours.
double cached_us(const crypto::P384PrivateKey& attestor) {
  const Subject subject{.name = "cached", .now = 1790000000, .evidence = {{"simulated", {}}}};
  const auto policy = AppraisalPolicy::parse("[freshness]\nmode = \"cached\"\n[simulated]\nallow = true\n", "bench")
                          .value()
                          .with({.trusted_attestation_pem = attestor.public_key().to_pem()});
  client::Attestation attestation;
  attestation.result = appraise_cold(document_of(subject, attestor), *policy, subject.now);
  if (!attestation.result.accepted()) give_up(attestation.result.to_text());
  client::StatementCache cache;
  const client::StatementCache::Key key{"https://server.example:443", policy->digest()};
  cache.put(key, std::make_shared<const client::Attestation>(std::move(attestation)));
  constexpr int kLookups = 1'000;
  return median_us([&] {
           for (int i = 0; i < kLookups; ++i) {
             if (cache.find(key, subject.now) == nullptr) give_up("a cached statement is not found");
           }
         }) /
         kLookups;
}

void run(const fs::path& folder) {
  const RawCheck p384("P-384", 0, EVP_sha384());
  const RawCheck p256("P-256", 0, EVP_sha256());
  const RawCheck rsa(nullptr, 4096, EVP_sha384());
  const auto attestor = crypto::P384PrivateKey::generate();
  std::string json;
  for (const Subject& subject :
       {snp(folder), tdx(folder), with_gpu(snp(folder), folder, false), with_gpu(snp(folder), folder, true)}) {
    const auto pinned = AppraisalPolicy::parse("[freshness]\nmode = \"cached\"\n" + subject.policy, "bench")
                            .value()
                            .with({.trusted_attestation_pem = attestor.public_key().to_pem()});
    const std::string text = document_of(subject, attestor);
    require_all_done(subject, appraise_cold(text, *pinned, subject.now));
    // In turns, so that both meet the same machine.
    std::vector<double> ratios, ours, sums;
    for (int turn = 0; turn < 5; ++turn) {
      const CheckCosts costs{median_us(p384), median_us(p256), median_us(rsa)};
      ours.push_back(median_us([&] { static_cast<void>(appraise_cold(text, *pinned, subject.now)); }));
      sums.push_back(sum_us(subject.checks, costs));
      ratios.push_back(ours.back() / sums.back());
    }
    json += fmt::format(R"({}"{}":{{"us":{:.0f},"signatures_us":{:.0f},"ratio":{:.3f},"p384":{},"p256":{},"rsa":{}}})",
                        json.empty() ? "" : ",", subject.name, median(ours), median(sums), median(ratios),
                        subject.checks.p384, subject.checks.p256, subject.checks.rsa4096_pss);
  }
  fmt::print(R"({{{},"cached_us":{:.3f}}})"
             "\n",
             json, cached_us(attestor));
}

}  // namespace
}  // namespace minions::bench

int main(int argc, char** argv) {
  const std::filesystem::path folder = argc > 1 ? argv[1] : "../shared/evidence";
  if (!std::filesystem::exists(folder / "MANIFEST.json")) return 0;
  minions::bench::run(folder);
  return 0;
}
