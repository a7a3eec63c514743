#include "minion/protocol.h"

#include <fmt/format.h>

#include <algorithm>

#include "minion/citations.h"
#include "minion/prompts.h"
#include "minion/reply.h"

namespace minions::minion {
namespace {

// What each state waits for, and where that leads:
//
//   kTaskNames      WorkerReplied      -> kFirstQuestion            privacy only
//   kFirstQuestion  SupervisorReplied  -> kPassages or kAnswer      or itself, once, to repair, then kDone
//   kPassages       PassagesFound      -> kAnswer
//   kAnswer         WorkerReplied      -> kAnswerNames or kDecision or kDone (limit)
//   kAnswerNames    WorkerReplied      -> kDecision or kDone (limit)
//   kDecision       SupervisorReplied  -> kPassages, kAnswer or kDone; itself, once, to repair, then kDone
//   kFirstQuestion, kDecision          -> kDone on SendDeclined
//  A repeated question leads back to kDecision without a worker.

constexpr unsigned kMostRounds = 100;
constexpr std::size_t kShownReplyBytes = 8 * 1024;  // of a model's own reply, in the repair turn

std::vector<chat::Message> copy(std::span<const chat::Message> messages) {
  std::vector<chat::Message> copied;
  copied.reserve(messages.size() + 1);
  for (const chat::Message& message : messages) copied.push_back({message.role, message.content.copy()});
  return copied;
}

std::string reply_name(unsigned round) {
  return round == 0 ? "the supervisor's first reply" : fmt::format("the supervisor's reply of round {}", round);
}

// The supervisor's turn as the history keeps it: in the requested shape, without the text around it.
chat::Text question_turn(bool first, std::string_view question) {
  std::string turn = first ? R"({"message": )" : R"({"decision": "request_additional_info", "message": )";
  chat::append_json_string(turn, question);
  turn += '}';
  return chat::Text(std::move(turn));
}

// At most `limit` bytes, never inside a character.
std::string_view cut(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0U) == 0x80U) --limit;
  return text.substr(0, limit);
}

// What is shown of a reply that must be repaired. Some servers refuse an empty turn.
std::string_view turn_to_repair(std::string_view reply) {
  return reply.empty() ? "(nothing)" : cut(reply, kShownReplyBytes);
}

}  // namespace

bool is_kept_of(std::string_view message, std::string_view reply) {
  const auto is_turn = [&](bool first, std::string_view question) {
    const chat::Text turn = question_turn(first, question);
    return message == turn.reveal();
  };
  if (message == turn_to_repair(reply)) return true;
  if (const auto first = parse_first_reply(reply); first && is_turn(true, first->message)) return true;
  if (const auto decision = parse_decision(reply); decision && is_turn(false, decision->text)) return true;
  const auto plain = read_supervisor_reply(reply, {.again = true});
  return plain && plain->is_plain_text && (is_turn(true, plain->text) || is_turn(false, plain->text));
}

std::string_view name_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::kAnswered: return "answered";
    case Outcome::kNoAnswer: return "no_answer";
    case Outcome::kLimit: return "limit";
    case Outcome::kDeclined: return "declined";
  }
  return "no_answer";
}

Result<MinionProtocol> MinionProtocol::create(const ProtocolTask& task, const ProtocolOptions& options,
                                              const DocumentText& documents) {
  if (evened_out(task.task).empty()) return fail(ErrorCode::kUsage, "minion: no task");
  if (options.max_rounds < 1 || options.max_rounds > kMostRounds)
    return fail(ErrorCode::kUsage,
                fmt::format("minion: max rounds: want 1 to {}, found {}", kMostRounds, options.max_rounds));
  if (options.max_question_bytes == 0 || options.max_answer_bytes == 0)
    return fail(ErrorCode::kUsage, "minion: a limit of 0 bytes for questions or answers");
  return MinionProtocol(task, options, documents);
}

MinionProtocol::MinionProtocol(const ProtocolTask& task, const ProtocolOptions& options, const DocumentText& documents)
    : options_(options),
      documents_(documents),
      task_(std::string(task.task)),
      system_prompt_(std::string(task.system_prompt)),
      metadata_(std::string(task.metadata)),
      summaries_(task.documents),
      state_(options.privacy == Privacy::kOn ? State::kTaskNames : State::kFirstQuestion) {
  if (options_.privacy == Privacy::kOn) {
    for (const DocumentSummary& summary : summaries_) pseudonyms_.add_file(summary.name);
  } else {
    history_ = std::move(first_message().messages);
  }
}

