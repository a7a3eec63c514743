#include "minion_log.h"

#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "api/log_file.h"
#include "connection.h"
#include "minion/log_check.h"
#include "report.h"

namespace minions::app {
namespace {

Result<crypto::SecretText> read(const MinionLogOptions& options) {
  if (options.log_key_file.empty()) return api::read_log(options.file, nullptr);
  MINIONS_TRY_ASSIGN(const api::LogKey key, api::read_log_key(options.log_key_file));
  return api::read_log(options.file, &key);
}

ServerOptions server_options(const MinionLogOptions& options) {
  ServerOptions server;
  server.server = "http://127.0.0.1";  // nothing is dialled
  server.policy_file = options.policy_file;
  server.trusted_attestation_pem = options.trusted_attestation_pem;
  server.vm_launch_measurement = options.vm_launch_measurement;
  server.allow_simulated = options.allow_simulated;
  server.api_key_file = options.api_key_file;
  return server;
}

Json checks_json(const minion::LogVerdict& verdict) {
  Json checks = Json::array();
  for (const attestation::Check& check : verdict.checks)
    checks.push_back({{"id", check.id},
                      {"outcome", attestation::name_of(check.outcome)},
                      {"expected", check.expected},
                      {"found", check.found},
                      {"source", check.source}});
  return {{"good", verdict.good()}, {"receipts", verdict.receipts}, {"checks", std::move(checks)}};
}

}  // namespace

void add_minion_log(CLI::App& command, MinionLogOptions& options) {
  command.add_option("log", options.file, "log of a run")->type_name("LOG")->required();
  command.add_option("--log-key-file,--log-key", options.log_key_file, "key of an encrypted log")->type_name("FILE");
}

void add_log_check(CLI::App& command, MinionLogOptions& options) {
  add_minion_log(command, options);
  command.get_option("log")->required(false);
  command.add_option("--policy", options.policy_file, "what the server had to show")->type_name("FILE");
  command.add_option("--trusted-attestation-pem", options.trusted_attestation_pem, "pinned attestation key")
      ->type_name("PEM");
  command
      .add_option("--vm-launch-measurement", options.vm_launch_measurement, "expected measurement of the VM, in hex")
      ->type_name("FILE");
  command.add_flag("--allow-simulated", options.allow_simulated, "accept simulated evidence: NOT CONFIDENTIAL");
  command
      .add_option("--api-key-file", options.api_key_file, "the key that the requests carried; the log leaves it out")
      ->type_name("FILE");
  add_format(command, options.format, "text or json");
}

bool is_minion_log_file(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::string start(64, '\0');
  in.read(start.data(), static_cast<std::streamsize>(start.size()));
  start.resize(static_cast<std::size_t>(in.gcount()));
  return minion::is_minion_log(start) || start.starts_with("secure-minions-log ");
}

ExitCode verify_minion_log(const MinionLogOptions& options) {
  const auto log = read(options);
  if (!log) return report(log.error());
  const auto server = client_options(server_options(options));
  if (!server) return report(server.error());
  const auto verdict = minion::check_log({log->reveal(), server->policy, server->api_key.reveal()});
  if (!verdict) return report(verdict.error());
  if (options.format == OutputFormat::kJson) {
    (void)print_line(checks_json(*verdict));
  } else {
    for (const attestation::Check& check : verdict->checks) fmt::print("{}\n", check.to_text());
    fmt::print("{} checks, {} receipts good: {}\n", verdict->checks.size(), verdict->receipts,
               verdict->good() ? "the log holds" : "THE LOG DOES NOT HOLD");
  }
  return verdict->good() ? ExitCode::kOk : ExitCode::kRefused;
}

ExitCode disclosed(const MinionLogOptions& options) {
  const auto log = read(options);
  if (!log) return report(log.error());
  const auto text = minion::ledger_text(log->reveal());
  if (!text) return report(text.error());
  fmt::print("{}", *text);
  return ExitCode::kOk;
}

}  // namespace minions::app
