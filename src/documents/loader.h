// Reads one file, or bytes that were uploaded, into a Document. The content decides the type, the name does not. A
// limit that is hit is an error, never a cut.
#pragma once

#include <filesystem>

#include "base/bytes.h"
#include "base/result.h"
#include "documents/document.h"
#include "documents/extractor.h"

namespace minions::documents {

struct LoadOptions {
  std::size_t max_text_file_bytes = 64 * 1024 * 1024;
  std::size_t max_pdf_file_bytes = 512 * 1024 * 1024;
  ExtractorOptions extractor;
};

// Errors name the file and the reason. kNotFound: no such file. kIo: the system refused it. kTooLarge, kTimeout: a
// limit. kUnsupported: a type that is not read, or no sandbox for it. kDocument: damaged, encrypted, empty, a folder.
[[nodiscard]] Result<Document> load_file(const std::filesystem::path& path, const LoadOptions& options = {});
[[nodiscard]] Result<Document> load_bytes(std::string_view name, ByteView bytes, const LoadOptions& options = {});

}  // namespace minions::documents