MinionAction MinionProtocol::first() const {
  if (state_ == State::kTaskNames) {
    const std::string text = fmt::format("{}\n{}\n{}", task_.reveal(), system_prompt_.reveal(), metadata_.reveal());
    return AskWorker{0, WorkerJob::kFindNames, chat::Text(find_names_prompt(text)), std::nullopt};
  }
  return ask_supervisor(Disclosure::kTask, history_.back().content.copy());
}

Result<MinionAction> MinionProtocol::on(MinionEvent event) {
  const State state = state_;
  if (const auto* reply = std::get_if<SupervisorReplied>(&event);
      reply != nullptr && (state == State::kFirstQuestion || state == State::kDecision)) {
    return on_supervisor(reply->text.reveal());
  }
  if (std::holds_alternative<SendDeclined>(event) && (state == State::kFirstQuestion || state == State::kDecision))
    return finish(Outcome::kDeclined, kNoAnswerText);
  if (auto* found = std::get_if<PassagesFound>(&event); found != nullptr && state == State::kPassages) {
    state_ = State::kAnswer;
    return AskWorker{round_, WorkerJob::kAnswer, std::move(question_), std::move(found->passages)};
  }
  if (const auto* reply = std::get_if<WorkerReplied>(&event)) {
    if (state == State::kAnswer) return on_answer(reply->text.reveal());
    if (state == State::kTaskNames || state == State::kAnswerNames) return on_names(reply->text.reveal());
  }
  state_ = State::kDone;
  return fail(ErrorCode::kInternal, "minion: an event that nothing asked for");
}

chat::Text MinionProtocol::outgoing(std::string_view text) {
  return options_.privacy == Privacy::kOn ? pseudonyms_.hide(text) : chat::Text(std::string(text));
}

AskSupervisor MinionProtocol::first_message() {
  const chat::Text task = outgoing(task_.reveal());
  const chat::Text metadata = outgoing(metadata_.reveal());
  std::string list;
  for (const DocumentSummary& summary : summaries_) {
    const chat::Text name = outgoing(summary.name);
    list += fmt::format("- {}, {} page{}\n", name.reveal(), summary.pages, summary.pages == 1 ? "" : "s");
  }
  if (list.empty()) list = "none\n";
  if (!metadata.empty()) list.append("\n").append(metadata.reveal());
  AskSupervisor ask;
  if (!system_prompt_.empty()) ask.messages.push_back({chat::Role::kSystem, outgoing(system_prompt_.reveal())});
  ask.messages.push_back(
      {chat::Role::kUser,
       chat::Text(filled(prompts::kSupervisorFirst, {{"task", task.reveal()},
                                                     {"documents", list},
                                                     {"answer_limit", std::to_string(options_.max_answer_bytes)},
                                                     {"schema", prompts::kFirstSchema}}))});
  return ask;
}

AskSupervisor MinionProtocol::ask_supervisor(Disclosure what, chat::Text new_text) const {
  AskSupervisor ask;
  ask.round = round_;
  ask.what = what;
  ask.messages = copy(history_);
  ask.new_text = std::move(new_text);
  ask.shape = {state_ == State::kFirstQuestion ? "first_question" : "decision", std::string(schema())};
  return ask;
}

std::string_view MinionProtocol::schema() const {
  if (state_ == State::kFirstQuestion) return prompts::kFirstSchema;
  return last_round() ? prompts::kLastDecisionSchema : prompts::kDecisionSchema;
}

std::string_view MinionProtocol::sent_task() const {
  const auto first = std::find_if(history_.begin(), history_.end(),
                                  [](const chat::Message& message) { return message.role == chat::Role::kUser; });
  return first == history_.end() ? std::string_view() : task_in(first->content.reveal());
}

MinionAction MinionProtocol::on_supervisor(std::string_view text) {
  const unsigned round = round_;
  const auto reply = read_supervisor_reply(text, {state_ == State::kDecision, !last_round(), repairing_, sent_task()});
  if (!reply) return repair(reply.error(), text);
  const bool answers = reply->decision == Decision::kFinalAnswer;
  if (!answers && state_ == State::kDecision && last_round()) {
    notes_.emplace_back("the supervisor had no answer after the last round");
    return finish(Outcome::kNoAnswer, kNoAnswerText);
  }
  auto next = answers ? Result<MinionAction>(finish(Outcome::kAnswered, reply->text)) : question_asked(reply->text);
  if (!next) return repair(next.error(), text);
  if (reply->is_plain_text)
    notes_.push_back(fmt::format("{} has no JSON: its text was taken as {}", reply_name(round),
                                 answers ? "the answer" : "the question"));
  repairing_ = false;
  return *std::move(next);
}

