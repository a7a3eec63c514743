#include "verify.h"

#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "api/connection_options.h"
#include "attest.h"
#include "audit/exchange_log.h"
#include "base/clock.h"
#include "base/utc.h"
#include "evidence_reading.h"
#include "minion_log.h"
#include "report.h"
#include "terminal.h"
#include "verdict_lines.h"
#include "verify_log.h"

namespace minions::app {
namespace {

namespace fs = std::filesystem;
using attestation::AppraisalPolicy;
using attestation::Check;

constexpr std::size_t kFileLimitBytes = std::size_t{1} << 30;

Result<Bytes> read_whole(const fs::path& path, std::size_t limit) {
  std::ifstream in(path, std::ios::binary);
  std::error_code error;
  const auto size = fs::file_size(path, error);
  if (!in || error) return fail(ErrorCode::kUsage, fmt::format("{}: cannot be read", path.string()));
  if (size > limit) return fail(ErrorCode::kUsage, fmt::format("{}: {} bytes, at most {}", path.string(), size, limit));
  Bytes bytes(size);
  in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (in.gcount() != static_cast<std::streamsize>(bytes.size()))
    return fail(ErrorCode::kIo, fmt::format("{}: cannot be read whole", path.string()));
  return bytes;
}

// Everything except what is judged.
struct Question {
  const AppraisalPolicy& policy;
  std::optional<UnixSeconds> as_of;
  OutputFormat format;
  const CollateralOptions& collateral;

