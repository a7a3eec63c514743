#include "chat.h"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

#include "attachments.h"
#include "attestation/core/refusal.h"
#include "base/encoding.h"
#include "chat_commands.h"
#include "connection.h"
#include "line_editor.h"
#include "small_file.h"
#include "terminal.h"

namespace minions::app {
namespace {

enum class Next { kGoOn, kLeave };

struct TypedText {
  std::string text;
  bool block = false;  // between """: a question, whatever it begins with
};

class AnswerSink final : public chat::TokenSink {
 public:
  bool token(std::string_view piece) override {
    began_ = true;
    write_out(piece);
    return std::fflush(stdout) == 0;
  }
  [[nodiscard]] bool began() const { return began_; }

 private:
  bool began_ = false;
};

class ChatLoop {
 public:
  ChatLoop(Connection& connection, const ChatOptions& options)
      : connection_(connection),
        documents_(options.documents),
        editor_(options.history_file),
        conversation_(chat::Text(options.server.system_prompt)) {}

  [[nodiscard]] ExitCode run();

 private:
  [[nodiscard]] std::optional<TypedText> read_input();
  [[nodiscard]] bool read_block(std::string& text);
  [[nodiscard]] Result<Next> handle(const ChatInput& input);
  [[nodiscard]] Status attach(const std::string& file);
  void detach(const std::string& name);
  [[nodiscard]] Status ask(const std::string& question);
  [[nodiscard]] Status retry();
  [[nodiscard]] Status answer();
  [[nodiscard]] Status verify();
  [[nodiscard]] Status save(const std::string& file);
  void note(std::string_view text) const {
    if (editor_.interactive()) print_err("{}\n", line_for_terminal(text));
  }

  Connection& connection_;
  const DocumentOptions& documents_;
  LineEditor editor_;
  chat::Conversation conversation_;
  // Go with the next question; dropped once it was answered.
  std::vector<chat::Attachment> attachments_;
  struct NamedImage {
    std::string name;
    chat::Image image;
  };
  std::vector<NamedImage> images_;
  std::string model_;
  chat::Usage usage_;
};

ExitCode ChatLoop::run() {
  for (const std::string& file : documents_.files) {
    if (const Status attached = attach(file); !attached) return report_document(attached.error());
  }
  auto model = connection_.model_id();
  if (!model) return report(model.error());
  model_ = *std::move(model);
  note(fmt::format("{} at {}; /help lists commands", model_, connection_.client().address()));
  while (auto typed = read_input()) {
    auto input =
        typed->block ? ChatInput{ChatCommand::kQuestion, std::move(typed->text)} : parse_chat_input(typed->text);
    const Result<Next> next = input ? handle(*input) : Result<Next>(fail(std::move(input).error()));
    if (next && *next == Next::kLeave) break;
    if (next) continue;
    const ExitCode code = report(next.error());
    // A script must not go on as if it had its answer.
    if (!editor_.interactive()) return code;
  }
  return ExitCode::kOk;
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

// Lines up to one that ends in """. False if it was given up.
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
      images_.clear();
      note("conversation cleared");
      break;
    case ChatCommand::kSystem:
      conversation_ = chat::Conversation(chat::Text(input.argument));
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
  auto image = load_image(file, documents_);
  if (!image) return fail(ErrorCode::kDocument, image.error().detail);
  if (*image) {
    images_.push_back({std::filesystem::path(file).filename(), **std::move(image)});
    note(fmt::format("{} goes with the next question as {}", images_.back().name, images_.back().image.media_type));
    return {};
  }
  auto found = load_attachments(file, documents_);
  if (!found) return fail(ErrorCode::kDocument, found.error().detail);
  note(found->size() == 1 ? fmt::format("{} goes with the next question", found->front().name)
                          : fmt::format("{} documents go with the next question", found->size()));
  std::move(found->begin(), found->end(), std::back_inserter(attachments_));
  return {};
}

void ChatLoop::detach(const std::string& name) {
  const auto is_meant = [&](const auto& attached) { return name.empty() || attached.name == name; };
  const std::size_t count = std::erase_if(attachments_, is_meant) + std::erase_if(images_, is_meant);
  note(fmt::format("{} left out; what was sent before stays in the conversation until /clear", count));
}

Status ChatLoop::ask(const std::string& question) {
  conversation_.withdraw();  // one that got no answer and was not asked again
  std::vector<chat::Image> images;
  for (const NamedImage& each : images_) images.push_back({each.image.media_type, each.image.base64.copy()});
  MINIONS_TRY(conversation_.ask(chat::fold(attachments_, question), std::move(images)));
  return answer();
}

Status ChatLoop::retry() {
  if (!conversation_.awaits_answer()) MINIONS_TRY(conversation_.retry());
  return answer();
}

Status ChatLoop::answer() {
  AnswerSink sink;
  auto completion = connection_.complete({.model = model_, .messages = conversation_.messages()}, sink);
  if (sink.began()) print_out("\n");
  std::fflush(stdout);
  if (!completion) {
    if (completion.error().code == ErrorCode::kCancelled && editor_.interactive()) {
      note("stopped; the answer is incomplete and not kept. /retry asks again");
      return {};
    }
    if (sink.began()) warn("the answer above is incomplete");
    return fail(std::move(completion).error());
  }
  if (completion->usage) usage_ += *completion->usage;
  attachments_.clear();
  images_.clear();
  return conversation_.answer(std::move(completion->text));
}

Status ChatLoop::verify() {
  MINIONS_TRY_ASSIGN(const auto attestation, connection_.attest());
  print_out("{}", attestation->result.to_text());
  if (const auto session = connection_.client().session_parameters()) {
    print_out("session {}, idle limit {} s, at most {} s\n", to_hex(session->session), session->idle_s, session->max_s);
  }
  if (const auto& exchange = connection_.last_exchange(); exchange && exchange->reply) {
    print_out("last reply complete, its receipt good: exchange {}\n", exchange->reply->n);
  }
  if (attestation->result.accepted()) return {};
  return fail(
      attestation::refusal(attestation->result, attestation::kNothingMoreSent).in("the server is no longer accepted"));
}

Status ChatLoop::save(const std::string& file) {
  const chat::Text text = file.ends_with(".json") ? conversation_.to_json(model_) : conversation_.to_markdown(model_);
  const Status written = write_new_file(file, text.reveal(), "a saved conversation is never overwritten");
  if (!written) return fail(ErrorCode::kIo, written.error().detail);  // typed in a chat: the command line was right
  note("saved to " + file);
  return {};
}

}  // namespace

ExitCode chat(const ChatOptions& options) {
  auto connection = Connection::create(options.server);
  if (!connection) return report(connection.error());
  ExitCode code = ChatLoop(**connection, options).run();
  if (const Status finished = (*connection)->finish(); !finished && code == ExitCode::kOk)
    code = report(finished.error());
  return code;
}

}  // namespace minions::app
