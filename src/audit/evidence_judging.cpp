#include <fmt/format.h>
#include <fmt/ranges.h>

#include "attestation/azure/hcl_report.h"
#include "attestation/azure/maa.h"
#include "attestation/core/expectation.h"
#include "attestation/core/trust_vector.h"
#include "attestation/policy/rule_coverage.h"
#include "audit/evidence_files.h"

namespace minions::audit {

using attestation::Check;
using attestation::EvidenceItem;
using attestation::Outcome;
namespace evidence_type = attestation::evidence_type;
namespace evidence_piece = attestation::evidence_piece;

attestation::EvidenceBinding EvidenceFiles::binding() const {
  attestation::EvidenceBinding out;
  // A report's commitment counts only together with that report.
  if (!has(evidence_type::kSevSnp) && !has(evidence_type::kTdx)) return out;
  const auto commitment = commitment_of(case_);
  if (!commitment) return out;
  out.cpu_report_data = commitment->report_data;
  out.gpu_nonce = commitment->nonce;
  return out;
}

void EvidenceFiles::judge_partial(const Question& question, std::vector<Check>& checks) const {
  const attestation::PolicyRules& rules = question.choices.policy.rules();
  for (const Partial& partial : partial_) {
    EvidenceCase part = case_;
    part.kind = partial.kind;
    part.pieces = partial.pieces;
    part.rules = rules;
    part.anchors = attestation::anchors_of(rules.roots);
    part.validation_time = question.now;
    auto judged = audit::judge(part);
    if (judged) {
      attestation::cite_roots(rules.roots, *judged);
      std::move(judged->begin(), judged->end(), std::back_inserter(checks));
    } else {
      checks.push_back({fmt::format("evidence.{}.parse", partial.kind), Outcome::kFail, "files that can be read",
                        judged.error().detail, "built-in"});
    }
  }
}

Check EvidenceFiles::judge_public_key() const {
  const attestation::Expectation want{"evidence.azure-vtpm.binding.public_key",
                                      "the attestation key of the HCL report"};
  const auto report = attestation::HclReport::parse(bytes(case_.pieces.at(Piece::kHclReport)));
  const auto key = key_from_pem(as_text(bytes(*public_key_)));
  if (!report) return want.failed(report.error().detail);
  if (!key) return want.failed(key.error().detail);
  const bool same = report->runtime.attestation_key.spki_sha256() == key->spki_sha256();
  return same ? want.pass("the public key beside it") : want.failed("another public key beside it");
}

// What only accompanies evidence, and must agree with it.
void EvidenceFiles::judge_companions(std::vector<Check>& checks) const {
  if (const auto commitment = commitment_of(case_); !commitment)
    checks.push_back(
        {"evidence.commitment", Outcome::kFail, "what report data commits to", commitment.error().detail, "built-in"});
  for (const EvidenceItem& item : evidence_) {
    attestation::CheckList list(item.type);
    if (item.type == evidence_type::kNvidiaGpu) {
      const Status done = check_gpu_commitment(case_, item.data.at("report"), list);
      if (!done) list.expect("binding.gpu_evidence", false, "GPU evidence that is committed to", done.error().detail);
    }
    for (Check& check : std::move(list).take()) checks.push_back(std::move(check));
  }
  if (public_key_) checks.push_back(judge_public_key());
  for (const auto& [id, found] : malformed_)
    checks.push_back({id, Outcome::kFail, "a piece that can be read", found, "built-in"});
}

// Files next to one file may be chosen from. A file of unknown form may be a truncated piece, and is reported.
void EvidenceFiles::name_unknown(std::vector<Check>& checks) const {
  constexpr std::size_t kNamed = 5;
  std::vector<std::string> unknown = not_read_;
  for (const std::size_t file : unused_) {
    if (!piece_of(case_.files[file])) unknown.push_back(attestation::shown(case_.files[file].name));
  }
  if (unknown.empty()) return;
  const std::size_t more = unknown.size() - std::min(kNamed, unknown.size());
  unknown.resize(unknown.size() - more);
  const attestation::Expectation want{"files.unused", "every file beside it known"};
  checks.push_back(want.waived(fmt::format("nothing that is known: {}{}", fmt::join(unknown, ", "),
                                           more == 0 ? "" : fmt::format(" and {} more", more))));
}

void EvidenceFiles::name_unused(std::vector<Check>& checks) const {
  const attestation::Expectation want{"files.unused", "every file used"};
  for (const auto& [file, why] : replaced_)
    checks.push_back(want.waived(fmt::format("{}: {}", attestation::shown(case_.files[file].name), why)));
  if (named_) return name_unknown(checks);
  for (const std::size_t file : unused_) {
    const auto piece = piece_of(case_.files[file]);
    const bool keys = piece == Piece::kKeySet;
    const std::string what = keys    ? "a key set, which says nothing of whose it is: give the service's by --jwks"
                             : piece ? fmt::format("{}, but nothing here is judged with it", name_of(*piece))
                                     : "nothing that is known";
    checks.push_back(want.failed(fmt::format("{}: {}", attestation::shown(case_.files[file].name), what)));
  }
  for (const std::string& each : not_read_) checks.push_back(want.failed(each));
}

// GPUs, tokens and certificates do not show which of several machines they belong to.
Check EvidenceFiles::judge_machines() const {
  const attestation::Expectation want{"files.machines", "one machine, where other evidence lies beside"};
  std::set<std::string> beside;
  std::size_t machines = 0;
  std::string half;
  for (const EvidenceItem& item : evidence_) {
    if (attestation::is_machine(item.type)) ++machines;
    if (!attestation::is_machine(item.type)) beside.insert(item.type);
  }
  for (const Partial& partial : partial_) {
    if (attestation::is_machine(partial.kind)) ++machines;
    const bool is_half = attestation::is_machine(partial.kind) || partial.kind == evidence_piece::kTpmQuote;
    if (is_half) half = partial.kind;
    if (!is_half) beside.insert(partial.kind);
  }
  const bool bare = has(evidence_type::kSevSnp) || has(evidence_type::kTdx);
  if (bare && beside.contains("azure-ak-cert"))
    return want.failed("a certificate of a vTPM's key, and a machine that has no vTPM");
  // A certificate of its key is compared; tokens and GPUs are compared with whole machines.
  if (!half.empty()) beside.erase("azure-ak-cert");
  if (!half.empty() && !beside.empty())
    return want.failed(fmt::format("{}, half a machine, and {}: verify each by itself", half, fmt::join(beside, ", ")));
  if (machines <= 1 || beside.empty()) return want.pass("one");
  return want.failed(
      fmt::format("{} machines, and {}: verify each machine with its own", machines, fmt::join(beside, ", ")));
}

// What is judged for one machine does not apply to another: each is judged alone.
std::vector<Check> EvidenceFiles::account(const attestation::PolicyRules& rules) const {
  std::vector<std::string_view> machines;
  attestation::KindsAtHand beside;
  const auto add = [&](std::string_view kind) {
    const bool is_machine = attestation::is_machine(kind);
    if (is_machine) machines.push_back(kind);
    if (!is_machine) beside.insert(kind);
  };
  for (const EvidenceItem& item : evidence_) {
    add(item.type);
    if (item.type != evidence_type::kAzureMaa) continue;
    const auto token = item.part("token");
    const auto platform = token ? attestation::stated_platform(as_text(*token)) : std::nullopt;
    if (platform)
      add(*platform == attestation::MaaPlatform::kTdx ? evidence_piece::kMaaOfTdx : evidence_piece::kMaaOfSnp);
  }
  for (const Partial& partial : partial_) add(partial.kind);
  std::vector<attestation::KindsAtHand> each(std::max<std::size_t>(1, machines.size()), beside);
  for (std::size_t i = 0; i < machines.size(); ++i) each[i].insert(machines[i]);
  return attestation::account_for_rules(rules, each);
}

std::vector<Check> EvidenceFiles::judge(const Question& question) const {
  std::vector<Check> checks =
      attestation::judge_bare_evidence({evidence_, question.endorsements, binding()}, question.choices, question.now);
  judge_companions(checks);
  judge_partial(question, checks);
  for (Check& check : account(question.choices.policy.rules())) checks.push_back(std::move(check));
  const bool half_a_machine = std::any_of(partial_.begin(), partial_.end(),
                                          [](const Partial& each) { return attestation::is_machine(each.kind); });
  const bool has_machine = std::any_of(evidence_.begin(), evidence_.end(),
                                       [](const EvidenceItem& item) { return attestation::is_machine(item.type); });
  if (half_a_machine && has_machine) {  // these were already judged alone
    for (Check& check : attestation::judge_no_machine(question.choices.policy.rules()))
      checks.push_back(std::move(check));
  }
  if (Check check = judge_machines(); check.outcome == Outcome::kFail) checks.push_back(std::move(check));
  name_unused(checks);
  return checks;
}

// Of several machines the lowest class, and everyone who could read on any of them.
attestation::Verdict EvidenceFiles::verdict(const attestation::PolicyRules& policy,
                                            std::span<const attestation::Check> checks) const {
  std::vector<attestation::Verdict> verdicts;
  for (const attestation::EvidenceItem& item : evidence_) {
    if (!attestation::is_machine(item.type)) continue;
    const attestation::Evidence machine = {item};
    verdicts.push_back(
        attestation::judge_verdict({.evidence = machine, .policy = policy, .checks = checks, .of_files = true}));
  }
  return attestation::lowest_of(std::move(verdicts));
}

attestation::TrustVector EvidenceFiles::trust_vector(const attestation::PolicyRules& policy,
                                                     std::span<const attestation::Check> checks,
                                                     const std::vector<attestation::Gap>& missing) const {
  std::optional<attestation::TrustVector> worst;
  for (const EvidenceItem& item : evidence_) {
    if (!attestation::is_machine(item.type)) continue;
    const attestation::Evidence machine = {item};
    const auto vector =
        attestation::trust_vector({.evidence = machine, .policy = policy, .checks = checks, .missing = &missing});
    worst = worst ? attestation::worse_of(*worst, vector) : vector;
  }
  return worst.value_or(attestation::trust_vector({.evidence = evidence_, .policy = policy, .checks = checks}));
}

}  // namespace minions::audit
