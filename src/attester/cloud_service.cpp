#include "attester/cloud_service.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "base/encoding.h"
#include "net/retry.h"
#include "net/url.h"

namespace minions::attester {
namespace {

constexpr JsonLimits kReplyLimits = {.bytes = std::size_t{1} << 20, .depth = 16};

// Attestation waits for it at each epoch: shorter waits than a client's.
constexpr net::RetryPolicy kRetries = {
    .attempts = kServiceAttempts, .first_wait = kFirstServiceWait, .longest_wait = kLongestServiceWait};

Error status_error(int status) {
  const ErrorCode code = status == 429 || status == 503 ? ErrorCode::kBusy
                         : status == 404                ? ErrorCode::kNotFound
                                                        : ErrorCode::kIo;
  return {code, fmt::format("want status 200, found {}", status)};
}

void pause(const CloudAccess& access, std::chrono::milliseconds time) {
  if (access.wait) {
    access.wait(time);
  } else {
    std::this_thread::sleep_for(time);
  }
}

}  // namespace

Result<Bytes> call_service(const CloudAccess& access, std::string_view what, const net::FetchRequest& request) {
  net::Retries retries(kRetries);
  for (;;) {
    auto reply = access.fetch(request);
    if (reply && reply->status == 200) return std::move(reply->body);
    if (const auto wait = retries.next(reply)) {
      pause(access, *wait);
      continue;
    }
    const Error error = reply ? status_error(reply->status) : std::move(reply).error();
    return fail(error.code, fmt::format("{}: {}: {}{}", what, request.url, error.detail, retries.in_words()));
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
