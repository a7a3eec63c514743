#include "attester/cloud_service.h"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/encoding.h"
#include "net/url.h"

namespace minions::attester {
namespace {

using std::chrono::milliseconds;

constexpr JsonLimits kReplyLimits = {.bytes = std::size_t{1} << 20, .depth = 16};

bool wants_patience(int status) { return status == 408 || status == 429 || (status >= 500 && status < 600); }
bool wants_patience(const Error& error) {
  return error.code == ErrorCode::kNetwork || error.code == ErrorCode::kTimeout || error.code == ErrorCode::kTruncated;
}

Error status_error(int status) {
  const ErrorCode code = status == 429 || status == 503 ? ErrorCode::kBusy
                         : status == 404                ? ErrorCode::kNotFound
                                                        : ErrorCode::kIo;
  return {code, fmt::format("want status 200, found {}", status)};
}

// Retry-After in seconds (RFC 9110 section 10.2.3); its other form, a date, counts as not given.
std::optional<milliseconds> retry_after(const net::FetchReply& reply) {
  const auto text = net::find(reply.headers, "retry-after");
  if (!text) return std::nullopt;
  unsigned seconds = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), seconds);
  if (error != std::errc() || end != text->data() + text->size()) return std::nullopt;
  return milliseconds(std::min<std::int64_t>(std::int64_t{seconds} * 1000, kLongestServiceWait.count()));
}

void pause(const CloudAccess& access, milliseconds time) {
  if (access.wait) {
    access.wait(time);
  } else {
    std::this_thread::sleep_for(time);
  }
}

}  // namespace

Result<Bytes> call_service(const CloudAccess& access, std::string_view what, const net::FetchRequest& request) {
  milliseconds next_wait = kFirstServiceWait;
  for (int attempt = 1;; ++attempt) {
    auto reply = access.fetch(request);
    if (reply && reply->status == 200) return std::move(reply->body);
    Error error = reply ? status_error(reply->status) : std::move(reply).error();
    const bool again = reply ? wants_patience(reply->status) : wants_patience(error);
    if (!again || attempt == kServiceAttempts) {
      const std::string tried = attempt == 1 ? "" : fmt::format(" after {} attempts", attempt);
      return fail(error.code, fmt::format("{}: {}: {}{}", what, request.url, error.detail, tried));
    }
    pause(access, (reply ? retry_after(*reply) : std::nullopt).value_or(next_wait));
    next_wait = std::min(2 * next_wait, kLongestServiceWait);
  }
}

Result<Json> call_json_service(const CloudAccess& access, std::string_view what, const net::FetchRequest& request) {
  MINIONS_TRY_ASSIGN(const Bytes body, call_service(access, what, request));
  auto json = parse_strict_json(as_text(body), kReplyLimits);
  if (!json) return fail(std::move(json).error().in(fmt::format("{}: {}", what, request.url)));
  return json;
}

Result<Bytes> base64_of_service(const Json& object, std::string_view member) {
  MINIONS_TRY_ASSIGN(std::string text, string_member(object, member));
  std::replace(text.begin(), text.end(), '-', '+');
  std::replace(text.begin(), text.end(), '_', '/');
  while (!text.empty() && text.back() == '=') text.pop_back();
  text.append((4 - text.size() % 4) % 4, '=');
  auto bytes = from_base64(text);
  if (!bytes) return fail(std::move(bytes).error().in(member));
  return bytes;
}

Result<std::string> service_address(std::string_view what, std::string_view text) {
  const auto url = net::Url::parse(text);
  if (!url) return fail(ErrorCode::kUsage, fmt::format("{}: {}", what, url.error().detail));
  return url->origin() + url->base_path;
}

}  // namespace minions::attester
