// The members of a log of a run, which anyone may have written: a member that is missing or of another kind is empty.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace minions::audit {

// kMalformed: not a log of a run.
[[nodiscard]] Result<Json> parse_log(std::string_view text);

[[nodiscard]] std::string text_at(const Json& object, const char* name);
[[nodiscard]] std::uint64_t count_at(const Json& object, const char* name);
[[nodiscard]] const Json& member_of(const Json& object, const char* name);
[[nodiscard]] const Json& list_at(const Json& object, const char* name);

}  // namespace minions::audit
