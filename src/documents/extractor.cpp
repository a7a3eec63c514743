#include "documents/extractor.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "base/encoding.h"
#include "documents/child_process.h"
#include "documents/extract_exit.h"

namespace minions::documents {
namespace {

constexpr std::string_view kHelperName = "minions-extract";
constexpr std::string_view kWithoutSandbox = "PDFs are read only in a sandbox unless --unsafe-no-sandbox is given";

class PageLimit final : public OutputLimit {
 public:
  explicit PageLimit(const ExtractorOptions& options) : options_(options) {}
  Status check(std::string_view added, std::size_t total_bytes) override {
    pages_ += static_cast<std::size_t>(std::count(added.begin(), added.end(), '\f'));
    if (pages_ > options_.max_pages) {
      return fail(ErrorCode::kTooLarge, fmt::format("has more than {} pages, the limit", options_.max_pages));
    }
    if (total_bytes > options_.max_text_bytes) {
      return fail(ErrorCode::kTooLarge,
                  fmt::format("has more than {} bytes of text, the limit", options_.max_text_bytes));
    }
    return {};
  }

 private:
  const ExtractorOptions& options_;
  std::size_t pages_ = 0;
};

Result<std::filesystem::path> helper_path(const ExtractorOptions& options) {
  if (!options.helper.empty()) return options.helper;
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return fail(ErrorCode::kIo, "the path of the running program is not known: " + error.message());
  return program.parent_path() / kHelperName;
}

std::vector<std::string> arguments_of(std::string_view mode, const ExtractorOptions& options) {
  const auto cpu_s = std::chrono::ceil<std::chrono::seconds>(options.time_limit).count();
  std::vector<std::string> arguments = {std::string(mode), fmt::format("--memory-bytes={}", options.max_memory_bytes),
                                        fmt::format("--cpu-s={}", cpu_s)};
  if (options.confinement == Confinement::kUnsafeNoSandbox) arguments.emplace_back("--unsafe-no-sandbox");
  if (options.layout == PdfLayout::kAsPrinted) arguments.emplace_back("--as-printed");
  return arguments;
}

Result<ChildResult> run_helper(std::string_view mode, int input, const ExtractorOptions& options) {
  MINIONS_TRY_ASSIGN(const std::filesystem::path helper, helper_path(options));
  PageLimit limit(options);
  auto result = run_child({helper, arguments_of(mode, options), input, options.time_limit}, limit);
  if (!result && result.error().code == ErrorCode::kTimeout) {
    return fail(ErrorCode::kTimeout,
                fmt::format("takes longer to read than {} ms, the limit", options.time_limit.count()));
  }
  return result;
}

tl::unexpected<Error> out_of_memory(const ExtractorOptions& options) {
  return fail(ErrorCode::kTooLarge,
              fmt::format("needs more than {} MiB to be read, the limit", options.max_memory_bytes >> 20));
}

Status status_of_signal(int signal, std::string_view complaints, const ExtractorOptions& options) {
  if (signal == SIGXCPU || signal == SIGKILL) {
    return fail(ErrorCode::kTimeout, fmt::format("takes longer to read than {} ms of processor time, the limit",
                                                 options.time_limit.count()));
  }
  if (signal == SIGABRT && complaints.find("alloc") != std::string_view::npos) return out_of_memory(options);
  return fail(ErrorCode::kDocument, fmt::format("is damaged: the PDF reader stopped with signal {}", signal));
}

// Of the complaints only fixed phrases of the reader are looked for, because they may quote the document.
Status status_of_exit(const ChildResult& result, const ExtractorOptions& options) {
  const std::string_view complaints = result.complaints;
  const auto complains = [&](std::string_view phrase) { return complaints.find(phrase) != std::string_view::npos; };
  if (WIFSIGNALED(result.wait_status)) return status_of_signal(WTERMSIG(result.wait_status), complaints, options);
  const int code = WEXITSTATUS(result.wait_status);
  switch (static_cast<ExtractExit>(code)) {
    case ExtractExit::kUsage:
      return fail(ErrorCode::kInternal, "the helper does not know its arguments: it is of another version");
    case ExtractExit::kNoLandlock:
      return fail(ErrorCode::kUnsupported, fmt::format("this kernel has no Landlock; {}", kWithoutSandbox));
    case ExtractExit::kNoSeccomp:
      return fail(ErrorCode::kUnsupported, fmt::format("this kernel has no seccomp; {}", kWithoutSandbox));
    case ExtractExit::kNoLimits: return fail(ErrorCode::kUnsupported, "the limits of the PDF reader cannot be set");
    case ExtractExit::kNoReader:
      return fail(ErrorCode::kUnsupported, "pdftotext cannot be started: install poppler-utils");
  }
  if (code == 0) return {};
  if (complains("Incorrect password")) return fail(ErrorCode::kDocument, "is an encrypted PDF: it wants a password");
  if (complains("Out of memory") || complains("bad_alloc")) return out_of_memory(options);
  if (code == 3) return fail(ErrorCode::kDocument, "is a PDF that forbids taking its text");
  if (code == 127 && complains("shared librar"))
    return fail(ErrorCode::kUnsupported, "pdftotext does not find its libraries inside the sandbox");
  return fail(ErrorCode::kDocument, fmt::format("is damaged: no readable PDF (pdftotext exit status {})", code));
}

// The reader ends each page with a form feed.
Result<std::vector<Page>> split_pages(std::string_view text) {
  if (!is_utf8(text)) return fail(ErrorCode::kDocument, "is damaged: its text is not UTF-8");
  std::vector<Page> pages;
  for (std::size_t end = text.find('\f'); end != std::string_view::npos; end = text.find('\f')) {
    pages.push_back(
        {static_cast<std::uint32_t>(pages.size() + 1), crypto::SecretText(std::string(text.substr(0, end)))});
    text.remove_prefix(end + 1);
  }
  if (pages.empty()) return fail(ErrorCode::kDocument, "is a PDF without pages");
  return pages;
}

bool is_blank(const Page& page) { return page.text.reveal().find_first_not_of(" \t\r\n") == std::string_view::npos; }

// "2, 5-7"
std::string ranges(const std::vector<std::uint32_t>& numbers) {
  std::string text;
  for (std::size_t i = 0; i < numbers.size();) {
    std::size_t last = i;
    while (last + 1 < numbers.size() && numbers[last + 1] == numbers[last] + 1) ++last;
    if (!text.empty()) text += ", ";
    text += last == i ? fmt::format("{}", numbers[i]) : fmt::format("{}-{}", numbers[i], numbers[last]);
    i = last + 1;
  }
  return text;
}

std::vector<std::string> notes_on(const std::vector<Page>& pages, std::string_view complaints) {
  std::vector<std::uint32_t> blank;
  for (const Page& page : pages) {
    if (is_blank(page)) blank.push_back(page.number);
  }
  std::vector<std::string> notes;
  if (blank.size() == pages.size()) {
    notes.push_back(fmt::format("none of the {} pages has text: a scanned document, which needs OCR", pages.size()));
  } else if (!blank.empty()) {
    notes.push_back(fmt::format("{} of {} pages have no text (page {}): empty or scanned", blank.size(), pages.size(),
                                ranges(blank)));
  }
  if (complaints.find("Syntax Error") != std::string_view::npos) {
    notes.emplace_back("the PDF is damaged in places: text may be missing");
  }
  return notes;
}

}  // namespace

Result<ExtractedPdf> extract_pdf(const OpenFile& pdf, const ExtractorOptions& options) {
  if (lseek(pdf.descriptor(), 0, SEEK_SET) != 0) return fail(ErrorCode::kIo, "cannot be read from its start");
  MINIONS_TRY_ASSIGN(ChildResult result, run_helper("pdf", pdf.descriptor(), options));
  const crypto::SecretText text(std::move(result.output));
  const crypto::SecretText complaints(std::string(result.complaints));
  MINIONS_TRY(status_of_exit(result, options));
  MINIONS_TRY_ASSIGN(std::vector<Page> pages, split_pages(text.reveal()));
  std::vector<std::string> notes = notes_on(pages, complaints.reveal());
  return ExtractedPdf{std::move(pages), std::move(notes)};
}

Status check_extractor(const ExtractorOptions& options) {
  MINIONS_TRY_ASSIGN(const OpenFile nothing, file_in_memory({}));
  MINIONS_TRY_ASSIGN(const ChildResult result, run_helper("check", nothing.descriptor(), options));
  return status_of_exit(result, options);
}

}  // namespace minions::documents
