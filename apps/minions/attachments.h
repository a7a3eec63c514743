// Documents that accompany a question: read with a progress bar if that takes long; notes about them go to stderr.
#pragma once

#include "minions/minions.hpp"
#include "options.h"

namespace minions::app {

// A file, a folder or a picture; `-` reads a file from standard input. Errors contain the name and the reason.
[[nodiscard]] Result<std::vector<Attachment>> load_attachments(const std::string& path, const DocumentFlags& options);
// All of standard input, as text; at most 64 MiB.
[[nodiscard]] Result<std::string> read_standard_input();

}  // namespace minions::app
