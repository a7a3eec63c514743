#include "attestation/verifier.h"

#include <fmt/format.h>

#include "attestation/endorsement_reading.h"
#include "attestation/maa.h"
#include "attestation/nras.h"
#include "base/encoding.h"

namespace minions::attestation {
namespace {

// Simulated evidence is the attestor's signature alone, which attestor.signature checks: here nothing is to be found.
std::vector<Check> verify_simulated(const EvidenceInput& input) {
  const bool empty = input.item.data.empty();
  return {{.id = "evidence.simulated",
           .outcome = empty ? Outcome::kPass : Outcome::kFail,
           .expected = "no parts",
           .found = empty ? "no hardware evidence: the attestor's signature alone"
                          : fmt::format("{} parts", input.item.data.size()),
           .source = "built-in"}};
}

// The item's parts, or a failing check that names the one that is missing.
std::optional<std::vector<ByteView>> parts(const EvidenceItem& item, std::initializer_list<std::string_view> names,
                                           CheckList& checks) {
  std::vector<ByteView> out;
  for (const std::string_view name : names) {
    const auto part = item.part(name);
    if (!part) {
      checks.expect("parse.parts", part, fmt::format("data.{}", name));
      return std::nullopt;
    }
    out.push_back(*part);
  }
  return out;
}

std::vector<Check> verify_snp_item(const EvidenceInput& input) {
  CheckList checks(input.item.type);
  const auto data = parts(input.item, {"report"}, checks);
  if (!data) return std::move(checks).take();
  const auto collateral = AmdCollateral::of(input.endorsements);
  check_all_read(collateral.unread, checks);
  verify_sev_snp({.report = (*data)[0],
                  .certificates = collateral.certificates,
                  .revocation_lists = collateral.revocation_lists,
                  .report_data = input.binding.cpu_report_data,
                  .rules = input.policy.snp,
                  .now = input.now,
                  .roots = input.anchors.amd},
                 checks);
  return std::move(checks).take();
}

std::vector<Check> verify_tdx_item(const EvidenceInput& input) {
  CheckList checks(input.item.type);
  const auto data = parts(input.item, {"quote"}, checks);
  if (!data) return std::move(checks).take();
  static_cast<void>(verify_tdx({.quote = (*data)[0],
                                .collateral = TdxCollateral::of(input.endorsements),
                                .policy = input.policy.tdx,
                                .now = input.now,
                                .report_data = input.binding.cpu_report_data,
                                .roots = input.anchors.intel},
                               checks));
  return std::move(checks).take();
}

// On Azure the paravisor owns REPORT_DATA: without PCRs in the policy the quote says only that some guest is there.
void check_pcrs_named(const PcrRules& rules, CheckList& checks) {
  checks.expect("policy.pcrs", !rules.empty(), "PCRs in the policy", rules.empty() ? "none" : "some");
}

Bytes qualifying_data(const BindingChain& binding) {
  return {binding.tpm_qualifying_data.begin(), binding.tpm_qualifying_data.end()};
}

std::vector<Check> verify_azure_snp_item(const EvidenceInput& input) {
  CheckList checks(input.item.type);
  const auto data = parts(input.item, {"hcl_report", "tpm_quote", "tpm_signature", "pcrs"}, checks);
  if (!data) return std::move(checks).take();
  const auto collateral = AmdCollateral::of(input.endorsements);
  check_all_read(collateral.unread, checks);
  verify_azure_snp_vtpm({.hcl = {.hcl_report = (*data)[0],
                                 .certificates = collateral.certificates,
                                 .revocation_lists = collateral.revocation_lists,
                                 .rules = input.policy.snp,
                                 .now = input.now,
                                 .roots = input.anchors.amd},
                         .tpm_quote = (*data)[1],
                         .tpm_signature = (*data)[2],
                         .pcr_values = (*data)[3],
                         .qualifying_data = qualifying_data(input.binding)},
                        checks);
  check_pcrs_named(input.policy.snp.pcrs, checks);
  return std::move(checks).take();
}

std::vector<Check> verify_azure_tdx_item(const EvidenceInput& input) {
  CheckList checks(input.item.type);
  const auto data = parts(input.item, {"hcl_report", "td_quote", "tpm_quote", "tpm_signature", "pcrs"}, checks);
  if (!data) return std::move(checks).take();
  verify_azure_tdx_vtpm({.hcl = {.hcl_report = (*data)[0],
                                 .td_quote = (*data)[1],
                                 .collateral = TdxCollateral::of(input.endorsements),
                                 .rules = input.policy.tdx,
                                 .now = input.now,
                                 .roots = input.anchors.intel},
                         .tpm_quote = (*data)[2],
                         .tpm_signature = (*data)[3],
                         .pcr_values = (*data)[4],
                         .qualifying_data = qualifying_data(input.binding)},
                        checks);
  check_pcrs_named(input.policy.tdx.pcrs, checks);
  return std::move(checks).take();
}

std::vector<Check> verify_gpu_item(const EvidenceInput& input) {
  CheckList checks(input.item.type);
  const auto data = parts(input.item, {"report", "cert_chain"}, checks);
  if (!data) return std::move(checks).take();
  std::vector<Result<NvidiaRim>> own;
  if (input.rims == nullptr) own = verify_rims(input.endorsements, input.policy.gpu, input.now, input.anchors);
  const auto& rims = input.rims == nullptr ? own : *input.rims;
  static_cast<void>(verify_nvidia_gpu({.report = (*data)[0],
                                       .certificates = as_text((*data)[1]),
                                       .rims = rims,
                                       .ocsp = entries_of(input.endorsements, endorsement::kOcsp),
                                       .nonce = input.binding.gpu_nonce,
                                       .rules = input.policy.gpu,
                                       .now = input.now,
                                       .leeway_s = input.policy.leeway_s.value,
                                       .roots = input.anchors.nvidia_device},
                                      checks));
  return std::move(checks).take();
}

const TokenKeys& keys_of(const EvidenceInput& input) {
  static const TokenKeys none;
  return input.keys == nullptr ? none : *input.keys;
}

std::size_t count_items(const EvidenceInput& input, std::string_view type) {
  if (input.all_evidence == nullptr) return 0;
  return static_cast<std::size_t>(std::count_if(input.all_evidence->begin(), input.all_evidence->end(),
                                                [&](const EvidenceItem& item) { return item.type == type; }));
}

std::vector<Check> verify_nras_item(const EvidenceInput& input) {
  CheckList checks(input.item.type);
  const auto data = parts(input.item, {"response"}, checks);
  if (!data) return std::move(checks).take();
  const std::size_t gpus = count_items(input, evidence_type::kNvidiaGpu);
  verify_nras({.response = (*data)[0],
               .keys = keys_of(input).nras,
               .nonce = input.binding.gpu_nonce,
               .rules = input.policy.gpu,
               .jwt_rules = input.policy.jwt,
               .now = input.now,
               .gpus = gpus > 0 ? std::optional(gpus) : std::nullopt,
               .leeway_s = input.policy.leeway_s.value},
              checks);
  return std::move(checks).take();
}

std::vector<Check> verify_maa_item(const EvidenceInput& input) {
  CheckList checks(input.item.type);
  const auto data = parts(input.item, {"token"}, checks);
  if (!data) return std::move(checks).take();
  // The instance is the user's choice: a token's own word for it counts for nothing.
  const auto& issuer = input.policy.jwt.maa_issuer;
  if (!checks.expect("policy.issuer", issuer.has_value(), "[jwt] maa_issuer in the policy",
                     issuer ? issuer->value : "none", issuer ? issuer->source : "built-in")) {
    return std::move(checks).take();
  }
  const bool tdx = count_items(input, evidence_type::kAzureTdxVtpm) > 0;
  verify_maa({.token = as_text((*data)[0]),
              .keys = keys_of(input).maa,
              .nonce = to_hex(input.binding.maa_nonce),
              .issuer = issuer,
              .platform = tdx ? MaaPlatform::kTdx : MaaPlatform::kSevSnp,
              .rules = input.policy.snp,
              .jwt_rules = input.policy.jwt,
              .now = input.now,
              .require_secure_boot = tdx ? input.policy.tdx.require_secure_boot : input.policy.snp.require_secure_boot,
              .leeway_s = input.policy.leeway_s.value},
             checks);
  return std::move(checks).take();
}

struct VerifierEntry {
  std::string_view type;
  EvidenceVerifier verify;
};
constexpr VerifierEntry kVerifiers[] = {
    {evidence_type::kSimulated, verify_simulated},
    {evidence_type::kSevSnp, verify_snp_item},
    {evidence_type::kTdx, verify_tdx_item},
    {evidence_type::kAzureSnpVtpm, verify_azure_snp_item},
    {evidence_type::kAzureTdxVtpm, verify_azure_tdx_item},
    {evidence_type::kNvidiaGpu, verify_gpu_item},
    {evidence_type::kNvidiaNras, verify_nras_item},
    {evidence_type::kAzureMaa, verify_maa_item},
};

Check refusal(const EvidenceItem& item, std::string found) {
  return {.id = fmt::format("evidence.{}", is_known_type(item.type) ? item.type : "unknown"),
          .outcome = Outcome::kFail,
          .expected = fmt::format("{} evidence that verifies", is_known_type(item.type) ? item.type : "known"),
          .found = std::move(found),
          .source = "built-in"};
}

// The letter of the binding chain that a check compares; empty where it is another check.
std::string_view bound_letter(std::string_view id) {
  if (id.ends_with(".binding.report_data")) return "R";
  if (id.ends_with(".binding.qualifying_data")) return "Qd";
  if (id == "evidence.azure-maa.binding.nonce") return "V";
  if (id.ends_with(".binding.nonce")) return "Ngpu";
  return {};
}

// Says what evidence is bound to where it is not bound to this.
void explain_binding(const BindingChain& binding, Check& check) {
  const std::string_view letter = bound_letter(check.id);
  if (letter.empty() || check.outcome != Outcome::kFail) return;
  check.expected = fmt::format("{} {}", letter, check.expected);
  const auto found = from_hex(check.found);
  const std::string instead = found ? bound_instead(*found, binding) : std::string();
  if (found)
    check.found += fmt::format(" ({})", instead.empty() ? "bound to another statement, nonce or evidence" : instead);
}

}  // namespace

TrustAnchors anchors_of(const RootRules& roots, TrustAnchors anchors) {
  if (roots.amd) anchors.amd = roots.amd->value;
  if (roots.intel) anchors.intel = roots.intel->value;
  if (roots.nvidia_device) anchors.nvidia_device = roots.nvidia_device->value;
  if (roots.nvidia_rim) anchors.nvidia_rim = roots.nvidia_rim->value;
  return anchors;
}

std::vector<Result<NvidiaRim>> verify_rims(const Endorsements& endorsements, const GpuRules& rules, UnixSeconds now,
                                           const TrustAnchors& anchors) {
  if (rules.rim.value == RimMode::kOff) return {};
  return verify_nvidia_rims(entries_of(endorsements, endorsement::kRims), now, anchors.nvidia_rim);
}

std::vector<Check> verify_evidence(const EvidenceInput& input) {
  for (const VerifierEntry& entry : kVerifiers) {
    if (entry.type != input.item.type) continue;
    std::vector<Check> checks = entry.verify(input);
    for (Check& check : checks) explain_binding(input.binding, check);
    const bool any_pass =
        std::any_of(checks.begin(), checks.end(), [](const Check& check) { return check.outcome == Outcome::kPass; });
    if (!any_pass) checks.push_back(refusal(input.item, "no check that passed"));
    return checks;
  }
  return {refusal(input.item, fmt::format("this build cannot verify {} evidence yet", shown(input.item.type)))};
}

}  // namespace minions::attestation
