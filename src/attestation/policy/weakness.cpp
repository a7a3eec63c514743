#include <fmt/format.h>

#include "attestation/core/result.h"
#include "attestation/policy/policy.h"
#include "attestation/policy/rule_text.h"

namespace minions::attestation {
namespace {

class Weaknesses {
 public:
  // A rule in a state that gives something up.
  template <class T>
  void where(bool weak, const Rule<T>& rule, std::string_view text) {
    if (weak) lines_.push_back(fmt::format("{} ({})", text, rule.source));
  }
  void where(bool weak, std::string_view text) {
    if (weak) lines_.emplace_back(text);
  }
  template <class T>
  void where_set(const OptionalRule<T>& rule, std::string_view text) {
    if (rule) where(true, *rule, text);
  }
  [[nodiscard]] std::vector<std::string> take() && { return std::move(lines_); }

 private:
  std::vector<std::string> lines_;
};

bool accepts(const Rule<std::vector<std::string>>& statuses, std::string_view prefix) {
  return std::any_of(statuses.value.begin(), statuses.value.end(),
                     [&](const std::string& status) { return status.starts_with(prefix); });
}

void about_cpus(const PolicyRules& rules, Weaknesses& out) {
  const SnpRules& snp = rules.snp;
  const TdxRules& tdx = rules.tdx;
  const bool measured = snp.measurements || tdx.measurements || !snp.pcrs.empty() || !tdx.pcrs.empty();
  out.where(!measured && !rules.operator_key_sha256,
            "neither a measurement nor an operator's key is named: no server is accepted");
  out.where(snp.allow_debug.value, snp.allow_debug, "[snp] the host may debug the guest and read everything");
  out.where(tdx.allow_debug.value, tdx.allow_debug, "[tdx] the host may debug the guest and read everything");
  out.where(snp.allow_migration_agent.value, snp.allow_migration_agent, "[snp] a migration agent may move the guest");
  out.where(tdx.allow_migration.value, tdx.allow_migration, "[tdx] a migration TD may move the guest");
  out.where(snp.max_vmpl.value > 0, snp.max_vmpl, "[snp] less privileged software of the guest may make the report");
  out.where(snp.min_tcb.empty(), "[snp] min_tcb is not set: firmware of any age is accepted");
  out.where(snp.crl.value == CrlMode::kIfAvailable,
            "[snp] crl is not \"require\": where AMD's list is not available, revocation is not judged");
  out.where(!snp.require_secure_boot.value, snp.require_secure_boot, "[snp] secure boot is not required");
  out.where(!tdx.require_secure_boot.value, tdx.require_secure_boot, "[tdx] secure boot is not required");
  out.where(!tdx.require_sept_ve_disable.value, tdx.require_sept_ve_disable,
            "[tdx] the host may inject #VE into the guest");
  out.where(accepts(tdx.accepted_tcb, "OutOfDate"), tdx.accepted_tcb, "[tdx] platforms out of date are accepted");
}

void about_gpus(const GpuRules& gpu, Weaknesses& out) {
  out.where(!gpu.require_secboot.value, gpu.require_secboot, "[gpu] secure boot is not required");
  out.where(!gpu.require_dbgstat_disabled.value, gpu.require_dbgstat_disabled, "[gpu] debugging may be on");
  out.where(gpu.rim.value != RimMode::kRequire, gpu.rim, "[gpu] measurements may go without reference values");
  out.where(gpu.ocsp.value == OcspMode::kOff, gpu.ocsp, "[gpu] revocation is not asked");
  out.where(gpu.count && gpu.count->value > 0 && !gpu.min_driver,
            "[gpu] min_driver is not set: any driver is accepted");
}

void about_the_rest(const PolicyRules& rules, Weaknesses& out) {
  out.where(rules.require.value == VerdictClass::kOperatorTrusted, rules.require,
            "[verdict] whoever holds the operator's key may read: confidential is not required");
  out.where(rules.allow_simulated.value, rules.allow_simulated, "simulated evidence is accepted: NOT CONFIDENTIAL");
  out.where(rules.allow_overrides.value, rules.allow_overrides, "parts of the machine may be replaced for tests");
  constexpr std::string_view kRoots = "roots other than the vendor's are trusted";
  out.where_set(rules.roots.amd, kRoots);
  out.where_set(rules.roots.intel, kRoots);
  out.where_set(rules.roots.nvidia_device, kRoots);
  out.where_set(rules.roots.nvidia_rim, kRoots);
  out.where(rules.tls.value == TlsMode::kOff, rules.tls, "[tls] the connection's key is not compared");
  out.where(rules.freshness.value == FreshnessMode::kCached, rules.freshness, "[freshness] evidence may be old");
  out.where(rules.allow_remote_models.value, rules.allow_remote_models, "[models] prompts may leave the machine");
  out.where(!rules.model_ids, "[models] ids is not set: any model is accepted");
  for (const auto& [check, reason] : rules.waived) {
    out.where(true, reason, fmt::format("{} is waived: {}", check, shown(reason.value)));
  }
}

}  // namespace

std::vector<std::string> weaknesses(const PolicyRules& rules) {
  Weaknesses out;
  about_cpus(rules, out);
  about_gpus(rules.gpu, out);
  about_the_rest(rules, out);
  return std::move(out).take();
}

}  // namespace minions::attestation
