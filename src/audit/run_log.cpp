#include "audit/run_log.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "attestation/core/refusal.h"
#include "audit/log_fields.h"
#include "audit/logged_head.h"
#include "base/encoding.h"
#include "base/json.h"
#include "chat/completion_reader.h"
#include "minion/prompts.h"
#include "minion/protocol.h"
#include "minion/pseudonyms.h"
#include "minion/reply.h"
#include "minion/result.h"

namespace minions::audit {
namespace {

using attestation::Check;
using attestation::shown;
using minion::Decision;
using minion::decision_prompt;
using minion::filled;
using minion::is_kept_of;
using minion::kNoAnswerText;
using minion::name_of;
using minion::Outcome;
using minion::Placeholders;
using minion::placeholders_in;
using minion::put_back;
using minion::read_supervisor_reply;
using minion::Round;
using minion::Sender;
using minion::SupervisorReply;
using minion::task_in;
namespace prompts = minion::prompts;

struct JudgedExchange {
  std::string data;
  std::string reply_data;
  bool complete = false;  // with a receipt
  bool holds = false;     // and it is good
  bool is_named = false;  // by a turn
  bool failed = false;    // the reply's status shows it
};
// An earlier turn of the supervisor.
struct Turn {
  std::string prompt;
  std::string output;
};
// Session and n are not enough: a server may give two sessions the same id.
struct ExchangeKey {
  std::string session;
  std::uint64_t n = 0;
  std::string signature;  // of its receipt; empty if there is none
  auto operator<=>(const ExchangeKey&) const = default;
};

class TextSink final : public chat::TokenSink {
 public:
  bool token(std::string_view) override { return true; }
};

// As the client read it. Nothing: it was no answer for the client either.
std::optional<std::string> reply_text(std::string_view body, bool streamed) {
  TextSink sink;
  const auto completion = chat::read_completion(body, streamed, sink);
  return completion ? std::optional(std::string(completion->text.reveal())) : std::nullopt;
}

Json messages_of(std::string_view request) { return list_at(parse_json(request), "messages"); }

bool has_no_output(const Json& turn) {
  const Json& output = member_of(turn, "output");
  return output.is_null() || output == "";
}

bool did_not_end_well(const Json& turn) { return has_no_output(turn) && !text_at(turn, "error").empty(); }

bool is_message(const Json& message, std::string_view role) { return text_at(message, "role") == role; }

// Whether a request's messages are those of the earlier turns, in order, followed by the prompt.
bool goes_on(const Json& messages, const std::vector<Turn>& before, const std::string& prompt) {
  std::size_t at = !messages.empty() && is_message(messages.front(), "system") ? 1 : 0;
  if (messages.size() != at + 2 * before.size() + 1) return false;
  for (const Turn& turn : before) {
    const Json& asked = messages[at++];
    const Json& answered = messages[at++];
    if (!is_message(asked, "user") || text_at(asked, "content") != turn.prompt) return false;
    if (!is_message(answered, "assistant") || !is_kept_of(text_at(answered, "content"), turn.output)) return false;
  }
  return is_message(messages[at], "user") && text_at(messages[at], "content") == prompt;
}

// The messages as they would be if the server took a system prompt: one that does not is sent its text at the head of
// the first message, which otherwise begins as the prompt does. As with a system message, what it says is not judged.
Json unfolded(const Json& messages) {
  if (messages.empty() || !is_message(messages.front(), "user")) return messages;
  const std::string_view begin = prompts::kSupervisorFirst.substr(0, prompts::kSupervisorFirst.find('{'));
  const std::string first = text_at(messages.front(), "content");
  const std::size_t at = first.find("\n\n" + std::string(begin));
  if (first.starts_with(begin) || at == std::string::npos) return messages;
  Json made = messages;
  made.front()["content"] = first.substr(at + 2);
  made.insert(made.begin(), Json{{"role", "system"}, {"content", first.substr(0, at)}});
  return made;
}

// What was new in a message to the supervisor: all of it, or the worker's answer without the words around it.
bool is_new_text_of(const std::string& text, const std::string& prompt) {
  return prompt == text || prompt == decision_prompt(text, Round::kNotLast) ||
         prompt == decision_prompt(text, Round::kLast);
}

Placeholders placeholders_of(const Json& log) {
  Placeholders placeholders;
  const Json& logged = member_of(log, "placeholders");
  if (!logged.is_object()) return placeholders;
  for (const auto& [placeholder, value] : logged.items()) {
    if (value.is_string()) placeholders.try_emplace(placeholder, chat::Text(value.get<std::string>()));
  }
  return placeholders;
}

// How the run took the supervisor's replies, turn by turn.
std::vector<Result<SupervisorReply>> replies_in(const Json& log) {
  const std::string_view repair = prompts::kRepair.substr(0, prompts::kRepair.find('{'));
  std::vector<Result<SupervisorReply>> replies;
  std::string task;
  bool decides = false;
  for (const Json& turn : list_at(log, "conversation")) {
    if (text_at(turn, "user") != "supervisor") continue;
    const std::string prompt = text_at(turn, "prompt");
    const bool is_first = replies.empty();
    const bool again = !is_first && prompt.starts_with(repair);
    if (is_first) task = task_in(prompt);
    decides = decides || (!is_first && !again);
    const bool may_ask = !prompt.ends_with(prompts::kLastDecisionSchema);
    replies.push_back(read_supervisor_reply(text_at(turn, "output"), {decides, may_ask, again, task}));
  }
  return replies;
}

bool is_answer(const Result<SupervisorReply>& reply) { return reply && reply->decision == Decision::kFinalAnswer; }

// A final answer ends the run.
bool gave_an_answer(const Json& log) {
  const auto replies = replies_in(log);
  return std::any_of(replies.begin(), replies.end(), is_answer);
}

class RunLogCheck {
 public:
  explicit RunLogCheck(const RunLogInput& input) : in_(input) {}

