// What happened, as the values and the JSON of the facade.
#pragma once

#include "attestation/core/refusal.h"
#include "base/json.h"
#include "chat/usage.h"
#include "client/sealed_client.h"
#include "minions/minions.hpp"

namespace minions::api {

// Empties a string that held a key, and overwrites what it held.
void wipe(std::string& secret);

// On one line; what is not UTF-8 is replaced.
[[nodiscard]] std::string text_of(const Json& json);

// sent: what became of the request, if it was refused (attestation/core/refusal.h).
[[nodiscard]] Attestation attestation_of(const attestation::AttestationResult& result,
                                         std::string_view sent = attestation::kNothingSent);
// Of a connection, with what was unavailable.
[[nodiscard]] Attestation attestation_of(const client::Attestation& attestation, const client::SealedClient& client);
// What a statement states about a model.
[[nodiscard]] Model model_of(const attestation::ModelEntry& stated);
[[nodiscard]] Usage usage_of(const chat::Usage& usage);
// Session and number of the exchange, and what the receipt signs.
[[nodiscard]] Json receipt_json(const client::SealedReply& reply);
[[nodiscard]] Json alert_json(const session::Alert& alert);
// {code, message, exit_code, alert?}
[[nodiscard]] Json error_json(const Error& error, std::string_view alert = {});
// Sets everything of an answer except its text and its error. reply, if it is complete.
void tell_exchange(const client::ExchangeOutcome& exchange, const client::ExchangeTiming& timing, Answer& answer);

}  // namespace minions::api
