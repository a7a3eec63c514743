#include "chat.h"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

#include "answer_screen.h"
#include "api/small_file.h"
#include "attachments.h"
#include "chat_commands.h"
#include "interrupt.h"
#include "line_editor.h"
#include "report.h"
#include "terminal.h"
#include "verdict_lines.h"

namespace minions::app {
namespace {

enum class Next { kGoOn, kLeave };

struct TypedText {
  std::string text;
  bool block = false;  // between """: a question, however it begins
};

class ChatLoop {
 public:
  ChatLoop(Client& client, const ChatFlags& flags, Sampling sampling)
      : client_(client),
        documents_(flags.documents),
        sampling_(std::move(sampling)),
        passages_(flags.passages),
        screen_(flags.reasoning ? Thoughts::kShown : Thoughts::kHidden, Pieces::kAsText, interrupt_),
        editor_(flags.history_file),
        conversation_(client.conversation(flags.server.system_prompt)) {}

  [[nodiscard]] ExitCode run();

 private:
  [[nodiscard]] std::optional<TypedText> read_input();
  [[nodiscard]] bool read_block(std::string& text);
  [[nodiscard]] Result<Next> handle(const ChatInput& input);
  [[nodiscard]] Status attach(const std::string& file);
  void detach(const std::string& name);
  [[nodiscard]] Status ask(const std::string& question);
  [[nodiscard]] Status retry();
  [[nodiscard]] Status show(const Answer& answer);
  [[nodiscard]] Status verify();
  [[nodiscard]] Status save(const std::string& file);
  void note(std::string_view text) const {
    if (editor_.interactive()) print_err("{}\n", line_for_terminal(text));
  }

  [[nodiscard]] AskOptions options();

