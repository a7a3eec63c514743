#include "documents/loader.h"

#include <fmt/format.h>

#include "documents/file_type.h"
#include "documents/open_file.h"
#include "documents/refusals.h"
#include "formats/text_decoding.h"

namespace minions::documents {
namespace {

Status check_size(std::size_t size, std::size_t limit) {
  if (size <= limit) return {};
  return fail(ErrorCode::kTooLarge, fmt::format("is {} bytes, at most {} are read", size, limit));
}

// Form feeds in text are page breaks, as in the RFCs; Markdown and other kinds have none.
std::vector<Page> pages_of(std::string text, DocumentKind kind) {
  std::vector<Page> pages;
  if (kind != DocumentKind::kText || text.find('\f') == std::string::npos) {
    if (!text.empty()) pages.push_back({1, crypto::SecretText(std::move(text))});
    return pages;
  }
  std::string_view rest = text;
  for (;;) {
    const std::size_t end = rest.find('\f');
    const std::string_view page = rest.substr(0, end);
    const auto number = static_cast<std::uint32_t>(pages.size() + 1);
    if (end != std::string_view::npos || !page.empty())
      pages.push_back({number, crypto::SecretText(std::string(page))});
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  crypto::wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  return pages;
}

Result<Extracted> read_text(std::string_view name, std::string bytes, const LoadOptions& options) {
  MINIONS_TRY_ASSIGN(formats::DecodedText decoded,
                     formats::decode_text(std::move(bytes), options.extractor.max_text_bytes));
  const DocumentKind kind = text_kind(name);
  return Extracted{kind, pages_of(std::move(decoded.text), kind), std::move(decoded.notes)};
}

// In the encoding that the user names, or by what the bytes show.
Result<Extracted> read_text(std::string_view name, const FileOfSize& source, const LoadOptions& options) {
  MINIONS_TRY(check_size(source.size_bytes, options.max_text_file_bytes));
  if (options.extractor.encoding.empty()) {
    MINIONS_TRY_ASSIGN(std::string content, read_at(source.file, 0, source.size_bytes));
    return read_text(name, std::move(content), options);
  }
  MINIONS_TRY_ASSIGN(ConvertedText converted, convert_text(source.file, options.extractor));
  MINIONS_TRY_ASSIGN(Extracted read, read_text(name, std::move(converted.text), options));
  read.notes.insert(read.notes.begin(), converted.notes.begin(), converted.notes.end());
  return read;
}

Result<Extracted> read_pdf(const FileOfSize& source, const ExtractorOptions& options) {
  MINIONS_TRY_ASSIGN(const std::size_t behind, check_pdf_end(source));
  MINIONS_TRY_ASSIGN(Extracted read, extract_pdf(source.file, options));
  if (behind > 0) read.notes.push_back(fmt::format("{} bytes behind the end of the PDF are not read", behind));
  return read;
}

Result<Extracted> read_archive(const FileOfSize& source, const ExtractorOptions& options) {
  MINIONS_TRY(check_archive(source));
  return extract_office(source.file, options);
}

// One that is damaged is JSON as far as it goes.
Result<Extracted> read_notebook(std::string_view name, const FileOfSize& source, const LoadOptions& options) {
  auto read = extract_notebook(source.file, options.extractor);
  if (read || read.error().code != ErrorCode::kDocument) return read;
  MINIONS_TRY_ASSIGN(Extracted text, read_text(name, source, options));
  text.notes.emplace_back("is no notebook that can be read, or a damaged one: read as text");
  return text;
}

std::size_t size_limit(FileType type, const LoadOptions& options) {
  if (type == FileType::kHtml || type == FileType::kNotebook) return options.max_text_file_bytes;
  return type == FileType::kMail ? options.max_mail_file_bytes : options.max_pdf_file_bytes;
}

Result<Extracted> extract(std::string_view name, const FileOfSize& source, const FileFacts& facts,
                          const LoadOptions& options) {
  MINIONS_TRY(check_size(source.size_bytes, size_limit(facts.type, options)));
  switch (facts.type) {
    case FileType::kPdf: return read_pdf(source, options.extractor);
    case FileType::kArchive: return read_archive(source, options.extractor);
    case FileType::kHtml: return extract_html(source.file, options.extractor);
    case FileType::kMail: return extract_mail(source.file, options.extractor);
    case FileType::kImage: return extract_image(source.file, facts.what, options.extractor);
    case FileType::kNotebook: return read_notebook(name, source, options);
    case FileType::kOldOffice: return tl::unexpected<Error>(refusal_of_ole(source));
    case FileType::kText:
    case FileType::kOther: break;
  }
  return fail(ErrorCode::kUnsupported, fmt::format("is {}", facts.what));
}

// Everything the text depends on besides the content. Increase the number when the readers change.
std::string how_read(const FileFacts& facts, const ExtractorOptions& options) {
  return fmt::format("2 {} {} {} {} {} {} {}", static_cast<int>(facts.type), static_cast<int>(options.layout),
                     options.max_pages, options.max_text_bytes, options.ocr == Ocr::kOn ? options.ocr_language : "-",
                     options.encoding.empty() ? "-" : options.encoding,
                     facts.type == FileType::kImage ? facts.what : "");
}

Result<Extracted> extract_or_remember(std::string_view name, const FileOfSize& source, const FileFacts& facts,
                                      const LoadOptions& options) {
  // Reading a picture's header is faster than the cache.
  const bool quick = facts.type == FileType::kImage && options.extractor.ocr == Ocr::kOff;
  if (options.cache == nullptr || quick) return extract(name, source, facts, options);
  MINIONS_TRY_ASSIGN(const Digest32 content, content_hash(source));
  const Digest32 entry = options.cache->entry_of(content, how_read(facts, options.extractor));
  if (auto found = options.cache->find(entry)) return *std::move(found);
  MINIONS_TRY_ASSIGN(Extracted extracted, extract(name, source, facts, options));
  options.cache->keep(entry, extracted);
  return extracted;
}

Result<Extracted> read(std::string_view name, const FileOfSize& source, const LoadOptions& options) {
  if (source.size_bytes == 0) return fail(ErrorCode::kDocument, "is empty");
  MINIONS_TRY_ASSIGN(const std::string start, read_at(source.file, 0, std::min(source.size_bytes, kMagicBytes)));
  const FileFacts facts = examine(as_bytes(start), name);
  if (facts.type == FileType::kOther)
    return fail(ErrorCode::kUnsupported, fmt::format("is {}, want a document, text or a picture", facts.what));
  if (facts.type != FileType::kText) return extract_or_remember(name, source, facts, options);
  return read_text(name, source, options);
}

bool has_text(const std::vector<Page>& pages) {
  return std::any_of(pages.begin(), pages.end(), [](const Page& page) {
    return page.text.reveal().find_first_not_of(" \t\r\n") != std::string_view::npos;
  });
}

}  // namespace

std::string printable(std::string_view name) {
  std::string clean;
  for (const char c : name) clean += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? '_' : c;
  return clean;
}

Result<Document> load_open(std::string name, const FileOfSize& source, const LoadOptions& options) {
  MINIONS_TRY_ASSIGN(Extracted read_text, read(name, source, options));
  const std::string_view media_type = read_text.image ? std::string_view(read_text.image->media_type) : "";
  auto note = note_on_name(name, read_text.kind, media_type);
  Document document{std::move(name), read_text.kind, std::move(read_text.pages), std::move(read_text.notes),
                    std::move(read_text.image)};
  if (note) document.notes.insert(document.notes.begin(), *std::move(note));
  const bool says_so = document.kind == DocumentKind::kPdf || document.kind == DocumentKind::kImage;
  if (!says_so && !has_text(document.pages)) document.notes.emplace_back("has no text");
  return document;
}

Result<Document> load_file(const std::filesystem::path& path, const LoadOptions& options) {
  const auto named = [&](Error error) { return std::move(error).in(printable(path.string())); };
  auto source = open_regular(path);
  if (!source) return fail(named(std::move(source).error()));
  return load_open(printable(path.filename().string()), *source, options).map_error(named);
}

Result<Document> load_bytes(std::string_view name, ByteView bytes, const LoadOptions& options) {
  const auto named = [&](Error error) { return std::move(error).in(printable(name)); };
  auto file = file_in_memory(bytes);
  if (!file) return fail(named(std::move(file).error()));
  return load_open(printable(name), {*std::move(file), bytes.size()}, options).map_error(named);
}

}  // namespace minions::documents
