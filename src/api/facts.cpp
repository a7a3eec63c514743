#include "api/facts.h"

#include <nlohmann/json.hpp>

#include "base/encoding.h"
#include "version.h"

namespace minions {
namespace api {

void wipe(std::string& secret) {
  crypto::wipe({reinterpret_cast<std::uint8_t*>(secret.data()), secret.size()});
  secret.clear();
}

std::string text_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

Attestation attestation_of(const client::Attestation& attestation, const client::SealedClient& client) {
  Attestation to =
      attestation_of(attestation.result, client.has_sent() ? attestation::kNothingMoreSent : attestation::kNothingSent);
  to.unavailable = attestation.missing;
  return to;
}

Attestation attestation_of(const attestation::AttestationResult& result, std::string_view sent) {
  Attestation to;
  to.accepted = result.accepted();
  to.simulated = result.simulated;
  if (result.verdict.verdict_class) to.verdict_class = attestation::name_of(*result.verdict.verdict_class);
  to.readers = result.verdict.readers;
  for (const attestation::Gap& gap : result.verdict.missing) to.missing.push_back({gap.what, gap.fix});
  for (const attestation::Check& check : result.checks)
    to.checks.push_back(
        {check.id, std::string(attestation::name_of(check.outcome)), check.expected, check.found, check.source});
  if (result.statement) {
    for (const attestation::ModelEntry& entry : result.statement->statement().models)
      to.models.push_back(model_of(entry));
  } else if (result.first_failure() != nullptr) {
    to.refusal = attestation::refusal(result, sent);
  }
  to.text = result.to_text();
  to.json = text_of(result.to_json());
  return to;
}

Model model_of(const attestation::ModelEntry& stated) {
  Model to;
  to.id = stated.id;
  to.is_stated = true;
  to.engine = stated.engine;
  to.where = attestation::name_of(stated.where);
  to.weights_sha256 = stated.weights_sha256.value_or("");
  to.projector_sha256 = stated.projector_sha256.value_or("");
  if (stated.prompt_cache) to.prompt_cache = attestation::name_of(*stated.prompt_cache);
  return to;
}

Usage usage_of(const chat::Usage& usage) {
  return {usage.prompt_tokens, usage.completion_tokens, usage.cached_prompt_tokens};
}

Json receipt_json(const client::SealedReply& reply) {
  Json json = session::to_json(reply.receipt);
  json["session"] = to_hex(reply.session);
  json["n"] = reply.n;
  return json;
}

Json alert_json(const session::Alert& alert) {
  return {{"code", session::name_of(alert.code)}, {"processed", alert.processed == session::Processed::kYes}};
}

Json error_json(const Error& error, std::string_view alert) {
  Json json = {
      {"code", name_of(error.code)}, {"message", error.detail}, {"exit_code", static_cast<int>(exit_code_of(error))}};
  if (!alert.empty()) json["alert"] = Json::parse(alert);
  return json;
}

void tell_exchange(const client::ExchangeOutcome& exchange, const client::ExchangeTiming& timing, Answer& answer) {
  answer.timing = Timing{timing.attestation_s, timing.handshake_s, timing.first_data_s, timing.total_s};
  answer.attempts = exchange.attempts;
  answer.may_have_run_twice = exchange.repetition == client::Repetition::kMayHaveRunTwice;
  if (exchange.alert) answer.alert = text_of(alert_json(*exchange.alert));
  if (answer.failure || !exchange.reply) return;
  answer.session = to_hex(exchange.reply->session);
  answer.exchange = exchange.reply->n;
  answer.receipt = text_of(receipt_json(*exchange.reply));
}

}  // namespace api

inline namespace v0 {

std::string Answer::to_json() const {
  const auto or_null = [](const std::string& json) { return json.empty() ? Json(nullptr) : Json::parse(json); };
  Json json = {{"answer", text},
               {"complete", is_whole()},
               {"ending", ending ? Json(name_of(*ending)) : Json(nullptr)},
               {"model", model.empty() ? Json(nullptr) : Json(model)},
               {"usage", nullptr},
               {"timing", nullptr},
               {"session", session.empty() ? Json(nullptr) : Json(session)},
               {"attestation", attestation == nullptr ? Json(nullptr) : Json::parse(attestation->json)},
               {"receipt", or_null(receipt)}};
  if (usage)
    json["usage"] = {{"prompt_tokens", usage->prompt_tokens},
                     {"completion_tokens", usage->completion_tokens},
                     {"cached_prompt_tokens", usage->cached_prompt_tokens},
                     {"total_tokens", usage->total_tokens()}};
  if (!finish_reason.empty()) json["finish_reason"] = finish_reason;
  if (documents) {
    json["not_in_documents"] = documents->not_in_documents;
    json["computed_or_invented"] = documents->computed;
    json["unsupported"] = documents->unsupported;
    if (documents->partial) json["looked_up_in_part"] = true;
  }
  if (!reasoning.empty()) json["reasoning"] = reasoning;
  if (!refusal.empty()) json["refusal"] = refusal;
  if (!notes.empty()) json["notes"] = notes;
  if (!passages.empty()) json["passages"] = passages;
  if (timing) {
    json["timing"] = {{"attestation_s", timing->attestation_s},
                      {"handshake_s", timing->handshake_s},
                      {"first_data_s", timing->first_data_s},
                      {"total_s", timing->total_s}};
    json["attempts"] = attempts;
    json["may_have_run_twice"] = may_have_run_twice;
  }
  if (failure) json["error"] = api::error_json(*failure, alert);
  return api::text_of(json);
}

std::string to_json(const Error& error) { return api::text_of(api::error_json(error)); }

std::string_view name_of(Sender sender) { return sender == Sender::kSupervisor ? "supervisor" : "worker"; }

Policy Policy::from_file(std::string file) {
  Policy policy;
  policy.file = std::move(file);
  return policy;
}

Policy Policy::from_text(std::string toml) {
  Policy policy;
  policy.text = std::move(toml);
  return policy;
}

std::string_view version() { return kVersion; }

}  // namespace v0
}  // namespace minions
