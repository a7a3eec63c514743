#include "documents/helper.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "base/encoding.h"

namespace minions::documents {
namespace {

using formats::ExtractExit;
using formats::Remark;

constexpr std::size_t kBlockBytes = 1 << 20;  // of a large page
constexpr std::string_view kHelperName = "minions-extract";
constexpr std::string_view kWithoutSandbox =
    "PDFs, pictures and all else that needs a parser are read only in a sandbox unless minions has --unsafe-no-sandbox";

// Errors that every other document would meet too.
Error no_sandbox(std::string detail) {
  return Error{ErrorCode::kUnsupported, std::move(detail)}.because(Cause::kNoSandbox);
}

// Next to the running program, or where an installation has it relative to the library that holds this code.
Result<std::filesystem::path> helper_path(const ExtractorOptions& options) {
  if (!options.helper.empty()) return options.helper;
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return fail(ErrorCode::kIo, "the path of the running program is not known: " + error.message());
  const auto beside = program.parent_path() / kHelperName;
  if (std::filesystem::exists(beside, error)) return beside;
  Dl_info object{};
  if (::dladdr(reinterpret_cast<const void*>(&no_sandbox), &object) == 0 || object.dli_fname == nullptr) return beside;
  const auto library = std::filesystem::absolute(object.dli_fname, error).parent_path();
  for (const char* folder : {"../bin", "../../bin"}) {  // lib, or lib/x86_64-linux-gnu
    const auto installed = (library / folder / kHelperName).lexically_normal();
    if (std::filesystem::exists(installed, error)) return installed;
  }
  return beside;
}

std::vector<std::string> arguments_of(const HelperRun& run, const ExtractorOptions& options) {
  const auto cpu_s = std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::seconds>(options.time_limit).count());
  std::vector<std::string> arguments = {
      std::string(run.mode), fmt::format("--memory-bytes={}", options.max_memory_bytes),
      fmt::format("--cpu-s={}", cpu_s), fmt::format("--max-text-bytes={}", options.max_text_bytes),
      fmt::format("--max-pages={}", options.max_pages)};
  if (options.confinement == Confinement::kUnsafeNoSandbox) arguments.emplace_back("--unsafe-no-sandbox");
  arguments.insert(arguments.end(), run.arguments.begin(), run.arguments.end());
  return arguments;
}

tl::unexpected<Error> out_of_memory(const ExtractorOptions& options) {
  return fail(ErrorCode::kTooLarge,
              fmt::format("needs more than {} MiB to be read, the limit", options.max_memory_bytes >> 20));
}

tl::unexpected<Error> too_many_pages(const ExtractorOptions& options) {
  return fail(ErrorCode::kTooLarge, fmt::format("has more than {} pages, the limit", options.max_pages));
}

tl::unexpected<Error> too_much_text(const ExtractorOptions& options) {
  return fail(ErrorCode::kTooLarge, fmt::format("has more than {} bytes of text, the limit", options.max_text_bytes));
}

Status status_of_signal(int signal, std::string_view complaints, const ExtractorOptions& options) {
  if (signal == SIGXCPU || signal == SIGKILL) {
    return fail(ErrorCode::kTimeout, fmt::format("takes longer to read than {} ms of processor time, the limit",
                                                 options.time_limit.count()));
  }
  if (signal == SIGABRT && complaints.find("alloc") != std::string_view::npos) return out_of_memory(options);
  return fail(ErrorCode::kDocument, fmt::format("is damaged: its reader stopped with signal {}", signal));
}

std::string missing_program(std::string_view mode) {
  if (mode == "ocr") return "tesseract cannot be started: install tesseract-ocr";
  const std::string_view program = mode == "pdf-info" ? "pdfinfo" : mode == "pdf-image" ? "pdftoppm" : "pdftotext";
  return fmt::format("{} cannot be started: install poppler-utils", program);
}

// What the helper's own codes mean; kInternal with the number for an unknown code.
Error error_of(ExtractExit code, const HelperRun& run, const ExtractorOptions& options) {
  switch (code) {
    case ExtractExit::kEncrypted: return {ErrorCode::kDocument, "is encrypted: it wants a password"};
    case ExtractExit::kDamaged: return {ErrorCode::kDocument, "is damaged: it breaks its own format"};
    case ExtractExit::kBomb:
      return {ErrorCode::kTooLarge, "holds far more than its size says: it is made to fill memory"};
    case ExtractExit::kDocumentType:
      return {ErrorCode::kDocument, "has XML with a document type, as entity bombs have and office documents never"};
    case ExtractExit::kTooMuchText: return too_much_text(options).value();
    case ExtractExit::kTooManyPages: return too_many_pages(options).value();
    case ExtractExit::kNoDocument:
      return {ErrorCode::kUnsupported, "is a ZIP archive, and no office document that is known here"};
    case ExtractExit::kOutOfMemory: return out_of_memory(options).value();
    case ExtractExit::kUnknownPicture:
      return {ErrorCode::kDocument, "is not a picture of a supported format: want PNG, JPEG, GIF or WebP"};
    case ExtractExit::kTooManyPixels: return {ErrorCode::kTooLarge, "has more pixels than are read"};
    case ExtractExit::kPictureCoding:
      return {ErrorCode::kDocument, "is a picture in a coding of its format that is not read here"};
    case ExtractExit::kBinaryWorkbook:
      return {ErrorCode::kUnsupported, "is a binary workbook (XLSB), which is not read here: save it as XLSX"};
    case ExtractExit::kUsage:
      return {ErrorCode::kInternal, "the helper does not know its arguments: it is of another version"};
    case ExtractExit::kNoLandlock: return no_sandbox(fmt::format("this kernel has no Landlock; {}", kWithoutSandbox));
    case ExtractExit::kNoSeccomp: return no_sandbox(fmt::format("this kernel has no seccomp; {}", kWithoutSandbox));
    case ExtractExit::kNoLimits: return {ErrorCode::kUnsupported, "the limits of the reader cannot be set"};
    case ExtractExit::kNoReader: return {ErrorCode::kUnsupported, missing_program(run.mode)};
  }
  return {ErrorCode::kDocument, fmt::format("is damaged: its reader gave up with status {}", static_cast<int>(code))};
}

Status status_of_exit(const ChildResult& result, const HelperRun& run, const ExtractorOptions& options) {
  const std::string_view complaints = result.complaints;
  const auto complains = [&](std::string_view phrase) { return complaints.find(phrase) != std::string_view::npos; };
  if (WIFSIGNALED(result.wait_status)) return status_of_signal(WTERMSIG(result.wait_status), complaints, options);
  const int code = WEXITSTATUS(result.wait_status);
  if (code == 0) return {};
  if (code >= static_cast<int>(ExtractExit::kEncrypted) && code <= static_cast<int>(ExtractExit::kNoReader))
    return fail(error_of(static_cast<ExtractExit>(code), run, options));
  if (code == 127 && complains("shared librar"))
    return fail(ErrorCode::kUnsupported, "its reader does not find its libraries inside the sandbox");
  if (run.mode == "ocr" && (complains("Failed loading language") || complains("Error opening data file"))) {
    return fail(ErrorCode::kUnsupported,
                fmt::format("tesseract has no data for '{}': install tesseract-ocr-LANGUAGE", options.ocr_language));
  }
  if (complains("Incorrect password")) return fail(ErrorCode::kDocument, "is an encrypted PDF: it wants a password");
  if (code == 3 && run.mode.starts_with("pdf"))
    return fail(ErrorCode::kDocument, "is a PDF that forbids taking its text");
  if (complains("Out of memory") || complains("bad_alloc")) return out_of_memory(options);
  return fail(error_of(static_cast<ExtractExit>(code), run, options));
}

// Lines `NAME NUMBER` with known names; ignores everything else on standard error.
HelperRemarks remarks_in(std::string_view complaints) {
  HelperRemarks found;
  found.is_damaged = complaints.find("Syntax Error") != std::string_view::npos;
  while (!complaints.empty()) {
    const std::size_t end = std::min(complaints.find('\n'), complaints.size());
    const std::string_view line = complaints.substr(0, end);
    complaints.remove_prefix(std::min(end + 1, complaints.size()));
    const std::size_t space = std::min(line.find(' '), line.size());
    const auto name = std::find(formats::kRemarkNames.begin(), formats::kRemarkNames.end(), line.substr(0, space));
    std::uint64_t number = 0;
    if (name == formats::kRemarkNames.end() || space == line.size()) continue;
    const auto [stop, error] = std::from_chars(line.data() + space + 1, line.data() + line.size(), number);
    if (error != std::errc() || stop != line.data() + line.size()) continue;
    found.remarks.emplace_back(static_cast<Remark>(name - formats::kRemarkNames.begin()), number);
  }
  return found;
}

}  // namespace

