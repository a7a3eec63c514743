// Documents that go with a question: read, turned to text, and told about on stderr where something is to be known.
#pragma once

#include "chat/conversation.h"
#include "options.h"

namespace minions::app {

// `-` reads text from standard input. The file name and the reason are in the error.
[[nodiscard]] Result<chat::Attachment> load_attachment(const std::string& file, const DocumentOptions& options);
// All of standard input, as text; at most 64 MiB.
[[nodiscard]] Result<chat::Text> read_standard_input();

}  // namespace minions::app