  Client& client_;
  const DocumentFlags& documents_;
  const Sampling sampling_;
  const bool passages_;
  Interrupt interrupt_;
  AnswerScreen screen_;
  LineEditor editor_;
  Conversation conversation_;
  std::vector<Attachment> attachments_;  // sent with the next question; dropped once it was answered
  Usage usage_;
  ExitCode ending_ = ExitCode::kOk;  // whether all answers were whole
  std::uint64_t last_exchange_ = 0;  // of the last answer, where it was whole; 0: none
};

ExitCode ChatLoop::run() {
  for (const std::string& file : documents_.files) {
    if (const Status attached = attach(file); !attached) return report_document(attached.error());
  }
  const auto model = client_.model(interrupt_.begin());
  interrupt_.end();
  if (!model) return report(model.error());
  note(fmt::format("{} at {}; /help lists commands", *model, client_.address()));
  while (auto typed = read_input()) {
    auto input =
        typed->block ? ChatInput{ChatCommand::kQuestion, std::move(typed->text)} : parse_chat_input(typed->text);
    const Result<Next> next = input ? handle(*input) : Result<Next>(fail(std::move(input).error()));
    if (next && *next == Next::kLeave) break;
    if (next) continue;
    const ExitCode code = report(next.error());
    // A script must not continue as if it had its answer.
    if (!editor_.interactive() || code == ExitCode::kReaderLeft) return code;
  }
  return editor_.interactive() ? ExitCode::kOk : ending_;
}

// A line, continued lines, or a block. Nothing at the end of input.
std::optional<TypedText> ChatLoop::read_input() {
  for (;;) {
    TypedLine line = editor_.read("> ");
    if (line.kind == TypedLine::Kind::kEnd) return std::nullopt;
    if (line.kind == TypedLine::Kind::kInterrupted) {
      note("/exit or Ctrl-D leaves");
      continue;
    }
    std::string text = std::move(line.text);
    const bool block = text.starts_with("\"\"\"");
    if (block) {
      text.erase(0, 3);
      if (!read_block(text)) continue;
    }
    while (!block && text.ends_with('\\')) {
      text.back() = '\n';
      line = editor_.read("  ");
      if (line.kind == TypedLine::Kind::kEnd) break;
      if (line.kind == TypedLine::Kind::kInterrupted) text.clear();
      text += line.text;
    }
    if (text.find_first_not_of(" \t\r\n") == std::string::npos) continue;
    editor_.remember(text);
    return TypedText{std::move(text), block};
  }
}

// Lines up to one that ends in """. False if it was abandoned.
bool ChatLoop::read_block(std::string& text) {
  while (!text.ends_with("\"\"\"")) {
    const TypedLine line = editor_.read("  ");
    if (line.kind == TypedLine::Kind::kInterrupted) return false;
    if (line.kind == TypedLine::Kind::kEnd) return true;
    if (!text.empty()) text += '\n';
    text += line.text;
  }
  text.resize(text.size() - 3);
  return true;
}

Result<Next> ChatLoop::handle(const ChatInput& input) {
  switch (input.command) {
    case ChatCommand::kQuestion: MINIONS_TRY(ask(input.argument)); break;
    case ChatCommand::kHelp: print_out("{}", chat_help()); break;
    case ChatCommand::kAttach: MINIONS_TRY(attach(input.argument)); break;
    case ChatCommand::kDetach: detach(input.argument); break;
    case ChatCommand::kClear:
      conversation_.clear();
      attachments_.clear();
      note("conversation cleared, with the documents in it: /attach them again to ask about them");
      break;
    case ChatCommand::kSystem:
      conversation_.restart(input.argument);
      note("system prompt set, conversation cleared");
      break;
    case ChatCommand::kRetry: MINIONS_TRY(retry()); break;
    case ChatCommand::kVerify: MINIONS_TRY(verify()); break;
    case ChatCommand::kUsage:
      print_out("prompt {}, completion {}, total {} tokens\n", usage_.prompt_tokens, usage_.completion_tokens,
                usage_.total_tokens());
      break;
    case ChatCommand::kSave: MINIONS_TRY(save(input.argument)); break;
    case ChatCommand::kExit: return Next::kLeave;
  }
  return Next::kGoOn;
}

Status ChatLoop::attach(const std::string& file) {
  auto found = load_attachments(file, documents_);
  if (!found) return fail(ErrorCode::kDocument, found.error().detail);
  if (found->size() != 1) {
    note(fmt::format("{} documents go with the next question", found->size()));
  } else if (const Attachment& one = found->front(); one.media_type().empty()) {
    note(fmt::format("{} goes with the next question", one.name()));
  } else {
    note(fmt::format("{} goes with the next question as {}", one.name(), one.media_type()));
  }
  std::move(found->begin(), found->end(), std::back_inserter(attachments_));
  return {};
}

void ChatLoop::detach(const std::string& name) {
  const std::size_t count =
      std::erase_if(attachments_, [&](const Attachment& attached) { return name.empty() || attached.name() == name; });
  note(fmt::format("{} left out; what was sent before stays in the conversation until /clear", count));
}

AskOptions ChatLoop::options() {
  AskOptions options;
  options.sampling = sampling_;
  options.passages = passages_;
  screen_.watch(options);
  options.stop = interrupt_.begin();
  return options;
}

Status ChatLoop::ask(const std::string& question) {
  AskOptions asked = options();
  asked.attachments = attachments_;
  return show(conversation_.ask(question, asked, [this](std::string_view piece) { screen_.token(piece); }));
}

Status ChatLoop::retry() {
  return show(conversation_.retry(options(), [this](std::string_view piece) { screen_.token(piece); }));
}

Status ChatLoop::show(const Answer& answer) {
  interrupt_.end();
  last_exchange_ = answer ? answer.exchange : 0;
  screen_.end();
  if (answer.may_have_run_twice) warn_of_repetition();
  MINIONS_TRY(flush_out());
  if (!answer) {
    if (answer.error().code == ErrorCode::kCancelled && editor_.interactive()) {
      note("stopped; the answer is incomplete and not kept. /retry asks again");
      return {};
    }
    if (!answer.text.empty()) warn("the answer above is incomplete");
    return fail(answer.error());
  }
  for (const std::string& text : answer.notes) warn(text);
  if (!answer.refusal.empty()) warn("the model's refusal: " + answer.refusal);
  report_findings(answer.documents);
  if (const ExitCode code = report_ending(answer.ending.value_or(Ending::kUnknown)); code != ExitCode::kOk)
    ending_ = code;
  if (answer.usage) {
    usage_.prompt_tokens += answer.usage->prompt_tokens;
    usage_.completion_tokens += answer.usage->completion_tokens;
  }
  attachments_.clear();
  return {};
}

Status ChatLoop::verify() {
  const auto attested = client_.attest(interrupt_.begin());
  interrupt_.end();
  if (!attested) return fail(attested.error());
  const Attestation& attestation = **attested;
  print_out("{}", attestation.text);
  if (const auto session = client_.session())
    print_out("session {}, idle limit {} s, at most {} s\n", session->id, session->idle_s, session->max_s);
  if (last_exchange_ != 0) print_out("last reply complete, its receipt good: exchange {}\n", last_exchange_);
  if (attestation.refusal) return fail(Error(*attestation.refusal).in("the server is no longer accepted"));
  return {};
}

Status ChatLoop::save(const std::string& file) {
  const std::string text = file.ends_with(".json") ? conversation_.to_json() : conversation_.to_markdown();
  const Status written = api::write_new_file(file, text, "a saved conversation is never overwritten");
  if (!written) return fail(ErrorCode::kIo, written.error().detail);  // typed in a chat: the command line was valid
  note("saved to " + file);
  return {};
}

}  // namespace

ExitCode chat(const ChatFlags& flags) {
  auto sampling = sampling_of(flags.sampling);
  if (!sampling) return report(sampling.error());
  AttestationNotes notes;
  auto client = Client::open(notes.watch(flags.server));
  if (!client) return report(client.error());
  ExitCode code = ChatLoop(*client, flags, *std::move(sampling)).run();
  if (const Status closed = client->close(); !closed && code == ExitCode::kOk) code = report(closed.error());
  return code;
}

}  // namespace minions::app
