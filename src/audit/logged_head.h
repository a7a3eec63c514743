// The head of a request in a log, without the API key that it was sent with: the placeholder identifies nothing.
#pragma once

#include <string>
#include <string_view>

namespace minions::audit {

[[nodiscard]] std::string without_api_key(std::string_view head);
[[nodiscard]] std::string with_api_key(std::string_view head, std::string_view api_key);
[[nodiscard]] bool lacks_api_key(std::string_view head);

}  // namespace minions::audit
