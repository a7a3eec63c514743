#include "documents/file_type.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "formats/image.h"

namespace minions::documents {
namespace {

using namespace std::string_view_literals;

// ISO 32000-1, annex H.3.4.1: %PDF- appears somewhere in the first 1,024 bytes.
constexpr std::size_t kPdfMarkWithin = 1024;

struct Magic {
  std::string_view bytes;
  std::string_view what;
};
// Only so that a refusal can name what it found.
constexpr Magic kRefused[] = {
    {"\x7F"
     "ELF"sv,
     "a program"},
    {"MZ\x90"sv, "a Windows program"},
    {"\x1F\x8B"sv, "gzip data"},
    {"BZh"sv, "bzip2 data"},
    {"\xFD"
     "7zXZ"sv,
     "xz data"},
    {"\x28\xB5\x2F\xFD"sv, "zstd data"},
    {"7z\xBC\xAF\x27\x1C"sv, "a 7-Zip archive"},
    {"Rar!\x1A"sv, "a RAR archive"},
    {"SQLite format 3"sv, "a SQLite database"},
    {"RIFF"sv, "a RIFF file"},
    {"OggS"sv, "an Ogg recording"},
    {"ID3"sv, "an MP3 recording"},
    {"{\\rtf"sv, "an RTF document, which is not read here: save it as DOCX or ODT"},
    {"II*\0"sv, "a TIFF image, which is not read here: save it as PNG"},
    {"MM\0*"sv, "a TIFF image, which is not read here: save it as PNG"},
};

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f'; }

bool starts_as(std::string_view text, std::string_view lower_case) {
  return text.size() >= lower_case.size() &&
         std::equal(lower_case.begin(), lower_case.end(), text.begin(),
                    [](char a, char b) { return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b | 0x20) : b); });
}

std::string extension_of(std::string_view name) {
  std::string extension = std::filesystem::path(name).extension().string();
  for (char& c : extension) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  }
  return extension;
}

// UTF-16 with a byte order mark, ASCII characters only: enough to see a tag.
std::string narrowed(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) return std::string(text.substr(3));
  if (!text.starts_with("\xFF\xFE") && !text.starts_with("\xFE\xFF")) return std::string(text);
  std::string narrow;
  for (const char c : text.substr(2)) {
    if (c != '\0') narrow += c;
  }
  return narrow;
}

bool is_html(std::string_view text) {
  for (;;) {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    const bool comment = text.starts_with("<!--");
    if (!comment && !text.starts_with("<?xml")) break;
    const std::size_t end = text.find(comment ? "-->" : "?>");
    if (end == std::string_view::npos) return false;
    text.remove_prefix(end + (comment ? 3 : 2));
  }
  constexpr std::string_view kStarts[] = {"<!doctype html", "<html", "<head", "<body"};
  return std::any_of(std::begin(kStarts), std::end(kStarts), [&](auto start) { return starts_as(text, start); });
}

// A page without the outer tags, as templates and exports are.
bool has_tags(std::string_view text) { return text.find("</") != std::string_view::npos; }

bool is_of_mail(std::string_view extension) {
  constexpr std::string_view kExtensions[] = {".eml", ".mbox", ".mht", ".mhtml"};
  return std::find(std::begin(kExtensions), std::end(kExtensions), extension) != std::end(kExtensions);
}

// Header fields of a message (RFC 5322 section 3.6): one that only mail has, and one other.
bool is_mail(std::string_view text, bool named_so) {
  constexpr std::string_view kOfMail[] = {"from:", "received:", "return-path:", "message-id:", "delivered-to:"};
  constexpr std::string_view kOthers[] = {
      "to:", "date:", "subject:", "mime-version:", "content-type:", "cc:", "sender:"};
  int of_mail = 0;
  int others = 0;
  for (bool first = true; !text.empty(); first = false) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) break;
    const bool folded = line.front() == ' ' || line.front() == '\t';
    if (folded || (first && line.starts_with("From "))) continue;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || line.substr(0, colon).find(' ') != std::string_view::npos) return false;
    const auto begins = [&](std::string_view field) { return starts_as(line, field); };
    if (std::any_of(std::begin(kOfMail), std::end(kOfMail), begins)) ++of_mail;
    if (std::any_of(std::begin(kOthers), std::end(kOthers), begins)) ++others;
  }
  return named_so ? of_mail + others >= 1 : of_mail >= 1 && of_mail + others >= 3;
}

