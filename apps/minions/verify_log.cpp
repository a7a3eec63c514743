#include "verify_log.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "attestation/core/refusal.h"
#include "audit/exchange_log.h"
#include "report.h"
#include "terminal.h"
#include "verdict_lines.h"

namespace minions::app {
namespace {

Json to_json(const audit::LoggedSessionVerdict& session) {
  Json exchanges = Json::array();
  for (const auto& exchange : session.exchanges) {
    exchanges.push_back({{"n", exchange.n},
                         {"state", audit::name_of(exchange.state)},
                         {"time", exchange.time ? Json(*exchange.time) : Json()},
                         {"text", exchange.text}});
  }
  return {{"server", session.server},
          {"session", session.session},
          {"judged_at", session.judged_at},
          {"attestation", session.appraisal ? session.appraisal->to_json() : Json()},
          {"exchanges", std::move(exchanges)}};
}

void print_session(const audit::LoggedSessionVerdict& session) {
  print_out("session {} with {}\n", session.session.empty() ? "none" : attestation::shown(session.session),
            attestation::shown(session.server));
  if (!session.appraisal) print_out("  no document: the session failed before one came\n");
  if (session.appraisal) print_appraisal(*session.appraisal, session.judged_at);
  for (const auto& exchange : session.exchanges) {
    print_out("  exchange {}: {}: {}{}\n", exchange.n, audit::name_of(exchange.state), exchange.text,
              exchange.time ? ", signed at " + to_iso8601(*exchange.time) : "");
  }
}

// The results of a log's lines.
struct LogTally {
  std::size_t lines = 0;
  std::size_t altered = 0;
  std::size_t refused = 0;
  std::size_t unsigned_exchanges = 0;
  std::optional<Error> first_refusal;
  std::string told_readers;

  [[nodiscard]] ExitCode end() const {
    if (unsigned_exchanges > 0)
      warn(fmt::format("{} exchanges without a receipt: nothing signs what the log holds of them", unsigned_exchanges));
    if (altered > 0) return report({ErrorCode::kTampered, fmt::format("log: {} of {} lines altered", altered, lines)});
    if (refused > 0)
      return report(
          Error(*first_refusal).in(fmt::format("log: {} of {} lines with a document that is refused", refused, lines)));
    if (lines == 0) return report({ErrorCode::kTampered, "log: no line"});
    return ExitCode::kOk;
  }
};

void verify_line(std::string_view line, const LogQuestion& question, LogTally& tally) {
  const bool as_text = question.format == OutputFormat::kText;
  const auto session = audit::check_logged_session({line, question.policy, question.as_of, question.keys_for});
  ++tally.lines;
  if (!session) {
    ++tally.altered;
    if (as_text) {
      print_out("line {}: altered: {}\n", tally.lines, session.error().detail);
    } else {
      (void)print_line({{"line", tally.lines}, {"error", session.error().detail}});
    }
    return;
  }
  if (session->any_altered()) ++tally.altered;
  tally.unsigned_exchanges += static_cast<std::size_t>(
      std::count_if(session->exchanges.begin(), session->exchanges.end(), [](const audit::ExchangeVerdict& exchange) {
        return exchange.state == audit::ExchangeVerdict::State::kIncomplete;
      }));
  if (session->appraisal && !session->appraisal->accepted() && tally.refused++ == 0)
    tally.first_refusal = attestation::refusal(*session->appraisal, attestation::kLogNotAccepted);
  if (session->appraisal) warn_of_readers(*session->appraisal, tally.told_readers);
  if (as_text) {
    print_session(*session);
  } else {
    (void)print_line(to_json(*session));
  }
}

}  // namespace

ExitCode verify_log(std::string_view text, const LogQuestion& question) {
  LogTally tally;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    if (!line.empty()) verify_line(line, question, tally);
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return tally.end();
}

}  // namespace minions::app
