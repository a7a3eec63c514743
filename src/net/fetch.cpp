#include "net/fetch.h"

#include <fmt/format.h>

#include "net/http_client.h"

namespace minions::net {
namespace {

struct Address {
  Origin origin;
  std::string target;  // path and query
  std::string shown;   // the address without its query
};

bool is_target_character(char c) { return c > ' ' && c < 0x7f && c != '#'; }

Result<Address> parse_address(const FetchRequest& request) {
  const std::string_view url = request.url;
  const std::size_t scheme_end = url.find("://");
  const std::size_t authority = scheme_end == std::string_view::npos ? 0 : scheme_end + 3;
  const std::size_t target = std::min(url.find_first_of("/?", authority), url.size());
  Address address;
  MINIONS_TRY_ASSIGN(address.origin.url, Url::parse(url.substr(0, target)));
  address.target = url.substr(target);
  if (!address.target.starts_with('/')) address.target.insert(0, "/");
  if (address.target.size() > kMaxTargetBytes ||
      !std::all_of(address.target.begin(), address.target.end(), is_target_character)) {
    return fail(ErrorCode::kUsage, fmt::format("{}: the path is no path of a URL", address.origin.url.origin()));
  }
  address.shown = address.origin.url.origin() + address.target.substr(0, address.target.find('?'));
  if (address.origin.url.scheme == Scheme::kHttps) {
    MINIONS_TRY_ASSIGN(address.origin.tls, TlsClientContext::create({.ca_file = request.ca_file}));
  }
  return address;
}

Task<Result<Bytes>> read_all(ClientExchange& exchange, std::size_t limit, Deadline deadline) {
  Bytes body;
  for (;;) {
    MINIONS_CO_TRY_ASSIGN(const MutableBytes piece, co_await exchange.read_body(deadline));
    if (piece.empty()) co_return body;
    if (body.size() + piece.size() > limit)
      co_return fail(ErrorCode::kMalformed, fmt::format("the reply is over {} bytes", limit));
    append(body, piece);
  }
}

Task<Result<FetchReply>> exchange_once(const FetchRequest& request, Address& address, Executor executor) {
  const Deadline deadline = deadline_in(request.time);
  HttpClient client(executor, {.write_stall = request.time});
  MINIONS_CO_TRY_ASSIGN(const auto exchange, co_await client.open_new(std::move(address.origin), deadline));
  MINIONS_CO_TRY(co_await exchange->send({request.method, address.target}, request.headers, request.body));
  MINIONS_CO_TRY_ASSIGN(ResponseHead head, co_await exchange->read_head(deadline));
  FetchReply reply{head.status, std::move(head.headers), {}};
  MINIONS_CO_TRY_ASSIGN(reply.body, co_await read_all(*exchange, request.reply_limit_bytes, deadline));
  co_return reply;
}

}  // namespace

Task<Result<FetchReply>> fetch(FetchRequest request, Executor executor) {
  auto address = parse_address(request);
  if (!address) co_return fail(std::move(address).error().in("fetch"));
  const std::string shown = address->shown;
  auto reply = co_await exchange_once(request, *address, executor);
  if (!reply) co_return fail(std::move(reply).error().in(shown));
  co_return reply;
}

Result<FetchReply> fetch_blocking(FetchRequest request) {
  asio::io_context context;
  return run_until_done(context, fetch(std::move(request), context.get_executor()));
}

}  // namespace minions::net
