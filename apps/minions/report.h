// What subcommands print as JSON, on stdout and nowhere else.
#pragma once

#include "base/json.h"
#include "chat/message.h"
#include "client/sealed_client.h"
#include "exit_code.h"

namespace minions::app {

// Everything known at the end of one question.
struct AskReport {
  const Result<chat::Completion>& completion;
  std::string_view answer;  // what was shown, whole or not
  const std::shared_ptr<const client::Attestation>& attestation;
  const std::optional<client::ExchangeOutcome>& exchange;
  client::ExchangeTiming timing;
  std::string model;
};

// {answer, complete, model, usage, timing, session, attestation, receipt, attempts, may_have_run_twice, error?}
[[nodiscard]] Json to_json(const AskReport& report);
// {verdict, simulated, checks, ...}; null where nothing was appraised.
[[nodiscard]] Json to_json(const std::shared_ptr<const client::Attestation>& attestation);
// On stderr why it was refused, in the words of attestation/core/refusal.h, and a hint; kRefused.
ExitCode report_refusal(const attestation::AttestationResult& refused);
// {code, message, exit_code, alert?}
[[nodiscard]] Json error_json(const Error& error, const std::optional<client::ExchangeOutcome>& exchange);
[[nodiscard]] Json usage_json(const std::optional<chat::Usage>& usage);
// Writes one line to stdout. kIo if it cannot be written.
[[nodiscard]] Status print_line(const Json& json);

}  // namespace minions::app
