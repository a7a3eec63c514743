#include "documents/refusals.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace minions::documents {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kBlockBytes = 1 << 20;

// [MS-CFB] section 2.6.1: entries of 128 bytes in sectors of 512 or 4,096, so at multiples of 128 in the file. The name
// is UTF-16 with its zero, its length in bytes stands at 64, and at 66 the kind: 1 a storage, 2 a stream.
constexpr std::size_t kEntryBytes = 128;
constexpr std::size_t kLengthAt = 64;
constexpr std::size_t kKindAt = 66;

struct Stream {
  std::string_view name;
  std::string_view what;
};
constexpr Stream kStreams[] = {
    {"WordDocument", "an old Word document (.doc), which is not read here: save it in Word or LibreOffice as DOCX"},
    {"Workbook", "an old Excel workbook (.xls), which is not read here: save it in Excel or LibreOffice as XLSX"},
    {"Book", "an old Excel workbook (.xls), which is not read here: save it in Excel or LibreOffice as XLSX"},
    {"PowerPoint Document",
     "an old PowerPoint presentation (.ppt), which is not read here: save it in PowerPoint or LibreOffice as PPTX"},
    {"__properties_version1.0", "an Outlook message (.msg), which is not read here: save it in a mail program as EML"},
    {"VisioDocument", "a Visio drawing (.vsd), which is not read here: save it in Visio or LibreOffice as PDF"},
    {"Quill", "a Publisher document (.pub), which is not read here: save it in Publisher or LibreOffice as PDF"}};
// [MS-OFFCRYPTO] section 1.3.2
constexpr std::string_view kEncrypted = "EncryptedPackage";
constexpr std::string_view kEncryptedWide = "E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e"sv;

// The name of the entry, empty if the bytes are none. Names here are ASCII.
std::string name_of_entry(std::string_view entry) {
  const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(entry[at]); };
  const std::size_t length = byte(kLengthAt) | static_cast<std::size_t>(byte(kLengthAt + 1)) << 8;
  if (length < 4 || length > kLengthAt || length % 2 != 0) return {};
  if (byte(kKindAt) != 1 && byte(kKindAt) != 2) return {};
  std::string name;
  for (std::size_t at = 0; at + 2 < length; at += 2) {
    if (byte(at + 1) != 0 || byte(at) < 0x20) return {};
    name += entry[at];
  }
  return name;
}

struct ArchivePart {
  std::string_view name;
  std::string_view what;
};
constexpr ArchivePart kParts[] = {
    {"xl/workbook.bin",
     "a binary Excel workbook (.xlsb), which is not read here: save it in Excel or LibreOffice as XLSX"},
    {"Index/Document.iwa",
     "a Pages, Numbers or Keynote document, which is not read here: export it as DOCX, XLSX, PPTX or PDF"},
    {"Index.zip", "a Pages, Numbers or Keynote document, which is not read here: export it as DOCX, XLSX, PPTX or PDF"},
    {"visio/document.xml", "a Visio drawing (.vsdx), which is not read here: save it in Visio or LibreOffice as PDF"},
    {"FixedDocSeq.fdseq", "an XPS document, which is not read here: save it as PDF"}};
// APPNOTE.TXT section 4.3.12: an entry of the central directory, whose name begins at 46.
constexpr std::string_view kDirectoryEntry = "PK\x01\x02";
constexpr std::size_t kDirectoryNameAt = 46;
constexpr std::size_t kDirectoryBytes = 256 * 1024;  // of its end: documents have few parts

constexpr std::string_view kPdfEnd = "%%EOF";
constexpr std::size_t kPdfEndWithin = 4096;

bool has_any(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(), [&](auto word) { return text.find(word) != std::string_view::npos; });
}

}  // namespace

Error refusal_of_ole(const FileOfSize& source) {
  const Error encrypted{ErrorCode::kDocument, "is an encrypted Office document: it wants a password"};
  bool may_be_encrypted = false;
  std::optional<std::string_view> first;  // the document's own: those of embedded ones come behind
  for (std::size_t at = 0; at < source.size_bytes; at += kBlockBytes) {
    const auto block = read_at(source.file, at, std::min(kBlockBytes, source.size_bytes - at));
    if (!block) return block.error();
    may_be_encrypted |= block->find(kEncryptedWide) != std::string::npos;
    for (std::size_t entry = 0; entry + kEntryBytes <= block->size(); entry += kEntryBytes) {
      const std::string name = name_of_entry(std::string_view(*block).substr(entry, kEntryBytes));
      if (name == kEncrypted) return encrypted;
      const auto stream =
          std::find_if(std::begin(kStreams), std::end(kStreams), [&](const Stream& each) { return each.name == name; });
      if (!first && stream != std::end(kStreams)) first = stream->what;
    }
  }
  if (first) return {ErrorCode::kUnsupported, fmt::format("is {}", *first)};
  if (may_be_encrypted) return encrypted;
  return {ErrorCode::kUnsupported, "is an old Office document (.doc, .xls, .ppt): save it as DOCX, XLSX or PPTX"};
}

Status check_archive(const FileOfSize& source) {
  const std::size_t size = std::min(kDirectoryBytes, source.size_bytes);
  MINIONS_TRY_ASSIGN(const std::string end, read_at(source.file, source.size_bytes - size, size));
  const std::string_view text = end;
  for (std::size_t at = text.find(kDirectoryEntry); at != std::string_view::npos;
       at = text.find(kDirectoryEntry, at + 1)) {
    if (text.size() - at < kDirectoryNameAt) break;
    const std::string_view name = text.substr(at + kDirectoryNameAt);
    for (const ArchivePart& part : kParts) {
      if (name.starts_with(part.name)) return fail(ErrorCode::kUnsupported, fmt::format("is {}", part.what));
    }
  }
  return {};
}

Result<std::size_t> check_pdf_end(const FileOfSize& source) {
  const auto cut = [] {
    return fail(ErrorCode::kDocument, "is a PDF that is cut off: its end mark (%%EOF) is missing");
  };
  constexpr std::size_t kOverlap = 16;  // words across two blocks
  std::size_t end = source.size_bytes;
  for (bool last_block = true; end > 0; last_block = false) {
    const std::size_t block = last_block ? kPdfEndWithin : kBlockBytes;
    const std::size_t begin = end > block ? end - block : 0;
    MINIONS_TRY_ASSIGN(const std::string text,
                       read_at(source.file, begin, std::min(end + kOverlap, source.size_bytes) - begin));
    const std::size_t mark = text.rfind(kPdfEnd);
    const std::string_view after = std::string_view(text).substr(mark == std::string::npos ? 0 : mark);
    // Its table is there, and only the mark is not.
    if (last_block && after.find("startxref") != std::string_view::npos) return 0;
    if (has_any(after, {" 0 obj", "endobj", "endstream"})) return cut();
    if (mark != std::string::npos) {
      const std::size_t mark_end = begin + mark + kPdfEnd.size();
      const std::string_view rest = after.substr(kPdfEnd.size());
      const bool blank = last_block && rest.find_first_not_of(" \t\r\n\f\0"sv) == std::string_view::npos;
      return blank ? 0 : source.size_bytes - mark_end;
    }
    end = begin;
  }
  return cut();
}

}  // namespace minions::documents