Result<HelperRemarks> run_helper(const HelperRun& run, const ExtractorOptions& options, OutputSink& sink) {
  MINIONS_TRY_ASSIGN(const std::filesystem::path helper, helper_path(options));
  auto result = run_child({helper, arguments_of(run, options), run.input.get(), options.time_limit}, sink);
  if (!result && result.error().code == ErrorCode::kTimeout) {
    return fail(ErrorCode::kTimeout,
                fmt::format("takes longer to read than {} ms, the limit", options.time_limit.count()));
  }
  if (!result && result.error().code == ErrorCode::kUnsupported)  // the helper is not installed
    return fail(std::move(result).error().because(Cause::kNoSandbox));
  if (!result) return fail(std::move(result).error());
  const Status ended = status_of_exit(*result, run, options);
  const HelperRemarks remarks = remarks_in(result->complaints);
  crypto::wipe({reinterpret_cast<std::uint8_t*>(result->complaints.data()), result->complaints.size()});
  MINIONS_TRY(ended);
  return remarks;
}

std::string note_of(Remark remark, std::uint64_t number) {
  const auto count = [&](std::string_view one, std::string_view many) {
    return number == 1 ? std::string(one) : fmt::format("{} {}", number, many);
  };
  switch (remark) {
    case Remark::kSavedPageNumbers: return "page numbers are those of the layout that was last saved in it";
    case Remark::kHiddenSheets: return count("a sheet is", "sheets are") + " hidden and read all the same";
    case Remark::kUnreadAttachments: return count("an attachment is", "attachments are") + " not read";
    case Remark::kUnreadPictures: return count("a picture is", "pictures are") + " not read";
    case Remark::kReplacedCharacters:
      return count("a byte makes", "bytes make") + " no sense in the encoding that is named for the text";
    case Remark::kUnknownCharsets:
      return count("a text names", "texts name") + " an unknown encoding, which was guessed";
    case Remark::kUncachedFormulas:
      return count("a cell has", "cells have") + " a formula without a saved value and is left out";
    case Remark::kDeletions: return count("a tracked deletion is", "tracked deletions are") + " left out";
    case Remark::kHiddenText:
      return count("a piece of text is", "pieces of text are") + " formatted as hidden and left out";
    case Remark::kUnreadObjects: return count("an embedded object is", "embedded objects are") + " not read";
    case Remark::kHiddenSlides: return count("a slide is", "slides are") + " hidden and read all the same";
    case Remark::kControlCharacters:
      return count("a character that XML cannot hold is", "characters that XML cannot hold are") + " shown as a space";
    case Remark::kHiddenCells:
      return count("a row, column or cell is", "rows, columns or cells are") + " hidden and read all the same";
    case Remark::kShortenedRepeats:
      return count("a row or cell repeats", "rows or cells repeat") + " more often than is written here";
    case Remark::kUnreadOutputs:
      return count("an output is", "outputs are") + " HTML or a widget: only the text beside it is read";
    case Remark::kKind:
    case Remark::kWidth:
    case Remark::kHeight: break;
  }
  return {};
}

