#include "hub/hf_client.h"

#include <fmt/format.h>

#include <algorithm>

namespace minions::hub {
namespace {

constexpr int kMaxRedirects = 5;
constexpr std::size_t kTextBytes = 16 * 1024 * 1024;

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

}  // namespace

Status check_status(int status, std::string_view what) {
  switch (status) {
    case 200:
    case 206: return {};
    case 401:
    case 403:
      return fail(ErrorCode::kUnauthorized,
                  fmt::format("{}: status {}: gated, private or not there; HF_TOKEN names who asks", what, status));
    case 404: return fail(ErrorCode::kNotFound, fmt::format("{}: status 404: not there", what));
    default: break;
  }
  const ErrorCode code = status == 429 || status >= 500 ? ErrorCode::kNetwork : ErrorCode::kBackend;
  return fail(code, fmt::format("{}: want status 200, found {}", what, status));
}

HfClient::HfClient(net::Url endpoint, std::shared_ptr<const net::TlsClientContext> tls, const HfOptions& options)
    : endpoint_(std::move(endpoint)),
      tls_(std::move(tls)),
      options_(options),
      http_(context_.get_executor(), {.write_stall = options.silence}) {}

Result<std::unique_ptr<HfClient>> HfClient::create(const HfOptions& options) {
  auto endpoint = net::Url::parse(options.endpoint);
  if (!endpoint) return fail(ErrorCode::kUsage, "HF_ENDPOINT: " + endpoint.error().detail);
  MINIONS_TRY_ASSIGN(auto tls, net::TlsClientContext::create({.ca_file = options.ca_file}));
  return std::unique_ptr<HfClient>(new HfClient(*std::move(endpoint), std::move(tls), options));
}

Result<HfClient::Address> HfClient::parse(std::string_view url) {
  const std::size_t scheme_end = url.find("://");
  if (scheme_end == std::string_view::npos)
    return fail(ErrorCode::kRefused, "redirected to something that is not an address");
  const std::size_t target = std::min(url.find_first_of("/?#", scheme_end + 3), url.size());
  auto origin = net::Url::parse(url.substr(0, target));
  if (!origin) return fail(ErrorCode::kRefused, "redirected to something that is not an address");
  Address address{*std::move(origin), std::string(url.substr(target, url.find('#') - target))};
  if (!address.target.starts_with('/')) address.target.insert(0, "/");
  return address;
}

Result<HfClient::Address> HfClient::redirected(const Address& from, std::string_view location) const {
  const bool printable = std::all_of(location.begin(), location.end(), [](char c) { return c > ' ' && c < 0x7f; });
  if (!printable || location.size() > net::kMaxTargetBytes)
    return fail(ErrorCode::kRefused, "redirected to something that is not an address");
  if (location.starts_with('/') && !location.starts_with("//")) return Address{from.url, std::string(location)};
  MINIONS_TRY_ASSIGN(Address to, parse(location));
  if (from.url.scheme == net::Scheme::kHttps && to.url.scheme != net::Scheme::kHttps)
    return fail(ErrorCode::kRefused, fmt::format("redirected from https to {}", to.url.origin()));
  return to;
}

net::Task<Result<HfReply>> HfClient::get_once(const Address& address, net::Headers headers) {
  if (!options_.token.empty() && address.url.origin() == endpoint_.origin())
    headers.push_back({"authorization", "Bearer " + std::string(options_.token.reveal())});
  headers.push_back({"user-agent", "minionsd"});
  const net::Deadline deadline = net::deadline_in(options_.silence);
  net::Origin origin;
  origin.url = address.url;
  if (address.url.scheme == net::Scheme::kHttps) origin.tls = tls_;
  HfReply reply;
  MINIONS_CO_TRY_ASSIGN(reply.exchange, co_await http_.open_new(std::move(origin), deadline));
  MINIONS_CO_TRY(co_await reply.exchange->send({"GET", address.target}, headers, {}));
  MINIONS_CO_TRY_ASSIGN(reply.head, co_await reply.exchange->read_head(deadline));
  co_return reply;
}

net::Task<Result<HfReply>> HfClient::get(std::string target, net::Headers headers) {
  Address address{endpoint_, endpoint_.base_path + target};
  for (int redirects = 0; redirects <= kMaxRedirects; ++redirects) {
    auto reply = co_await get_once(address, headers);
    if (!reply) co_return fail(std::move(reply).error().in(address.url.origin()));
    if (!is_redirect(reply->head.status)) co_return reply;
    const auto location = net::find(reply->head.headers, "location");
    if (!location) co_return fail(ErrorCode::kRefused, "redirected to nowhere");
    MINIONS_CO_TRY_ASSIGN(address, redirected(address, *location));
  }
  co_return fail(ErrorCode::kRefused, fmt::format("redirected more than {} times", kMaxRedirects));
}

net::Task<Result<std::string>> HfClient::get_text(std::string target) {
  net::Headers headers = {{"accept", "application/json"}};
  MINIONS_CO_TRY_ASSIGN(const HfReply reply, co_await get(std::move(target), std::move(headers)));
  MINIONS_CO_TRY(check_status(reply.head.status, "the repository"));
  std::string text;
  for (;;) {
    MINIONS_CO_TRY_ASSIGN(const MutableBytes piece,
                          co_await reply.exchange->read_body(net::deadline_in(options_.silence)));
    if (piece.empty()) co_return text;
    if (text.size() + piece.size() > kTextBytes) co_return fail(ErrorCode::kMalformed, "the reply is over 16 MiB");
    text += as_text(piece);
  }
}

}  // namespace minions::hub
