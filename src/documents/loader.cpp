#include "documents/loader.h"

#include <fmt/format.h>

#include "documents/open_file.h"
#include "documents/text_decoding.h"

namespace minions::documents {
namespace {

constexpr std::size_t kMagicBytes =
    1024;  // ISO 32000-1, annex H.3.4.1: %PDF- stands somewhere in the first 1,024 bytes
constexpr std::size_t kEndBytes = 4096;

struct BinaryType {
  std::string_view magic;
  std::string_view name;
};
// Only so that a refusal can say what it met.
constexpr BinaryType kBinaryTypes[] = {{"\x89PNG", "a PNG image"},
                                       {"\xFF\xD8\xFF", "a JPEG image"},
                                       {"GIF8", "a GIF image"},
                                       {"RIFF", "a RIFF file"},
                                       {"PK\x03\x04", "a ZIP archive or an Office document"},
                                       {"\x7F"
                                        "ELF",
                                        "a program"},
                                       {"\x1F\x8B", "gzip data"},
                                       {"\xD0\xCF\x11\xE0", "an old Office document"},
                                       {"SQLite format 3", "a SQLite database"}};

// One printable line: names end up in markers and on terminals.
std::string clean_name(std::string_view name) {
  std::string clean;
  for (const char c : name) clean += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? '_' : c;
  return clean;
}

DocumentKind text_kind(const std::string& name) {
  const std::string extension = std::filesystem::path(name).extension().string();
  return extension == ".md" || extension == ".markdown" ? DocumentKind::kMarkdown : DocumentKind::kText;
}

Status check_size(std::size_t size, std::size_t limit) {
  if (size <= limit) return {};
  return fail(ErrorCode::kTooLarge, fmt::format("is {} bytes, at most {} are read", size, limit));
}

// Form feeds in text are page breaks, as in the RFCs; Markdown has none.
std::vector<Page> pages_of(std::string_view text, DocumentKind kind) {
  std::vector<Page> pages;
  while (true) {
    const std::size_t end = kind == DocumentKind::kText ? text.find('\f') : std::string_view::npos;
    const std::string_view page = text.substr(0, end);
    const auto number = static_cast<std::uint32_t>(pages.size() + 1);
    if (end != std::string_view::npos || !page.empty())
      pages.push_back({number, crypto::SecretText(std::string(page))});
    if (end == std::string_view::npos) return pages;
    text.remove_prefix(end + 1);
  }
}

Result<Document> read_text(std::string name, ByteView bytes) {
  for (const BinaryType& type : kBinaryTypes) {
    if (as_text(bytes).starts_with(type.magic))
      return fail(ErrorCode::kUnsupported, fmt::format("is {}, want text or PDF", type.name));
  }
  MINIONS_TRY_ASSIGN(DecodedText decoded, decode_text(bytes));
  const DocumentKind kind = text_kind(name);
  Document document{std::move(name), kind, pages_of(decoded.text, kind), {}};
  crypto::wipe({reinterpret_cast<std::uint8_t*>(decoded.text.data()), decoded.text.size()});
  if (!decoded.note.empty()) document.notes.push_back(std::move(decoded.note));
  return document;
}

Result<Document> read_pdf(std::string name, const FileOfSize& source, const ExtractorOptions& options) {
  const std::size_t end_bytes = std::min(source.size_bytes, kEndBytes);
  MINIONS_TRY_ASSIGN(const std::string end, read_at(source.file, source.size_bytes - end_bytes, end_bytes));
  // The reader would guess at what is left of the file, and pages would be missing without a word.
  if (end.find("%%EOF") == std::string::npos)
    return fail(ErrorCode::kDocument, "is a PDF that is cut off: its end mark (%%EOF) is missing");
  MINIONS_TRY_ASSIGN(ExtractedPdf pdf, extract_pdf(source.file, options));
  return Document{std::move(name), DocumentKind::kPdf, std::move(pdf.pages), std::move(pdf.notes)};
}

Result<Document> load(std::string name, const FileOfSize& source, const LoadOptions& options) {
  if (source.size_bytes == 0) return fail(ErrorCode::kDocument, "is empty");
  MINIONS_TRY_ASSIGN(const std::string start, read_at(source.file, 0, std::min(source.size_bytes, kMagicBytes)));
  if (start.find("%PDF-") != std::string::npos) {
    MINIONS_TRY(check_size(source.size_bytes, options.max_pdf_file_bytes));
    return read_pdf(std::move(name), source, options.extractor);
  }
  MINIONS_TRY(check_size(source.size_bytes, options.max_text_file_bytes));
  MINIONS_TRY_ASSIGN(const std::string content, read_at(source.file, 0, source.size_bytes));
  return read_text(std::move(name), as_bytes(content));
}

}  // namespace

Result<Document> load_file(const std::filesystem::path& path, const LoadOptions& options) {
  const auto named = [&](Error error) { return std::move(error).in(clean_name(path.string())); };
  auto source = open_regular(path);
  if (!source) return fail(named(std::move(source).error()));
  return load(clean_name(path.filename().string()), *source, options).map_error(named);
}

Result<Document> load_bytes(std::string_view name, ByteView bytes, const LoadOptions& options) {
  const auto named = [&](Error error) { return std::move(error).in(clean_name(name)); };
  auto file = file_in_memory(bytes);
  if (!file) return fail(named(std::move(file).error()));
  return load(clean_name(name), {*std::move(file), bytes.size()}, options).map_error(named);
}

}  // namespace minions::documents
