// Files named by options: keys, policies, certificates.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace minions::api {

// At most 1 MiB. Otherwise kUsage with the option and the file.
[[nodiscard]] Result<std::string> read_small_file(const std::string& file, std::string_view option);

// Readable by its owner only, or by all.
enum class Readers { kOwner, kAll };
// Creates a new file. kUsage: it exists; `rule` is why that matters. kIo: it could not be written, and nothing of it is
// left.
[[nodiscard]] Status write_new_file(const std::string& file, std::string_view text, std::string_view rule,
                                    Readers readers = Readers::kOwner);

}  // namespace minions::api
