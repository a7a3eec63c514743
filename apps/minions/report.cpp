#include "report.h"

#include <unistd.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "attestation/core/refusal.h"
#include "base/encoding.h"

namespace minions::app {
namespace {

Json timing_json(const client::ExchangeTiming& timing) {
  return {{"attestation_s", timing.attestation_s},
          {"handshake_s", timing.handshake_s},
          {"first_data_s", timing.first_data_s},
          {"total_s", timing.total_s}};
}

Json receipt_json(const client::SealedReply& reply) {
  Json json = session::to_json(reply.receipt);
  json["n"] = reply.n;
  return json;
}

}  // namespace

Json usage_json(const std::optional<chat::Usage>& usage) {
  if (!usage) return nullptr;
  return {{"prompt_tokens", usage->prompt_tokens},
          {"completion_tokens", usage->completion_tokens},
          {"cached_prompt_tokens", usage->cached_prompt_tokens},
          {"total_tokens", usage->total_tokens()}};
}

ExitCode report_refusal(const attestation::AttestationResult& refused) { return report(attestation::refusal(refused)); }

Json error_json(const Error& error, const std::optional<client::ExchangeOutcome>& exchange) {
  Json json = {
      {"code", name_of(error.code)}, {"message", error.detail}, {"exit_code", static_cast<int>(exit_code_of(error))}};
  if (exchange && exchange->alert) {
    json["alert"] = {{"code", session::name_of(exchange->alert->code)},
                     {"processed", exchange->alert->processed == session::Processed::kYes}};
  }
  return json;
}

Json to_json(const std::shared_ptr<const client::Attestation>& attestation) {
  return attestation == nullptr ? Json(nullptr) : attestation->result.to_json();
}

Json to_json(const AskReport& report) {
  const bool complete = report.completion.has_value();
  Json json = {{"answer", report.answer},
               {"complete", complete},
               {"model", report.model.empty() ? Json(nullptr) : Json(report.model)},
               {"usage", complete ? usage_json(report.completion->usage) : Json(nullptr)},
               {"timing", nullptr},
               {"session", nullptr},
               {"attestation", to_json(report.attestation)},
               {"receipt", nullptr}};
  if (complete && report.completion->finish_reason)
    json["finish_reason"] = chat::name_of(*report.completion->finish_reason);
  if (report.exchange) {
    json["timing"] = timing_json(report.timing);
    json["attempts"] = report.exchange->attempts;
    json["may_have_run_twice"] = report.exchange->repetition == client::Repetition::kMayHaveRunTwice;
    if (complete && report.exchange->reply) {
      json["session"] = to_hex(report.exchange->reply->session);
      json["receipt"] = receipt_json(*report.exchange->reply);
    }
  }
  if (!complete) json["error"] = error_json(report.completion.error(), report.exchange);
  return json;
}

Status print_line(const Json& json) {
  // On a terminal in ASCII, which says the same: JSON leaves C1 controls and bidi overrides as they are.
  const bool ascii = ::isatty(STDOUT_FILENO) == 1;
  const std::string line = json.dump(-1, ' ', ascii, Json::error_handler_t::replace) + '\n';
  const bool written = std::fwrite(line.data(), 1, line.size(), stdout) == line.size() && std::fflush(stdout) == 0;
  return written ? Status() : fail(ErrorCode::kIo, "standard output cannot be written");
}

}  // namespace minions::app
