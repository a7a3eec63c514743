#include "gateway/gateway.h"

#include <boost/asio/post.hpp>

#include "base/encoding.h"
#include "base/log.h"
#include "gateway/reply_writer.h"

namespace minions::gateway {
namespace {

constexpr std::string_view kProtocolPrefix = "/v2/";
constexpr std::string_view kAttestationPath = "/v2/attestation";
constexpr std::string_view kSessionPath = "/v2/session";
constexpr std::string_view kStreamPrefix = "/v2/stream/";
constexpr std::string_view kHealthPath = "/healthz";
constexpr std::string_view kReadyPath = "/readyz";
constexpr std::string_view kMetricsPath = "/metrics";
// The longest handshake is the hybrid's: 33 + 32 + 1,200 and a payload of 4 KiB.
constexpr std::size_t kHandshakeLimit = 8 * 1024;

// The value of a query parameter. Values here are base64url: nothing in them is escaped.
std::optional<std::string_view> parameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    if (pair.starts_with(name) && pair.substr(name.size()).starts_with('=')) return pair.substr(name.size() + 1);
  }
  return std::nullopt;
}

struct AttestationQuery {
  std::optional<Digest32> nonce;
  std::optional<Digest32> have;
};

Result<AttestationQuery> parse_query(std::string_view query) {
  AttestationQuery out;
  if (const auto nonce = parameter(query, "nonce")) {
    MINIONS_TRY_ASSIGN(out.nonce, exactly<32>(from_base64url(*nonce)));
  }
  if (const auto have = parameter(query, "have")) {
    MINIONS_TRY_ASSIGN(out.have, exactly<32>(from_base64url(*have)));
  }
  return out;
}

// For a hook, which is copied.
std::shared_ptr<net::Permit> shared(std::optional<net::Permit> permit) {
  return permit ? std::make_shared<net::Permit>(*std::move(permit)) : nullptr;
}

PlainError plain_error_of(const Error& error) {
  switch (error.code) {
    case ErrorCode::kBusy: return {429, Limit::kWaitingNonces};
    case ErrorCode::kTimeout: return 503;
    default: return 500;
  }
}

// Counts a stream while it lives.
class Running {
 public:
  explicit Running(prometheus::Gauge& gauge) : gauge_(gauge) { gauge_.Increment(); }
  ~Running() { gauge_.Decrement(); }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

 private:
  prometheus::Gauge& gauge_;
};

// Anything that ends the serving of a stream, an exception included: holders of its stop then stop nothing.
class StopWhileServed {
 public:
  StopWhileServed(std::shared_ptr<StreamStop> stop, net::HttpExchange& http) : stop_(std::move(stop)), http_(http) {}
  ~StopWhileServed() {
    *stop_ = {};
    http_.on_peer_gone({});
  }
  StopWhileServed(const StopWhileServed&) = delete;
  StopWhileServed& operator=(const StopWhileServed&) = delete;

 private:
  const std::shared_ptr<StreamStop> stop_;
  net::HttpExchange& http_;
};

}  // namespace

// The routes of a listener: the first row whose path matches answers.
struct Gateway::Endpoint {
  std::string_view path;  // with a slash at its end: and everything below it
  std::string_view methods;
  net::Task<void> (Gateway::*answer)(net::HttpExchange& http);

  [[nodiscard]] bool has(std::string_view asked) const {
    return path.ends_with('/') ? asked.starts_with(path) : asked == path;
  }
  [[nodiscard]] bool takes(std::string_view method) const {
    std::string_view rest = methods;
    while (!rest.empty()) {
      const std::string_view one = rest.substr(0, rest.find(' '));
      if (one == method) return true;
      rest.remove_prefix(std::min(rest.size(), one.size() + 1));
    }
    return false;
  }
};
const Gateway::Endpoint Gateway::kPublic[] = {
    {kAttestationPath, "GET", &Gateway::attestation}, {kSessionPath, "POST", &Gateway::session},
    {kStreamPrefix, "POST", &Gateway::stream},        {kHealthPath, "GET HEAD", &Gateway::health},
    {kReadyPath, "GET HEAD", &Gateway::readiness},
};
const Gateway::Endpoint Gateway::kAdmin[] = {
    {kHealthPath, "GET HEAD", &Gateway::health},
    {kReadyPath, "GET HEAD", &Gateway::readiness},
    {kMetricsPath, "GET", &Gateway::metrics},
};

