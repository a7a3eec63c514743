// Documents that go with a question: read with a bar for what takes long, and told about on stderr where something is
// to be known.
#pragma once

#include "minions/minions.hpp"
#include "options.h"

namespace minions::app {

// A file, a folder or a picture; `-` reads a file from standard input. The name and the reason are in the error.
[[nodiscard]] Result<std::vector<Attachment>> load_attachments(const std::string& path, const DocumentFlags& options);
// All of standard input, as text; at most 64 MiB.
[[nodiscard]] Result<std::string> read_standard_input();

}  // namespace minions::app
