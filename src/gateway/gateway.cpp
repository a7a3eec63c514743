#include "gateway/gateway.h"

#include <boost/asio/post.hpp>

#include "base/encoding.h"
#include "base/log.h"
#include "gateway/reply_writer.h"

namespace minions::gateway {
namespace {

constexpr std::string_view kStreamPrefix = "/v2/stream/";
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

bool is_read(std::string_view method) { return method == "GET" || method == "HEAD"; }

int status_of(const Error& error) {
  switch (error.code) {
    case ErrorCode::kBusy: return 429;
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

}  // namespace

Gateway::Gateway(std::unique_ptr<Context> context) : context_(std::move(context)) {}
Gateway::~Gateway() = default;

net::Handler Gateway::handler() {
  return [this](net::Exchange& http) { return dispatch(http); };
}
net::Handler Gateway::admin_handler() {
  return [this](net::Exchange& http) { return admin(http); };
}

void Gateway::sweep() {
  context_->sessions.sweep(std::chrono::steady_clock::now());
  context_->metrics.sessions_proven.Set(static_cast<double>(context_->sessions.proven_count()));
  context_->metrics.sessions_unproven.Set(static_cast<double>(context_->sessions.unproven_count()));
  context_->metrics.epoch.Set(static_cast<double>(context_->attestation->epoch_number()));
}

net::Task<void> Gateway::dispatch(net::Exchange& http) {
  const std::string_view path = http.head().path();
  const std::string_view method = http.head().method;
  // Whole statements: GCC 12 destroys the task too early in `co_await (a ? f() : g())`.
  if (path == "/v2/attestation" && method == "GET") {
    co_await attestation(http);
  } else if (path == "/v2/session" && method == "POST") {
    co_await session(http);
  } else if (path.starts_with(kStreamPrefix) && method == "POST") {
    co_await stream(http, path.substr(kStreamPrefix.size()));
  } else if (path == "/healthz" && is_read(method)) {
    co_await health(http);
  } else if (path == "/readyz" && is_read(method)) {
    co_await readiness(http);
  } else {
    const bool known = path == "/v2/attestation" || path == "/v2/session" || path.starts_with(kStreamPrefix) ||
                       path == "/healthz" || path == "/readyz";
    co_await reply_plain_error(*context_, http, known ? 405 : 404);
  }
}

net::Task<void> Gateway::admin(net::Exchange& http) {
  if (http.head().path() != "/metrics") {
    co_await dispatch(http);
    co_return;
  }
  if (http.head().method != "GET") {
    co_await reply_plain_error(*context_, http, 405);
    co_return;
  }
  const std::string text = context_->metrics.text();
  const net::Header headers[] = {{"content-type", "text/plain; version=0.0.4"},
                                 {"cache-control", "no-store, no-transform"}};
  static_cast<void>(co_await http.reply(200, headers, as_bytes(text)));
}

net::Task<void> Gateway::health(net::Exchange& http) {
  const net::Header headers[] = {{"content-type", "text/plain"}, {"cache-control", "no-store, no-transform"}};
  static_cast<void>(co_await http.reply(200, headers, as_bytes("ok\n")));
}

// The first line is the answer; what follows are things to know.
net::Task<void> Gateway::readiness(net::Exchange& http) {
  const bool good = !context_->draining && context_->attestation->ready() && context_->backend->ready();
  std::string text = good ? "ok\n" : "not ready\n";
  if (context_->metrics.tls_reload_failed.Value() > 0)
    text += "tls: the certificate could not be read again, the old one serves\n";
  if (context_->metrics.tls_waiting.Value() > 0)
    text += "tls: a certificate with a new key waits until every statement lists that key\n";
  const net::Header headers[] = {{"content-type", "text/plain"}, {"cache-control", "no-store, no-transform"}};
  static_cast<void>(co_await http.reply(good ? 200 : 503, headers, as_bytes(text)));
}

net::Task<void> Gateway::attestation(net::Exchange& http) {
  if (context_->draining) {
    co_await reply_plain_error(*context_, http, 503);
    co_return;
  }
  const auto query = parse_query(http.head().query());
  if (!query) {
    co_await reply_plain_error(*context_, http, 400);
    co_return;
  }
  if (!context_->allow(context_->attestations, http)) {
    co_await reply_plain_error(*context_, http, 429);
    co_return;
  }
  const auto document = co_await context_->attestation->document(query->nonce, query->have, http.executor());
  if (!document) {
    log::error("attestation_failed", {{"reason", log::Public{document.error().detail}}});
    co_await reply_plain_error(*context_, http, status_of(document.error()));
    co_return;
  }
  context_->metrics.attestations.Increment();
  net::Headers headers = {{"content-type", "application/json"}, {"cache-control", "no-store, no-transform"}};
  if (context_->settings.replica) {
    headers.push_back({"set-cookie", "smp2_replica=" + *context_->settings.replica + "; Path=/v2; HttpOnly"});
  }
  static_cast<void>(co_await http.reply(200, headers, as_bytes(*document)));
}

net::Task<void> Gateway::session(net::Exchange& http) {
  if (context_->draining || !context_->allow(context_->handshakes, http)) {
    co_await reply_plain_error(*context_, http, context_->draining ? 503 : 429);
    co_return;
  }
  const SteadyTime started = std::chrono::steady_clock::now();
  Bytes body;
  for (;;) {
    const auto piece = co_await http.read_body(started + context_->settings.body_time);
    if (!piece || body.size() + piece->size() > kHandshakeLimit) {
      const bool timed_out = !piece && piece.error().code == ErrorCode::kTimeout;
      co_await reply_plain_error(*context_, http, piece ? 413 : timed_out ? 408 : 400);
      co_return;
    }
    if (piece->empty()) break;
    append(body, *piece);
  }
  const auto named = session::statement_named_in(body);
  const auto epoch = named ? context_->attestation->find(*named) : nullptr;
  const auto noise_key = epoch ? epoch->noise_key() : nullptr;
  if (noise_key == nullptr) {
    context_->metrics.handshakes_refused.Increment();
    co_await reply_plain_error(*context_, http, named ? 421 : 400);
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
      session::accept_handshake({epoch->statement(), epoch->digest(), *noise_key, parameters}, body, random);
  if (!accepted) {
    context_->metrics.handshakes_refused.Increment();
    const bool slow_down = !context_->allow(context_->failures, http);
    co_await reply_plain_error(*context_, http, slow_down ? 429 : 400);
    co_return;
  }
  // The epoch stays alive with its receipt key for as long as a session refers to it.
  const session::ReceiptKey receipt_key{epoch->digest(),
                                        std::shared_ptr<const crypto::Ed25519Signer>(epoch, &epoch->receipt_key())};
  auto created = std::make_shared<session::ServerSession>(parameters, std::move(accepted->secrets), receipt_key,
                                                          std::chrono::steady_clock::now());
  created->on_close(
      [backend = context_->backend, key = std::string(as_text(parameters.session))] { backend->forget(key); });
  context_->sessions.add(std::move(created));
  context_->metrics.handshakes_done.Increment();
  const net::Header headers[] = {{"content-type", "application/octet-stream"},
                                 {"cache-control", "no-store, no-transform"},
                                 {"smp2-session", to_hex(parameters.session)}};
  static_cast<void>(co_await http.reply(200, headers, accepted->message_2));
}

// In a task of its own, so that the receiver's buffers are gone when the reply is written.
net::Task<tl::expected<ReceivedRequest, int>> Gateway::receive(net::Exchange& http, session::ServerSession& session,
                                                               std::shared_ptr<StreamStop> stop) {
  RequestReceiver receiver(*context_, http, session, std::move(stop));
  co_return co_await receiver.receive();
}

net::Task<void> Gateway::stream(net::Exchange& http, std::string_view session_hex) {
  if (context_->draining) {
    co_await reply_plain_error(*context_, http, 503);
    co_return;
  }
  if (http.head().content_length.value_or(0) > context_->settings.max_request_bytes) {
    co_await reply_plain_error(*context_, http, 413);
    co_return;
  }
  const auto id = exactly<16>(from_hex(session_hex));
  const auto session = id ? context_->sessions.find(*id, std::chrono::steady_clock::now()) : nullptr;
  if (session == nullptr) {
    const bool slow_down = !context_->allow(context_->failures, http);
    co_await reply_plain_error(*context_, http, slow_down ? 429 : 404);
    co_return;
  }
  auto stop = std::make_shared<StreamStop>();
  stop->receiving = &http;
  const auto lease = session->enter(std::chrono::steady_clock::now(), [stop, executor = http.executor()] {
    boost::asio::post(executor, [stop] { stop->stop(); });
  });
  if (!lease) {
    co_await reply_plain_error(*context_, http, lease.error().code == ErrorCode::kBusy ? 429 : 404);
    co_return;
  }
  const Running running(context_->metrics.streams_running);
  auto received = co_await receive(http, *session, stop);
  stop->receiving = nullptr;
  if (!received) {
    context_->metrics.count(StreamOutcome::kRefused);
    if (received.error() == 400 && !context_->allow(context_->failures, http)) received = tl::unexpected(429);
    co_await reply_plain_error(*context_, http, received.error());
    co_return;
  }
  // Stops every other stream of the session: this one has no call to stop.
  if (!received->refusal && is_closing(received->head)) context_->sessions.close(*id);
  ReplyWriter writer(*context_, http, *session, *received);
  const StreamOutcome outcome = co_await writer.write();
  *stop = {};
  http.on_peer_gone({});
  context_->metrics.count(outcome);
}

}  // namespace minions::gateway
