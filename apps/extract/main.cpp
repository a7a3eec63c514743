// minions-extract: confines itself, then reads the document on descriptor 0 and writes its text to descriptor 1, by
// itself or by becoming a reader of PDFs or of pictures. Started by src/documents; `self-test` shows what the sandbox
// denies on this machine.
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "formats/encoding_label.h"
#include "input.h"
#include "picture.h"
#include "reading.h"
#include "sandbox.h"
#include "self_test.h"

namespace minions::extract {
namespace {

using formats::ExtractExit;

constexpr std::string_view kUsage =
    "usage: minions-extract MODE [--pages=FIRST-LAST] [--language=CODES] [--charset=LABEL]\n"
    "         [--memory-bytes=N] [--cpu-s=N] [--max-text-bytes=N] [--max-pages=N] [--max-pixels=N] "
    "[--max-pixels-out=N]\n"
    "         [--as-printed] [--unsafe-no-sandbox]\n"
    "       minions-extract check|self-test [--as=MODE] [--attempt=NAME]\n"
    "modes: pdf, pdf-info, pdf-image, ocr, office, html, mail, text, notebook, image, pixels, reduce\n"
    "reads a document on standard input, writes its text to standard output, a form feed after each page;\n"
    "text: the whole as UTF-8, without form feeds of its own; pixels and reduce: a picture, and 3 bytes a pixel or a "
    "smaller picture\n";

struct Arguments {
  std::string_view mode;
  std::string_view as = "pdf";
  std::string_view attempt;
  std::string first_page = "1";
  std::string last_page;
  std::string language = "eng";
  std::string_view charset;
  Limits limits{std::uint64_t{1} << 30, 60};
  formats::TextLimits text_limits;
  formats::PixelLimits pixel_limits;
  bool as_printed = false;
  bool unsafe_no_sandbox = false;
};

[[noreturn]] void leave(ExtractExit code) { _exit(static_cast<int>(code)); }

template <class Number>
bool read_number(std::string_view text, Number& to) {
  if (text.empty() || text.size() > 15) return false;
  std::uint64_t number = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    number = number * 10 + static_cast<std::uint64_t>(c - '0');
  }
  to = static_cast<Number>(number);
  return number > 0 && to == number;
}

// They become arguments of other programs, so only digits are accepted.
bool read_pages(std::string_view text, Arguments& to) {
  const std::size_t dash = text.find('-');
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  if (dash == std::string_view::npos || !read_number(text.substr(0, dash), first) ||
      !read_number(text.substr(dash + 1), last) || first > last)
    return false;
  to.first_page = std::to_string(first);
  to.last_page = std::to_string(last);
  return true;
}

// `eng` or `deu+eng`: file names in the reader's own folder, and nothing that leads out of it.
bool read_language(std::string_view text, Arguments& to) {
  if (text.empty() || text.size() > 64) return false;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '+';
    if (!plain) return false;
  }
  to.language = text;
  return true;
}

bool read_option(std::string_view option, Arguments& to) {
  const std::size_t equals = option.find('=');
  const std::string_view name = option.substr(0, equals);
  const std::string_view value = equals == std::string_view::npos ? std::string_view{} : option.substr(equals + 1);
  if (name == "--memory-bytes") return read_number(value, to.limits.memory_bytes);
  if (name == "--cpu-s") return read_number(value, to.limits.cpu_s);
  if (name == "--max-text-bytes") return read_number(value, to.text_limits.max_text_bytes);
  if (name == "--max-pages") return read_number(value, to.text_limits.max_pages);
  if (name == "--max-pixels") return read_number(value, to.pixel_limits.max_pixels);
  if (name == "--max-pixels-out") return read_number(value, to.pixel_limits.max_pixels_out);
  if (name == "--pages") return read_pages(value, to);
  if (name == "--language") return read_language(value, to);
  if (name == "--charset") return formats::is_known_encoding(to.charset = value);
  if (name == "--attempt") return !(to.attempt = value).empty();
  if (name == "--as") return !(to.as = value).empty();
  if (option == "--as-printed") return to.as_printed = true;
  if (option == "--unsafe-no-sandbox") return to.unsafe_no_sandbox = true;
  return false;
}

