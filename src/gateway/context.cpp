#include "gateway/context.h"

#include <fmt/format.h>

namespace minions::gateway {
namespace {

std::string_view plain_code(int status) {
  switch (status) {
    case 400: return "malformed";
    case 404: return "unknown_session";
    case 405: return "method";
    case 408: return "timeout";
    case 409: return "replayed";
    case 413: return "too_large";
    case 421: return "stale_statement";
    case 429: return "busy";
    case 503: return "draining";
    default: return "internal";
  }
}

}  // namespace

Context::Context(const Settings& given, std::unique_ptr<AttestationService> service,
                 std::shared_ptr<backend::Backend> model, std::unique_ptr<ApiKeys> keys)
    : settings(given),
      attestation(std::move(service)),
      backend(std::move(model)),
      api_keys(std::move(keys)),
      senders(settings, metrics),
      sessions(given.sessions) {}

PlainError body_error(const Error& error, Limit size) {
  if (error.code == ErrorCode::kTimeout) return 408;
  if (error.code == ErrorCode::kTooLarge) return {413, size};
  return 400;
}

net::Task<void> reply_plain_error(Context& context, net::HttpExchange& http, PlainError error) {
  context.metrics.count_plain_error(error.status);
  if (error.limit) context.senders.hit(*error.limit);
  const std::string named = error.limit ? fmt::format(R"(,"limit":"{}")", name_of(*error.limit)) : std::string();
  const std::string body = fmt::format(R"({{"error":{{"code":"{}"{}}}}})", plain_code(error.status), named);
  const net::Header headers[] = {{"content-type", "application/json"}, {"cache-control", "no-store, no-transform"}};
  static_cast<void>(co_await http.reply(error.status, headers, as_bytes(body)));
}

}  // namespace minions::gateway
