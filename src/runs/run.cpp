#include "runs/run.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/tokens.h"
#include "chat/ending.h"
#include "minion/document_text.h"
#include "minion/ledger.h"
#include "minion/prompts.h"
#include "minion/protocol.h"
#include "minion/repetition.h"
#include "minion/reply.h"
#include "runs/passages.h"

namespace minions::runs {
namespace {

using namespace minion;  // the protocol's actions and events

constexpr std::string_view kUnsupported = "none of its words of weight stands in the documents";

// "not in the documents: A, B; computed or invented: 7"
std::string words_of(const Findings& findings) {
  std::string words;
  constexpr std::size_t kMostShown = 20;
  const auto add = [&](std::string_view what, const std::vector<std::string>& texts) {
    if (texts.empty()) return;
    const std::span shown(texts.data(), std::min(texts.size(), kMostShown));
    words += fmt::format("{}{}: {}", words.empty() ? "" : "; ", what, fmt::join(shown, ", "));
    if (texts.size() > shown.size()) words += fmt::format(" and {} more", texts.size() - shown.size());
  };
  add("not in the documents", findings.not_in_documents);
  add("computed or invented", findings.computed);
  if (findings.is_partial) words += fmt::format("{}only the beginning was looked up", words.empty() ? "" : "; ");
  if (findings.is_unsupported) words += words.empty() ? kUnsupported : fmt::format("; {}", kUnsupported);
  return words;
}

std::string count_of(const Findings& findings) {
  const std::size_t count = findings.not_in_documents.size() + findings.computed.size();
  if (count == 0) return findings.is_unsupported ? std::string(kUnsupported) : std::string();
  return fmt::format("{} detail{} of this answer {} not in the documents", count, count == 1 ? "" : "s",
                     count == 1 ? "is" : "are");
}

void add(std::optional<chat::Usage>& total, const std::optional<chat::Usage>& more) {
  if (!more) return;
  total = total.value_or(chat::Usage()) + *more;
}

class Run {
 public:
  Run(const RunInput& input, const RunParts& parts, std::stop_token stop)
      : in_(input), parts_(parts), stop_(std::move(stop)), text_(input.documents), ledger_(text_) {}
  [[nodiscard]] net::Task<RunReport> run();

 private:
  // Reports a model at work, once a second.
  class Listener final : public chat::TokenSink {
   public:
    Listener(Run& run, Sender sender, unsigned round)
        : run_(run), sender_(sender), round_(round), begun_(run.parts_.now()) {}
    bool token(std::string_view) override { return heard(1); }
    bool reasoning(std::string_view) override { return heard(1); }
    void waiting() override { (void)heard(0); }

   private:
    [[nodiscard]] bool heard(std::uint64_t more) {
      pieces_ += more;
      const auto elapsed = std::chrono::duration_cast<std::chrono::seconds>(run_.parts_.now() - begun_);
      if (elapsed > told_) run_.tell(sender_, round_, elapsed, pieces_);
      told_ = elapsed;
      return !run_.stop_.stop_requested();
    }

    Run& run_;
    Sender sender_;
    unsigned round_;
    SteadyTime begun_;
    std::chrono::seconds told_{0};
    std::uint64_t pieces_ = 0;
  };
  [[nodiscard]] net::Task<Result<Finish>> converse();
  [[nodiscard]] net::Task<Result<MinionEvent>> carry_out(const AskSupervisor& action);
  [[nodiscard]] Result<MinionEvent> carry_out(const Retrieve& action);
  [[nodiscard]] net::Task<Result<MinionEvent>> carry_out(const AskWorker& action);
  [[nodiscard]] net::Task<SupervisorExchange> send(const AskSupervisor& action);
  [[nodiscard]] net::Task<Result<MinionEvent>> carry_out(const MinionAction& action);
  [[nodiscard]] chat::ChatRequest worker_request(const AskWorker& action) const;
  void note_supervisor(const AskSupervisor& action, SupervisorExchange& exchange);
  void check_prompt_tokens(const chat::ChatRequest& request, const chat::Completion& completion);
  void tell(Sender sender, unsigned round, std::chrono::seconds elapsed = {}, std::uint64_t pieces = 0);
  void note_ending(Sender sender, unsigned round, Ending ending);
  // Of an answer to a question, or to the task alone.
  [[nodiscard]] std::optional<Findings> look_up(std::string_view answer, std::string_view question) const;
  void note_findings(std::string_view whose, const Findings& findings);
  void mark(chat::Text& answer, const AskWorker& action, Ending ending, const std::optional<Findings>& findings);
  void note(std::string text);
  [[nodiscard]] RoundTiming& timing_of(unsigned round);

