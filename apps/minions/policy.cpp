#include "policy.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <set>
#include <system_error>

#include "api/connection_options.h"
#include "api/facts.h"
#include "api/raw_attestation.h"
#include "api/small_file.h"
#include "attestation/core/refusal.h"
#include "attestation/core/verdict.h"
#include "attestation/policy/draft.h"
#include "attestation/policy/rule_text.h"
#include "base/clock.h"
#include "base/utc.h"
#include "evidence_reading.h"
#include "interrupt.h"
#include "terminal.h"
#include "verdict_lines.h"

namespace minions::app {
namespace {

using attestation::AppraisalPolicy;
using attestation::AttestationResult;
using attestation::Check;
using attestation::Outcome;

Result<AppraisalPolicy> load(const std::string& file) {
  ServerFlags options;
  options.policy.file = file;
  return api::read_policy(options.policy);
}

// ---- init ----

// What no policy settles: then writes nothing.
const Check* first_that_no_policy_settles(const AttestationResult& result) {
  for (const Check& check : result.checks) {
    if (check.outcome == Outcome::kFail && !attestation::is_expectation(check.id)) return &check;
  }
  return nullptr;
}

Status write_draft(const std::string& file, const std::string& text) {
  if (!file.empty()) return api::write_new_file(file, text, "a policy is never overwritten", api::Readers::kAll);
  print_out("{}", text);
  return flush_out();
}

Result<std::optional<attestation::Covers>> read_covers(const std::string& name) {
  if (name.empty()) return std::nullopt;
  for (const auto covers : {attestation::Covers::kFirmware, attestation::Covers::kKernel, attestation::Covers::kRoot,
                            attestation::Covers::kConfig}) {
    if (attestation::name_of(covers) == name) return covers;
  }
  return fail(ErrorCode::kUsage,
              fmt::format("--covers: want firmware, kernel, root or config, found {}", attestation::shown(name)));
}

// ---- from a folder of evidence, bound to no statement ----

struct JudgedFolder {
  attestation::AttestationDocument document;  // without a statement
  AttestationResult result;
};

Result<JudgedFolder> judge_folder(const audit::EvidenceFiles& folder, const AppraisalPolicy& policy, UnixSeconds now,
                                  const collateral::Collector& collector) {
  const collateral::Collected collected = collector.collect_blocking(
      {.evidence = folder.evidence(), .endorsements = folder.endorsements(), .policy = policy.rules(), .now = now});
  JudgedFolder judged;
  judged.document.evidence = folder.evidence();
  judged.document.endorsements = collected.endorsements;
  judged.result.checks = folder.judge({{policy, &collected.keys}, collected.endorsements, now});
  return judged;
}

bool meets(const attestation::Verdict& verdict, const attestation::PolicyRules& rules) {
  return verdict.verdict_class && *verdict.verdict_class >= rules.require.value;
}

bool any_server_meets(const attestation::PolicyRules& rules) {
  const auto verdicts = attestation::verdicts_of(rules);
  return std::any_of(verdicts.begin(), verdicts.end(), [&](const auto& each) { return meets(each.verdict, rules); });
}

ExitCode finish_init(const PolicyToolFlags& options, const std::string& draft, const AppraisalPolicy& drafted) {
  if (const Status written = write_draft(options.output, draft); !written) return report(written.error());
  warn(
      "TRUST ON FIRST USE: this policy demands what was shown just now, whoever showed it. Compare its values with "
      "what "
      "you built or were told by another way, then run minions policy confirm");
  for (const std::string& line : attestation::weaknesses(drafted.rules())) warn(line);
  if (!any_server_meets(drafted.rules()))
    warn(
        "this policy judges files: no server can meet it before it pins the operator's key ([attestor] spki_sha256) or "
        "names all that confidential needs");
  return ExitCode::kOk;
}

ExitCode init_from_folder(const PolicyToolFlags& options, std::optional<attestation::Covers> covers) {
  const auto base = api::read_policy(options.server.policy);
  if (!base) return report(base.error());
  const std::string& target = options.server.server;
  if (!options.server.ca_file.empty()) return report({ErrorCode::kUsage, "--ca-file: only for a server"});
  std::optional<UnixSeconds> as_of;
  if (!options.as_of.empty()) {
    as_of = parse_utc(options.as_of);
    if (!as_of) return report({ErrorCode::kUsage, "--as-of: want a time such as 2026-09-21T14:13:20Z"});
  }
  auto folder = read_evidence(target);
  if (!folder) return report(folder.error());
  const auto collector =
      api::make_collector(options.server.collateral, as_of ? api::JudgedAsOf::kThen : api::JudgedAsOf::kNow);
  if (!collector) return report(collector.error());
  const UnixSeconds now = as_of.value_or(system_time());
  auto judged = judge_folder(*folder, *base, now, **collector);
  if (!judged) return report(judged.error());
  if (const Check* failure = first_that_no_policy_settles(judged->result))
    return report(attestation::refusal(*failure));
  const auto draft = attestation::draft_policy({judged->document, judged->result, base->rules(), target, now, covers});
  if (!draft) return report(draft.error());
  const auto drafted = AppraisalPolicy::parse(*draft, "the policy");
  if (!drafted) return report({ErrorCode::kInternal, drafted.error().detail});
  const auto again = judge_folder(*folder, *drafted, now, **collector);
  if (!again) return report(again.error());
  if (const Check* failure = again->result.first_failure()) {
    const bool by_covers = failure->id == "verdict.class" && !covers;
    Error error{ErrorCode::kRefused,
                fmt::format("no policy is written for what this folder shows{}: {}",
                            by_covers ? ", unless --covers says what the values fix" : "", failure->to_text())};
    error.check_id = failure->id;
    return report(error);
  }
  return finish_init(options, *draft, *drafted);
}

ExitCode init(const PolicyToolFlags& options) {
  if (options.server.server.empty()) return report({ErrorCode::kUsage, "--from: name a server or a folder"});
  if (!options.output.empty() && ::access(options.output.c_str(), F_OK) == 0)
    return report({ErrorCode::kUsage, fmt::format("{} exists; a policy is never overwritten", options.output)});
  const auto covers = read_covers(options.covers);
  if (!covers) return report(covers.error());
  std::error_code unknown;
  if (std::filesystem::is_directory(options.server.server, unknown)) return init_from_folder(options, *covers);
  if (!options.as_of.empty()) return report({ErrorCode::kUsage, "--as-of: only for a folder"});
  const std::string& from = options.server.server;
  if (!from.starts_with("https://") && !from.starts_with("http://"))
    return report({ErrorCode::kUsage, fmt::format("--from: {}: neither a folder nor an https:// address", from)});
  AttestationNotes notes;
  auto connection = api::client_options(options.server);
  if (!connection) return report(connection.error());
  const AppraisalPolicy base = connection->policy;
  connection->on_attested = [&notes](std::shared_ptr<const client::Attestation> attestation,
                                     std::stop_token) -> net::Task<Status> {
    notes.tell(api::attestation_of(attestation->result));
    co_return Status{};
  };
  Interrupt interrupt;
  const auto attested = api::fetch_attestation(*std::move(connection), interrupt.begin());
  interrupt.end();
  if (!attested) return report(attested.error());
  const client::Attestation& attestation = **attested;
  if (const Check* failure = first_that_no_policy_settles(attestation.result))
    return report(attestation::refusal(*failure));
  const UnixSeconds now = system_time();
  const auto draft = attestation::draft_policy(
      {*attestation.document, attestation.result, base.rules(), options.server.server, now, *covers});
  if (!draft) return report(draft.error());
  const auto drafted = AppraisalPolicy::parse(*draft, "the policy");
  if (!drafted) return report({ErrorCode::kInternal, drafted.error().detail});
  // What a server shows but no policy should accept, such as a debuggable guest, is not written as accepted.
  const auto again = client::appraise_attestation(attestation, *drafted, now);
  if (!again.accepted())
    return report(attestation::refusal(again).in("no policy is written for what this server shows"));
  return finish_init(options, *draft, *drafted);
}

// ---- check and diff ----

// Who could read under this policy, on each kind of machine that it admits.
void print_verdicts(const attestation::PolicyRules& rules) {
  const auto verdicts = attestation::verdicts_of(rules);
  if (verdicts.empty()) print_out("\n# no kind of machine is let in: name one in [platform] kinds\n");
  bool any_met = verdicts.empty();
  for (const auto& [kind, verdict] : verdicts) {
    const auto& found = verdict.verdict_class;
    const bool met = meets(verdict, rules);
    any_met = any_met || met;
    print_out("\n# {}: {}{}\n", kind, found ? attestation::name_of(*found) : "no class",
              met ? ""
                  : fmt::format(", refused: [verdict] require is {} ({})", name_of(rules.require.value),
                                rules.require.source));
    for (const std::string& reader : verdict.readers) print_out("#   reads  {}\n", reader);
    for (const auto& gap : verdict.missing) print_out("#   gap    {}\n", gap.text());
  }
  (void)flush_out();
  if (!any_met)
    warn(fmt::format(
        "no server can meet this policy: it requires {} ({}), and names too little for that. Close the gaps "
        "above, or lower [verdict] require",
        name_of(rules.require.value), rules.require.source));
}

ExitCode check(const std::string& file) {
  const auto policy = load(file);
  if (!policy) return report(policy.error());
  for (const auto& rule : attestation::describe(policy->rules())) {
    print_out("{} = {}{}\n", rule.name, rule.value, rule.source.empty() ? "" : fmt::format("  # {}", rule.source));
  }
  print_verdicts(policy->rules());
  for (const std::string& line : attestation::weaknesses(policy->rules())) warn(line);
  return ExitCode::kOk;
}

ExitCode diff(const PolicyToolFlags& options) {
  const auto before = load(options.before);
  if (!before) return report(before.error());
  const auto after = load(options.after);
  if (!after) return report(after.error());
  std::map<std::string, std::string> old_values, new_values;
  std::set<std::string> names;
  const auto collect = [&](const AppraisalPolicy& policy, std::map<std::string, std::string>& into) {
    for (const auto& rule : attestation::describe(policy.rules())) {
      names.insert(rule.name);
      into[rule.name] = rule.value;
    }
  };
  collect(*before, old_values);
  collect(*after, new_values);
  for (const std::string& name : names) {
    const std::string was = old_values.contains(name) ? old_values[name] : "not set";
    const std::string is = new_values.contains(name) ? new_values[name] : "not set";
    if (was != is) print_out("- {} = {}\n+ {} = {}\n", name, was, name, is);
  }
  return ExitCode::kOk;
}

}  // namespace

ExitCode policy(const PolicyToolFlags& options) {
  switch (options.tool) {
    case PolicyTool::kInit: return init(options);
    case PolicyTool::kCheck: return check(options.file);
    case PolicyTool::kDiff: return diff(options);
    case PolicyTool::kConfirm: return confirm_policy(options.confirmed);
  }
  return ExitCode::kInternal;
}

}  // namespace minions::app
