#include "client/transport.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/text.h"

namespace minions::client {
namespace {

constexpr std::size_t kMaxCookies = 16;
constexpr std::size_t kMaxCookieBytes = 1024;

// A dial that its caller may abandon.
struct Opening {
  explicit Opening(const net::Executor& executor) : ended(executor, net::kNoDeadline) {}
  net::Timer ended;
  std::optional<Result<std::unique_ptr<net::ClientExchange>>> result;
};

net::Task<void> dial(std::shared_ptr<net::HttpClient> http, net::Origin origin, net::Deadline deadline,
                     std::shared_ptr<Opening> opening) {
  opening->result = co_await http->open(std::move(origin), deadline);
  opening->ended.cancel();
}

Status check_plain_peer(const net::Stream& stream) {
  if (stream.is_tls() || stream.peer_is_loopback()) return {};
  return fail(ErrorCode::kRefused, fmt::format("http:// is for loopback only, and the server's address is {}",
                                               stream.peer_address().to_string()));
}

// {"error":{"code":"..."}}: the code, if it is a plain word.
std::string code_in(ByteView body) {
  const auto json = parse_strict_json(as_text(body));
  if (!json) return {};
  const auto error = object_member(*json, "error");
  if (!error) return {};
  const auto code = string_member(**error, "code");
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
  if (!code || code->size() > 40 || !std::all_of(code->begin(), code->end(), plain)) return {};
  return *code;
}

}  // namespace

Transport::Transport(net::Executor executor, TransportOptions options)
    : options_(std::move(options)),
      http_(std::make_shared<net::HttpClient>(executor, net::ClientOptions{})),
      executor_(executor) {}

Result<Transport> Transport::create(net::Executor executor, TransportOptions options) {
  const net::Url& server = options.server;
  if (server.scheme == net::Scheme::kHttp && !net::is_loopback_host(server.host)) {
    return fail(ErrorCode::kUsage, fmt::format("{}: http:// is for loopback only; use https://", server.origin()));
  }
  return Transport(executor, std::move(options));
}

net::Task<Result<std::unique_ptr<net::ClientExchange>>> Transport::open(std::stop_token stop) const {
  net::Origin origin;
  origin.url = options_.server;
  origin.tls = options_.tls;
  origin.on_connected = check_plain_peer;
  const auto opening = std::make_shared<Opening>(executor_);
  net::spawn(executor_, dial(http_, std::move(origin), net::deadline_in(options_.connect_time), opening));
  const std::stop_callback on_stop(stop, [&] { opening->ended.cancel(); });
  if (!opening->result && !stop.stop_requested()) co_await opening->ended.async_wait(net::use_task_tuple);
  if (stop.stop_requested()) co_return fail(ErrorCode::kCancelled, "connect: cancelled");
  co_return *std::move(opening->result);
}

net::Task<Result<PlainReply>> Transport::fetch(net::ClientExchange& exchange, const PlainRequest& request,
                                               std::stop_token stop) const {
  const std::stop_callback on_stop(stop, [&] { exchange.cancel(); });
  net::Headers fields = headers();
  if (!request.body.empty()) fields.push_back({"Content-Type", "application/octet-stream"});
  const std::string path = target(request.path);
  const net::RequestLine line{request.method, path};
  MINIONS_CO_TRY(co_await exchange.send(line, fields, request.body));
  MINIONS_CO_TRY_ASSIGN(net::ResponseHead head, co_await exchange.read_head(request.deadline));
  PlainReply reply{head.status, std::move(head.headers), {}};
  for (;;) {
    MINIONS_CO_TRY_ASSIGN(const MutableBytes piece, co_await exchange.read_body(request.deadline));
    if (piece.empty()) co_return reply;
    append(reply.body, piece);
    if (reply.body.size() > request.reply_limit_bytes) {
      co_return fail(ErrorCode::kMalformed,
                     fmt::format("{}: the reply is over {} bytes", request.path.substr(0, request.path.find('?')),
                                 request.reply_limit_bytes));
    }
    if (std::chrono::steady_clock::now() >= request.deadline) {
      co_return fail(ErrorCode::kTimeout, "the reply did not end in time");
    }
  }
}

net::Headers Transport::headers() const {
  if (cookies_.empty()) return {};
  std::string value;
  for (const auto& [name, content] : cookies_)
    value += fmt::format("{}{}={}", value.empty() ? "" : "; ", name, content);
  return {{"Cookie", std::move(value)}};
}

// RFC 6265 section 5.2, without attributes: cookies live as long as this object and go only to this server.
void Transport::take_cookies(const net::Headers& reply) {
  for (const net::Header& header : reply) {
    if (header.name != "set-cookie" || header.value.size() > kMaxCookieBytes) continue;
    const std::string_view pair = std::string_view(header.value).substr(0, header.value.find(';'));
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || equals == 0) continue;
    const std::string name(trimmed(pair.substr(0, equals), kBlanks));
    if (!cookies_.contains(name) && cookies_.size() >= kMaxCookies) continue;
    cookies_[name] = trimmed(pair.substr(equals + 1), kBlanks);
  }
}

attestation::ServerConnection describe(const net::ClientExchange& exchange) {
  using Kind = attestation::ServerConnection::Kind;
  const net::Stream* stream = exchange.stream();
  if (stream == nullptr) return {};
  if (!stream->is_tls()) return {Kind::kPlainLoopback, std::nullopt};
  attestation::ServerConnection connection{Kind::kTls, std::nullopt};
  if (const auto spki = stream->peer_spki_sha256()) connection.leaf_spki_sha256 = *spki;
  return connection;
}

Error plain_error(std::string_view what, int status, ByteView body) {
  const std::string code = code_in(body);
  return {ErrorCode::kNetwork, fmt::format("{}: the server answered HTTP {}{}{}{}", what, status,
                                           code.empty() ? "" : " (", code, code.empty() ? "" : ")")};
}

}  // namespace minions::client