Gateway::Gateway(std::unique_ptr<Context> context) : context_(std::move(context)) {}
Gateway::~Gateway() = default;

net::Handler Gateway::handler() {
  return [this](net::HttpExchange& http) { return dispatch(http); };
}
net::Handler Gateway::admin_handler() {
  return [this](net::HttpExchange& http) { return serve(http, kAdmin); };
}

void Gateway::sweep() {
  context_->sessions.sweep(std::chrono::steady_clock::now());
  context_->metrics.sessions_proven.Set(static_cast<double>(context_->sessions.proven_count()));
  context_->metrics.sessions_unproven.Set(static_cast<double>(context_->sessions.unproven_count()));
  context_->metrics.held_bytes.Set(static_cast<double>(context_->senders.held_bytes().kept()));
  context_->metrics.epoch.Set(static_cast<double>(context_->attestation->epoch_number()));
}

void Gateway::limit_connections(net::ListenOptions& options) {
  options.max_connections = context_->settings.max_connections;
  options.max_connections_of_address = context_->settings.address_connections;
  options.counted_as = [this](const net::IpAddress& peer) { return context_->senders.addresses().counted_peer(peer); };
  options.on_refused = [this](net::ConnectionLimit limit) {
    context_->senders.hit(limit == net::ConnectionLimit::kAll ? Limit::kConnections : Limit::kAddressConnections);
  };
}

bool Gateway::ready() const {
  return !context_->draining && context_->attestation->ready() && context_->backend->ready();
}

net::Task<void> Gateway::dispatch(net::HttpExchange& http) {
  // Of a proxy's connections, counts those with an exchange of this client in progress.
  AddressPermit proxied;
  if (http.head().path().starts_with(kProtocolPrefix) && context_->senders.addresses().is_proxy(http.peer_address()))
    proxied = context_->senders.acquire(Limit::kAddressConnections, http);
  if (proxied.over) {
    co_await reply_plain_error(*context_, http, {429, *proxied.over});
    co_return;
  }
  co_await serve(http, kPublic);
}

net::Task<void> Gateway::serve(net::HttpExchange& http, std::span<const Endpoint> endpoints) {
  const std::string_view path = http.head().path();
  const auto endpoint =
      std::find_if(endpoints.begin(), endpoints.end(), [&](const Endpoint& each) { return each.has(path); });
  if (endpoint == endpoints.end()) {
    co_await reply_plain_error(*context_, http, 404);
  } else if (!endpoint->takes(http.head().method)) {
    co_await reply_plain_error(*context_, http, 405);
  } else {
    co_await (this->*endpoint->answer)(http);
  }
}

net::Task<void> Gateway::metrics(net::HttpExchange& http) {
  const std::string text = context_->metrics.text();
  const net::Header headers[] = {{"content-type", "text/plain; version=0.0.4"},
                                 {"cache-control", "no-store, no-transform"}};
  static_cast<void>(co_await http.reply(200, headers, as_bytes(text)));
}

net::Task<void> Gateway::health(net::HttpExchange& http) {
  const net::Header headers[] = {{"content-type", "text/plain"}, {"cache-control", "no-store, no-transform"}};
  static_cast<void>(co_await http.reply(200, headers, as_bytes("ok\n")));
}

// The first line is the answer; the others are notes.
net::Task<void> Gateway::readiness(net::HttpExchange& http) {
  const bool good = ready();
  std::string text = good ? "ok\n" : "not ready\n";
  if (context_->metrics.tls_reload_failed.Value() > 0)
    text += "tls: the new certificate could not be read or is not valid, the old one serves\n";
  if (context_->metrics.tls_not_valid.Value() > 0)
    text += "tls: the certificate in use is not valid: clients that check it refuse it\n";
  if (context_->metrics.tls_waiting.Value() > 0)
    text += "tls: a certificate with a new key waits until every statement lists that key\n";
  const net::Header headers[] = {{"content-type", "text/plain"}, {"cache-control", "no-store, no-transform"}};
  static_cast<void>(co_await http.reply(good ? 200 : 503, headers, as_bytes(text)));
}

