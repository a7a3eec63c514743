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
// Only so that a refusal can name what it found. What has no control character near its start is text that speaks of
// such files.
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
    {"II*\0"sv, "a TIFF image, which is not read here: save it as PNG"},
    {"MM\0*"sv, "a TIFF image, which is not read here: save it as PNG"},
};
constexpr std::size_t kControlsWithin = 512;
constexpr std::string_view kRtf =
    "an RTF document, which is not read here: save it in Word or LibreOffice as DOCX or ODT";
constexpr std::string_view kEpub =
    "an EPUB book, which is not read here: convert it to PDF, DOCX or HTML, as Calibre does";

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

// A document in one XML file. Its media type may stand behind more namespaces than the start has.
bool is_flat_opendocument(std::string_view text) {
  const std::size_t root = text.find("<office:document");
  return root != std::string_view::npos && text.substr(0, root).find("<?xml") != std::string_view::npos &&
         text.substr(0, root).find('<', text.find("<?xml") + 1) == std::string_view::npos &&
         text.find("urn:oasis:names:tc:opendocument:", root) != std::string_view::npos &&
         !text.substr(root).starts_with("<office:document-");
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

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// A page without the outer tags, as templates and exports are.
bool has_tags(std::string_view text) {
  for (std::size_t at = text.find('<'); at != std::string_view::npos; at = text.find('<', at + 1)) {
    const char next = at + 1 < text.size() ? text[at + 1] : ' ';
    if (is_letter(next) || next == '/' || next == '!') return text.find('>', at) != std::string_view::npos;
  }
  return false;
}

bool has_controls(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && !is_space(c) && c != '\b' && c != '\x1B') || c == 0x7F;
  });
}

// `12 0 obj`, as each object of a PDF begins.
bool has_object(std::string_view text) {
  for (std::size_t at = text.find(" obj"); at != std::string_view::npos; at = text.find(" obj", at + 1)) {
    if (at > 0 && is_digit(text[at - 1])) return true;
  }
  return false;
}

// What a name promises counts where the content could be either.
enum class Promise { kNone, kPdf, kProse, kSource };

// The mark at the start, or behind junk. Text that speaks of PDFs has the mark, too, and no objects.
bool is_pdf(std::string_view text, Promise promise) {
  const std::size_t mark = text.substr(0, kPdfMarkWithin).find("%PDF-");
  if (mark == std::string_view::npos) return false;
  if (promise == Promise::kPdf) return true;
  const std::string_view before = text.substr(0, mark);
  const bool first = before.empty() || before == "\xEF\xBB\xBF" || std::all_of(before.begin(), before.end(), is_space);
  if (promise == Promise::kNone && first) return true;
  return has_object(text.substr(mark)) && (first || promise == Promise::kNone || has_controls(text));
}

// The header of an entry, whose second byte of the version is zero (APPNOTE.TXT section 4.3.7), or of an empty archive.
bool is_archive(std::string_view text) {
  if (!text.starts_with("PK\x03\x04") && !text.starts_with("PK\x05\x06")) return false;
  return text.size() == 4 || text.substr(4, 26).find('\0') != std::string_view::npos;
}
bool is_epub(std::string_view text) {
  constexpr std::size_t kNameAt = 30;
  return text.size() > kNameAt && text.substr(kNameAt).starts_with("mimetypeapplication/epub+zip");
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
    {".ods", DocumentKind::kOds},    {".fodt", DocumentKind::kOdt},  {".fodp", DocumentKind::kOdp},
    {".fods", DocumentKind::kOds},   {".html", DocumentKind::kHtml}, {".htm", DocumentKind::kHtml},
    {".eml", DocumentKind::kMail},   {".png", DocumentKind::kImage}, {".jpg", DocumentKind::kImage},
    {".jpeg", DocumentKind::kImage}, {".gif", DocumentKind::kImage}, {".webp", DocumentKind::kImage},
    {".bmp", DocumentKind::kImage},  {".txt", DocumentKind::kText},  {".md", DocumentKind::kMarkdown},
    {".csv", DocumentKind::kCsv}};

