#include "audit/sealed_exchange.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/encoding.h"

namespace minions::audit {
namespace {

Result<std::string> text_or_null(const Json& object, std::string_view name) {
  const auto found = object.find(name);
  if (found == object.end()) return fail(ErrorCode::kMalformed, fmt::format("{} is missing", name));
  if (found->is_null()) return std::string();
  return string_member(object, name);
}

Digest32 transcript(std::string_view head, ByteView data) {
  session::ExchangeHash hash;
  hash.head(as_bytes(head));
  hash.data(data);
  return std::move(hash).finish();
}

}  // namespace

Result<SessionFacts> session_facts(const Result<attestation::AttestationDocument>& document, std::string_view h) {
  if (!document) return fail(document.error());
  if (!document->statement) return fail(ErrorCode::kMalformed, "document: no statement");
  SessionFacts facts;
  facts.statement_digest = attestation::statement_digest(*document->statement);
  MINIONS_TRY_ASSIGN(facts.statement, attestation::Statement::parse(*document->statement));
  auto binding = exactly<32>(from_base64url(h));
  if (!binding) return fail(std::move(binding).error().in("h"));
  facts.channel_binding = *binding;
  return facts;
}

Result<SealedExchange> read_exchange(const Json& json) {
  if (!json.is_object()) return fail(ErrorCode::kMalformed, "not an exchange");
  SealedExchange exchange;
  MINIONS_TRY_ASSIGN(exchange.n, integer_member(json, "n"));
  MINIONS_TRY_ASSIGN(exchange.complete, bool_member(json, "complete"));
  MINIONS_TRY_ASSIGN(exchange.head, string_member(json, "head"));
  MINIONS_TRY_ASSIGN(exchange.data, base64url_member(json, "data"));
  MINIONS_TRY_ASSIGN(exchange.reply_head, text_or_null(json, "reply_head"));
  MINIONS_TRY_ASSIGN(exchange.reply_data, base64url_member(json, "reply_data"));
  MINIONS_TRY_ASSIGN(std::string usage, text_or_null(json, "usage"));
  MINIONS_TRY_ASSIGN(exchange.error, text_or_null(json, "error"));
  if (!json.contains("receipt")) return fail(ErrorCode::kMalformed, "receipt is missing");
  if (json["receipt"].is_null()) return exchange;
  MINIONS_TRY_ASSIGN(exchange.trailer,
                     session::ReplyTrailer::parse(fmt::format(R"({{"receipt":{}}})", json["receipt"].dump())));
  exchange.trailer->usage = std::move(usage);
  return exchange;
}

Status check_receipt(const SealedExchange& exchange, std::string_view head, const SessionFacts& facts) {
  session::ReceiptSubject subject;
  subject.statement = facts.statement_digest;
  subject.channel_binding = facts.channel_binding;
  subject.n = exchange.n;
  subject.request = transcript(head, exchange.data);
  subject.reply = transcript(exchange.reply_head, exchange.reply_data);
  return session::check_receipt(*exchange.trailer, subject, session::receipt_times(facts.statement),
                                facts.statement.receipt_ed25519);
}

UnixSeconds judging_time(const attestation::Statement& statement, std::optional<UnixSeconds> first_good) {
  if (!first_good || statement.not_after <= statement.not_before) return statement.not_before;
  return std::clamp(*first_good, statement.not_before, statement.not_after - 1);
}

attestation::AttestationResult appraise_logged(const Result<attestation::AttestationDocument>& document,
                                               const attestation::AppraisalPolicy& policy, const KeysFor& keys_for,
                                               UnixSeconds time) {
  attestation::TokenKeys keys;
  if (document && keys_for) keys = keys_for(*document);
  return attestation::appraise(attestation::recorded(document), {policy, &keys}, time);
}

}  // namespace minions::audit
