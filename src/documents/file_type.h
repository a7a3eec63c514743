// What a file is, from its first bytes. The name chooses between kinds of plain text: source code and templates are
// read as they are, also where they begin like a page.
#pragma once

#include <optional>
#include <string>

#include "base/bytes.h"
#include "documents/document.h"

namespace minions::documents {

inline constexpr std::size_t kMagicBytes = 4096;  // how much of the start is read

enum class FileType { kPdf, kArchive, kHtml, kMail, kImage, kNotebook, kText, kOldOffice, kOther };

struct FileFacts {
  FileType type;
  std::string_view what;  // for a refusal or a note: "a PNG image"; a media type for kImage
};

[[nodiscard]] FileFacts examine(ByteView start, std::string_view name);

// For content found to be text: Markdown, CSV, source code or text, by the end of the name.
[[nodiscard]] DocumentKind text_kind(std::string_view name);

// `is named .pdf and is text`, if the end of the name promises another kind than the content is.
[[nodiscard]] std::optional<std::string> note_on_name(std::string_view name, DocumentKind kind,
                                                      std::string_view media_type);

}  // namespace minions::documents