  RunLogVerdict run(const Json& log) {
    for (const Json& session : list_at(log, "sealed")) check_session(session);
    if (list_at(log, "sealed").empty()) waive("sealed", "a sealed session", "nothing was sent in one");
    check_conversation(log);
    check_ledger(list_at(log, "disclosed"), list_at(log, "conversation"));
    check_answer(log);
    waive("unsigned", "what a receipt is over",
          "nothing signs the rest: the documents' text, the worker's turns, why a turn of the supervisor failed, "
          "passages, citations, notes, usage, timing, times, and of the ledger rounds, kinds and shares");
    check_end(log);
    return std::move(verdict_);
  }

 private:
  void expect(std::string id, bool good, std::string expected, std::string found) {
    add(std::move(id), good, std::move(expected), std::move(found));
    if (!good) verdict_.altered = true;
  }
  void add(std::string id, bool good, std::string expected, std::string found) {
    verdict_.checks.push_back({"log." + std::move(id), good ? attestation::Outcome::kPass : attestation::Outcome::kFail,
                               std::move(expected), std::move(found), "built-in"});
  }
  void waive(std::string id, std::string expected, std::string reason) {
    verdict_.checks.push_back(
        {"log." + std::move(id), attestation::Outcome::kWaived, std::move(expected), "", std::move(reason)});
  }

  void check_session(const Json& session) {
    const std::string id = text_at(session, "session");
    const std::string name = fmt::format("session.{}", ++sessions_);
    // The server was not reached, or was refused: there is nothing that a receipt could cover.
    if (text_at(session, "h").empty() && list_at(session, "exchanges").empty())
      return waive(name, "a sealed session", "none was opened, and nothing was sent");
    const auto document = attestation::AttestationDocument::parse(as_bytes(member_of(session, "document").dump()));
    if (!document || !document->statement)
      return expect(name + ".document", false, "an attestation document",
                    document ? "no statement" : document.error().detail);
    const auto facts = session_facts(document, text_at(session, "h"));
    if (!facts) return expect(name + ".binding", false, "a statement and a channel binding", facts.error().detail);
    const std::size_t place = verdict_.checks.size();
    std::optional<UnixSeconds> first_good;
    for (const Json& exchange : list_at(session, "exchanges")) {
      const auto time = check_exchange(name, id, exchange, *facts);
      if (!first_good) first_good = time;
    }
    check_appraisal(name, id, document, judging_time(facts->statement, first_good));
    // Before its exchanges, for readers.
    std::rotate(verdict_.checks.begin() + static_cast<std::ptrdiff_t>(place), verdict_.checks.end() - 1,
                verdict_.checks.end());
  }

