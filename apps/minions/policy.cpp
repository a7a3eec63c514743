#include "policy.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <set>
#include <system_error>

#include "attestation/policy_draft.h"
#include "connection.h"
#include "terminal.h"

namespace minions::app {
namespace {

using attestation::AppraisalPolicy;
using attestation::AttestationResult;
using attestation::Check;
using attestation::Outcome;

UnixSeconds system_time() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

Result<AppraisalPolicy> load(const std::string& file) {
  ServerOptions options;
  options.policy_file = file;
  return read_policy(options);
}

// ---- init ----

// What no policy settles: then nothing is written.
const Check* first_that_no_policy_settles(const AttestationResult& result) {
  for (const Check& check : result.checks) {
    if (check.outcome == Outcome::kFail && !attestation::is_expectation(check.id)) return &check;
  }
  return nullptr;
}

Status write_new_file(const std::string& file, std::string_view text) {
  const int opened = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
  if (opened < 0 && errno == EEXIST)
    return fail(ErrorCode::kUsage, fmt::format("{} exists; a policy is never overwritten", file));
  if (opened < 0) return fail(ErrorCode::kIo, fmt::format("{}: {}", file, std::generic_category().message(errno)));
  bool good = true;
  while (good && !text.empty()) {
    const ssize_t count = ::write(opened, text.data(), text.size());
    good = count > 0;
    if (good) text.remove_prefix(static_cast<std::size_t>(count));
  }
  good = ::close(opened) == 0 && good;
  return good ? Status() : fail(ErrorCode::kIo, fmt::format("{}: cannot be written", file));
}

Status write_draft(const std::string& file, const std::string& text) {
  if (!file.empty()) return write_new_file(file, text);
  print_out("{}", text);
  return std::fflush(stdout) == 0 ? Status() : fail(ErrorCode::kIo, "standard output cannot be written");
}

ExitCode init(const PolicyOptions& options) {
  if (options.server.server.empty()) return report({ErrorCode::kUsage, "--from: name the server"});
  if (!options.output.empty() && ::access(options.output.c_str(), F_OK) == 0)
    return report({ErrorCode::kUsage, fmt::format("{} exists; a policy is never overwritten", options.output)});
  const auto base = read_policy(options.server);
  if (!base) return report(base.error());
  auto connection = Connection::create(options.server);
  if (!connection) return report(connection.error());
  const auto attested = (*connection)->attest();
  if (!attested) return report(attested.error());
  const client::Attestation& attestation = **attested;
  if (const Check* failure = first_that_no_policy_settles(attestation.result))
    return report({ErrorCode::kRefused, "attestation: " + failure->to_text()});
  const UnixSeconds now = system_time();
  const auto draft =
      attestation::draft_policy({*attestation.document, attestation.result, base->rules(), options.server.server, now});
  if (!draft) return report(draft.error());
  const auto drafted = AppraisalPolicy::parse(*draft, "the policy");
  if (!drafted) return report({ErrorCode::kInternal, drafted.error().detail});
  // What a server shows and no policy should accept, a debuggable guest for one, is not written as accepted.
  const auto again = client::appraise_attestation(attestation, *drafted, now);
  if (!again.accepted())
    return report(
        {ErrorCode::kRefused, "no policy is written for what this server shows: " + again.first_failure()->to_text()});
  if (const Status written = write_draft(options.output, *draft); !written) return report(written.error());
  warn(
      "TRUST ON FIRST USE: this policy demands what the server showed just now, whoever ran it. Compare its values "
      "with "
      "what you built or were told by another way");
  for (const std::string& line : attestation::weaknesses(drafted->rules())) warn(line);
  return ExitCode::kOk;
}

// ---- check and diff ----

ExitCode check(const std::string& file) {
  const auto policy = load(file);
  if (!policy) return report(policy.error());
  for (const auto& rule : attestation::describe(policy->rules())) {
    print_out("{} = {}{}\n", rule.name, rule.value, rule.source.empty() ? "" : fmt::format("  # {}", rule.source));
  }
  for (const std::string& line : attestation::weaknesses(policy->rules())) warn(line);
  return ExitCode::kOk;
}

ExitCode diff(const PolicyOptions& options) {
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

void add_policy(CLI::App& command, PolicyOptions& options) {
  command.require_subcommand(1);
  options.init = command.add_subcommand("init", "write a policy that demands what a server shows: trust on first use");
  options.init->add_option("--from", options.server.server, "address of minionsd")->type_name("URL")->required();
  options.init->add_option("-o,--output", options.output, "new file; without it standard output")->type_name("FILE");
  options.init
      ->add_option("--policy", options.server.policy_file, "policy whose [roots] are trusted in place of the pins")
      ->type_name("FILE");
  options.init->add_option("--ca-file", options.server.ca_file, "certificate authorities in place of the system's")
      ->type_name("PEM");
  options.check = command.add_subcommand("check", "every rule of a policy as it holds, and what weakens it");
  options.check->add_option("file", options.file, "policy")->type_name("FILE")->required();
  options.diff = command.add_subcommand("diff", "the rules in which two policies differ");
  options.diff->add_option("before", options.before, "policy")->type_name("FILE")->required();
  options.diff->add_option("after", options.after, "policy")->type_name("FILE")->required();
  command.footer("example: minions policy init --from https://minions.example.org -o production.toml");
}

ExitCode policy(const PolicyOptions& options) {
  if (options.init->parsed()) return init(options);
  return options.check->parsed() ? check(options.file) : diff(options);
}

}  // namespace minions::app
