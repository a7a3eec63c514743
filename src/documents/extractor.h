// The text of a PDF, read by pdftotext inside the helper program minions-extract, which gives up everything but the
// open file and the reader's own libraries first. The text comes through a pipe and is never in a file. Spawns a
// process and waits for it: call it where blocking is allowed.
#pragma once

#include <chrono>
#include <filesystem>

#include "base/result.h"
#include "documents/document.h"
#include "documents/open_file.h"

namespace minions::documents {

// kUnsafeNoSandbox leaves the reader with all rights of this user; only limits of time and memory remain.
enum class Confinement { kRequired, kUnsafeNoSandbox };
enum class PdfLayout { kReadingOrder, kAsPrinted };  // as printed keeps tables in columns, and columns side by side

struct ExtractorOptions {
  std::filesystem::path helper = {};  // empty: minions-extract beside the running program
  Confinement confinement = Confinement::kRequired;
  PdfLayout layout = PdfLayout::kReadingOrder;
  std::uint32_t max_pages = 5000;
  std::size_t max_text_bytes = 64 * 1024 * 1024;
  std::size_t max_memory_bytes = std::size_t{1} << 30;
  std::chrono::milliseconds time_limit{60'000};
};

struct ExtractedPdf {
  std::vector<Page> pages;
  std::vector<std::string> notes;  // pages without text, damage that the reader worked around
};

// kDocument: damaged, encrypted, no pages. kTooLarge: pages, text or memory. kTimeout. kUnsupported: no sandbox on this
// machine, or pdftotext or the helper is not installed.
[[nodiscard]] Result<ExtractedPdf> extract_pdf(const OpenFile& pdf, const ExtractorOptions& options);

// Whether PDFs can be read here in the sandbox: runs the helper as far as its confinement.
[[nodiscard]] Status check_extractor(const ExtractorOptions& options);

}  // namespace minions::documents
