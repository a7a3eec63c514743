#include "policy_confirm.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <map>
#include <set>
#include <system_error>

#include "api/small_file.h"
#include "attestation/policy/policy.h"
#include "attestation/policy/rule_text.h"
#include "base/clock.h"
#include "base/file_descriptor.h"
#include "base/utc.h"
#include "terminal.h"

namespace minions::app {
namespace {

using attestation::AppraisalPolicy;
using attestation::RuleText;

std::string today() { return to_iso8601(system_time()).substr(0, 10); }

Status io_failure(const std::string& file) {
  return fail(ErrorCode::kIo, fmt::format("{}: {}", file, std::generic_category().message(errno)));
}

// "[snp] measurements" and "[snp.pcrs] 4" belong to the table snp.
std::string table_of(const RuleText& rule) { return rule.name.substr(1, rule.name.find_first_of(".]") - 1); }

bool is_first_use(const attestation::PolicyRules& rules, const std::string& table) {
  const auto origin = rules.origins.find(table);
  return origin != rules.origins.end() && origin->second.value.starts_with("first-use");
}

// The values that wait for confirmation. What an origin or its author states about them is not a value.
std::vector<RuleText> waiting(const attestation::PolicyRules& rules) {
  std::vector<RuleText> out;
  for (RuleText& rule : attestation::describe(rules)) {
    const bool remark = rule.name.ends_with("] origin") || rule.name.ends_with("] covers");
    if (!remark && rule.source.starts_with("policy line") && is_first_use(rules, table_of(rule)))
      out.push_back(std::move(rule));
  }
  return out;
}

// What disqualifies a file as an independent source: its own values are of first use, or it states that they fix less.
std::string doubts(const attestation::PolicyRules& mine, const attestation::PolicyRules& other,
                   const std::string& file) {
  std::string found;
  for (const auto& [table, origin] : other.origins) {
    if (is_first_use(other, table))
      found += fmt::format("\n  [{}]: {} has it by first use itself ({})", table, file, origin.source);
  }
  // What the values fix is stated by the file that has them.
  const auto compare_covers = [&](const std::string& table, attestation::Covers here, attestation::Covers there) {
    if (is_first_use(mine, table) && here != there)
      found += fmt::format("\n  [{}] covers: {} here, {} in {}", table, name_of(here), name_of(there), file);
  };
  compare_covers("snp", mine.snp.covers.value, other.snp.covers.value);
  compare_covers("tdx", mine.tdx.covers.value, other.tdx.covers.value);
  std::map<std::string, RuleText> here;
  for (RuleText& rule : attestation::describe(mine)) here.emplace(rule.name, rule);
  for (const RuleText& rule : attestation::describe(other)) {
    const bool remark = rule.name.ends_with("] origin") || rule.name.ends_with("] covers");
    if (remark || !rule.source.starts_with("policy line") || !is_first_use(mine, table_of(rule))) continue;
    const auto found_here = here.find(rule.name);
    // What is written here is compared as a value; the rest is built in, or open.
    if (found_here != here.end() && found_here->second.source.starts_with("policy line")) continue;
    const std::string value = found_here == here.end() ? "not set" : found_here->second.value;
    if (value != rule.value) found += fmt::format("\n  {}: {} here, {} in {}", rule.name, value, rule.value, file);
  }
  return found;
}

Status compare(const AppraisalPolicy& policy, const std::vector<RuleText>& values, const std::string& confirmed,
               const std::string& file) {
  std::error_code unknown;
  if (std::filesystem::equivalent(confirmed, file, unknown))
    return fail(ErrorCode::kUsage, "--against: the same file: want one that came another way");
  MINIONS_TRY_ASSIGN(const std::string text, api::read_small_file(file, "--against"));
  MINIONS_TRY_ASSIGN(const AppraisalPolicy other, AppraisalPolicy::parse(text, file));
  std::map<std::string, std::string> theirs;
  for (const RuleText& rule : attestation::describe(other.rules())) theirs[rule.name] = rule.value;
  std::string differing = doubts(policy.rules(), other.rules(), file);
  for (const RuleText& rule : values) {
    const auto found = theirs.find(rule.name);
    const std::string value = found == theirs.end() ? "not set" : found->second;
    if (value != rule.value) differing += fmt::format("\n  {}: {} here, {} in {}", rule.name, rule.value, value, file);
  }
  if (differing.empty()) return {};
  return fail(ErrorCode::kRefused, "policy: nothing is confirmed, since these differ:" + differing);
}

Status ask(const std::vector<RuleText>& values) {
  for (const RuleText& rule : values) print_err("  {} = {}\n", rule.name, rule.value);
  if (::isatty(STDIN_FILENO) != 1)
    return fail(
        ErrorCode::kUsage,
        "confirm: compare these values with the operator's, then say --yes, or give the operator's with --against");
  print_err("Did you compare these values with the operator's, come by another way than this server? [y/N] ");
  std::fflush(stderr);
  std::string line;
  std::getline(std::cin, line);
  if (line == "y" || line == "Y" || line == "yes") return {};
  return fail(ErrorCode::kCancelled, "confirm: nothing was changed");
}

bool any_first_use(const attestation::PolicyRules& rules) {
  return std::any_of(rules.origins.begin(), rules.origins.end(),
                     [&](const auto& origin) { return is_first_use(rules, origin.first); });
}

// Whether the text states what the rules state, except for this table's origin.
bool says_the_same(std::string_view text, const attestation::PolicyRules& before, const std::string& table,
                   const std::string& origin) {
  const auto after = AppraisalPolicy::parse(text, "");
  if (!after || after->rules().origins.at(table).value != origin) return false;
  const std::vector<RuleText> was = attestation::describe(before);
  const std::vector<RuleText> is = attestation::describe(after->rules());
  return std::equal(was.begin(), was.end(), is.begin(), is.end(), [&](const RuleText& one, const RuleText& other) {
    const bool changed = one.name == fmt::format("[{}] origin", table);
    return one.name == other.name && one.source == other.source && (changed || one.value == other.value);
  });
}

std::size_t start_of_line(std::string_view text, int line) {
  std::size_t at = 0;
  for (int i = 1; i < line && at != std::string::npos; ++i) at = text.find('\n', at) + 1;
  return at;
}

// Only the date changes. On the line of an inline table other values, keys and comments may read the same: the right
// one is the one that changes nothing else in the policy's meaning.
Result<std::string> rewritten(std::string text, const AppraisalPolicy& policy) {
  const std::string confirmed = "confirmed " + today();
  for (const auto& [table, origin] : policy.rules().origins) {
    if (!is_first_use(policy.rules(), table)) continue;
    const int line = std::stoi(origin.source.substr(origin.source.rfind(' ') + 1));
    const auto before = AppraisalPolicy::parse(text, "");
    const std::size_t begin = start_of_line(text, line);
    const std::size_t end = std::min(text.size(), text.find('\n', begin));
    std::optional<std::string> found;
    for (std::size_t at = text.find(origin.value, begin); before && !found && at < end;
         at = text.find(origin.value, at + 1)) {
      std::string candidate = text;
      candidate.replace(at, origin.value.size(), confirmed);
      if (says_the_same(candidate, before->rules(), table, confirmed)) found = std::move(candidate);
    }
    if (!found)
      return fail(
          ErrorCode::kUsage,
          fmt::format("line {}: [{}] origin cannot be told from what stands around it: write origin = \"{}\" on "
                      "a line of its own",
                      line, table, origin.value));
    text = *std::move(found);
  }
  return text;
}

// Replaces the file, whole or not at all, and keeps its mode.
Status replace_file(const std::string& file, std::string_view text) {
  struct stat before {};
  if (::stat(file.c_str(), &before) != 0) return io_failure(file);
  const std::string beside = file + ".confirming";
  FileDescriptor opened(
      ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, before.st_mode & 0777));
  if (!opened.is_open()) return io_failure(beside);
  std::error_code failed = write_all(opened.get(), as_bytes(text));
  if (!failed && ::fsync(opened.get()) != 0) failed = {errno, std::generic_category()};
  if (const auto closed = opened.close(); !failed) failed = closed;
  if (!failed && ::rename(beside.c_str(), file.c_str()) == 0) return {};
  const Status failure =
      failed ? fail(ErrorCode::kIo, fmt::format("{}: {}", beside, failed.message())) : io_failure(file);
  ::unlink(beside.c_str());
  return failure;
}

Status confirm(const ConfirmOptions& options) {
  MINIONS_TRY_ASSIGN(std::string text, api::read_small_file(options.file, "policy"));
  MINIONS_TRY_ASSIGN(const AppraisalPolicy policy, AppraisalPolicy::parse(text, options.file));
  const std::vector<RuleText> values = waiting(policy.rules());
  if (!any_first_use(policy.rules()))
    return fail(ErrorCode::kUsage, fmt::format("{}: no table says origin = \"first-use ...\"", options.file));
  if (!options.against.empty()) {
    MINIONS_TRY(compare(policy, values, options.file, options.against));
  } else if (!options.yes) {
    MINIONS_TRY(ask(values));
  }
  MINIONS_TRY_ASSIGN(text, rewritten(std::move(text), policy));
  MINIONS_TRY_ASSIGN(const AppraisalPolicy after, AppraisalPolicy::parse(text, options.file));
  if (any_first_use(after.rules()))
    return fail(ErrorCode::kInternal, fmt::format("{}: origins are left", options.file));
  // The target of a link: the link stays one.
  std::error_code unresolved;
  const auto target = std::filesystem::canonical(options.file, unresolved);
  if (unresolved) return fail(ErrorCode::kIo, fmt::format("{}: {}", options.file, unresolved.message()));
  MINIONS_TRY(replace_file(target.string(), text));
  print_err("confirmed {} values of {}\n", values.size(), options.file);
  return {};
}

}  // namespace

ExitCode confirm_policy(const ConfirmOptions& options) {
  const Status confirmed = confirm(options);
  return confirmed ? ExitCode::kOk : report(confirmed.error());
}

}  // namespace minions::app