struct NamedKind {
  std::string_view extension;
  DocumentKind kind;
};
constexpr NamedKind kPromises[] = {
    {".pdf", DocumentKind::kPdf},    {".docx", DocumentKind::kDocx}, {".docm", DocumentKind::kDocx},
    {".pptx", DocumentKind::kPptx},  {".pptm", DocumentKind::kPptx}, {".xlsx", DocumentKind::kXlsx},
    {".xlsm", DocumentKind::kXlsx},  {".odt", DocumentKind::kOdt},   {".odp", DocumentKind::kOdp},
    {".ods", DocumentKind::kOds},    {".html", DocumentKind::kHtml}, {".htm", DocumentKind::kHtml},
    {".eml", DocumentKind::kMail},   {".png", DocumentKind::kImage}, {".jpg", DocumentKind::kImage},
    {".jpeg", DocumentKind::kImage}, {".gif", DocumentKind::kImage}, {".webp", DocumentKind::kImage},
    {".bmp", DocumentKind::kImage},  {".txt", DocumentKind::kText},  {".md", DocumentKind::kMarkdown},
    {".csv", DocumentKind::kCsv}};

constexpr std::string_view kSourceExtensions[] = {
    ".c",    ".h",     ".cc",    ".cpp", ".cxx",  ".hpp", ".hh",    ".cs",    ".java", ".kt",  ".go",  ".rs",
    ".py",   ".rb",    ".js",    ".mjs", ".ts",   ".tsx", ".jsx",   ".php",   ".pl",   ".lua", ".sh",  ".bash",
    ".sql",  ".swift", ".scala", ".hs",  ".ml",   ".r",   ".jl",    ".m",     ".asm",  ".s",   ".css", ".scss",
    ".json", ".xml",   ".yaml",  ".yml", ".toml", ".ini", ".cmake", ".proto", ".tf",   ".ps1", ".vue", ".zig"};

bool is_plain(DocumentKind kind) {
  return kind == DocumentKind::kText || kind == DocumentKind::kMarkdown || kind == DocumentKind::kCsv ||
         kind == DocumentKind::kSource;
}

std::string_view subtype(std::string_view media_type) { return media_type.substr(media_type.find('/') + 1); }

}  // namespace

FileFacts examine(ByteView start, std::string_view name) {
  const std::string_view text = as_text(start);
  if (text.substr(0, kPdfMarkWithin).find("%PDF-") != std::string_view::npos) return {FileType::kPdf, "a PDF"};
  if (text.starts_with("PK\x03\x04") || text.starts_with("PK\x05\x06")) return {FileType::kArchive, "a ZIP archive"};
  if (text.starts_with("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")) return {FileType::kOldOffice, "an old Office document"};
  if (const std::string_view type = formats::image_type(start); !type.empty()) return {FileType::kImage, type};
  for (const Magic& magic : kRefused) {
    if (text.starts_with(magic.bytes)) return {FileType::kOther, magic.what};
  }
  const std::string extension = extension_of(name);
  const std::string narrow = narrowed(text);
  const bool named_html = extension == ".html" || extension == ".htm" || extension == ".xhtml";
  if (is_html(narrow) || (named_html && has_tags(narrow))) return {FileType::kHtml, "HTML"};
  if (is_mail(narrow, is_of_mail(extension))) return {FileType::kMail, "mail"};
  return {FileType::kText, "text"};
}

DocumentKind text_kind(std::string_view name) {
  const std::string extension = extension_of(name);
  if (extension == ".md" || extension == ".markdown") return DocumentKind::kMarkdown;
  if (extension == ".csv" || extension == ".tsv") return DocumentKind::kCsv;
  const bool source =
      std::find(std::begin(kSourceExtensions), std::end(kSourceExtensions), extension) != std::end(kSourceExtensions);
  return source ? DocumentKind::kSource : DocumentKind::kText;
}

std::optional<std::string> note_on_name(std::string_view name, DocumentKind kind, std::string_view media_type) {
  const std::string extension = extension_of(name);
  const auto promise = std::find_if(std::begin(kPromises), std::end(kPromises),
                                    [&](const NamedKind& named) { return named.extension == extension; });
  if (promise == std::end(kPromises)) return std::nullopt;
  const bool picture = kind == DocumentKind::kImage && promise->kind == DocumentKind::kImage;
  const bool kept = picture ? subtype(media_type) == (extension == ".jpg" ? "jpeg" : extension.substr(1))
                            : promise->kind == kind || (is_plain(promise->kind) && is_plain(kind));
  if (kept) return std::nullopt;
  return fmt::format("is named {} and is {}", extension, kind == DocumentKind::kImage ? media_type : name_of(kind));
}

}  // namespace minions::documents