MinionAction MinionProtocol::repair(const Error& fault, std::string_view reply) {
  if (repairing_) {
    notes_.push_back(fmt::format("{} is unusable after one repair: {}", reply_name(round_), fault.detail));
    return finish(Outcome::kNoAnswer, kNoAnswerText);
  }
  repairing_ = true;
  chat::Text prompt(filled(prompts::kRepair, {{"fault", fault.detail}, {"schema", schema()}}));
  history_.push_back({chat::Role::kAssistant, chat::Text(std::string(turn_to_repair(reply)))});
  history_.push_back({chat::Role::kUser, prompt.copy()});
  return ask_supervisor(Disclosure::kRepair, std::move(prompt));
}

Result<MinionAction> MinionProtocol::question_asked(std::string_view question) {
  if (question.size() > options_.max_question_bytes)
    return fail(ErrorCode::kBackend, fmt::format("its question is {} bytes, at most {} are passed on", question.size(),
                                                 options_.max_question_bytes));
  history_.push_back({chat::Role::kAssistant, question_turn(state_ == State::kFirstQuestion, question)});
  ++round_;
  std::string even = evened_out(question);
  if (std::find(questions_.begin(), questions_.end(), even) != questions_.end())
    return send(Disclosure::kNote, prompts::kAskedBefore);
  questions_.push_back(std::move(even));
  question_ = pseudonyms_.put_back(question);
  if (options_.documents == Documents::kRetrieved) {
    state_ = State::kPassages;
    return Retrieve{round_, question_.copy()};
  }
  state_ = State::kAnswer;
  return AskWorker{round_, WorkerJob::kAnswer, std::move(question_), std::nullopt};
}

MinionAction MinionProtocol::on_answer(std::string_view text) {
  text = without_reasoning(text);
  const chat::Text marked = with_marks(text, check_citations(text, documents_));
  std::string answer(cut(marked.reveal(), options_.max_answer_bytes));
  if (answer.size() < marked.size())
    answer += fmt::format("\n(cut here: {} of {} bytes)", answer.size(), marked.size());
  if (evened_out(answer).empty()) answer = "(the small model gave no answer)";
  if (options_.privacy == Privacy::kOff) return send(Disclosure::kAnswer, answer);
  return find_names(answer, State::kAnswerNames);
}

MinionAction MinionProtocol::find_names(std::string_view text, State state) {
  state_ = state;
  pending_ = chat::Text(std::string(text));
  return AskWorker{round_, WorkerJob::kFindNames, chat::Text(find_names_prompt(text)), std::nullopt};
}

Result<MinionAction> MinionProtocol::on_names(std::string_view text) {
  const auto names = parse_names(text);
  if (!names && names_again_) {
    state_ = State::kDone;
    return fail(ErrorCode::kBackend,
                fmt::format("privacy: the worker's list of names cannot be read, so nothing was sent: {}",
                            names.error().detail));
  }
  if (!names) {
    names_again_ = true;
    if (state_ == State::kTaskNames) return first();
    const chat::Text again = pending_.copy();
    return find_names(again.reveal(), State::kAnswerNames);
  }
  names_again_ = false;
  for (const std::string& name : *names) pseudonyms_.add_name(evened_out(name));
  if (state_ == State::kAnswerNames) {
    const chat::Text answer = std::move(pending_);
    return send(Disclosure::kAnswer, answer.reveal());
  }
  state_ = State::kFirstQuestion;
  history_ = std::move(first_message().messages);
  return ask_supervisor(Disclosure::kTask, history_.back().content.copy());
}

MinionAction MinionProtocol::send(Disclosure what, std::string_view answer) {
  state_ = State::kDecision;
  chat::Text text = outgoing(answer);
  const std::size_t bytes = what == Disclosure::kAnswer ? text.size() : 0;
  if (options_.max_disclosed_bytes && disclosed_bytes_ + bytes > *options_.max_disclosed_bytes)
    return finish(Outcome::kLimit, kNoAnswerText);
  disclosed_bytes_ += bytes;
  const Round round = last_round() ? Round::kLast : Round::kNotLast;
  history_.push_back({chat::Role::kUser, chat::Text(decision_prompt(text.reveal(), round))});
  return ask_supervisor(what, std::move(text));
}

MinionAction MinionProtocol::finish(Outcome outcome, std::string_view answer) {
  state_ = State::kDone;
  return Finish{outcome, pseudonyms_.put_back(answer)};
}

}  // namespace minions::minion
