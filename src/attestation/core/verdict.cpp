#include "attestation/core/verdict.h"

#include <fmt/format.h>

#include "attestation/core/expectation.h"
#include "base/encoding.h"

namespace minions::attestation {
namespace {

std::string hardware_of(std::string_view kind) {
  if (kind == evidence_type::kSevSnp) return "AMD SEV-SNP";
  if (kind == evidence_type::kTdx) return "Intel TDX";
  return kind == evidence_type::kAzureSnpVtpm ? "AMD SEV-SNP on Azure" : "Intel TDX on Azure";
}

// A pinned key counts for nothing here: it signed none of the files.
std::optional<VerdictClass> class_of_files(const PolicyReach& reach) {
  if (reach.is_refused || !reach.names_own) return std::nullopt;
  return VerdictClass::kOperatorTrusted;
}

void add_gaps_of_files(const PolicyReach& reach, std::vector<Gap>& missing) {
  missing.push_back({"no statement is with the files, which would bind keys, models and GPUs to the machine",
                     "verify the server's attestation document"});
  if (!reach.names_own)
    missing.push_back({"nothing that the policy names is this machine's own, and no file is signed by its operator",
                       "name a kernel or on Azure PCRs 4, 8, 9 or 11, or verify the server's attestation document"});
}

// What a server's own statement gives away.
void look_at_statement(const Statement& statement, const PolicyRules& policy, std::vector<Gap>& missing) {
  if (statement.models.empty())
    missing.push_back({"the statement names no model, and so not where one computes",
                       "try again once the server's model server tells its models",
                       {}});
  for (const ModelEntry& model : statement.models) {
    const std::string name = shown(model.id);
    if (model.where == ModelEntry::Where::kRemote)
      missing.push_back({fmt::format("the model {} computes outside the confidential VM", name),
                         "remove [models] allow_remote",
                         fmt::format("whoever runs the machine on which the model {} computes", name)});
    if (policy.gpu.none.value && model.compute != ModelEntry::Compute::kCpu)
      missing.push_back({fmt::format("the statement does not say that the model {} computes on the CPU", name),
                         "let the operator start minionsd with --compute cpu, or add [gpu] count",
                         "whoever runs the machine, if the model computes on a GPU"});
  }
  if (!statement.overrides.empty())
    missing.push_back({"parts of the machine were replaced for a test", "remove [attestor] allow_overrides",
                       "whoever replaced the parts of the machine that make its evidence"});
}

// For files without a statement, what the policy would let a statement state counts as stated.
void look_at_what_statements_may_say(const PolicyRules& policy, std::vector<Gap>& missing) {
  if (policy.allow_remote_models.value)
    missing.push_back({"a model outside the confidential VM is accepted", "remove [models] allow_remote",
                       "whoever runs the machine on which such a model computes"});
  if (policy.gpu.none.value)
    missing.push_back({"no statement says that each model computes on the CPU", "judge a document or a server",
                       "whoever runs the machine, if the model computes on a GPU"});
  if (policy.allow_overrides.value)
    missing.push_back({"parts of the machine that were replaced for a test are accepted",
                       "remove [attestor] allow_overrides", "whoever replaced the parts that make the evidence"});
}

// A policy alone: its class is that of a server that does nothing of what the policy allows. Other possible readers are
// named under that condition.
void add_conditions(const PolicyRules& policy, Verdict& verdict) {
  const bool refused = policy.require.value > VerdictClass::kOperatorTrusted;
  const std::string lower = fmt::format("the class is {} at best{}", name_of(VerdictClass::kOperatorTrusted),
                                        refused ? ", which [verdict] require refuses" : "");
  const auto add = [&](std::string_view condition, std::string_view fix, std::string_view reader) {
    verdict.missing.push_back({fmt::format("if {}, {}", condition, lower), std::string(fix), std::string(reader)});
  };
  if (policy.allow_remote_models.value)
    add("a model computes outside the confidential VM", "remove [models] allow_remote",
        "whoever runs the machine on which a model computes, if one computes outside the confidential VM");
  if (policy.allow_overrides.value)
    add("parts of the machine are replaced for a test", "remove [attestor] allow_overrides",
        "whoever replaces parts of the machine that make its evidence, if any are replaced for a test");
  if (policy.gpu.none.value && !refused)
    add("a statement does not say that each model computes on the CPU", "let [verdict] require \"confidential\"",
        "whoever runs the machine, if a model computes on a GPU");
}

// Whoever was in between on the day the values were taken chose them.
void add_first_use(const PolicyRules& policy, std::vector<std::string>& readers) {
  for (const auto& [table, origin] : policy.origins) {
    if (origin.value.starts_with("first-use"))
      readers.push_back(
          fmt::format("whoever ran the server when the values of [{}] were taken from it ({}, {}): compare "
                      "them, then run minions policy confirm",
                      table, origin.value, origin.source));
  }
}

// Anyone who can withhold AMD's list decides whether it is judged, unless the policy requires it.
void add_unjudged_revocation(const PolicyRules& policy, std::string_view kind, std::span<const Check> checks,
                             std::vector<std::string>& readers) {
  if (!is_snp_kind(kind)) return;
  const std::string id = fmt::format("evidence.{}.chain.revocation", kind);
  const bool waived = std::any_of(checks.begin(), checks.end(), [&](const Check& check) {
    return check.id == id && check.outcome == Outcome::kWaived;
  });
  const bool may_be = checks.empty() && policy.snp.crl.value == CrlMode::kIfAvailable;
  if (waived || may_be)
    readers.push_back(
        fmt::format("whoever holds an AMD key that was revoked{}: [snp] crl is not \"require\"",
                    waived ? ", since AMD's list was not available" : ", where AMD's list is not available"));
}

// What does not affect the class, but still shows who could read.
void add_reservations(const PolicyRules& policy, std::string_view kind, std::span<const Check> checks,
                      std::vector<std::string>& readers) {
  add_first_use(policy, readers);
  const RootRules& roots = policy.roots;
  for (const auto* pins : {&roots.amd, &roots.intel, &roots.nvidia_device, &roots.nvidia_rim}) {
    if (*pins)
      readers.push_back(
          fmt::format("whoever holds the private keys of the roots that the policy trusts in place of a vendor's ({})",
                      (*pins)->source));
  }
  // The other components are 0 on many machines that are up to date.
  const auto has_floor = [&](const char* component) {
    const auto floor = policy.snp.min_tcb.find(component);
    return floor != policy.snp.min_tcb.end() && floor->second.value > 0;
  };
  if (is_snp_kind(kind) && !(has_floor("snp") && has_floor("microcode")))
    readers.emplace_back(
        "whoever can use a known hole of old AMD firmware: [snp] min_tcb has no floor for snp and microcode");
  add_unjudged_revocation(policy, kind, checks, readers);
  const std::string tcb = fmt::format("evidence.{}.tcb", kind);
  const auto waiver = policy.waived.find(tcb);
  if (waiver != policy.waived.end() && checks.empty())
    readers.push_back(fmt::format("whoever can use a known hole of a machine's firmware, where its TCB is too low: {}",
                                  waiver->second.source));
  for (const Check& check : checks) {
    if (check.waiver == tcb) {
      readers.push_back(fmt::format("whoever can use a known hole of this machine's firmware: {}", check.to_text()));
      break;
    }
  }
  if (!is_snp_kind(kind) && !kind.empty() &&
      std::any_of(policy.tdx.accepted_tcb.value.begin(), policy.tdx.accepted_tcb.value.end(),
                  [](const std::string& status) { return status != "UpToDate"; }))
    readers.push_back(fmt::format("whoever can use a known hole of firmware that [tdx] accepted_tcb lets in ({})",
                                  policy.tdx.accepted_tcb.source));
  const bool gpus = policy.gpu.count && policy.gpu.count->value > 0;
  if (gpus && (policy.gpu.ocsp.value == OcspMode::kOff || policy.waived.contains("evidence.nvidia-gpu.ocsp")))
    readers.emplace_back("whoever holds a GPU key that NVIDIA withdrew: revocation is not asked");
}

// Guessing rather than reading.
void add_guesses(const Statement& statement, std::vector<std::string>& readers) {
  for (const ModelEntry& model : statement.models) {
    if (model.prompt_cache == ModelEntry::PromptCache::kShared)
      readers.push_back(
          fmt::format("other users of the model {} can tell by its speed that a prompt begins as one did before: its "
                      "cache is shared",
                      shown(model.id)));
  }
}

// No key signed the files, whatever the policy pins.
std::string operator_sentence(const PolicyRules& policy, bool of_files) {
  if (of_files || !policy.operator_key_sha256) return "whoever runs a machine that meets the policy";
  const auto& pins = policy.operator_key_sha256->value;
  return fmt::format("whoever holds the operator's attestation key (sha256 {}{})", to_hex(pins.front()).substr(0, 16),
                     pins.size() > 1 ? fmt::format("... or {} more", pins.size() - 1) : "...");
}

// Who reads, from a class and what keeps it from the best one.
void add_readers(const PolicyRules& policy, std::string_view kind, bool of_files, Verdict& verdict) {
  if (!verdict.verdict_class) return;
  switch (*verdict.verdict_class) {
    case VerdictClass::kSimulated:
      verdict.readers.emplace_back("whoever runs the server's machine: no hardware protects it");
      verdict.readers.push_back(operator_sentence(policy, of_files));
      break;
    case VerdictClass::kOperatorTrusted:
      verdict.readers.push_back(fmt::format("the program that answers, on genuine {} hardware", hardware_of(kind)));
      verdict.readers.push_back(operator_sentence(policy, of_files));
      break;
    case VerdictClass::kConfidential:
      verdict.readers.push_back(
          fmt::format("only the code that the policy names, on genuine {} hardware", hardware_of(kind)));
      break;
  }
  for (const Gap& gap : verdict.missing) {
    if (!gap.reader.empty()) verdict.readers.push_back(gap.reader);
  }
}

}  // namespace

std::string_view name_of(VerdictClass verdict_class) {
  switch (verdict_class) {
    case VerdictClass::kSimulated: return "simulated";
    case VerdictClass::kOperatorTrusted: return "operator-trusted";
    case VerdictClass::kConfidential: return "confidential";
  }
  return "";
}

Verdict judge_verdict(const VerdictInput& input) {
  const PolicyRules& policy = input.policy;
  Verdict verdict;
  if (is_simulated(input.evidence)) {
    verdict.verdict_class = VerdictClass::kSimulated;
    verdict.missing.push_back({"there is no hardware evidence", "run minionsd in a confidential VM"});
    if (input.statement != nullptr) look_at_statement(*input.statement, policy, verdict.missing);
    add_readers(policy, {}, input.of_files, verdict);
    add_first_use(policy, verdict.readers);
    if (input.statement != nullptr) add_guesses(*input.statement, verdict.readers);
    return verdict;
  }
  const std::string_view kind = cpu_kind(input.evidence);
  PolicyReach reach = reach_of(policy, kind);
  if (input.statement != nullptr)
    look_at_statement(*input.statement, policy, reach.missing);
  else if (input.of_files)
    look_at_what_statements_may_say(policy, reach.missing);
  verdict.verdict_class = input.of_files ? class_of_files(reach) : reach.best(policy);
  if (input.of_files)
    add_gaps_of_files(reach, reach.missing);
  else if (!verdict.verdict_class && !reach.is_refused)
    reach.missing.insert(reach.missing.begin(), {"the code is not identified and no operator's key is pinned",
                                                 "add [attestor] spki_sha256, or --trusted-attestation-pem"});
  verdict.missing = std::move(reach.missing);
  if (input.statement == nullptr && !input.of_files) add_conditions(policy, verdict);
  add_readers(policy, kind, input.of_files, verdict);
  if (verdict.verdict_class) add_reservations(policy, kind, input.checks, verdict.readers);
  if (verdict.verdict_class && input.statement != nullptr) add_guesses(*input.statement, verdict.readers);
  return verdict;
}

Verdict lowest_of(std::vector<Verdict> verdicts) {
  std::stable_sort(verdicts.begin(), verdicts.end(),
                   [](const Verdict& one, const Verdict& other) { return one.verdict_class < other.verdict_class; });
  Verdict out;
  for (Verdict& verdict : verdicts) {
    if (&verdict == &verdicts.front()) out.verdict_class = verdict.verdict_class;
    for (std::string& reader : verdict.readers) {
      if (std::find(out.readers.begin(), out.readers.end(), reader) == out.readers.end())
        out.readers.push_back(std::move(reader));
    }
    for (Gap& gap : verdict.missing) {
      const bool known = std::any_of(out.missing.begin(), out.missing.end(),
                                     [&](const Gap& other) { return other.text() == gap.text(); });
      if (!known) out.missing.push_back(std::move(gap));
    }
  }
  return out;
}

Check check_class(const Verdict& verdict, const PolicyRules& policy) {
  const Expectation want{"verdict.class", fmt::format("{} or better", name_of(policy.require.value)),
                         policy.require.source};
  std::string missing;
  for (const Gap& gap : verdict.missing) missing += (missing.empty() ? "" : "; ") + gap.text();
  if (!verdict.verdict_class) return want.failed("no class: " + missing);
  const std::string found(name_of(*verdict.verdict_class));
  if (*verdict.verdict_class >= policy.require.value) return want.pass(found);
  std::string lines = fmt::format("{}: {}", found, missing);
  lines += fmt::format("; or, to accept it, add [verdict] require = \"{}\"", found);
  return want.failed(std::move(lines));
}

std::vector<KindVerdict> verdicts_of(const PolicyRules& policy) {
  std::vector<KindVerdict> out;
  if (policy.allow_simulated.value) {
    Verdict verdict =
        judge_verdict({.evidence = {{std::string(evidence_type::kSimulated), {}}}, .policy = policy, .checks = {}});
    out.push_back({std::string(evidence_type::kSimulated), std::move(verdict)});
  }
  for (const std::string_view kind : open_kinds(policy)) {
    Verdict verdict = judge_verdict({.evidence = {{std::string(kind), {}}}, .policy = policy, .checks = {}});
    out.push_back({std::string(kind), std::move(verdict)});
  }
  return out;
}

}  // namespace minions::attestation
