#include "attestation/azure/maa.h"

#include "attestation/azure/hcl_report.h"
#include "attestation/policy/rule_checks.h"
#include "base/encoding.h"

namespace minions::attestation {
namespace {

constexpr std::string_view kTee = "x-ms-isolation-tee";

// The member at the end of a path of objects; null if one is missing or not an object.
const Json* at_path(const Json& claims, std::initializer_list<std::string_view> path) {
  const Json* at = &claims;
  for (const std::string_view name : path) {
    if (!at->is_object()) return nullptr;
    const auto found = at->find(name);
    if (found == at->end()) return nullptr;
    at = &*found;
  }
  return at;
}

class MaaVerifier {
 public:
  MaaVerifier(const MaaInput& input, CheckList& checks) : input_(input), checks_(checks) {}

  void verify();

 private:
  bool verify_token();
  void check_nonce(const Json& claims);
  void check_machine(const Json& tee, bool snp);
  void check_vm(const Json& claims, const Json& tee);
  void check_snp(const Json& tee);
  void check_tdx(const Json& tee);
  void check_not_revoked(const Json& tee);
  void check_guest_debugging(const Rule<bool>& allow);
  struct Forbidden {
    std::string_view check;
    std::string_view wanted;
    bool is_off;
    const Rule<bool>& allow;
  };
  void check_capability(const Forbidden& forbidden, std::string found);

