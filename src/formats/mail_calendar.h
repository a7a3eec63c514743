// Invitations and other calendar entries (iCalendar, RFC 5545) and business cards (vCard, RFC 6350) as lines that a
// reader of the mail would be shown.
#pragma once

#include <string>
#include <string_view>

namespace minions::formats {

// Empty if there is no entry in it. The method of a mail's Content-Type counts before that in the text.
[[nodiscard]] std::string calendar_lines(std::string_view utf8, std::string_view stated_method);
[[nodiscard]] std::string contact_lines(std::string_view utf8);

}  // namespace minions::formats
