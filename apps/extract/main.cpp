// minions-extract: confines itself, then becomes pdftotext with the PDF on descriptor 0 and the text on descriptor 1.
// Started by documents/extractor.h; `--self-test` shows what the sandbox denies on this machine.
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "documents/extract_exit.h"
#include "sandbox.h"
#include "self_test.h"

namespace minions::extract {
namespace {

using documents::ExtractExit;

constexpr std::string_view kUsage =
    "usage: minions-extract pdf|check|self-test [--attempt=NAME] [--memory-bytes=N] [--cpu-s=N] [--as-printed] "
    "[--unsafe-no-sandbox]\n"
    "reads a PDF on standard input, writes its text to standard output, a form feed after each page\n";

struct Arguments {
  std::string_view mode;
  std::string_view attempt;
  Limits limits{std::uint64_t{1} << 30, 60};
  bool as_printed = false;
  bool unsafe_no_sandbox = false;
};

// iostreams and printf would add a millisecond of start-up and buffers that exec loses.
void say(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(descriptor, text.data(), text.size());
    if (written <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

[[noreturn]] void leave(ExtractExit code) { _exit(static_cast<int>(code)); }

bool read_number(std::string_view text, rlim_t& to) {
  if (text.empty() || text.size() > 15) return false;
  to = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    to = to * 10 + static_cast<rlim_t>(c - '0');
  }
  return to > 0;
}

bool read_option(std::string_view option, Arguments& to) {
  const std::size_t equals = option.find('=');
  const std::string_view name = option.substr(0, equals);
  const std::string_view value = equals == std::string_view::npos ? std::string_view{} : option.substr(equals + 1);
  if (name == "--memory-bytes") return read_number(value, to.limits.memory_bytes);
  if (name == "--cpu-s") return read_number(value, to.limits.cpu_s);
  if (name == "--attempt") return !(to.attempt = value).empty();
  if (option == "--as-printed") return to.as_printed = true;
  if (option == "--unsafe-no-sandbox") return to.unsafe_no_sandbox = true;
  return false;
}

bool read_arguments(int count, char** arguments, Arguments& to) {
  if (count < 2) return false;
  to.mode = arguments[1];
  for (int i = 2; i < count; ++i) {
    if (!read_option(arguments[i], to)) return false;
  }
  return to.mode == "pdf" || to.mode == "check" || to.mode == "self-test";
}

void require(Confined confined) {
  switch (confined) {
    case Confined::kYes: return;
    case Confined::kNoLandlock: leave(ExtractExit::kNoLandlock);
    case Confined::kNoSeccomp: leave(ExtractExit::kNoSeccomp);
    case Confined::kNoLimits: leave(ExtractExit::kNoLimits);
  }
}

// One line an attempt: `NAME denied` or `NAME allowed`.
int self_test(std::string_view wanted) {
  bool known = false;
  for (const Attempt& attempt : attempts()) {
    if (!wanted.empty() && wanted != attempt.name) continue;
    known = true;
    say(STDOUT_FILENO, attempt.name);
    say(STDOUT_FILENO, attempt.succeeds() ? " allowed\n" : " denied\n");
  }
  return known ? 0 : static_cast<int>(ExtractExit::kUsage);
}

[[noreturn]] void become_reader(const Arguments& arguments) {
  char locale[] = "LC_ALL=C.UTF-8";
  char* const environment[] = {locale, nullptr};
  for (const char* reader : kReaders) {
    std::string words[] = {"pdftotext", "-enc", "UTF-8", "-eol", "unix", "-layout", "-", "-"};
    char* call[std::size(words) + 1] = {};
    std::size_t count = 0;
    for (std::string& word : words) {
      if (word != "-layout" || arguments.as_printed) call[count++] = word.data();
    }
    execve(reader, call, environment);
  }
  leave(ExtractExit::kNoReader);
}

int run(int count, char** words) {
  Arguments arguments;
  if (!read_arguments(count, words, arguments)) {
    say(STDERR_FILENO, kUsage);
    return static_cast<int>(ExtractExit::kUsage);
  }
  require(set_limits(arguments.limits));
  if (!arguments.unsafe_no_sandbox) require(enter_sandbox());
  if (arguments.mode == "self-test") return self_test(arguments.attempt);
  if (arguments.mode == "check") return 0;
  become_reader(arguments);
}

}  // namespace
}  // namespace minions::extract

// Without exit handlers: those of sanitizers start processes, which the sandbox denies.
int main(int count, char** arguments) { _exit(minions::extract::run(count, arguments)); }
