// A session and its exchanges as client/exchange_log.h writes them, and what a receipt shows about one: recomputes what
// it signs from what the log holds. Judges both kinds of logs.
#pragma once

#include <functional>
#include <optional>

#include "attestation/core/appraise.h"
#include "base/json.h"
#include "session/receipt.h"

namespace minions::audit {

// Key sets of token services for a document of a log, which holds none. Empty: none are available.
using KeysFor = std::function<attestation::TokenKeys(const attestation::AttestationDocument&)>;

// What the exchanges of a session share.
struct SessionFacts {
  Digest32 statement_digest{};
  Digest32 channel_binding{};
  attestation::Statement statement;
};
// h: base64url, as the log has it. kMalformed: not a statement, or not a channel binding.
[[nodiscard]] Result<SessionFacts> session_facts(const Result<attestation::AttestationDocument>& document,
                                                 std::string_view h);

struct SealedExchange {
  session::StreamId n = 0;
  std::string head;  // JSON of the request, which may lack its API key (logged_head.h)
  Bytes data;
  std::string reply_head;  // empty: none came
  Bytes reply_data;
  std::optional<session::ReplyTrailer> trailer;  // nothing: it ended without a receipt
  bool complete = false;                         // according to the log
  std::string error;                             // why it is not
};
// kMalformed: a member is missing or of another type.
[[nodiscard]] Result<SealedExchange> read_exchange(const Json& json);
// head: as it was sent. kTampered: there is a receipt, but it is not signed by the attested key over exactly this
// exchange.
[[nodiscard]] Status check_receipt(const SealedExchange& exchange, std::string_view head, const SessionFacts& facts);

// When a session is judged offline: at its first good receipt, within the statement's validity, since a session may
// outlast it; without a receipt, at the first moment at which it could have existed.
[[nodiscard]] UnixSeconds judging_time(const attestation::Statement& statement, std::optional<UnixSeconds> first_good);
[[nodiscard]] attestation::AttestationResult appraise_logged(const Result<attestation::AttestationDocument>& document,
                                                             const attestation::AppraisalPolicy& policy,
                                                             const KeysFor& keys_for, UnixSeconds time);

}  // namespace minions::audit
