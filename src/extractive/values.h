// What a quote contains: numbers, dates, values after a label.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace minions::extractive {

// "net_revenue" and "netRevenue" as "net revenue" and "net Revenue".
[[nodiscard]] std::string words_of_name(std::string_view name);

// "1,234.5" as 1234.5. None if the digits belong to a word ("Q3", "3rd").
[[nodiscard]] std::vector<double> numbers_in(std::string_view text);

// A date such as 2021-09-21, unchanged; the first one.
[[nodiscard]] std::optional<std::string> date_in(std::string_view text);

// "Revenue: 4.2 million; cost ..." for "revenue:" is "4.2 million".
[[nodiscard]] std::optional<std::string> labelled_value(std::string_view text, std::string_view label);

}  // namespace minions::extractive
