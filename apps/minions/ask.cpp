#include "ask.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "attachments.h"
#include "interrupt.h"
#include "report.h"
#include "terminal.h"
#include "verdict_lines.h"

namespace minions::app {
namespace {

// Passes the answer on as it arrives.
class AnswerPrinter {
 public:
  AnswerPrinter(OutputFormat format, Interrupt& interrupt) : format_(format), interrupt_(interrupt) {}

  void token(std::string_view piece) {
    switch (format_) {
      case OutputFormat::kText:
        ends_line_ = piece.empty() ? ends_line_ : piece.back() == '\n';
        written_ = print(piece);
        break;
      case OutputFormat::kJson: break;
      case OutputFormat::kJsonLines: written_ = print_line({{"type", "token"}, {"text", piece}}).has_value(); break;
    }
    if (!written_) interrupt_.stop();
  }
  void end_line() const {
    if (!ends_line_) std::fputc('\n', stdout);
    std::fflush(stdout);
  }
  [[nodiscard]] bool written() const { return written_; }

 private:
  static bool print(std::string_view text) {
    write_out(text);
    return std::ferror(stdout) == 0 && std::fflush(stdout) == 0;
  }

  OutputFormat format_;
  Interrupt& interrupt_;
  bool ends_line_ = true;
  bool written_ = true;
};

// The files come first: nothing is dialled if a document cannot be read.
Result<std::vector<Attachment>> load_all(const DocumentFlags& flags) {
  std::vector<Attachment> attached;
  for (const std::string& file : flags.files) {
    MINIONS_TRY_ASSIGN(std::vector<Attachment> found, load_attachments(file, flags));
    std::move(found.begin(), found.end(), std::back_inserter(attached));
  }
  return attached;
}

Result<std::string> read_question(const AskFlags& flags) {
  const std::vector<std::string>& files = flags.documents.files;
  const bool piped_file = std::find(files.begin(), files.end(), "-") != files.end();
  if (flags.question != "-") return flags.question;
  if (piped_file) return fail(ErrorCode::kUsage, "standard input can be the question or a document, not both");
  MINIONS_TRY_ASSIGN(std::string text, read_standard_input());
  if (text.empty()) return fail(ErrorCode::kUsage, "standard input: no question");
  return text;
}

Status print_result(const Answer& answer, OutputFormat format) {
  if (format == OutputFormat::kText) return {};
  Json result = parsed(answer.to_json());
  if (format == OutputFormat::kJson) return print_line(result);
  if (Json usage = result["usage"]; usage.is_object()) {
    usage["type"] = "usage";
    MINIONS_TRY(print_line(usage));
  }
  result["type"] = "result";
  return print_line(result);
}

}  // namespace

ExitCode ask(const AskFlags& flags) {
  const auto question = read_question(flags);
  if (!question) return report(question.error());
  const auto attached = load_all(flags.documents);
  if (!attached) return report_document(attached.error());
  AttestationNotes notes;
  auto client = Client::open(notes.watch(flags.server));
  if (!client) return report(client.error());

  Interrupt interrupt;
  AnswerPrinter printer(flags.format, interrupt);
  AskOptions options;
  options.attachments = *attached;
  options.system_prompt = flags.server.system_prompt;
  options.stop = interrupt.begin();
  Answer answer = client->ask(*question, options, [&printer](std::string_view piece) { printer.token(piece); });
  interrupt.end();
  if (answer.may_have_run_twice) warn_of_repetition();
  printer.end_line();
  if (!printer.written()) answer.failure = Error{ErrorCode::kIo, "standard output cannot be written"};
  const Status printed = print_result(answer, flags.format);
  ExitCode code = ExitCode::kOk;
  if (!answer) {
    if (!answer.text.empty()) warn("the answer above is incomplete");
    code = report(answer.error());
  } else if (!printed) {
    code = report(printed.error());
  }
  const Status closed = client->close();
  if (!closed && code == ExitCode::kOk) code = report(closed.error());
  return code;
}

}  // namespace minions::app