  const MaaInput& input_;
  CheckList& checks_;
  Jwt token_;
};

void MaaVerifier::verify() {
  auto token = Jwt::parse(input_.token);
  if (!checks_.expect("parse", token, "a signed token")) return;
  token_ = *std::move(token);
  if (!verify_token()) return;
  check_nonce(token_.claims);
  const Json* tee = at_path(token_.claims, {kTee});
  const bool confidential = tee != nullptr && tee->is_object();
  if (!checks_.expect("policy.confidential", confidential, "x-ms-isolation-tee: a confidential VM",
                      confidential ? shown_claim(*tee, "x-ms-attestation-type") : "an ordinary VM")) {
    return;
  }
  check_vm(token_.claims, *tee);
}

bool MaaVerifier::verify_token() {
  if (!checks_.expect("signature.keys", input_.keys, "the instance's key set")) return false;
  if (!checks_.expect("signature", verify_jwt(token_, JwtAlgorithm::kRs256, *input_.keys), "the token, RS256"))
    return false;
  if (input_.issuer) {
    checks_.expect("chain.issuer", claim_is_text(token_.claims, "iss", input_.issuer->value), input_.issuer->value,
                   shown_claim(token_.claims, "iss"), input_.issuer->source);
  } else {
    checks_.waive("chain.issuer", "the instance that is trusted", "no issuer is expected here, only the key set");
  }
  checks_.expect("chain.time", check_jwt_times(token_.claims, input_.now, input_.leeway_s),
                 fmt::format("valid now, within {} s", input_.leeway_s));
  return true;
}

void MaaVerifier::check_nonce(const Json& claims) {
  if (!input_.nonce) {
    checks_.waive("binding.nonce", "the nonce that was given with the request", "no nonce is expected here");
    return;
  }
  const Json* payload = at_path(claims, {"x-ms-runtime", "client-payload"});
  const std::string wanted = to_base64(as_bytes(*input_.nonce));
  checks_.expect("binding.nonce", payload != nullptr && claim_is_text(*payload, "nonce", wanted), wanted,
                 payload == nullptr ? "none" : shown_claim(*payload, "nonce"));
}

// Anyone with a VM can get a genuine token about it.
void MaaVerifier::check_machine(const Json& tee, bool snp) {
  if (input_.machine == nullptr) {
    checks_.waive("binding.machine", "a token about the machine of the evidence",
                  "no evidence stands beside the token");
    return;
  }
  const MaaMachine& machine = *input_.machine;
  const Json* keys = at_path(tee, {"x-ms-runtime", "keys"});
  const auto key = keys != nullptr && keys->is_array() ? vtpm_key_of(*keys)
                                                       : Result<crypto::PublicKey>(fail(ErrorCode::kNotFound, "none"));
  checks_.expect("binding.attestation_key", key && key->spki() == machine.attestation_key.spki(),
                 fmt::format("HCLAkPub of this vTPM, sha256 {}", to_hex(machine.attestation_key.spki_sha256())),
                 key ? "sha256 " + to_hex(key->spki_sha256()) : key.error().detail);
  const std::string_view measured = snp ? "x-ms-sevsnpvm-launchmeasurement" : "tdx_mrtd";
  if (!snp && !tee.contains(measured)) {
    checks_.waive("binding.measurement", "MRTD of this machine", "the token does not state it; its key is this vTPM's");
  } else {
    checks_.expect("binding.measurement", claim_is_text(tee, measured, to_hex(machine.measurement)),
                   to_hex(machine.measurement), shown_claim(tee, measured));
  }
  if (!machine.report_id) return;
  checks_.expect("binding.report_id", claim_is_text(tee, "x-ms-sevsnpvm-reportid", to_hex(*machine.report_id)),
                 to_hex(*machine.report_id), shown_claim(tee, "x-ms-sevsnpvm-reportid"));
}

void MaaVerifier::check_vm(const Json& claims, const Json& tee) {
  checks_.expect("policy.type", claim_is_text(claims, "x-ms-attestation-type", "azurevm"), "azurevm",
                 shown_claim(claims, "x-ms-attestation-type"));
  const bool snp = claim_is_text(tee, "x-ms-attestation-type", "sevsnpvm");
  const bool tdx = claim_is_text(tee, "x-ms-attestation-type", "tdxvm");
  const bool as_expected = !input_.platform || *input_.platform == (snp ? MaaPlatform::kSevSnp : MaaPlatform::kTdx);
  checks_.expect("policy.platform", (snp || tdx) && as_expected,
                 !input_.platform                           ? "sevsnpvm or tdxvm"
                 : *input_.platform == MaaPlatform::kSevSnp ? "sevsnpvm"
                                                            : "tdxvm",
                 shown_claim(tee, "x-ms-attestation-type"));
  checks_.expect("policy.compliance", claim_is_text(tee, "x-ms-compliance-status", "azure-compliant-cvm"),
                 "azure-compliant-cvm", shown_claim(tee, "x-ms-compliance-status"));
  const auto secure_boot = bool_member(claims, "secureboot");
  check_protection({"policy.secure_boot", "secure boot", secure_boot ? std::optional(*secure_boot) : std::nullopt,
                    tdx ? input_.require_secure_boot_tdx : input_.require_secure_boot},
                   checks_);
  check_guest_debugging(tdx ? input_.allow_debug_tdx : input_.rules.allow_debug);
  check_machine(tee, snp);
  if (snp) check_snp(tee);
  if (tdx) check_tdx(tee);
  if (tdx) check_not_revoked(tee);
}

void MaaVerifier::check_tdx(const Json& tee) {
  if (input_.platform && !tee.contains("tdx_td_attributes_debug")) {
    checks_.waive("policy.debug", "not debuggable", "the TDX quote beside the token says it");
    return;
  }
  check_capability(
      {"policy.debug", "not debuggable", claim_is_bool(tee, "tdx_td_attributes_debug", false), input_.allow_debug_tdx},
      shown_claim(tee, "tdx_td_attributes_debug"));
}

// Judges a rule that allows it too: the check then reports the actual state.
void MaaVerifier::check_capability(const Forbidden& forbidden, std::string found) {
  if (forbidden.is_off || !forbidden.allow.value) {
    checks_.expect(forbidden.check, forbidden.is_off, std::string(forbidden.wanted), std::move(found),
                   forbidden.allow.source);
  } else {
    checks_.waive(forbidden.check, std::string(forbidden.wanted),
                  fmt::format("allowed ({}): {}", forbidden.allow.source, found));
  }
}

// What the service read in the guest's boot log, mostly for Windows.
void MaaVerifier::check_guest_debugging(const Rule<bool>& allow) {
  std::string on;
  for (const std::string_view claim : {"x-ms-azurevm-bootdebug-enabled", "x-ms-azurevm-hypervisordebug-enabled",
                                       "x-ms-azurevm-kerneldebug-enabled", "x-ms-azurevm-testsigning-enabled"}) {
    const auto stated = token_.claims.find(claim);
    if (stated != token_.claims.end() && *stated != false) on += (on.empty() ? "" : ", ") + std::string(claim);
  }
  check_capability({"policy.guest_debug", "no debugging or test signing in the guest", on.empty(), allow},
                   on.empty() ? "none stated" : on);
}

// For TDX, if the token states it at all: the quote next to it is compared with Intel's collateral.
void MaaVerifier::check_not_revoked(const Json& tee) {
  for (const Json* const claims : std::initializer_list<const Json*>{&tee, &token_.claims}) {
    const auto stated = claims->find("attester_tcb_status");
    if (stated == claims->end()) continue;
    checks_.expect("policy.not_revoked", stated->is_string() && *stated != "Revoked",
                   "a TCB that the service does not call Revoked", shown_claim(*claims, "attester_tcb_status"));
  }
}

void MaaVerifier::check_snp(const Json& tee) {
  const SnpRules& rules = input_.rules;
  check_capability(
      {"policy.debug", "not debuggable", claim_is_bool(tee, "x-ms-sevsnpvm-is-debuggable", false), rules.allow_debug},
      shown_claim(tee, "x-ms-sevsnpvm-is-debuggable"));
  check_capability({"policy.migration", "no migration agent",
                    claim_is_bool(tee, "x-ms-sevsnpvm-migration-allowed", false), rules.allow_migration_agent},
                   shown_claim(tee, "x-ms-sevsnpvm-migration-allowed"));
  const auto vmpl = integer_member(tee, "x-ms-sevsnpvm-vmpl");
  checks_.expect("policy.vmpl", vmpl && *vmpl <= rules.max_vmpl.value,
                 fmt::format("VMPL {} at most", rules.max_vmpl.value),
                 vmpl ? fmt::format("{}", *vmpl) : vmpl.error().detail, rules.max_vmpl.source);
  if (!rules.measurements) return;
  const std::string found = shown_claim(tee, "x-ms-sevsnpvm-launchmeasurement");
  const bool known = std::any_of(rules.measurements->value.begin(), rules.measurements->value.end(),
                                 [&](const Measurement& measurement) {
                                   return claim_is_text(tee, "x-ms-sevsnpvm-launchmeasurement", to_hex(measurement));
                                 });
  checks_.expect("policy.measurement", known, "a launch measurement of the policy", found, rules.measurements->source);
}

}  // namespace

void verify_maa(const MaaInput& input, CheckList& checks) { MaaVerifier(input, checks).verify(); }

std::optional<MaaPlatform> stated_platform(std::string_view token) {
  const auto parsed = Jwt::parse(token);
  if (!parsed) return std::nullopt;
  const auto tee = parsed->claims.find("x-ms-isolation-tee");
  if (tee == parsed->claims.end() || !tee->is_object()) return std::nullopt;
  if (claim_is_text(*tee, "x-ms-attestation-type", "sevsnpvm")) return MaaPlatform::kSevSnp;
  if (claim_is_text(*tee, "x-ms-attestation-type", "tdxvm")) return MaaPlatform::kTdx;
  return std::nullopt;
}

}  // namespace minions::attestation