  const RunInput& in_;
  const RunParts& parts_;
  std::stop_token stop_;
  DocumentText text_;
  DisclosureLedger ledger_;
  MinionResult result_;
  std::optional<WorkerReading> reading_;
  std::optional<MinionProtocol> protocol_;
  std::vector<std::string> seen_;  // places of the passages for the next question
  std::uint64_t last_prompt_tokens_ = 0;
};

net::Task<RunReport> Run::run() {
  const SteadyTime start = parts_.now();
  RunReport report;
  auto finished = co_await converse();
  result_.disclosed = std::move(ledger_).take();
  if (protocol_) {
    for (const std::string& text : protocol_->notes()) note(text);
    for (const auto& [placeholder, value] : protocol_->pseudonyms().placeholders())
      result_.placeholders.try_emplace(placeholder, value.copy());
  }
  if (finished) {
    result_.outcome = finished->outcome;
    result_.answered = finished->outcome == Outcome::kAnswered;
    result_.final_answer = std::move(finished->answer);
    if (result_.answered) {
      result_.citations = check_citations(result_.final_answer.reveal(), text_);
      result_.findings = look_up(result_.final_answer.reveal(), {});
      if (result_.findings) note_findings("the answer", *result_.findings);
    }
    if (finished->outcome == Outcome::kLimit)
      report.error = Error{
          ErrorCode::kLimit,
          fmt::format(
              "minion: the next answer would bring the worker's disclosed text to more than {} bytes; it was not sent",
              *in_.options.max_disclosed_bytes)};
    if (finished->outcome == Outcome::kDeclined && stop_.stop_requested())
      report.error = Error{ErrorCode::kCancelled, "cancelled"};
    else if (finished->outcome == Outcome::kDeclined)
      report.error = Error{ErrorCode::kLimit, "minion: a message was not approved, and was not sent"};
  } else {
    report.error = std::move(finished).error();
  }
  result_.timing.total_time = std::chrono::duration<double>(parts_.now() - start).count();
  report.result = std::move(result_);
  co_return report;
}

net::Task<Result<Finish>> Run::converse() {
  const ContextBudget budget{parts_.worker.context_tokens, parts_.worker.answer_tokens, in_.options.max_question_bytes};
  MINIONS_CO_TRY_ASSIGN(reading_, WorkerReading::create(in_.documents, budget));
  ProtocolOptions options = in_.options;
  options.documents = reading_->whole() ? Documents::kWhole : Documents::kRetrieved;
  if (!reading_->whole()) {
    note(fmt::format(
        "the documents have about {} tokens and do not fit the worker's context of {}, of which {} are kept "
        "for the answer and {} for question and instructions: it sees passages chosen for each question",
        reading_->estimated_document_tokens(), parts_.worker.context_tokens, budget.answer_tokens,
        reading_->kept_for_prompt()));
  }
  ProtocolTask task = in_.task;
  for (const documents::Document& document : in_.documents)
    task.documents.push_back({document.name, document.pages.size()});
  MINIONS_CO_TRY_ASSIGN(MinionProtocol protocol, MinionProtocol::create(task, options, text_));
  protocol_.emplace(std::move(protocol));
  MinionAction action = protocol_->first();
  while (!std::holds_alternative<Finish>(action)) {
    if (stop_.stop_requested()) co_return fail(ErrorCode::kCancelled, "cancelled");
    MINIONS_CO_TRY_ASSIGN(MinionEvent event, co_await carry_out(action));
    MINIONS_CO_TRY_ASSIGN(action, protocol_->on(std::move(event)));
  }
  co_return std::get<Finish>(std::move(action));
}

net::Task<Result<MinionEvent>> Run::carry_out(const MinionAction& action) {
  if (const auto* ask = std::get_if<AskSupervisor>(&action)) co_return co_await carry_out(*ask);
  if (const auto* ask = std::get_if<AskWorker>(&action)) co_return co_await carry_out(*ask);
  if (const auto* retrieve = std::get_if<Retrieve>(&action)) co_return carry_out(*retrieve);
  co_return fail(ErrorCode::kInternal, "minion: the run is over");
}

void Run::note(std::string text) {
  if (std::find(result_.notes.begin(), result_.notes.end(), text) == result_.notes.end())
    result_.notes.push_back(std::move(text));
}

RoundTiming& Run::timing_of(unsigned round) {
  const std::size_t index = round == 0 ? 0 : round - 1;
  if (result_.timing.rounds.size() <= index) result_.timing.rounds.resize(index + 1);
  return result_.timing.rounds[index];
}

void Run::tell(Sender sender, unsigned round, std::chrono::seconds elapsed, std::uint64_t pieces) {
  Progress progress;
  progress.round = std::max(round, 1U);
  progress.max_rounds = in_.options.max_rounds;
  progress.thinking = sender;
  progress.elapsed = elapsed;
  progress.pieces = pieces;
  for (const LedgerEntry& entry : ledger_.entries()) progress.wire_bytes += entry.wire_bytes;
  if (result_.remote_usage) progress.remote_prompt_tokens = result_.remote_usage->prompt_tokens;
  parts_.observer.progress(progress);
}

void Run::note_ending(Sender sender, unsigned round, Ending ending) {
  if (ending == Ending::kComplete) return;
  const std::string reply = round == 0 ? "first reply" : fmt::format("reply of round {}", round);
  note(fmt::format("the {}'s {}: {}", name_of(sender), reply, words_for(ending)));
}

std::optional<Findings> Run::look_up(std::string_view answer, std::string_view question) const {
  if (in_.facts == nullptr || in_.documents.empty()) return std::nullopt;
  const chat::Text asked(fmt::format("{}\n{}\n{}", question, in_.task.task, in_.task.metadata));
  grounding::AnswerFindings found = grounding::check_answer(answer, asked.reveal(), std::span(&in_.facts, 1));
  return Findings{std::move(found.not_in_documents), std::move(found.computed), found.is_unsupported, found.is_partial};
}

void Run::note_findings(std::string_view whose, const Findings& findings) {
  const std::string words = words_of(findings);
  if (!words.empty()) note(fmt::format("{}: {}", whose, words));
}

net::Task<SupervisorExchange> Run::send(const AskSupervisor& action) {
  chat::ChatRequest request{.model = in_.supervisor_model};
  for (const chat::Message& message : action.messages)
    request.messages.push_back({message.role, message.content.copy()});
  request.response_format = action.shape;
  request.sampling = in_.supervisor_sampling;
  Listener listener(*this, Sender::kSupervisor, action.round);
  SupervisorExchange exchange = co_await parts_.supervisor.ask(request, listener, stop_);
  for (Json& receipt : exchange.refused_receipts) result_.receipts.push_back(std::move(receipt));
  for (std::string& text : exchange.notes) note("supervisor: " + std::move(text));
  co_return exchange;
}

net::Task<Result<MinionEvent>> Run::carry_out(const AskSupervisor& action) {
  ledger_.begin(action.round, action.what, action.new_text.copy());
  const Approval approval = co_await parts_.observer.approve(ledger_.entries().back());
  if (approval == Approval::kStop) {
    ledger_.withdraw();
    co_return SendDeclined{};
  }
  tell(Sender::kSupervisor, action.round);
  SupervisorExchange exchange = co_await send(action);
  ledger_.sent(exchange.wire_bytes);
  // A server may quote the request in its error.
  if (!exchange.completion)
    exchange.completion.error().detail = ledger_.without_quotes(exchange.completion.error().detail);
  note_supervisor(action, exchange);
  if (!exchange.completion) co_return fail(std::move(exchange.completion).error());
  chat::Text& text = exchange.completion->text;
  const chat::Message shown{chat::Role::kAssistant, protocol_->readable(text.reveal())};
  parts_.observer.message(Sender::kSupervisor, &shown, false);
  co_return SupervisorReplied{std::move(text)};
}

void Run::note_supervisor(const AskSupervisor& action, SupervisorExchange& exchange) {
  result_.timing.attestation_exchange += exchange.attestation_s;
  result_.timing.key_exchange += exchange.handshake_s;
  RoundTiming& timing = timing_of(action.round);
  timing.supervisor_encryption += exchange.timing.supervisor_encryption;
  timing.supervisor_transmission += exchange.timing.supervisor_transmission;
  timing.supervisor_decryption += exchange.timing.supervisor_decryption;
  if (!exchange.session_id.empty()) result_.session_id = exchange.session_id;
  ConversationTurn turn;
  turn.user = Sender::kSupervisor;
  turn.round = action.round;
  turn.what = name_of(action.what);
  turn.prompt = action.messages.back().content.copy();
  turn.receipt = exchange.receipt;
  if (!exchange.receipt.is_null()) result_.receipts.push_back(exchange.receipt);
  result_.supervisor_messages.clear();
  for (const chat::Message& message : action.messages)
    result_.supervisor_messages.push_back({message.role, message.content.copy()});
  if (exchange.completion) {
    turn.ending = result_.ending = chat::ending_of(*exchange.completion);
    note_ending(Sender::kSupervisor, action.round, *turn.ending);
    turn.output = exchange.completion->text.copy();
    result_.supervisor_messages.push_back({chat::Role::kAssistant, exchange.completion->text.copy()});
    std::optional<chat::Usage>& usage = exchange.completion->usage;
    if (usage) {
      // The history is sent whole each time: the model sees the previous request's content again.
      usage->seen_prompt_tokens = std::min(last_prompt_tokens_, usage->prompt_tokens);
      last_prompt_tokens_ = usage->prompt_tokens;
    } else {
      note("a reply of the supervisor reported no usage: remote_usage is too low");
    }
    turn.usage = usage;
    add(result_.remote_usage, usage);
  } else {
    turn.error = exchange.completion.error().detail;
  }
  result_.conversation_log.push_back(std::move(turn));
}

Result<MinionEvent> Run::carry_out(const Retrieve& action) {
  MINIONS_TRY_ASSIGN(FoundPassages found, reading_->find(action.question.reveal()));
  seen_ = std::move(found.places);
  return PassagesFound{std::move(found.text)};
}

chat::ChatRequest Run::worker_request(const AskWorker& action) const {
  chat::ChatRequest request{.model = parts_.worker.model};
  // The user's sampling shapes answers, not the list of names.
  if (action.job == WorkerJob::kAnswer) request.sampling = parts_.worker.sampling;
  request.sampling.max_tokens = parts_.worker.answer_tokens;
  chat::Message question{chat::Role::kUser, action.question.copy()};
  if (action.job == WorkerJob::kFindNames) {
    request.messages.push_back({chat::Role::kSystem, chat::Text(std::string(prompts::kFindNamesSystem))});
    request.response_format = chat::JsonSchema{"names", std::string(prompts::kNamesSchema)};
    request.sampling.temperature = 0;
  } else {
    request.messages.push_back({chat::Role::kSystem, action.passages
                                                         ? action.passages->copy()
                                                         : chat::Text(std::string(reading_->everything()))});
    for (const chat::Image& image : in_.images) question.images.push_back({image.media_type, image.base64.copy()});
  }
  request.messages.push_back(std::move(question));
  return request;
}

// A worker whose context is cut answers from less than it was given, and looks as certain as ever.
void Run::check_prompt_tokens(const chat::ChatRequest& request, const chat::Completion& completion) {
  if (!completion.usage || completion.usage->prompt_tokens == 0) return;
  std::uint64_t least = 0;
  for (const chat::Message& message : request.messages) least += least_tokens(message.content.reveal());
  if (completion.usage->prompt_tokens + completion.usage->cached_prompt_tokens >= least) return;
  note(fmt::format("the worker counted {} tokens in a prompt of {} at least: it may not have seen all of it",
                   completion.usage->prompt_tokens, least));
}

// Behind the answer, for the supervisor, and among the notes, for the user.
void Run::mark(chat::Text& answer, const AskWorker& action, Ending ending, const std::optional<Findings>& findings) {
  note_ending(Sender::kWorker, action.round, ending);
  const std::string_view said = without_reasoning(answer.reveal());
  const bool repeats = says_the_same(said, action.question.reveal()) || repeats_worker_prompt(said);
  if (ending != Ending::kComplete) answer.append(fmt::format("\n(small model: {})", words_for(ending)));
  if (repeats) {
    note(fmt::format("the worker's answer of round {} repeats what it was told", action.round));
    answer.append("\n(small model: it repeats what it was told)");
  }
  if (!findings) return;
  note_findings(fmt::format("the worker's answer of round {}", action.round), *findings);
  // With --privacy only how many: they are pieces of the answer, of which a placeholder may stand for more.
  const std::string words = in_.options.privacy == Privacy::kOn ? count_of(*findings) : words_of(*findings);
  if (!words.empty()) answer.append(fmt::format("\n({})", words));
}

net::Task<Result<MinionEvent>> Run::carry_out(const AskWorker& action) {
  tell(Sender::kWorker, action.round);
  const bool answer = action.job == WorkerJob::kAnswer;
  if (answer) parts_.observer.message(Sender::kWorker, nullptr, false);
  const chat::ChatRequest request = worker_request(action);
  const SteadyTime start = parts_.now();
  Listener listener(*this, Sender::kWorker, action.round);
  auto completion = co_await parts_.worker.client.complete(request, listener, stop_);
  for (const std::string& text : parts_.worker.client.notes()) note("worker: " + text);
  timing_of(action.round).worker_call_time += std::chrono::duration<double>(parts_.now() - start).count();
  ConversationTurn turn;
  turn.user = Sender::kWorker;
  turn.round = action.round;
  turn.what = answer ? "answer" : "find_names";
  turn.prompt = action.question.copy();
  if (action.passages) turn.passages = std::move(seen_);
  if (!completion) {
    completion.error().detail = ledger_.without_quotes(completion.error().detail);
    turn.error = completion.error().detail;
    result_.conversation_log.push_back(std::move(turn));
    co_return fail(std::move(completion).error().in("worker").because(Cause::kWorker));
  }
  check_prompt_tokens(request, *completion);
  add(result_.local_usage, completion->usage);
  turn.usage = completion->usage;
  turn.output = completion->text.copy();
  const Ending ending = chat::ending_of(*completion);
  turn.ending = ending;
  if (answer) turn.findings = look_up(without_reasoning(completion->text.reveal()), action.question.reveal());
  const std::optional<Findings> findings = turn.findings;
  result_.conversation_log.push_back(std::move(turn));
  if (!answer) co_return WorkerReplied{std::move(completion->text)};
  mark(completion->text, action, ending, findings);
  const chat::Message shown{chat::Role::kAssistant, completion->text.copy()};
  parts_.observer.message(Sender::kWorker, &shown, false);
  result_.worker_messages.push_back({chat::Role::kUser, action.question.copy()});
  result_.worker_messages.push_back({chat::Role::kAssistant, completion->text.copy()});
  co_return WorkerReplied{std::move(completion->text)};
}

}  // namespace

net::Task<RunReport> run(const RunInput& input, const RunParts& parts, std::stop_token stop) {
  Run run(input, parts, std::move(stop));
  co_return co_await run.run();
}

}  // namespace minions::runs
