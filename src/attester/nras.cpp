#include "attester/nras.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "attestation/nvidia/nras.h"
#include "base/encoding.h"
#include "crypto/certificate.h"
#include "net/url.h"

namespace minions::attester {
namespace {

constexpr std::string_view kName = "nras";

// From the certificate of the key that signs a report: its name begins with the chip's.
Result<std::string_view> architecture_of(ByteView chain) {
  MINIONS_TRY_ASSIGN(const auto certificates, crypto::Certificate::from_pem(as_text(chain)));
  const std::string subject = certificates.front().subject_name();
  if (subject.starts_with("GH")) return "HOPPER";
  if (subject.starts_with("GB")) return "BLACKWELL";
  return fail(ErrorCode::kUnsupported, fmt::format("want a certificate of a GH or GB chip, found {}", subject));
}

Result<Bytes> request_body(const attestation::Evidence& gpus, const Digest32& nonce) {
  std::string_view architecture;
  Json list = Json::array();
  for (const attestation::EvidenceItem& gpu : gpus) {
    MINIONS_TRY_ASSIGN(const ByteView report, gpu.part("report"));
    MINIONS_TRY_ASSIGN(const ByteView chain, gpu.part("cert_chain"));
    MINIONS_TRY_ASSIGN(const std::string_view found, architecture_of(chain));
    if (!architecture.empty() && found != architecture)
      return fail(ErrorCode::kUnsupported, fmt::format("gpus of two architectures: {} and {}", architecture, found));
    architecture = found;
    list.push_back({{"certificate", to_base64(chain)}, {"evidence", to_base64(report)}});
  }
  const Json body = {{"nonce", to_hex(nonce)}, {"arch", architecture}, {"evidence_list", std::move(list)}};
  return to_bytes(body.dump());
}

// Whether it is an answer at all. Its signatures are for clients, which have the service's keys.
Status check_form(ByteView answer, const Digest32& nonce) {
  const Result<attestation::JwkSet> no_keys = fail(ErrorCode::kNotFound, "not asked for");
  const attestation::GpuRules rules;
  const attestation::JwtRules jwt_rules;
  attestation::CheckList checks(attestation::evidence_type::kNvidiaNras);
  attestation::verify_nras(
      {.response = answer, .keys = no_keys, .nonce = nonce, .rules = rules, .jwt_rules = jwt_rules}, checks);
  const attestation::Check& parse = checks.checks().front();
  if (parse.outcome == attestation::Outcome::kPass) return {};
  return fail(ErrorCode::kMalformed, parse.found);
}

// What every client would refuse in the service's answer.
Status check_answer(ByteView answer, const Digest32& nonce) {
  MINIONS_TRY(check_form(answer, nonce));
  const std::string overall = Json::parse(as_text(answer))[0][1].get<std::string>();
  MINIONS_TRY_ASSIGN(const attestation::Jwt token, attestation::Jwt::parse(overall));
  if (!attestation::claim_is_bool(token.claims, "x-nvidia-overall-att-result", true))
    return fail(ErrorCode::kRefused, "want x-nvidia-overall-att-result true, found " +
                                         attestation::shown_claim(token.claims, "x-nvidia-overall-att-result"));
  if (!attestation::claim_is_text(token.claims, "eat_nonce", to_hex(nonce)))
    return fail(ErrorCode::kRefused, "the answer is about another nonce");
  return {};
}

class WithNras final : public GpuSource {
 public:
  WithNras(std::unique_ptr<GpuSource> gpus, NrasClient nras) : gpus_(std::move(gpus)), nras_(std::move(nras)) {}

  [[nodiscard]] Result<attestation::Evidence> collect(const Digest32& gpu_nonce) override {
    MINIONS_TRY_ASSIGN(attestation::Evidence evidence, gpus_->collect(gpu_nonce));
    if (evidence.empty()) return evidence;
    MINIONS_TRY_ASSIGN(attestation::EvidenceItem answer, nras_.ask(evidence, gpu_nonce));
    evidence.push_back(std::move(answer));
    return evidence;
  }
  [[nodiscard]] Result<attestation::Endorsements> endorsements() override { return gpus_->endorsements(); }

 private:
  std::unique_ptr<GpuSource> gpus_;
  NrasClient nras_;
};

}  // namespace

Result<NrasClient> NrasClient::make(const std::string& address, CloudAccess access) {
  MINIONS_TRY_ASSIGN(std::string service, service_address(kName, address));
  const auto url = net::Url::parse(address);
  if (url->scheme != net::Scheme::kHttps && !net::is_loopback_host(url->host))
    return fail(ErrorCode::kUsage, fmt::format("{}: {}: want https", kName, address));
  return NrasClient(std::move(service), std::move(access));
}

Result<attestation::EvidenceItem> NrasClient::ask(const attestation::Evidence& gpus, const Digest32& nonce) const {
  auto body = request_body(gpus, nonce);
  if (!body) return fail(std::move(body).error().in(kName));
  const net::FetchRequest request{.url = address_ + "/v3/attest/gpu",
                                  .method = "POST",
                                  .headers = {{"Content-Type", "application/json"}, {"Accept", "application/json"}},
                                  .body = *std::move(body)};
  MINIONS_TRY_ASSIGN(Bytes answer, call_service(access_, kName, request));
  if (Status good = check_answer(answer, nonce); !good)
    return fail(std::move(good).error().in(fmt::format("{}: {}", kName, request.url)));
  return attestation::EvidenceItem{std::string(attestation::evidence_type::kNvidiaNras),
                                   {{"response", std::move(answer)}}};
}

std::unique_ptr<GpuSource> with_nras(std::unique_ptr<GpuSource> gpus, NrasClient nras) {
  return std::make_unique<WithNras>(std::move(gpus), std::move(nras));
}

}  // namespace minions::attester
