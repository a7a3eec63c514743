#include "attestation/core/verifier.h"

#include <fmt/format.h>

#include "attestation/azure/maa.h"
#include "attestation/azure/paravisor.h"
#include "attestation/core/endorsement_reading.h"
#include "attestation/nvidia/nras.h"
#include "base/encoding.h"

namespace minions::attestation {
namespace {

// Simulated evidence is only the operator's signature, which attestor.signature checks: there is nothing to check here.
std::vector<Check> verify_simulated(const EvidenceInput& input) {
  const bool empty = input.item.data.empty();
  return {{.id = "evidence.simulated",
           .outcome = empty ? Outcome::kPass : Outcome::kFail,
           .expected = "no parts",
           .found = empty ? "no hardware evidence: the operator's signature alone"
                          : fmt::format("{} parts", input.item.data.size()),
           .source = "built-in"}};
}

// The item's parts, or a failing check that names the missing one.
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

// On Azure the paravisor owns REPORT_DATA, and the guest's code shows only in the registers. If the policy names none,
// the operator's key must vouch for the code: verdict.class reports that. Nothing depends on files without a statement,
// so reporting it is enough there.
void check_pcrs_named(const EvidenceInput& input, const PcrRules& rules, CheckList& checks) {
  constexpr std::string_view kCheck = "policy.pcrs";
  if (rules.empty() && input.binding.chain == nullptr)
    return checks.waive(kCheck, "PCRs in the policy", "the policy names none: some guest is there, and no more");
  if (rules.empty() && input.policy.operator_key_sha256)
    return checks.waive(kCheck, "PCRs in the policy", "none: the operator's key answers for the code");
  checks.expect(kCheck, !rules.empty(), "PCRs in the policy, or a pinned operator's key",
                rules.empty() ? "none" : "some", "built-in", Side::kPolicy);
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
                         .qualifying_data = input.binding.tpm_qualifying_data},
                        checks);
  check_pcrs_named(input, input.policy.snp.pcrs, checks);
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
                         .qualifying_data = input.binding.tpm_qualifying_data},
                        checks);
  if (input.policy.tdx.measurements || input.binding.chain != nullptr)
    check_tdx_paravisor(input.policy.tdx, checks);
  else
    checks.waive("policy.paravisor", "the paravisor's MRTD in the policy", "the policy names none");
  check_pcrs_named(input, input.policy.tdx.pcrs, checks);
  return std::move(checks).take();
}

std::size_t count_items(const EvidenceInput& input, std::string_view type) {
  if (input.all_evidence == nullptr) return 0;
  return static_cast<std::size_t>(std::count_if(input.all_evidence->begin(), input.all_evidence->end(),
                                                [&](const EvidenceItem& item) { return item.type == type; }));
}

TokenBeside token_beside(const EvidenceInput& input) {
  const bool judged =
      input.policy.gpu.nras.value != TokenMode::kOff && count_items(input, evidence_type::kNvidiaNras) > 0;
  return judged ? TokenBeside::kJudged : TokenBeside::kNone;
}

std::vector<Check> verify_gpu_item(const EvidenceInput& input) {
  CheckList checks(input.item.type);
  const auto data = parts(input.item, {"report", "cert_chain"}, checks);
  if (!data) return std::move(checks).take();
  std::optional<GpuCollateral> own;
  if (input.gpu_collateral == nullptr) own.emplace(input.endorsements, input.policy.gpu, input.now, input.anchors);
  GpuCollateral& collateral = own ? *own : *input.gpu_collateral;
  static_cast<void>(verify_nvidia_gpu({.report = (*data)[0],
                                       .certificates = as_text((*data)[1]),
                                       .rims = collateral.rims(),
                                       .ocsp = collateral.ocsp(),
                                       .nonce = input.binding.gpu_nonce,
                                       .rules = input.policy.gpu,
                                       .now = input.now,
                                       .leeway_s = input.policy.leeway_s.value,
                                       .roots = input.anchors.nvidia_device,
                                       .token = token_beside(input)},
                                      checks));
  return std::move(checks).take();
}

const TokenKeys& keys_of(const EvidenceInput& input) {
  static const TokenKeys none;
  return input.keys == nullptr ? none : *input.keys;
}

// From the device certificates of the GPUs next to a token. An unreadable one fits no token, and fails by itself.
std::optional<std::vector<std::string>> gpu_serials(const EvidenceInput& input) {
  if (count_items(input, evidence_type::kNvidiaGpu) == 0) return std::nullopt;
  std::vector<std::string> serials;
  for (const EvidenceItem& item : *input.all_evidence) {
    if (item.type != evidence_type::kNvidiaGpu) continue;
    const auto chain =
        item.part("cert_chain").and_then([](ByteView pem) { return crypto::Certificate::from_pem(as_text(pem)); });
    serials.push_back(chain ? decimal_serial(chain->front().serial()) : std::string());
  }
  return serials;
}

// The machine of the Azure item next to a token. Its own checks show whether that is genuine.
Result<MaaMachine> machine_beside(const EvidenceInput& input) {
  if (input.all_evidence == nullptr) return fail(ErrorCode::kNotFound, "no evidence of a machine beside the token");
  for (const EvidenceItem& item : *input.all_evidence) {
    if (item.type != evidence_type::kAzureSnpVtpm && item.type != evidence_type::kAzureTdxVtpm) continue;
    MINIONS_TRY_ASSIGN(const ByteView bytes, item.part("hcl_report"));
    MINIONS_TRY_ASSIGN(HclReport report, HclReport::parse(bytes));
    MaaMachine machine{.attestation_key = std::move(report.runtime.attestation_key)};
    if (report.td_report) {
      machine.measurement = report.td_report->mrtd;
      return machine;
    }
    MINIONS_TRY_ASSIGN(const SnpReport snp, SnpReport::parse(report.hardware_report));
    machine.measurement = snp.measurement;
    machine.report_id = snp.report_id;
    return machine;
  }
  return fail(ErrorCode::kNotFound, "no evidence of a machine beside the token");
}