net::Task<void> Gateway::attestation(net::HttpExchange& http) {
  if (context_->draining) {
    co_await reply_plain_error(*context_, http, 503);
    co_return;
  }
  const auto query = parse_query(http.head().query());
  if (!query) {
    co_await reply_plain_error(*context_, http, 400);
    co_return;
  }
  if (!context_->senders.allow(Limit::kAddressAttestations, http)) {
    co_await reply_plain_error(*context_, http, {429, Limit::kAddressAttestations});
    co_return;
  }
  // Until its reply has been read, not only until it is answered.
  AddressPermit permit;
  if (query->nonce) permit = context_->senders.acquire(Limit::kAddressNonces, http);
  if (permit.over) {
    co_await reply_plain_error(*context_, http, {429, *permit.over});
    co_return;
  }
  const auto document = co_await context_->attestation->document(query->nonce, query->have, http.executor());
  if (!document) {
    if (document.error().code != ErrorCode::kBusy)
      log::error("attestation_failed", {{"reason", log::Public{document.error().detail}}});
    co_await reply_plain_error(*context_, http, plain_error_of(document.error()));
    co_return;
  }
  context_->metrics.attestations.Increment();
  net::Headers headers = {{"content-type", "application/json"}, {"cache-control", "no-store, no-transform"}};
  if (context_->settings.replica) {
    headers.push_back({"set-cookie", "smp2_replica=" + *context_->settings.replica + "; Path=/v2; HttpOnly"});
  }
  const auto pieces = document->pieces();
  static_cast<void>(co_await http.reply_pieces(200, headers, pieces));
}

// A peer's mistake, unless it made too many.
PlainError Gateway::failure(net::HttpExchange& http, int status) {
  if (context_->senders.allow(Limit::kAddressFailures, http)) return status;
  return {429, Limit::kAddressFailures};
}

net::Task<tl::expected<Bytes, PlainError>> Gateway::handshake_body(net::HttpExchange& http) {
  const AddressPermit upload = context_->senders.acquire(Limit::kAddressUploads, http);
  if (upload.over) co_return tl::unexpected(PlainError(429, *upload.over));
  if (const Status announced = http.limit_body(kHandshakeLimit); !announced)
    co_return tl::unexpected(body_error(announced.error(), Limit::kHandshakeBytes));
  const SteadyTime started = std::chrono::steady_clock::now();
  Bytes body;
  for (;;) {
    const auto piece = co_await http.read_body(started + context_->settings.body_time);
    if (!piece) co_return tl::unexpected(body_error(piece.error(), Limit::kHandshakeBytes));
    if (piece->empty()) co_return body;
    append(body, *piece);
  }
}