  void check_appraisal(const std::string& name, const std::string& id,
                       const Result<attestation::AttestationDocument>& document, UnixSeconds time) {
    attestation::AttestationResult result = appraise_logged(document, in_.policy, in_.keys_for, time);
    add(name + ".appraisal", result.accepted(), "accepted by the policy given here",
        result.accepted() ? "accepted" : attestation::refusal_text(result, attestation::kLogNotAccepted));
    if (!result.accepted()) verdict_.refused = true;
    verdict_.appraisals.push_back({id, time, std::move(result)});
  }

  // The time of its receipt, if that is good.
  std::optional<UnixSeconds> check_exchange(const std::string& session, const std::string& id, const Json& json,
                                            const SessionFacts& facts) {
    const std::string name = fmt::format("{}.exchange.{}", session, count_at(json, "n"));
    const auto read = read_exchange(json);
    if (!read) {
      expect(name, false, "a sealed exchange", read.error().detail);
      return std::nullopt;
    }
    JudgedExchange exchange;
    exchange.data = as_text(read->data);
    exchange.reply_data = as_text(read->reply_data);
    exchange.failed = count_at(parse_json(read->reply_head), "status") != 200;
    exchange.complete = read->trailer.has_value();
    if (!read->trailer) {
      waive(name + ".receipt", "a receipt", "the exchange broke off: " + shown(read->error));
    } else if (lacks_api_key(read->head) && in_.api_key.empty()) {
      verdict_.lacks_api_key = true;
      add(name + ".receipt", false, "a receipt over this request",
          "not judged: its head had an API key, which has to be given");
    } else {
      const Status good = check_receipt(*read, with_api_key(read->head, in_.api_key), facts);
      expect(name + ".receipt", good.has_value(), "signed by the attested key over this request and reply",
             good ? "good" : good.error().detail);
      exchange.holds = good.has_value();
      if (exchange.holds) ++verdict_.receipts;
    }
    const auto time = exchange.holds ? std::optional(read->trailer->receipt.time) : std::nullopt;
    const std::string signature = text_at(member_of(json, "receipt"), "signature");
    exchanges_.emplace(ExchangeKey{id, read->n, signature}, std::move(exchange));
    return time;
  }

  void check_conversation(const Json& log) {
    std::size_t number = 0;
    std::vector<Turn> before;
    bool broken_off = false;
    for (const Json& turn : list_at(log, "conversation")) {
      const std::string name = fmt::format("conversation.{}", ++number);
      if (text_at(turn, "user") == name_of(Sender::kWorker)) continue;
      if (text_at(turn, "user") != name_of(Sender::kSupervisor)) {
        expect(name, false, "a turn of the supervisor or of the worker", shown(text_at(turn, "user")));
        continue;
      }
      last_is_signed_ = false;
      if (broken_off) {
        expect(name, false, "no turn behind one that did not end well", "another");
        continue;
      }
      if (!text_at(turn, "output").empty() && !member_of(turn, "error").is_null())
        expect(name, false, "an output, or why there is none", "both");
      broken_off = did_not_end_well(turn);
      if (JudgedExchange* const exchange = exchange_of(turn, name)) {
        check_turn(log, turn, name, *exchange, before);
        before.push_back({text_at(turn, "prompt"), text_at(turn, "output")});
      }
    }
    // A server that refused the reply's shape was asked again without it.
    const bool all = std::all_of(exchanges_.begin(), exchanges_.end(), [&](const auto& entry) {
      const JudgedExchange& exchange = entry.second;
      const bool again = exchange.failed && named_.contains(unfolded(messages_of(exchange.data)).dump());
      return exchange.is_named || !exchange.complete || exchange.data.empty() || again;
    });
    expect("conversation", all, "a turn of each signed exchange", all ? "each" : "an exchange that no turn names");
    check_task(log, before.empty() ? std::string() : before.front().prompt);
  }

