// Reads one file, or uploaded bytes, into a Document. The content decides the type, not the name; if the name promised
// another type, a note reports it. Reaching a limit is an error, never a cut.
#pragma once

#include <filesystem>

#include "base/bytes.h"
#include "base/result.h"
#include "documents/cache.h"
#include "documents/document.h"
#include "documents/extractor.h"

namespace minions::documents {

struct LoadOptions {
  std::size_t max_text_file_bytes = 64 * 1024 * 1024;  // of plain text and HTML
  std::size_t max_mail_file_bytes = 48 * 1024 * 1024;  // decoding a part needs memory besides the whole
  std::size_t max_pdf_file_bytes = 512 * 1024 * 1024;  // of all other kinds
  ExtractorOptions extractor;
  const DocumentCache* cache = nullptr;  // none: keeps nothing
};

// Errors name the file and the reason. kNotFound: no such file. kIo: the system refused it. kTooLarge, kTimeout: a
// limit. kUnsupported: an unsupported type, or no sandbox for it. kDocument: damaged, encrypted, empty, a folder.
[[nodiscard]] Result<Document> load_file(const std::filesystem::path& path, const LoadOptions& options = {});
[[nodiscard]] Result<Document> load_bytes(std::string_view name, ByteView bytes, const LoadOptions& options = {});
// An open file under a name of the caller's choice; the error has only the reason.
[[nodiscard]] Result<Document> load_open(std::string name, const FileOfSize& source, const LoadOptions& options);

// One printable line: names end up in markers and on terminals.
[[nodiscard]] std::string printable(std::string_view name);

}  // namespace minions::documents
