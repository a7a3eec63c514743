// Files that options name: keys, policies, certificates.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace minions::api {

// At most 1 MiB. kUsage with the option and the file otherwise.
[[nodiscard]] Result<std::string> read_small_file(const std::string& file, std::string_view option);

// For its owner alone, or for all to read.
enum class Readers { kOwner, kAll };
// Makes a file that is not there yet. kUsage: it is; `rule` says why that matters. kIo: it could not be written, and
// nothing of it is left.
[[nodiscard]] Status write_new_file(const std::string& file, std::string_view text, std::string_view rule,
                                    Readers readers = Readers::kOwner);

}  // namespace minions::api
