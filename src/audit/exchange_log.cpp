#include "audit/exchange_log.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace minions::audit {
namespace {

constexpr std::size_t kLineLimitBytes = std::size_t{512} * 1024 * 1024;

ExchangeVerdict altered(std::uint64_t n, std::string text) {
  return {n, ExchangeVerdict::State::kAltered, std::nullopt, std::move(text)};
}

ExchangeVerdict judge(const Json& json, const Result<SessionFacts>& facts) {
  const std::uint64_t n = json.is_object() ? integer_member(json, "n").value_or(0) : 0;
  const auto exchange = read_exchange(json);
  if (!exchange) return altered(n, exchange.error().detail);
  if (!facts) return altered(n, facts.error().detail);
  if (!exchange->trailer && exchange->complete) return altered(n, "said to be complete, but without a receipt");
  if (!exchange->trailer) return {n, ExchangeVerdict::State::kIncomplete, std::nullopt, "incomplete: no receipt"};
  ExchangeVerdict verdict = altered(n, "");
  verdict.time = exchange->trailer->receipt.time;
  if (const Status good = check_receipt(*exchange, exchange->head, *facts); !good) {
    verdict.text = good.error().detail;
    return verdict;
  }
  verdict.state = ExchangeVerdict::State::kGood;
  verdict.text = exchange->complete ? "receipt good" : "receipt good, though the log calls the exchange incomplete";
  return verdict;
}

std::optional<UnixSeconds> first_good(const std::vector<ExchangeVerdict>& exchanges) {
  const auto first = std::find_if(exchanges.begin(), exchanges.end(), [](const ExchangeVerdict& exchange) {
    return exchange.state == ExchangeVerdict::State::kGood;
  });
  return first == exchanges.end() ? std::nullopt : first->time;
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

bool is_exchange_log(std::string_view text) { return text.starts_with(R"({"smp2_log":)"); }

Result<LoggedSessionVerdict> check_logged_session(const LoggedSessionInput& input) {
  MINIONS_TRY_ASSIGN(const Json line, parse_strict_json(input.line, {.bytes = kLineLimitBytes, .depth = 32}));
  MINIONS_TRY_ASSIGN(const std::uint64_t version, integer_member(line, "smp2_log"));
  if (version != 1) return fail(ErrorCode::kMalformed, fmt::format("smp2_log: want 1, found {}", version));
  LoggedSessionVerdict verdict;
  MINIONS_TRY_ASSIGN(verdict.server, string_member(line, "server"));
  if (!line.contains("session")) return fail(ErrorCode::kMalformed, "session is missing");
  if (!line["session"].is_null()) {
    MINIONS_TRY_ASSIGN(verdict.session, string_member(line, "session"));
  }
  MINIONS_TRY_ASSIGN(const Json* exchanges, array_member(line, "exchanges"));
  const std::string_view text = raw_member(input.line, "document").value_or("null");
  if (text == "null") {
    if (exchanges->empty()) return verdict;
    return fail(ErrorCode::kMalformed, "document: none, but exchanges");
  }
  const auto document = attestation::AttestationDocument::parse(as_bytes(text));
  const auto facts = session_facts(document, string_member(line, "h").value_or(""));
  for (const Json& exchange : *exchanges) verdict.exchanges.push_back(judge(exchange, facts));
  std::optional<UnixSeconds> time = input.as_of;
  if (!time && facts) time = judging_time(facts->statement, first_good(verdict.exchanges));
  if (!time && document && document->statement) {  // no session: judged anyway
    if (const auto statement = attestation::Statement::parse(*document->statement)) time = statement->not_before;
  }
  verdict.judged_at = time.value_or(0);
  verdict.appraisal = appraise_logged(document, input.policy, input.keys_for, verdict.judged_at);
  return verdict;
}

}  // namespace minions::audit
