// Files that options name: keys, policies, certificates.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace minions::app {

// At most 1 MiB. kUsage with the option and the file otherwise.
[[nodiscard]] Result<std::string> read_small_file(const std::string& file, std::string_view option);

}  // namespace minions::app