  // The exchange that a turn names and no other turn has named. Null, with the reason among the checks.
  JudgedExchange* exchange_of(const Json& turn, const std::string& name) {
    const Json& receipt = member_of(turn, "receipt");
    if (!receipt.is_object() && did_not_end_well(turn)) {
      waive(name, "a sealed exchange with a receipt", "the call did not end well: " + shown(text_at(turn, "error")));
      return nullptr;
    }
    if (!receipt.is_object()) {
      expect(name, false, "a sealed exchange with a receipt", "none: nothing signs this turn");
      return nullptr;
    }
    const auto found =
        exchanges_.find({text_at(receipt, "session"), count_at(receipt, "n"), text_at(receipt, "signature")});
    if (found == exchanges_.end()) {
      expect(name, false, "its sealed exchange in this log", "none");
      return nullptr;
    }
    if (found->second.is_named) {
      expect(name, false, "a sealed exchange of its own", "that of another turn");
      return nullptr;
    }
    found->second.is_named = true;
    return &found->second;
  }

  // Compares a supervisor's turn with what its exchange carried.
  void check_turn(const Json& log, const Json& turn, const std::string& name, const JudgedExchange& exchange,
                  const std::vector<Turn>& before) {
    const Json body = parse_json(exchange.data);
    const Json messages = unfolded(list_at(body, "messages"));
    named_.insert(messages.dump());
    const std::string asked = text_at(turn, "prompt");
    const bool prompt = !messages.empty() && text_at(messages.back(), "content") == asked;
    const bool history = goes_on(messages, before, asked);
    const bool streamed = member_of(body, "stream") == true;
    const auto replied = exchange.failed ? std::nullopt : reply_text(exchange.reply_data, streamed);
    const bool failed = !replied && did_not_end_well(turn);
    const bool output = failed || (replied == text_at(turn, "output") && member_of(turn, "output").is_string());
    last_is_signed_ = exchange.holds && history && output;
    expect(name, last_is_signed_, "what its sealed exchange, with a good receipt, carried",
           !prompt           ? "another prompt"
           : !history        ? "a prompt behind other turns than those before it"
           : !output         ? "another output"
           : !exchange.holds ? "the same as an exchange that nothing signs"
                             : "the same");
    if (const std::string model = text_at(body, "model"); model != text_at(log, "supervisor_model"))
      expect("supervisor_model", false, "the model that was asked: " + shown(model),
             shown(text_at(log, "supervisor_model")));
  }

  void check_task(const Json& log, const std::string& first_prompt) {
    if (first_prompt.empty()) return waive("task", "the task that was sent", "none was");
    if (!placeholders_in(first_prompt, placeholders_of(log)).empty())
      return waive("task", "the task that was sent", "nothing signs what stood in the place of its placeholders");
    const std::string_view start = prompts::kSupervisorFirst.substr(0, prompts::kSupervisorFirst.find("{documents}"));
    const std::string sent = filled(start, {{"task", text_at(log, "task")}});
    const bool same = first_prompt.starts_with(sent);
    // The text between the task and the documents may appear in the task as well.
    const std::string_view end = start.substr(start.find("{task}") + 6);
    if (same && first_prompt.find(end, sent.size() - end.size() + 1) != std::string::npos)
      return waive("task", "the task that was sent", "where it ends is not certain");
    expect("task", same, "the task that was sent", same ? "the same" : "another task");
  }

