// PDFs: separate helpers read page ranges at the same time, where that pays.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "documents/extractor.h"
#include "documents/helper.h"
#include "documents/ocr.h"
#include "documents/parallel_for.h"

namespace minions::documents {
namespace {

// Below this, asking for the number of pages takes longer than a second helper saves.
constexpr std::uint32_t kFewPages = 8;
constexpr std::size_t kSmallBytes = 64 * 1024;
// More ranges than helpers, so that one with heavy pages does not delay the others; each costs a start.
constexpr unsigned kRangesForEach = 2;

struct Range {
  std::uint32_t first;
  std::uint32_t last;
};

struct Text {
  std::vector<Page> pages;
  bool is_damaged = false;
};

bool is_blank(const Page& page) { return page.text.reveal().find_first_not_of(" \t\r\n") == std::string_view::npos; }

std::vector<std::string> arguments_of(const ExtractorOptions& options) {
  if (options.layout == PdfLayout::kAsPrinted) return {"--as-printed"};
  return {};
}

Result<Text> read_whole(const FileDescriptor& pdf, const ExtractorOptions& options) {
  PageCollector collector(options, 1);
  MINIONS_TRY_ASSIGN(const HelperRemarks remarks, run_helper({"pdf", pdf, arguments_of(options)}, options, collector));
  MINIONS_TRY_ASSIGN(std::vector<Page> pages, std::move(collector).finish());
  if (pages.empty()) return fail(ErrorCode::kDocument, "is a PDF without pages");
  return Text{std::move(pages), remarks.is_damaged};
}

// 0 if the reader does not report it.
Result<std::uint32_t> count_pages(const FileDescriptor& pdf, const ExtractorOptions& options) {
  constexpr std::size_t kInfoBytes = 1 << 20;  // titles and subjects are of any length
  BytesCollector info(kInfoBytes);
  MINIONS_TRY(run_helper({"pdf-info", pdf}, options, info));
  constexpr std::string_view kField = "\nPages:";  // titles have no line ends, which pdfinfo writes as spaces
  const std::size_t at = info.bytes().find(kField);
  if (at == std::string_view::npos) return 0;
  const std::string_view rest = info.bytes().substr(at + kField.size());
  const std::string_view number = rest.substr(std::min(rest.find_first_not_of(' '), rest.size()));
  std::uint32_t count = 0;
  std::from_chars(number.data(), number.data() + number.size(), count);
  return count;
}

std::vector<Range> ranges_of(std::uint32_t pages, unsigned count) {
  std::vector<Range> ranges;
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto first = static_cast<std::uint32_t>(std::uint64_t{pages} * i / count);
    const auto next = static_cast<std::uint32_t>(std::uint64_t{pages} * (i + 1) / count);
    if (next > first) ranges.push_back({first + 1, next});
  }
  return ranges;
}

Result<Text> read_range(const FileDescriptor& pdf, Range range, const ExtractorOptions& options) {
  PageCollector collector(options, range.first);
  std::vector<std::string> arguments = arguments_of(options);
  arguments.push_back(fmt::format("--pages={}-{}", range.first, range.last));
  MINIONS_TRY_ASSIGN(const HelperRemarks remarks, run_helper({"pdf", pdf, std::move(arguments)}, options, collector));
  MINIONS_TRY_ASSIGN(std::vector<Page> pages, std::move(collector).finish());
  return Text{std::move(pages), remarks.is_damaged};
}

// All pages, or fewer than `count`: then the number stated by the document is wrong, and the caller reads it whole.
Result<Text> read_ranges(const FileDescriptor& pdf, std::uint32_t count, unsigned helpers,
                         const ExtractorOptions& options) {
  const std::vector<Range> ranges = ranges_of(count, helpers * kRangesForEach);
  std::vector<Text> parts(ranges.size());
  MINIONS_TRY(parallel_for(ranges.size(), helpers, [&](std::size_t i) -> Status {
    MINIONS_TRY_ASSIGN(parts[i], read_range(pdf, ranges[i], options));
    return {};
  }));
  Text all;
  std::size_t text_bytes = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].pages.size() != ranges[i].last - ranges[i].first + 1) return Text{};
    all.is_damaged |= parts[i].is_damaged;
    for (Page& page : parts[i].pages) {
      text_bytes += page.text.size();
      all.pages.push_back(std::move(page));
    }
  }
  if (text_bytes <= options.max_text_bytes) return all;
  return fail(ErrorCode::kTooLarge, fmt::format("has more than {} bytes of text, the limit", options.max_text_bytes));
}

Result<Text> read(const FileDescriptor& pdf, const ExtractorOptions& options) {
  const unsigned helpers = options.parallel == 0 ? processors() : options.parallel;
  MINIONS_TRY_ASSIGN(const std::size_t size, size_of(pdf));
  if (helpers == 1 || size < kSmallBytes) return read_whole(pdf, options);
  MINIONS_TRY_ASSIGN(const std::uint32_t count, count_pages(pdf, options));
  if (count > options.max_pages) {
    return fail(ErrorCode::kTooLarge, fmt::format("has {} pages, more than {}, the limit", count, options.max_pages));
  }
  if (count < kFewPages) return read_whole(pdf, options);
  MINIONS_TRY_ASSIGN(Text text, read_ranges(pdf, count, helpers, options));
  return text.pages.size() == count ? Result<Text>(std::move(text)) : read_whole(pdf, options);
}

std::string note_on_blanks(const std::vector<std::uint32_t>& blank, std::size_t pages) {
  if (blank.size() == pages)
    return fmt::format("none of the {} pages has text: a scanned document, which needs OCR", pages);
  return fmt::format("{} of {} pages have no text (page {}): empty or scanned", blank.size(), pages,
                     documents::ranges_of(blank));
}

}  // namespace

Result<Extracted> extract_pdf(const FileDescriptor& pdf, const ExtractorOptions& options) {
  MINIONS_TRY_ASSIGN(Text text, read(pdf, options));
  Extracted extracted{DocumentKind::kPdf, std::move(text.pages), {}};
  std::vector<std::uint32_t> blank;
  for (const Page& page : extracted.pages) {
    if (is_blank(page)) blank.push_back(page.number);
  }
  if (!blank.empty() && options.ocr == Ocr::kOn) {
    MINIONS_TRY_ASSIGN(std::string note, read_scanned_pages(pdf, blank, extracted.pages, options));
    extracted.notes.push_back(std::move(note));
  } else if (!blank.empty()) {
    extracted.notes.push_back(note_on_blanks(blank, extracted.pages.size()));
  }
  if (text.is_damaged) extracted.notes.emplace_back("the PDF is damaged in places: text may be missing");
  return extracted;
}

}  // namespace minions::documents
