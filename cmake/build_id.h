// Which source a program was built from.
#pragma once

#include <string_view>

namespace minions {

// The commit, 12 hex digits; with -dirty behind it where there were changes that are in no commit. "unknown" outside of
// a checkout.
[[nodiscard]] std::string_view build_id();

}  // namespace minions
