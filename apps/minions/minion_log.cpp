#include "minion_log.h"

#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "api/connection_options.h"
#include "api/log_file.h"
#include "audit/ledger_text.h"
#include "audit/run_log.h"
#include "report.h"
#include "terminal.h"
#include "verdict_lines.h"

namespace minions::app {
namespace {

Result<crypto::SecretText> read(const MinionLogFlags& options) {
  if (options.log_key_file.empty()) return api::read_log(options.file, nullptr);
  MINIONS_TRY_ASSIGN(const api::LogKey key, api::read_log_key(options.log_key_file));
  return api::read_log(options.file, &key);
}

Error no_log(const MinionLogFlags& options, const Error& error) {
  return {ErrorCode::kUsage, fmt::format("{}: {}", options.file, error.detail)};
}

std::string_view text_of(audit::RunLogFault fault) {
  switch (fault) {
    case audit::RunLogFault::kNone: return "the log holds";
    case audit::RunLogFault::kLacksApiKey: return "the log was not judged";
    case audit::RunLogFault::kRefused: return "the log's server is refused by the policy given here";
    case audit::RunLogFault::kAltered: return "THE LOG DOES NOT HOLD";
  }
  return "";
}

ErrorCode code_of(audit::RunLogFault fault) {
  if (fault == audit::RunLogFault::kLacksApiKey) return ErrorCode::kUsage;
  return fault == audit::RunLogFault::kRefused ? ErrorCode::kRefused : ErrorCode::kTampered;
}

Json checks_json(const audit::RunLogVerdict& verdict) {
  Json checks = Json::array();
  for (const attestation::Check& check : verdict.checks)
    checks.push_back({{"id", check.id},
                      {"outcome", attestation::name_of(check.outcome)},
                      {"expected", check.expected},
                      {"found", check.found},
                      {"source", check.source}});
  Json appraisals = Json::array();
  for (const audit::LoggedAppraisal& appraisal : verdict.appraisals)
    appraisals.push_back({{"session", appraisal.session},
                          {"judged_at", appraisal.judged_at},
                          {"attestation", appraisal.result.to_json()}});
  return {{"good", verdict.good()},
          {"complete", verdict.complete},
          {"receipts", verdict.receipts},
          {"attestations", std::move(appraisals)},
          {"checks", std::move(checks)}};
}

}  // namespace

bool is_minion_log_file(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::string start(64, '\0');
  in.read(start.data(), static_cast<std::streamsize>(start.size()));
  start.resize(static_cast<std::size_t>(in.gcount()));
  return audit::is_run_log(start) || start.starts_with("secure-minions-log ");
}

ExitCode verify_minion_log(const MinionLogFlags& options) {
  const auto log = read(options);
  if (!log) return report(log.error());
  ServerFlags judged_by = options.server;
  judged_by.server = "http://127.0.0.1";  // nothing is dialled
  const auto server = api::client_options(judged_by);
  if (!server) return report(server.error());
  const auto verdict =
      audit::check_run_log({log->reveal(), server->policy, server->api_key.reveal(),
                            api::keys_for_logs(*server->collector, server->policy.rules(), hint_at_missing)});
  if (!verdict) return report(no_log(options, verdict.error()));
  const audit::RunLogFault fault = verdict->fault();
  std::string told;
  for (const audit::LoggedAppraisal& appraisal : verdict->appraisals) warn_of_readers(appraisal.result, told);
  if (options.format == OutputFormat::kJson) {
    (void)print_line(checks_json(*verdict));
  } else {
    for (const audit::LoggedAppraisal& appraisal : verdict->appraisals) {
      print_out("session {}\n", attestation::shown(appraisal.session));
      print_appraisal(appraisal.result, appraisal.judged_at);
    }
    for (const attestation::Check& check : verdict->checks) print_out("{}\n", check.to_text());
    print_out("{} checks, {} receipts good: {}\n", verdict->checks.size(), verdict->receipts,
              fault != audit::RunLogFault::kNone ? text_of(fault)
              : verdict->complete                ? "the log holds"
                                                 : "the log of an incomplete run holds");
  }
  if (fault == audit::RunLogFault::kNone) return ExitCode::kOk;
  const auto failure =
      std::find_if(verdict->checks.begin(), verdict->checks.end(),
                   [](const attestation::Check& check) { return check.outcome == attestation::Outcome::kFail; });
  Error error{code_of(fault), fmt::format("{}: {}", text_of(fault), failure->to_text())};
  for (const audit::LoggedAppraisal& appraisal : verdict->appraisals) {
    if (const attestation::Check* const refusing = appraisal.result.first_failure();
        fault == audit::RunLogFault::kRefused && error.check_id.empty() && refusing != nullptr)
      error.check_id = refusing->id;
  }
  const ExitCode code = report(error);
  if (fault == audit::RunLogFault::kLacksApiKey) hint("give the key that the run was made with by --api-key-file");
  return code;
}

ExitCode disclosed(const MinionLogFlags& options) {
  const auto log = read(options);
  if (!log) return report(log.error());
  const auto text = audit::ledger_text(log->reveal());
  if (!text) return report(no_log(options, text.error()));
  print_out("{}", *text);
  return ExitCode::kOk;
}

}  // namespace minions::app
