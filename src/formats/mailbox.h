// The messages of a mailbox file (mbox, RFC 4155).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace minions::formats {

// Each from its separator line on; the text itself if it is a single message.
[[nodiscard]] std::vector<std::string_view> messages_of(std::string_view text);
[[nodiscard]] bool is_mailbox(std::string_view text);
// Without the `>` that a mailbox puts before lines that would look like separators.
[[nodiscard]] std::string without_quoting(std::string_view message);

}  // namespace minions::formats