  [[nodiscard]] UnixSeconds now() const { return as_of.value_or(system_time()); }
  [[nodiscard]] Result<std::shared_ptr<const collateral::Collector>> collector() const {
    return api::make_collector(collateral, as_of ? api::JudgedAsOf::kThen : api::JudgedAsOf::kNow);
  }
};

ExitCode show(const attestation::AttestationResult& result, const Question& question) {
  std::string told;
  warn_of_readers(result, told);
  if (question.format == OutputFormat::kText) {
    print_out("{}", result.to_text());
  } else if (const Status printed = print_line(result.to_json()); !printed) {
    return report(printed.error());
  }
  return result.accepted() ? ExitCode::kOk : report_refusal(result);
}

ExitCode verify_document(ByteView bytes, const Question& question) {
  const auto collector = question.collector();
  if (!collector) return report(collector.error());
  const client::Attestation attestation =
      client::appraise_recorded(attestation::AttestationDocument::parse(bytes), question.policy,
                                {.collector = **collector, .as_of = question.as_of, .clock = system_time});
  if (!attestation.result.accepted()) hint_at_missing(attestation.missing);
  return show(attestation.result, question);
}

ExitCode verify_lines(std::string_view text, const Question& question) {
  const auto collector = question.collector();
  if (!collector) return report(collector.error());
  return verify_log(text, {question.policy, question.as_of, question.format,
                           api::keys_for_logs(**collector, question.policy.rules(), hint_at_missing)});
}

// ---- evidence by itself ----

ExitCode show_evidence(attestation::AttestationResult result, const Question& question) {
  const Check* const failure = result.first_failure();
  std::string told;
  warn_of_readers(result, told);
  if (question.format == OutputFormat::kText) {
    print_out("{}\n", failure == nullptr ? "good evidence, bound to nothing: no statement" : "refused");
    if (const auto& found = result.verdict.verdict_class; failure == nullptr && found)
      print_out("  class   {}\n{}", attestation::name_of(*found), attestation::verdict_text(result.verdict));
    for (const Check& check : result.checks)
      print_out("  {:<6}  {}\n", attestation::name_of(check.outcome), check.to_text());
  } else {
    Json json = result.to_json();
    json["verdict"] = failure == nullptr ? "good" : "refused";
    if (const Status printed = print_line(json); !printed) return report(printed.error());
  }
  return failure == nullptr ? ExitCode::kOk : report_refusal(result);
}

ExitCode verify_pieces(const fs::path& target, const Question& question) {
  auto folder = read_evidence(target);
  if (!folder) return report(folder.error());
  const auto given = api::services_of_key_sets(question.collateral);
  if (!given) return report(given.error());
  folder->note_key_sets(*given);
  const auto collector = question.collector();
  if (!collector) return report(collector.error());
  const UnixSeconds asked = question.now();
  const collateral::Collected collected = (*collector)
                                              ->collect_blocking({.evidence = folder->evidence(),
                                                                  .endorsements = folder->endorsements(),
                                                                  .policy = question.policy.rules(),
                                                                  .now = asked});
  const attestation::AppraisalChoices choices{question.policy, &collected.keys};
  attestation::AttestationResult result;
  // The time once everything has arrived.
  result.checks = folder->judge({choices, collected.endorsements, question.now()});
  attestation::Verdict verdict = folder->verdict(question.policy.rules(), result.checks);
  result.vector = folder->trust_vector(question.policy.rules(), result.checks, verdict.missing);
  if (result.first_failure() == nullptr) result.verdict = std::move(verdict);
  if (result.first_failure() != nullptr) hint_at_missing(collected.missing);
  return show_evidence(std::move(result), question);
}

ExitCode verify_file(const fs::path& target, const Question& question) {
  std::error_code error;
  if (!fs::exists(target, error))
    return report({ErrorCode::kUsage, fmt::format("{}: there is no such file", target.string())});
  if (fs::is_directory(target, error)) return verify_pieces(target, question);
  const auto bytes = read_whole(target, kFileLimitBytes);
  if (!bytes) return report(bytes.error());
  const std::string_view text = as_text(*bytes);
  if (audit::is_exchange_log(text)) return verify_lines(text, question);
  const bool is_document = text.starts_with('{') && text.find("\"smp\"") != std::string_view::npos &&
                           text.find("\"evidence\"") != std::string_view::npos;
  return is_document ? verify_document(*bytes, question) : verify_pieces(target, question);
}

bool is_address(const std::string& target) { return target.starts_with("https://") || target.starts_with("http://"); }

Result<std::optional<UnixSeconds>> read_as_of(const std::string& text) {
  if (text.empty()) return std::nullopt;
  const auto time = parse_utc(text);
  if (!time)
    return fail(ErrorCode::kUsage, fmt::format("--as-of: want a time like 2026-09-21T14:13:20Z, found {}", text));
  return time;
}

// Reports options unused by this kind of target, so that none is silently ignored.
Status check_unused(const VerifyFlags& options) {
  const bool address = is_address(options.target);
  const bool run_log = !address && is_minion_log_file(options.target);
  const auto refuse = [&](std::string_view flag, std::string_view what) {
    return fail(ErrorCode::kUsage, fmt::format("{}: only for {}, and {} is none", flag, what, options.target));
  };
  if (!options.log_key_file.empty() && !run_log) return refuse("--log-key-file", "the log of a run");
  if (!options.server.api_key_file.empty() && !run_log) return refuse("--api-key-file", "the log of a run");
  if (!options.server.ca_file.empty() && !address) return refuse("--ca-file", "a server");
  return {};
}

}  // namespace

ExitCode verify(const VerifyFlags& options) {
  const auto as_of = read_as_of(options.as_of);
  if (!as_of) return report(as_of.error());
  if (const Status used = check_unused(options); !used) return report(used.error());
  if (is_address(options.target)) {
    if (*as_of) return report({ErrorCode::kUsage, "--as-of: what a server shows now is judged now"});
    AttestFlags attest_options{options.server, options.format};
    attest_options.server.server = options.target;
    return attest(attest_options);
  }
  if (is_minion_log_file(options.target)) {
    if (*as_of) return report({ErrorCode::kUsage, "--as-of: the log of a run is judged as of its own receipts"});
    return verify_minion_log({options.target, options.log_key_file, options.server, options.format});
  }
  const auto policy = api::read_policy(options.server.policy);
  if (!policy) return report(policy.error());
  return verify_file(options.target, {*policy, *as_of, options.format, options.server.collateral});
}

}  // namespace minions::app
