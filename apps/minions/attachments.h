// Documents that go with a question: read, turned to text, and told about on stderr where something is to be known.
#pragma once

#include <optional>

#include "chat/conversation.h"
#include "options.h"

namespace minions::app {

// `-` reads text from standard input. The file name and the reason are in the error.
[[nodiscard]] Result<chat::Attachment> load_attachment(const std::string& file, const DocumentOptions& options);
// The picture in a file, told by its content; nothing where the file is no picture of a known kind, or is `-`.
[[nodiscard]] Result<std::optional<chat::Image>> load_image(const std::string& file);
// All of standard input, as text; at most 64 MiB.
[[nodiscard]] Result<chat::Text> read_standard_input();

}  // namespace minions::app