std::vector<Check> verify_nras_item(const EvidenceInput& input) {
  CheckList checks(input.item.type);
  const auto data = parts(input.item, {"response"}, checks);
  if (!data) return std::move(checks).take();
  verify_nras({.response = (*data)[0],
               .keys = keys_of(input).nras,
               .nonce = input.binding.gpu_nonce,
               .rules = input.policy.gpu,
               .jwt_rules = input.policy.jwt,
               .now = input.now,
               .gpus = gpu_serials(input),
               .leeway_s = input.policy.leeway_s.value},
              checks);
  return std::move(checks).take();
}

std::optional<std::string> maa_nonce_text(const EvidenceBinding& binding) {
  if (!binding.maa_nonce) return std::nullopt;
  return to_hex(*binding.maa_nonce);
}

// In a document one of the two accompanies it; a token among files may be alone. Empty: neither is there.
std::string_view machine_kind(const EvidenceInput& input) {
  return input.all_evidence == nullptr ? std::string_view() : cpu_kind(*input.all_evidence);
}

std::optional<MaaPlatform> maa_platform(const EvidenceInput& input) {
  if (count_items(input, evidence_type::kAzureTdxVtpm) > 0) return MaaPlatform::kTdx;
  if (count_items(input, evidence_type::kAzureSnpVtpm) > 0) return MaaPlatform::kSevSnp;
  return std::nullopt;
}

std::vector<Check> verify_maa_item(const EvidenceInput& input) {
  CheckList checks(input.item.type);
  const auto data = parts(input.item, {"token"}, checks);
  if (!data) return std::move(checks).take();
  // The user chooses the instance: a token's own claim about it counts for nothing.
  const auto& issuer = input.policy.jwt.maa_issuer;
  if (!checks.expect("policy.issuer", issuer.has_value(), "[jwt] maa_issuer in the policy",
                     issuer ? issuer->value : "none", issuer ? issuer->source : "built-in", Side::kPolicy)) {
    return std::move(checks).take();
  }
  const std::optional<MaaPlatform> platform = maa_platform(input);
  // In a document one of the two accompanies it; a token among files may be alone.
  std::optional<MaaMachine> machine;
  if (const std::string_view other = platform ? std::string_view() : machine_kind(input); !other.empty()) {
    checks.expect("binding.machine", false, "the machine that the token is about",
                  fmt::format("{} evidence, which no token of MAA is about", other));
    return std::move(checks).take();
  }
  if (platform) {
    auto beside = machine_beside(input);
    if (!checks.expect("binding.machine", beside, "the machine that the token is about"))
      return std::move(checks).take();
    machine = *std::move(beside);
  }
  verify_maa({.token = as_text((*data)[0]),
              .keys = keys_of(input).maa,
              .nonce = maa_nonce_text(input.binding),
              .issuer = issuer,
              .platform = platform,
              .rules = input.policy.snp,
              .jwt_rules = input.policy.jwt,
              .now = input.now,
              .require_secure_boot = input.policy.snp.require_secure_boot,
              .require_secure_boot_tdx = input.policy.tdx.require_secure_boot,
              .allow_debug_tdx = input.policy.tdx.allow_debug,
              .machine = machine ? &*machine : nullptr,
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

// The letter of the binding chain that a check compares; empty for other checks.
std::string_view bound_letter(std::string_view id) {
  if (id.ends_with(".binding.report_data")) return "R";
  if (id.ends_with(".binding.qualifying_data")) return "Qd";
  if (id == "evidence.azure-maa.binding.nonce") return "V";
  if (id.ends_with(".binding.nonce")) return "Ngpu";
  return {};
}

// Reports what evidence is bound to if it is not bound to this.
void explain_binding(const EvidenceBinding& binding, Check& check) {
  const std::string_view letter = bound_letter(check.id);
  if (letter.empty() || check.outcome != Outcome::kFail || binding.chain == nullptr) return;
  check.expected = fmt::format("{} {}", letter, check.expected);
  const auto found = from_hex(check.found);
  const std::string instead = found ? bound_instead(*found, *binding.chain) : std::string();
  if (found)
    check.found += fmt::format(" ({})", instead.empty() ? "bound to another statement, nonce or evidence" : instead);
}

}  // namespace

EvidenceBinding::EvidenceBinding(const BindingChain& of)
    : cpu_report_data(of.cpu_report_data),
      tpm_qualifying_data(Bytes(of.tpm_qualifying_data.begin(), of.tpm_qualifying_data.end())),
      gpu_nonce(of.gpu_nonce),
      maa_nonce(of.maa_nonce),
      chain(&of) {}

GpuCollateral::GpuCollateral(const Endorsements& endorsements, const GpuRules& rules, UnixSeconds now,
                             const TrustAnchors& anchors)
    : now_(now),
      rim_roots_(anchors.nvidia_rim.begin(), anchors.nvidia_rim.end()),
      ocsp_(entries_of(endorsements, endorsement::kOcsp), now) {
  if (rules.rim.value != RimMode::kOff) rim_files_ = entries_of(endorsements, endorsement::kRims);
}

const std::vector<Result<NvidiaRim>>& GpuCollateral::rims() {
  if (!rims_) rims_ = verify_nvidia_rims(rim_files_, now_, rim_roots_);
  return *rims_;
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
