// The text of documents that need a parser, read inside the helper program minions-extract, which first gives up
// everything except the open file and the reader's own libraries. The text comes through a pipe and is never in a file.
// Spawns processes and waits for them: call it where blocking is allowed.
#pragma once

#include <chrono>
#include <filesystem>

#include "base/result.h"
#include "documents/document.h"
#include "documents/open_file.h"
#include "documents/progress.h"

namespace minions::documents {

// kUnsafeNoSandbox leaves the reader with all rights of this user; only limits of time and memory remain.
enum class Confinement { kRequired, kUnsafeNoSandbox };
enum class PdfLayout { kReadingOrder, kAsPrinted };  // as printed: keeps tables in columns, and columns side by side
enum class Ocr { kOff, kOn };                        // on: pages of a PDF that have no text, and pictures

struct ExtractorOptions {
  std::filesystem::path helper = {};  // empty: minions-extract next to the program or library
  Confinement confinement = Confinement::kRequired;
  PdfLayout layout = PdfLayout::kReadingOrder;
  std::uint32_t max_pages = 5000;
  std::size_t max_text_bytes = 64 * 1024 * 1024;
  std::size_t max_memory_bytes = std::size_t{512} << 20;  // address space of one helper; OCR gets twice as much
  std::chrono::milliseconds time_limit{60'000};           // for one document; with OCR for each page of it
  unsigned parallel = 0;                                  // helpers at once for one document; 0: one per processor
  Ocr ocr = Ocr::kOff;
  std::string ocr_language = "eng";  // as tesseract names them: `deu+eng`
  // Of text, pages and mail without a byte order mark, in place of what they declare; mail: where it declares nothing.
  // A known label (formats/encoding_label.h), or empty.
  std::string encoding = {};
  Progress* progress = nullptr;  // called with pages when a document takes long
};

struct Extracted {
  DocumentKind kind;
  std::vector<Page> pages;
  std::vector<std::string> notes;  // pages without text, damage that the reader worked around
  std::optional<ImageFacts> image = {};
};

// kDocument: damaged, encrypted, no pages. kTooLarge: pages, text or memory. kTimeout. kUnsupported: no sandbox on this
// machine, or pdftotext, tesseract or the helper is not installed.
[[nodiscard]] Result<Extracted> extract_pdf(const FileDescriptor& pdf, const ExtractorOptions& options);
// A ZIP archive: DOCX, PPTX, XLSX or OpenDocument. kUnsupported: another archive.
[[nodiscard]] Result<Extracted> extract_office(const FileDescriptor& archive, const ExtractorOptions& options);
[[nodiscard]] Result<Extracted> extract_html(const FileDescriptor& html, const ExtractorOptions& options);
[[nodiscard]] Result<Extracted> extract_mail(const FileDescriptor& mail, const ExtractorOptions& options);
// kDocument: it is no notebook, or a damaged one.
[[nodiscard]] Result<Extracted> extract_notebook(const FileDescriptor& notebook, const ExtractorOptions& options);

// Text in the encoding of the options, as UTF-8: its control characters are still in it.
struct ConvertedText {
  std::string text;
  std::vector<std::string> notes;
};
[[nodiscard]] Result<ConvertedText> convert_text(const FileDescriptor& text, const ExtractorOptions& options);

// Its size; with OCR its text too.
[[nodiscard]] Result<Extracted> extract_image(const FileDescriptor& image, std::string_view media_type,
                                              const ExtractorOptions& options);

// Whether documents can be read here in the sandbox: runs the helper up to its confinement.
[[nodiscard]] Status check_extractor(const ExtractorOptions& options);

}  // namespace minions::documents
