#include "client/log_check.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/encoding.h"
#include "session/receipt.h"

namespace minions::client {
namespace {

using attestation::Statement;

constexpr std::size_t kLineLimitBytes = std::size_t{512} * 1024 * 1024;
// A session's max_s is not in the log: no server keeps one for longer than a day.
constexpr std::int64_t kLongestSessionS = 86'400;
constexpr std::int64_t kEarliestReceiptS = 60;
constexpr std::int64_t kLatestReceiptS = 360;

// What the exchanges of a session share.
struct SessionFacts {
  Digest32 statement_digest{};
  Digest32 channel_binding{};
  Statement statement;
};

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

struct LoggedReceipt {
  session::ReplyTrailer trailer;
  session::ReceiptSubject subject;  // as computed from the log
};

// Nothing where the exchange ended without one.
Result<std::optional<LoggedReceipt>> read_receipt(const Json& exchange, const SessionFacts& facts) {
  MINIONS_TRY_ASSIGN(const std::string head, string_member(exchange, "head"));
  MINIONS_TRY_ASSIGN(const Bytes data, base64url_member(exchange, "data"));
  MINIONS_TRY_ASSIGN(const std::string reply_head, text_or_null(exchange, "reply_head"));
  MINIONS_TRY_ASSIGN(const Bytes reply, base64url_member(exchange, "reply_data"));
  MINIONS_TRY_ASSIGN(const std::string usage, text_or_null(exchange, "usage"));
  if (!exchange.contains("receipt")) return fail(ErrorCode::kMalformed, "receipt is missing");
  if (exchange["receipt"].is_null()) return std::nullopt;
  LoggedReceipt out;
  MINIONS_TRY_ASSIGN(out.trailer,
                     session::ReplyTrailer::parse(fmt::format(R"({{"receipt":{}}})", exchange["receipt"].dump())));
  out.trailer.usage = usage;
  out.subject.statement = facts.statement_digest;
  out.subject.channel_binding = facts.channel_binding;
  MINIONS_TRY_ASSIGN(out.subject.n, integer_member(exchange, "n"));
  out.subject.request = transcript(head, data);
  out.subject.reply = transcript(reply_head, reply);
  return out;
}

Result<ExchangeVerdict> judge_exchange(const Json& exchange, const SessionFacts& facts) {
  ExchangeVerdict verdict;
  MINIONS_TRY_ASSIGN(verdict.n, integer_member(exchange, "n"));
  MINIONS_TRY_ASSIGN(const bool complete, bool_member(exchange, "complete"));
  MINIONS_TRY_ASSIGN(const auto receipt, read_receipt(exchange, facts));
  if (!receipt) {
    verdict.state = complete ? ExchangeVerdict::State::kAltered : ExchangeVerdict::State::kIncomplete;
    verdict.text = complete ? "said to be complete, but without a receipt" : "incomplete: no receipt";
    return verdict;
  }
  verdict.time = receipt->trailer.receipt.time;
  const session::ReceiptTimes times{facts.statement.not_before - kEarliestReceiptS,
                                    facts.statement.not_after + kLatestReceiptS + kLongestSessionS};
  const Status good =
      session::check_receipt(receipt->trailer, receipt->subject, times, facts.statement.receipt_ed25519);
  if (!good) {
    verdict.text = good.error().detail;
    return verdict;
  }
  verdict.state = ExchangeVerdict::State::kGood;
  verdict.text = complete ? "receipt good" : "receipt good, though the log calls the exchange incomplete";
  return verdict;
}

ExchangeVerdict judged(const Json& exchange, const Result<SessionFacts>& facts) {
  ExchangeVerdict altered;
  if (!exchange.is_object()) {
    altered.text = "not an exchange";
    return altered;
  }
  if (!facts) {
    altered.text = facts.error().detail;
    return altered;
  }
  auto verdict = judge_exchange(exchange, *facts);
  if (verdict) return *std::move(verdict);
  altered.n = integer_member(exchange, "n").value_or(0);
  altered.text = verdict.error().detail;
  return altered;
}

Result<SessionFacts> read_facts(const Json& line, const Result<attestation::AttestationDocument>& document) {
  if (!document) return fail(document.error());
  if (!document->statement) return fail(ErrorCode::kMalformed, "document: no statement");
  SessionFacts facts;
  facts.statement_digest = attestation::statement_digest(*document->statement);
  MINIONS_TRY_ASSIGN(facts.statement, Statement::parse(*document->statement));
  MINIONS_TRY_ASSIGN(facts.channel_binding, exactly<32>(base64url_member(line, "h")));
  return facts;
}

// Within the statement's validity: a session may outlast it, and its receipts with it.
UnixSeconds time_of(const Statement& statement, const std::vector<ExchangeVerdict>& exchanges) {
  const auto first = std::find_if(exchanges.begin(), exchanges.end(), [](const ExchangeVerdict& exchange) {
    return exchange.state == ExchangeVerdict::State::kGood;
  });
  if (first == exchanges.end() || statement.not_after <= statement.not_before) return statement.not_before;
  return std::clamp(*first->time, statement.not_before, statement.not_after - 1);
}

}  // namespace

std::string_view name_of(ExchangeVerdict::State state) {
  switch (state) {
    case ExchangeVerdict::State::kGood: return "ok";
    case ExchangeVerdict::State::kIncomplete: return "incomplete";
    case ExchangeVerdict::State::kAltered: return "altered";
  }
  return "";
}

bool LoggedSessionVerdict::any_altered() const {
  return std::any_of(exchanges.begin(), exchanges.end(), [](const ExchangeVerdict& exchange) {
    return exchange.state == ExchangeVerdict::State::kAltered;
  });
}

bool looks_like_log(std::string_view text) { return text.starts_with(R"({"smp2_log":)"); }

Result<LoggedSessionVerdict> check_logged_session(const LogCheckInput& input) {
  MINIONS_TRY_ASSIGN(const Json line, parse_strict_json(input.line, {.bytes = kLineLimitBytes, .depth = 32}));
  MINIONS_TRY_ASSIGN(const std::uint64_t version, integer_member(line, "smp2_log"));
  if (version != 1) return fail(ErrorCode::kMalformed, fmt::format("smp2_log: want 1, found {}", version));
  LoggedSessionVerdict verdict;
  MINIONS_TRY_ASSIGN(verdict.server, string_member(line, "server"));
  MINIONS_TRY_ASSIGN(verdict.session, text_or_null(line, "session"));
  MINIONS_TRY_ASSIGN(const Json* exchanges, array_member(line, "exchanges"));
  const std::string_view text = raw_member(input.line, "document").value_or("null");
  if (text == "null") {
    if (exchanges->empty()) return verdict;
    return fail(ErrorCode::kMalformed, "document: none, but exchanges");
  }
  const auto document = attestation::AttestationDocument::parse(as_bytes(text));
  const auto facts = read_facts(line, document);
  for (const Json& exchange : *exchanges) verdict.exchanges.push_back(judged(exchange, facts));
  verdict.judged_at = input.as_of.value_or(facts ? time_of(facts->statement, verdict.exchanges) : 0);
  if (!facts && document && document->statement && !input.as_of) {  // no session: judged all the same
    if (const auto statement = Statement::parse(*document->statement)) verdict.judged_at = statement->not_before;
  }
  attestation::TokenKeys keys;
  if (document && input.keys_for) keys = input.keys_for(*document);
  verdict.appraisal = attestation::appraise(attestation::recorded(document), {input.policy, &keys}, verdict.judged_at);
  return verdict;
}

}  // namespace minions::client
