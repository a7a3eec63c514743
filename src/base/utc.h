// Times as collateral and command lines write them.
#pragma once

#include <optional>
#include <string_view>

#include "base/time.h"

namespace minions {

// 2026-09-21T14:13:20Z, as to_iso8601 writes it, and no other form.
[[nodiscard]] std::optional<UnixSeconds> parse_utc(std::string_view text);

}  // namespace minions
