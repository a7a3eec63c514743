#include "net/retry.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace minions::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::system_clock;

std::optional<unsigned> number(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<unsigned> month_named(std::string_view name) {
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto found = std::find(kMonths.begin(), kMonths.end(), name);
  if (found == kMonths.end()) return std::nullopt;
  return static_cast<unsigned>(found - kMonths.begin()) + 1;
}

// "Wed, 21 Oct 2026 07:28:00 GMT": the current form (RFC 9110 section 5.6.7).
std::optional<system_clock::time_point> http_date(std::string_view text) {
  constexpr std::string_view kShape = "___, 00 ___ 0000 00:00:00 GMT";
  const bool shaped = std::equal(text.begin(), text.end(), kShape.begin(), kShape.end(), [](char c, char shape) {
    return shape == '_' || (shape == '0' ? c >= '0' && c <= '9' : c == shape);
  });
  if (!shaped) return std::nullopt;
  const auto month = month_named(text.substr(8, 3));
  if (!month) return std::nullopt;
  const auto digits = [&](std::size_t at, std::size_t size) { return number(text.substr(at, size)).value_or(0); };
  const std::chrono::year_month_day day(std::chrono::year(static_cast<int>(digits(12, 4))), std::chrono::month(*month),
                                        std::chrono::day(digits(5, 2)));
  const unsigned hour = digits(17, 2);
  const unsigned minute = digits(20, 2);
  const unsigned second = digits(23, 2);
  if (!day.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  return std::chrono::sys_days(day) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second);
}

}  // namespace

bool is_transient(const Result<FetchReply>& reply) {
  if (!reply) {
    const ErrorCode code = reply.error().code;
    return code == ErrorCode::kNetwork || code == ErrorCode::kTimeout || code == ErrorCode::kTruncated;
  }
  switch (reply->status) {
    case 408:
    case 429:
    case 500:
    case 502:
    case 503:
    case 504: return true;
    default: return false;
  }
}

std::optional<milliseconds> retry_after(const FetchReply& reply, system_clock::time_point now) {
  const auto text = find(reply.headers, "retry-after");
  if (!text) return std::nullopt;
  if (const auto seconds = number(*text)) return std::chrono::seconds(*seconds);
  const auto date = http_date(*text);
  if (!date) return std::nullopt;
  const auto sent = find(reply.headers, "date");
  const auto from = sent ? http_date(*sent) : std::nullopt;
  const auto wait = std::chrono::duration_cast<milliseconds>(*date - from.value_or(now));
  return std::max(wait, milliseconds(0));
}

std::optional<milliseconds> Retries::next(const Result<FetchReply>& reply, milliseconds left) {
  ++attempts_;
  if (!is_transient(reply) || attempts_ >= policy_.attempts) return std::nullopt;
  const auto wanted = reply ? retry_after(*reply, system_clock::now()) : std::nullopt;
  if (wanted && *wanted >= left) return std::nullopt;
  const milliseconds wait = std::min(wanted.value_or(next_wait_), policy_.longest_wait);
  next_wait_ = std::min(2 * next_wait_, policy_.longest_wait);
  if (wait >= left) return std::nullopt;
  return wait;
}

std::string Retries::in_words() const { return attempts_ > 1 ? fmt::format(" after {} attempts", attempts_) : ""; }

}  // namespace minions::net
