#include "ask.h"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "attachments.h"
#include "connection.h"
#include "report.h"
#include "terminal.h"

namespace minions::app {
namespace {

// Passes the answer on as it comes and keeps it.
class AnswerPrinter final : public chat::TokenSink {
 public:
  explicit AnswerPrinter(OutputFormat format) : format_(format) {}

  bool token(std::string_view piece) override {
    answer_.append(piece);
    switch (format_) {
      case OutputFormat::kText: return written_ = print(piece);
      case OutputFormat::kJson: return true;
      case OutputFormat::kJsonLines:
        written_ = print_line({{"type", "token"}, {"text", piece}}).has_value();
        return written_;
    }
    return false;
  }
  void end_line() {
    if (format_ == OutputFormat::kText && !answer_.empty() && answer_.reveal().back() != '\n') std::fputc('\n', stdout);
    std::fflush(stdout);
  }
  [[nodiscard]] std::string_view answer() const { return answer_.reveal(); }
  [[nodiscard]] bool written() const { return written_; }

 private:
  static bool print(std::string_view text) {
    write_out(text);
    return std::ferror(stdout) == 0 && std::fflush(stdout) == 0;
  }

  OutputFormat format_;
  chat::Text answer_;
  bool written_ = true;
};

struct Attached {
  std::vector<chat::Attachment> documents;
  std::vector<chat::Image> images;
};

// The files come first: nothing is dialled for a document that cannot be read.
Result<Attached> load_all(const DocumentOptions& options) {
  Attached attached;
  for (const std::string& file : options.files) {
    MINIONS_TRY_ASSIGN(std::optional<chat::Image> image, load_image(file, options));
    if (image) {
      attached.images.push_back(*std::move(image));
      continue;
    }
    MINIONS_TRY_ASSIGN(std::vector<chat::Attachment> found, load_attachments(file, options));
    std::move(found.begin(), found.end(), std::back_inserter(attached.documents));
  }
  return attached;
}

Result<chat::Text> read_question(const AskOptions& options) {
  const std::vector<std::string>& files = options.documents.files;
  const bool piped_file = std::find(files.begin(), files.end(), "-") != files.end();
  if (options.question != "-") return chat::Text(options.question);
  if (piped_file) return fail(ErrorCode::kUsage, "standard input can be the question or a document, not both");
  MINIONS_TRY_ASSIGN(chat::Text text, read_standard_input());
  if (text.empty()) return fail(ErrorCode::kUsage, "standard input: no question");
  return text;
}

Result<chat::Completion> run(Connection& connection, const AskOptions& options, chat::Message message,
                             AnswerPrinter& printer, std::string& model) {
  MINIONS_TRY_ASSIGN(model, connection.model_id());
  chat::ChatRequest request{.model = model};
  if (!options.server.system_prompt.empty())
    request.messages.push_back({chat::Role::kSystem, chat::Text(options.server.system_prompt)});
  request.messages.push_back(std::move(message));
  return connection.complete(request, printer);
}

Status print_result(const AskReport& report, OutputFormat format) {
  switch (format) {
    case OutputFormat::kText: return {};
    case OutputFormat::kJson: return print_line(to_json(report));
    case OutputFormat::kJsonLines: {
      if (report.completion) {
        Json usage = usage_json(report.completion->usage);
        if (usage.is_object()) {
          usage["type"] = "usage";
          MINIONS_TRY(print_line(usage));
        }
      }
      Json result = to_json(report);
      result["type"] = "result";
      return print_line(result);
    }
  }
  return {};
}

}  // namespace

ExitCode ask(const AskOptions& options) {
  auto question = read_question(options);
  if (!question) return report(question.error());
  auto attached = load_all(options.documents);
  if (!attached) return report_document(attached.error());
  auto connection = Connection::create(options.server);
  if (!connection) return report(connection.error());

  AnswerPrinter printer(options.format);
  std::string model;
  chat::Message message{chat::Role::kUser, chat::fold(attached->documents, question->reveal()),
                        std::move(attached->images)};
  auto completion = run(**connection, options, std::move(message), printer, model);
  printer.end_line();
  if (!printer.written()) completion = fail(ErrorCode::kIo, "standard output cannot be written");
  const auto& exchange = (*connection)->last_exchange();
  const client::ExchangeTiming timing = exchange ? (*connection)->timing() : client::ExchangeTiming();
  const Status printed =
      print_result({completion, printer.answer(), (*connection)->client().last_attestation(), exchange, timing, model},
                   options.format);
  ExitCode code = ExitCode::kOk;
  if (!completion) {
    if (!printer.answer().empty()) warn("the answer above is incomplete");
    code = report(completion.error());
  } else if (!printed) {
    code = report(printed.error());
  }
  const Status finished = (*connection)->finish();
  if (!finished && code == ExitCode::kOk) code = report(finished.error());
  return code;
}

}  // namespace minions::app
