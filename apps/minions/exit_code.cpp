#include "exit_code.h"

#include "terminal.h"

namespace minions::app {
namespace {

void print(std::string_view kind, std::string_view text) {
  print_err("minions: {}: {}\n", kind, line_for_terminal(text));
}

}  // namespace

ExitCode report(const Error& error) {
  if (error.cause == Cause::kReaderLeft) return exit_code_of(error);  // whoever reads has what he wanted
  print("error", error.detail);
  if (const std::string_view hint = hint_for(error); !hint.empty()) print("hint", hint);
  return exit_code_of(error);
}

ExitCode report_document(const Error& error) {
  print("error", error.detail);
  return ExitCode::kDocument;
}

void hint_at_missing(const std::vector<std::string>& missing) {
  for (const std::string& each : missing) hint("not available: " + each);
}
void hint(std::string_view text) { print("hint", text); }
void warn_of_repetition() { warn("the connection was lost and the request was sent again: it may have run twice"); }
ExitCode report_ending(Ending ending) {
  if (ending == Ending::kComplete) return ExitCode::kOk;
  warn(words_for(ending));
  return ExitCode::kNotWhole;
}
void warn(std::string_view text) { print("warning", text); }

}  // namespace minions::app