const Needs* needs_of(std::string_view mode) {
  for (const Needs& needs : kNeeds) {
    if (needs.mode == mode) return &needs;
  }
  return nullptr;
}

bool read_arguments(int count, char** arguments, Arguments& to) {
  if (count < 2) return false;
  to.mode = arguments[1];
  for (int i = 2; i < count; ++i) {
    if (!read_option(arguments[i], to)) return false;
  }
  if (to.mode != "check" && to.mode != "self-test") to.as = to.mode;
  return needs_of(to.as) != nullptr;
}

void require(Confined confined) {
  switch (confined) {
    case Confined::kYes: return;
    case Confined::kNoLandlock: leave(ExtractExit::kNoLandlock);
    case Confined::kNoSeccomp: leave(ExtractExit::kNoSeccomp);
    case Confined::kNoLimits: leave(ExtractExit::kNoLimits);
  }
}

// One line per attempt: `NAME denied` or `NAME allowed`.
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

// The PDF readers open the file by its path in /proc: given a pipe or `-`, they would copy it into memory first.
constexpr std::string_view kInput = "/proc/self/fd/0";

std::vector<std::string> words_of(const Arguments& arguments) {
  const auto pages = [&](std::vector<std::string> words) {
    words.insert(words.end(), {"-f", arguments.first_page});
    if (!arguments.last_page.empty()) words.insert(words.end(), {"-l", arguments.last_page});
    return words;
  };
  std::vector<std::string> words;
  if (arguments.mode == "pdf-info") return {"pdfinfo", "-enc", "UTF-8", std::string(kInput)};
  if (arguments.mode == "ocr") return {"tesseract", "stdin", "stdout", "-l", arguments.language};
  if (arguments.mode == "pdf-image") {
    // The picture reader was trained on 300 dots per inch; the side is limited for absurdly large pages.
    words = pages({"pdftoppm", "-r", "300", "-gray", "-singlefile"});
  } else {
    words = pages({"pdftotext", "-enc", "UTF-8", "-eol", "unix"});
    if (arguments.as_printed) words.emplace_back("-layout");
  }
  words.emplace_back(kInput);
  if (arguments.mode == "pdf") words.emplace_back("-");
  return words;
}

[[noreturn]] void become_reader(const Arguments& arguments, const Needs& needs) {
  char locale[] = "LC_ALL=C.UTF-8";
  char threads[] = "OMP_THREAD_LIMIT=1";  // the sandbox has no threads
  char* const environment[] = {locale, threads, nullptr};
  std::vector<std::string> words = words_of(arguments);
  std::vector<char*> call;
  for (std::string& word : words) call.push_back(word.data());
  call.push_back(nullptr);
  for (const char* const* program = needs.programs; *program != nullptr; ++program)
    execve(*program, call.data(), environment);
  leave(ExtractExit::kNoReader);
}

int run(int count, char** words) {
  Arguments arguments;
  if (!read_arguments(count, words, arguments)) {
    say(STDERR_FILENO, kUsage);
    return static_cast<int>(ExtractExit::kUsage);
  }
  const Needs& needs = *needs_of(arguments.as);
  require(set_limits(arguments.limits));
  if (!arguments.unsafe_no_sandbox) require(enter_sandbox(needs));
  if (arguments.mode == "self-test") return self_test(arguments.attempt);
  if (arguments.mode == "check") return 0;
  if (arguments.mode == "pixels" || arguments.mode == "reduce")
    return read_picture(arguments.mode, arguments.pixel_limits);
  if (needs.programs[0] == nullptr) return read_document(arguments.mode, arguments.charset, arguments.text_limits);
  become_reader(arguments, needs);
}

}  // namespace
}  // namespace minions::extract

// Without exit handlers: those of sanitizers start processes, which the sandbox denies.
int main(int count, char** arguments) { _exit(minions::extract::run(count, arguments)); }