PageCollector::~PageCollector() { crypto::wipe({reinterpret_cast<std::uint8_t*>(page_.data()), page_.size()}); }

void PageCollector::add(std::string_view text) {
  append_wiping(page_, text);
  if (page_.size() < kBlockBytes) return;
  blocks_.emplace_back();
  blocks_.back().append(page_);
  crypto::wipe({reinterpret_cast<std::uint8_t*>(page_.data()), page_.size()});
  page_.clear();
}

crypto::SecretText PageCollector::take_page() {
  std::size_t bytes = page_.size();
  for (const crypto::SecretText& block : blocks_) bytes += block.reveal().size();
  std::string whole;
  whole.reserve(bytes);
  for (crypto::SecretText& block : blocks_) {
    whole += block.reveal();
    block = crypto::SecretText();  // released before the next is copied
  }
  whole += page_;
  blocks_.clear();
  crypto::wipe({reinterpret_cast<std::uint8_t*>(page_.data()), page_.size()});
  page_.clear();
  return crypto::SecretText(std::move(whole));
}

Status PageCollector::end_page() {
  if (pages_.size() >= options_.max_pages) return too_many_pages(options_);
  crypto::SecretText page = take_page();
  if (!is_utf8(page.reveal())) return fail(ErrorCode::kDocument, "is damaged: its text is not UTF-8");
  pages_.push_back({next_number_++, std::move(page)});
  return {};
}

Status PageCollector::take(std::string_view added) {
  text_bytes_ += added.size();
  if (text_bytes_ > options_.max_text_bytes) return too_much_text(options_);
  for (std::size_t end = added.find('\f'); end != std::string_view::npos; end = added.find('\f')) {
    add(added.substr(0, end));
    MINIONS_TRY(end_page());
    added.remove_prefix(end + 1);
  }
  add(added);
  return {};
}

Result<std::vector<Page>> PageCollector::finish() && {
  if (!page_.empty() || !blocks_.empty())
    return fail(ErrorCode::kDocument, "is damaged: its reader stopped in the middle of a page");
  return std::move(pages_);
}

BytesCollector::~BytesCollector() { crypto::wipe({reinterpret_cast<std::uint8_t*>(bytes_.data()), bytes_.size()}); }

Status BytesCollector::take(std::string_view added) {
  if (bytes_.size() + added.size() > limit_bytes_)
    return fail(ErrorCode::kTooLarge, fmt::format("becomes more than {} bytes, the limit", limit_bytes_));
  append_wiping(bytes_, added);
  return {};
}

}  // namespace minions::documents