constexpr std::string_view kSourceExtensions[] = {
    ".c",      ".h",          ".cc",       ".cpp",  ".cxx",   ".hpp",     ".hh",     ".cs",    ".java",   ".kt",
    ".kts",    ".go",         ".rs",       ".py",   ".pyi",   ".rb",      ".js",     ".mjs",   ".cjs",    ".ts",
    ".mts",    ".cts",        ".tsx",      ".jsx",  ".php",   ".phtml",   ".pl",     ".pm",    ".lua",    ".sh",
    ".bash",   ".zsh",        ".fish",     ".sql",  ".swift", ".scala",   ".hs",     ".ml",    ".r",      ".jl",
    ".m",      ".mm",         ".asm",      ".s",    ".css",   ".scss",    ".sass",   ".less",  ".json",   ".jsonl",
    ".ndjson", ".geojson",    ".xml",      ".svg",  ".xsl",   ".xslt",    ".xsd",    ".wsdl",  ".xaml",   ".fxml",
    ".plist",  ".rss",        ".atom",     ".yaml", ".yml",   ".toml",    ".ini",    ".cfg",   ".conf",   ".properties",
    ".cmake",  ".mk",         ".proto",    ".tf",   ".ps1",   ".bat",     ".cmd",    ".vue",   ".svelte", ".astro",
    ".erb",    ".ejs",        ".haml",     ".pug",  ".j2",    ".jinja",   ".jinja2", ".njk",   ".twig",   ".liquid",
    ".hbs",    ".handlebars", ".mustache", ".tpl",  ".tmpl",  ".jsp",     ".asp",    ".aspx",  ".cshtml", ".razor",
    ".zig",    ".dart",       ".ex",       ".exs",  ".erl",   ".clj",     ".lisp",   ".el",    ".fs",     ".vb",
    ".pas",    ".groovy",     ".gradle",   ".nix",  ".sol",   ".graphql", ".diff",   ".patch", ".tex",    ".bib",
    ".vhd",    ".sv",         ".f90"};
constexpr std::string_view kHtmlExtensions[] = {".html", ".htm", ".xhtml", ".shtml"};
constexpr std::string_view kMailExtensions[] = {".eml", ".mbox", ".mht", ".mhtml"};
constexpr std::string_view kProseExtensions[] = {".txt", ".text", ".md",  ".markdown", ".csv",
                                                 ".tsv", ".log",  ".rst", ".adoc",     ".org"};

bool is_plain(DocumentKind kind) {
  return kind == DocumentKind::kText || kind == DocumentKind::kMarkdown || kind == DocumentKind::kCsv ||
         kind == DocumentKind::kSource;
}

template <std::size_t kCount>
bool is_among(std::string_view extension, const std::string_view (&extensions)[kCount]) {
  return std::find(std::begin(extensions), std::end(extensions), extension) != std::end(extensions);
}

Promise promise_of(std::string_view extension) {
  if (extension == ".pdf") return Promise::kPdf;
  if (is_among(extension, kSourceExtensions)) return Promise::kSource;
  return is_among(extension, kProseExtensions) ? Promise::kProse : Promise::kNone;
}

std::string_view subtype(std::string_view media_type) { return media_type.substr(media_type.find('/') + 1); }

}  // namespace

FileFacts examine(ByteView start, std::string_view name) {
  const std::string_view text = as_text(start);
  const std::string extension = extension_of(name);
  const Promise promise = promise_of(extension);
  if (is_pdf(text, promise)) return {FileType::kPdf, "a PDF"};
  if (is_archive(text))
    return is_epub(text) ? FileFacts{FileType::kOther, kEpub} : FileFacts{FileType::kArchive, "a ZIP archive"};
  if (text.starts_with("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")) return {FileType::kOldOffice, "an old Office document"};
  if (has_controls(text.substr(0, kControlsWithin))) {
    if (const std::string_view type = formats::image_type(start); !type.empty()) return {FileType::kImage, type};
    for (const Magic& magic : kRefused) {
      if (text.starts_with(magic.bytes)) return {FileType::kOther, magic.what};
    }
  }
  if (is_flat_opendocument(text)) return {FileType::kArchive, "a flat OpenDocument"};
  if (text.starts_with("{\\rtf") && promise != Promise::kSource) return {FileType::kOther, kRtf};
  const std::string narrow = narrowed(text);
  if (extension == ".ipynb" &&
      std::string_view(narrow).substr(0, narrow.find_first_not_of(" \t\r\n") + 1).ends_with('{'))
    return {FileType::kNotebook, "a notebook"};
  if (promise == Promise::kSource) return {FileType::kText, "text"};
  const bool named_html = is_among(extension, kHtmlExtensions);
  if (is_html(narrow) || (named_html && has_tags(narrow))) return {FileType::kHtml, "HTML"};
  if (is_mail(narrow, is_among(extension, kMailExtensions))) return {FileType::kMail, "mail"};
  return {FileType::kText, "text"};
}

DocumentKind text_kind(std::string_view name) {
  const std::string extension = extension_of(name);
  if (extension == ".md" || extension == ".markdown") return DocumentKind::kMarkdown;
  if (extension == ".csv" || extension == ".tsv") return DocumentKind::kCsv;
  return is_among(extension, kSourceExtensions) ? DocumentKind::kSource : DocumentKind::kText;
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
