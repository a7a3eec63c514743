// The named characters of HTML 4.
#pragma once

#include <string_view>

namespace minions::formats {

// Of `eacute`, without ampersand and semicolon; 0 for a name that is none.
[[nodiscard]] char32_t entity(std::string_view name);

}  // namespace minions::formats