net::Task<void> Gateway::session(net::HttpExchange& http) {
  if (context_->draining) {
    co_await reply_plain_error(*context_, http, 503);
    co_return;
  }
  if (!context_->senders.allow(Limit::kAddressHandshakes, http)) {
    co_await reply_plain_error(*context_, http, {429, Limit::kAddressHandshakes});
    co_return;
  }
  const auto body = co_await handshake_body(http);
  if (!body) {
    co_await reply_plain_error(*context_, http, body.error());
    co_return;
  }
  const auto named = session::statement_named_in(*body);
  const auto epoch = named ? context_->attestation->find(*named) : nullptr;
  const auto noise_key = epoch ? epoch->noise_key() : nullptr;
  if (noise_key == nullptr) {
    context_->metrics.handshakes_refused.Increment();
    co_await reply_plain_error(*context_, http, named ? 421 : 400);
    co_return;
  }
  AddressPermit permit = context_->senders.acquire(Limit::kAddressSessions, http);
  if (permit.over) {
    co_await reply_plain_error(*context_, http, {429, *permit.over});
    co_return;
  }
  crypto::SystemRandom random;
  const Settings& settings = context_->settings;
  session::SessionParameters parameters;
  parameters.session = random.bytes<16>();
  parameters.idle_s = settings.idle_s;
  parameters.max_s = settings.max_s;
  parameters.max_request = settings.max_request_bytes;
  parameters.max_streams = settings.max_streams;
  parameters.padding = settings.padding;
  parameters.tick_ms = settings.tick_ms;
  auto accepted =
      session::accept_handshake({epoch->statement(), epoch->digest(), *noise_key, parameters}, *body, random);
  if (!accepted) {
    context_->metrics.handshakes_refused.Increment();
    co_await reply_plain_error(*context_, http, failure(http, 400));
    co_return;
  }
  // The epoch stays alive with its receipt key for as long as a session refers to it.
  const session::ReceiptKey receipt_key{epoch->digest(),
                                        std::shared_ptr<const crypto::Ed25519Signer>(epoch, &epoch->receipt_key())};
  auto created = std::make_shared<session::ServerSession>(parameters, std::move(accepted->secrets), receipt_key,
                                                          std::chrono::steady_clock::now());
  created->rest_on({epoch, &epoch->statement()});
  // Its permit goes with the hook, when the session is over.
  created->on_close([backend = context_->backend, key = std::string(as_text(parameters.session)),
                     kept = shared(std::move(permit.permit))] { backend->forget(key); });
  context_->sessions.add(std::move(created));
  context_->metrics.handshakes_done.Increment();
  const net::Header headers[] = {{"content-type", "application/octet-stream"},
                                 {"cache-control", "no-store, no-transform"},
                                 {"smp2-session", to_hex(parameters.session)}};
  static_cast<void>(co_await http.reply(200, headers, accepted->message_2));
}

// In a separate task, so that the receiver's buffers are gone when the reply is written.
net::Task<tl::expected<ReceivedRequest, PlainError>> Gateway::receive(net::HttpExchange& http,
                                                                      session::ServerSession& session,
                                                                      std::shared_ptr<StreamStop> stop) {
  RequestReceiver receiver(*context_, http, session, std::move(stop));
  co_return co_await receiver.receive();
}

net::Task<void> Gateway::stream(net::HttpExchange& http) {
  if (context_->draining) {
    co_await reply_plain_error(*context_, http, 503);
    co_return;
  }
  if (!http.limit_body(context_->settings.max_request_bytes)) {
    co_await reply_plain_error(*context_, http, {413, Limit::kRequestBytes});
    co_return;
  }
  const auto id = exactly<16>(from_hex(http.head().path().substr(kStreamPrefix.size())));
  const auto session = id ? context_->sessions.find(*id, std::chrono::steady_clock::now()) : nullptr;
  if (session == nullptr) {
    co_await reply_plain_error(*context_, http, failure(http, 404));
    co_return;
  }
  auto stop = std::make_shared<StreamStop>();
  stop->receiving = &http;
  const StopWhileServed served(stop, http);
  const auto lease = session->enter(std::chrono::steady_clock::now(), [stop, executor = http.executor()] {
    boost::asio::post(executor, [stop] { stop->stop(); });
  });
  if (!lease) {
    const bool busy = lease.error().code == ErrorCode::kBusy;
    const PlainError refused = busy ? PlainError(429, Limit::kSessionStreams) : PlainError(404);
    co_await reply_plain_error(*context_, http, refused);
    co_return;
  }
  const Running running(context_->metrics.streams_running);
  auto received = co_await receive(http, *session, stop);
  stop->receiving = nullptr;
  if (!received) {
    context_->metrics.count(StreamOutcome::kRefused);
    const PlainError refused = received.error().status == 400 ? failure(http, 400) : received.error();
    co_await reply_plain_error(*context_, http, refused);
    co_return;
  }
  // Stops every other stream of the session: this one has no call to stop.
  if (!received->refusal && is_closing(received->head)) context_->sessions.close(*id);
  ReplyWriter writer(*context_, http, *session, *received);
  const StreamOutcome outcome = co_await writer.write();
  context_->metrics.count(outcome);
}

}  // namespace minions::gateway
