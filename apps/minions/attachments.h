// Documents that go with a question: read, turned to text, and told about on stderr where something is to be known.
#pragma once

#include <optional>

#include "chat/conversation.h"
#include "options.h"

namespace minions::app {

// One file, or each that can be read of a folder, in the order of their paths. `-` reads a file from standard input.
// The name and the reason are in the error.
[[nodiscard]] Result<std::vector<chat::Attachment>> load_attachments(const std::string& path,
                                                                     const DocumentOptions& options);
// The picture in a file, told by its content; nothing where the file is no picture of a known kind, is a folder or `-`,
// or where its text is to be read by OCR. Made smaller, and told about on stderr, where the options say so.
[[nodiscard]] Result<std::optional<chat::Image>> load_image(const std::string& file, const DocumentOptions& options);
// All of standard input, as text; at most 64 MiB.
[[nodiscard]] Result<chat::Text> read_standard_input();

}  // namespace minions::app
