// The named characters of HTML 4.
#pragma once

#include <string_view>

namespace minions::formats {

// For `eacute`, without ampersand and semicolon; 0 for an unknown name.
[[nodiscard]] char32_t entity(std::string_view name);

}  // namespace minions::formats