  void check_ledger(const Json& entries, const Json& turns) {
    std::uint64_t counted = 0;
    std::vector<const Json*> asked;
    for (const Json& turn : turns) {
      if (text_at(turn, "user") == "supervisor") asked.push_back(&turn);
    }
    bool sizes = true;
    bool texts = entries.size() == asked.size();
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const std::string text = text_at(entries[i], "text");
      const std::uint64_t bytes = count_at(entries[i], "wire_bytes");
      counted = bytes > UINT64_MAX - counted ? UINT64_MAX : counted + bytes;
      sizes = sizes && count_at(entries[i], "text_bytes") == text.size();
      texts = texts && is_new_text_of(text, text_at(*asked[i], "prompt"));
    }
    // If an exchange was aborted, nothing shows whether its request left.
    std::uint64_t sent = 0;
    std::uint64_t perhaps = 0;
    for (const auto& [key, exchange] : exchanges_) (exchange.complete ? sent : perhaps) += exchange.data.size();
    expect("disclosed.wire_bytes", counted >= sent && counted <= sent + perhaps,
           fmt::format("{} bytes, the sum of the sealed requests", sent), fmt::format("{} bytes", counted));
    expect("disclosed.text_bytes", sizes, "the size of each text", sizes ? "the same" : "another size");
    expect("disclosed.text", texts, "the text of each message to the supervisor", texts ? "the same" : "another text");
  }

  void check_answer(const Json& log) {
    if (member_of(log, "answered") != true) {
      const Json& text = member_of(log, "generated_final_answer");
      if (!text.is_null() && text != kNoAnswerText && text != "")
        return expect("answer", false, "none, as the log says", "an answer that nothing signs");
      if (gave_an_answer(log)) return expect("answer", false, "none, as the log says", "the supervisor gave one");
      return waive("answer", "the supervisor's last answer", "the run has none");
    }
    const Placeholders placeholders = placeholders_of(log);
    const auto replies = replies_in(log);
    const std::string answer = !replies.empty() && is_answer(replies.back()) ? replies.back()->text : "";
    // Their values are personal data, and stay in the log.
    if (const auto replaced = placeholders_in(answer, placeholders); !replaced.empty())
      waive("placeholders", "what stood in the place of the answer's placeholders",
            fmt::format("nothing signs what they stand for: {}", shown(fmt::to_string(fmt::join(replaced, ", ")))));
    const chat::Text whole = put_back(answer, placeholders);
    const bool same = !answer.empty() && whole.reveal() == text_at(log, "generated_final_answer");
    expect("answer", same && last_is_signed_, "the supervisor's last answer, placeholders put back",
           !same             ? "another text"
           : last_is_signed_ ? "the same"
                             : "the same as of a turn that nothing signs");
  }

  void check_end(const Json& log) {
    const Json& error = member_of(log, "error");
    if (error.is_null()) {
      const std::string outcome = text_at(log, "outcome");
      const auto is = [&](Outcome one) { return outcome == name_of(one); };
      if (member_of(log, "answered") == true)
        return expect("outcome", is(Outcome::kAnswered), std::string(name_of(Outcome::kAnswered)), shown(outcome));
      verdict_.complete = false;
      if (is(Outcome::kNoAnswer) || is(Outcome::kLimit) || is(Outcome::kDeclined))
        return waive("run", "a run with an answer", "it ended without one: " + outcome);
      return expect("run", false, "an answer, or why there is none", "neither");
    }
    verdict_.complete = false;
    waive("run", "a run that ended well", "it is incomplete: " + shown(text_at(error, "code")));
  }

  const RunLogInput& in_;
  RunLogVerdict verdict_;
  std::multimap<ExchangeKey, JudgedExchange> exchanges_;
  std::set<std::string> named_;  // the messages of the exchanges that a turn names
  unsigned sessions_ = 0;
  bool last_is_signed_ = false;  // the supervisor's last turn
};

}  // namespace

bool is_run_log(std::string_view text) {
  constexpr std::size_t kStart = 64;
  return text.substr(0, kStart).find("\"minion_log\"") != std::string_view::npos;
}

RunLogFault RunLogVerdict::fault() const {
  if (lacks_api_key) return RunLogFault::kLacksApiKey;
  if (altered) return RunLogFault::kAltered;
  return refused ? RunLogFault::kRefused : RunLogFault::kNone;
}

Result<RunLogVerdict> check_run_log(const RunLogInput& input) {
  MINIONS_TRY_ASSIGN(const Json log, parse_log(input.log));
  return RunLogCheck(input).run(log);
}

}  // namespace minions::audit
