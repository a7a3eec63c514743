#include "ask.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "answer_screen.h"
#include "attachments.h"
#include "base/text.h"
#include "interrupt.h"
#include "report.h"
#include "terminal.h"
#include "verdict_lines.h"

namespace minions::app {
namespace {

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
  if (flags.question != "-") {
    if (trimmed(flags.question).empty()) return fail(ErrorCode::kUsage, "the question is empty");
    return flags.question;
  }
  if (piped_file) return fail(ErrorCode::kUsage, "standard input can be the question or a document, not both");
  MINIONS_TRY_ASSIGN(std::string text, read_standard_input());
  if (trimmed(text).empty()) return fail(ErrorCode::kUsage, "standard input: no question");
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
  // Before anything is asked; with JSON an object says it, too.
  const auto refused = [&](const Error& error, ExitCode (*report_it)(const Error&)) {
    Answer answer;
    answer.failure = error;
    const Status printed = print_result(answer, flags.format);
    return printed ? report_it(error) : report(printed.error());
  };
  const auto question = read_question(flags);
  if (!question) return refused(question.error(), report);
  const auto attached = load_all(flags.documents);
  if (!attached) return refused(attached.error(), report_document);
  auto sampling = sampling_of(flags.sampling);
  if (!sampling) return refused(sampling.error(), report);
  AttestationNotes notes;
  auto client = Client::open(notes.watch(flags.server));
  if (!client) return refused(client.error(), report);

  Interrupt interrupt;
  const Pieces pieces = flags.format == OutputFormat::kText   ? Pieces::kAsText
                        : flags.format == OutputFormat::kJson ? Pieces::kHidden
                                                              : Pieces::kAsJsonLines;
  AnswerScreen screen(flags.reasoning ? Thoughts::kShown : Thoughts::kHidden, pieces, interrupt);
  AskOptions options;
  options.attachments = *attached;
  options.system_prompt = flags.server.system_prompt;
  options.sampling = *std::move(sampling);
  options.passages = flags.passages;
  screen.watch(options);
  options.stop = interrupt.begin();
  Answer answer = client->ask(*question, options, [&screen](std::string_view piece) { screen.token(piece); });
  interrupt.end();
  screen.end();
  if (answer.may_have_run_twice) warn_of_repetition();
  if (const Status written = flush_out(); !written) answer.failure = written.error();
  const Status printed = print_result(answer, flags.format);
  const ExitCode told = report_answer(answer);
  ExitCode code = told == ExitCode::kOk && !printed ? report(printed.error()) : told;
  const Status closed = client->close();
  if (!closed && code == ExitCode::kOk) code = report(closed.error());
  return code;
}

}  // namespace minions::app
