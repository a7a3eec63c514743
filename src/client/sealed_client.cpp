#include "client/sealed_client.h"

#include <fmt/format.h>

#include "attestation/core/refusal.h"
#include "base/encoding.h"
#include "version.h"

namespace minions::client {
namespace {

constexpr std::size_t kHandshakeReplyLimit = 16 * 1024;
constexpr std::size_t kHelloPad = 64;  // keeps the hello's length the same when the version grows
constexpr std::chrono::milliseconds kHandshakeTime{20'000};
// A session that is about to end on the server is not used for another exchange.
constexpr std::chrono::seconds kSessionMargin{5};

double seconds_since(SteadyTime start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

Result<std::shared_ptr<const net::TlsClientContext>> tls_context(const SealedClientOptions& options) {
  if (options.server.scheme == net::Scheme::kHttp) return nullptr;
  net::TlsClientOptions tls;
  tls.ca_file = options.ca_file;
  // The policy requires the attested key on every connection, so no other check is needed. If that check is waived,
  // only the web PKI identifies the peer.
  const attestation::PolicyRules& rules = options.policy.rules();
  const bool pinned = rules.tls.value == attestation::TlsMode::kRequire && !rules.waived.contains("tls.spki");
  if (pinned && !options.ca_file) tls.verification = net::PeerVerification::kNone;
  return net::TlsClientContext::create(tls);
}

class NoReply final : public ReplySink {
 public:
  bool head(const session::ReplyHead&) override { return true; }
  bool data(std::string_view) override { return true; }
};

}  // namespace

Result<std::unique_ptr<SealedClient>> SealedClient::create(net::Executor executor, SealedClientOptions options,
                                                           const Parts& parts) {
  if (!options.unix_time) return fail(ErrorCode::kUsage, "sealed client: no clock");
  TransportOptions transport_options;
  transport_options.server = options.server;
  transport_options.connect_time = options.connect_time;
  MINIONS_TRY_ASSIGN(transport_options.tls, tls_context(options));
  MINIONS_TRY_ASSIGN(Transport transport, Transport::create(executor, std::move(transport_options)));
  return std::unique_ptr<SealedClient>(new SealedClient(std::move(transport), std::move(options), parts, executor));
}

SealedClient::SealedClient(Transport transport, SealedClientOptions options, const Parts& parts, net::Executor executor)
    : executor_(executor),
      transport_(std::move(transport)),
      options_(std::move(options)),
      random_(parts.random),
      cache_(parts.cache),
      log_(parts.log),
      opening_ended_(executor, net::kNoDeadline) {}

SealedClient::~SealedClient() {
  if (session_ != nullptr) session_->keys.close();
}

SealedClientOptions SealedClientOptions::copy() const {
  SealedClientOptions to;
  to.server = server;
  to.policy = policy;
  to.ca_file = ca_file;
  to.api_key = api_key.copy();
  to.retry = retry;
  to.collector = collector;
  to.no_progress = no_progress;
  to.connect_time = connect_time;
  to.unix_time = unix_time;
  to.on_attested = on_attested;
  return to;
}

std::optional<session::SessionParameters> SealedClient::session_parameters() const {
  if (session_ == nullptr) return std::nullopt;
  return session_->keys.parameters();
}

net::Task<Result<std::shared_ptr<const Attestation>>> SealedClient::attest(std::stop_token stop) {
  const StatementCache::Key key = cache_key();
  const auto known = cache_.last(key);
  AttestingInput input{transport_, options_.policy, random_, options_.unix_time};
  if (known != nullptr) input.known = &*known->document;
  input.collector = options_.collector.get();
  input.executor = executor_;
  MINIONS_CO_TRY_ASSIGN(Attestation fetched, co_await fetch_and_appraise(input, stop));
  const auto attestation = std::make_shared<const Attestation>(std::move(fetched));
  last_attestation_ = attestation;
  if (!attestation->result.accepted()) {
    cache_.drop(key);
    session_ = nullptr;  // nothing more goes to a server that is no longer accepted
    ++refusals_;
  }
  const std::uint64_t refusals = refusals_;
  if (options_.on_attested) {
    if (Status told = co_await options_.on_attested(attestation, stop); !told) {
      cache_.drop(key);
      session_ = nullptr;
      co_return fail(std::move(told).error());
    }
  }
  // Not where another attestation was refused meanwhile.
  if (attestation->result.accepted() && refusals == refusals_) cache_.put(key, attestation);
  co_return attestation;
}

net::Task<Result<std::shared_ptr<const Attestation>>> SealedClient::accepted_statement(ExchangeOutcome& outcome,
                                                                                       std::stop_token stop) {
  if (auto cached = cache_.find(cache_key(), options_.unix_time())) {
    if (last_attestation_ == nullptr) last_attestation_ = cached;
    outcome.attestation = cached;
    co_return cached;
  }
  MINIONS_CO_TRY_ASSIGN(auto attestation, co_await attest(std::move(stop)));
  outcome.timing.attestation_s += attestation->seconds;
  outcome.attestation = attestation;
  if (!attestation->result.accepted()) {
    const std::string_view sent = has_sent_ ? attestation::kNothingMoreSent : attestation::kNothingSent;
    Error refused = attestation::refusal(attestation->result, sent);
    if (log_ != nullptr) {
      LoggedSession logged;
      logged.server = transport_.address();
      logged.document = document_json(*attestation);
      log_->begin(logged);
      log_->note_error(transport_.address(), refused.detail);
    }
    co_return fail(std::move(refused));
  }
  co_return attestation;
}

net::Task<tl::expected<SealedClient::SessionPointer, SealedClient::HandshakeFailure>> SealedClient::shake_hands(
    const attestation::VerifiedStatement& statement, std::stop_token stop) {
  using Failed = tl::unexpected<HandshakeFailure>;
  auto exchange = co_await open_pinned(transport_, statement.statement(), options_.policy.rules(), stop);
  if (!exchange) co_return Failed({std::move(exchange).error(), std::nullopt});
  auto handshake = session::ClientHandshake::start(
      statement, session::client_hello_json(fmt::format("minions/{}", kVersion), kHelloPad), random_);
  if (!handshake) co_return Failed({std::move(handshake).error(), std::nullopt});
  PlainRequest request;
  request.method = "POST";
  request.path = "/v2/session";
  request.body = handshake->request();
  request.reply_limit_bytes = kHandshakeReplyLimit;
  request.deadline = net::deadline_in(kHandshakeTime);
  const auto reply = co_await transport_.fetch(**exchange, request, stop);
  if (!reply) co_return Failed({reply.error(), std::nullopt});
  if (reply->status != 200) co_return Failed({plain_error("handshake", reply->status, reply->body), reply->status});
  auto keys = std::move(*handshake).finish(reply->body);
  if (!keys) co_return Failed({std::move(keys).error().in("handshake"), std::nullopt});
  const auto now = std::chrono::steady_clock::now();
  co_return std::make_shared<OpenSession>(OpenSession{*std::move(keys), now, now, nullptr});
}

// A stale statement is attested again, once; so is one that does not list the key of the connection.
net::Task<Result<SealedClient::SessionPointer>> SealedClient::open_session(ExchangeOutcome& outcome,
                                                                           std::stop_token stop) {
  for (int tries = 1;; ++tries) {
    const bool from_cache = cache_.find(cache_key(), options_.unix_time()) != nullptr;
    MINIONS_CO_TRY_ASSIGN(const auto attestation, co_await accepted_statement(outcome, stop));
    const auto start = std::chrono::steady_clock::now();
    auto opened = co_await shake_hands(*attestation->result.statement, stop);
    outcome.timing.handshake_s += seconds_since(start);
    if (opened) {
      (*opened)->attestation = attestation;
      if (log_ != nullptr) {
        LoggedSession logged;
        logged.server = transport_.address();
        logged.document = document_json(*attestation);
        logged.channel_binding = (*opened)->keys.channel_binding();
        logged.session = (*opened)->keys.parameters().session;
        log_->begin(logged);
      }
      co_return *std::move(opened);
    }
    cache_.drop(cache_key());
    const bool stale = opened.error().plain_status == 421;
    const bool unlisted_key = from_cache && opened.error().error.code == ErrorCode::kRefused;
    if (tries > 1 || !(stale || unlisted_key)) co_return fail(std::move(opened).error().error);
  }
}

bool SealedClient::usable(const OpenSession& session) const {
  const auto now = std::chrono::steady_clock::now();
  const session::SessionParameters& limits = session.keys.parameters();
  return !session.keys.closed() && now + kSessionMargin < session.opened + std::chrono::seconds(limits.max_s) &&
         now + kSessionMargin < session.last_used + std::chrono::seconds(limits.idle_s);
}

net::Task<Result<SealedClient::SessionPointer>> SealedClient::ready_session(ExchangeOutcome& outcome,
                                                                            std::stop_token stop) {
  const std::stop_callback on_stop(stop, [this] { opening_ended_.cancel(); });
  for (;;) {
    if (stop.stop_requested()) co_return fail(ErrorCode::kCancelled, "cancelled");
    if (session_ != nullptr && usable(*session_)) co_return session_;
    if (opening_) {
      co_await opening_ended_.async_wait(net::use_task_tuple);
      continue;
    }
    const std::uint64_t refusals = refusals_;
    auto opened = co_await alone(open_session(outcome, stop));
    if (stop.stop_requested()) co_return fail(ErrorCode::kCancelled, "cancelled");
    if (!opened) co_return fail(std::move(opened).error());
    if (refusals != refusals_) continue;  // attested meanwhile, and not accepted
    session_ = *opened;
    co_return session_;
  }
}

net::Task<Result<SealedClient::SessionPointer>> SealedClient::alone(net::Task<Result<SessionPointer>> opening) {
  struct Ending {
    SealedClient& client;
    ~Ending() {
      client.opening_ = false;
      client.opening_ended_.cancel();
    }
  };
  opening_ = true;
  const Ending ending{*this};
  co_return co_await std::move(opening);
}

void SealedClient::drop_session(const SessionPointer& session) {
  if (session_ == session) session_ = nullptr;
}

Status SealedClient::check_model(const Request& request, const OpenSession& session) const {
  if (!request.model) return {};
  std::string stated;
  for (const attestation::ModelEntry& model : session.attestation->result.statement->statement().models) {
    if (model.id == *request.model) return {};
    stated += (stated.empty() ? "" : ", ") + attestation::shown(model.id);
  }
  Error refused{ErrorCode::kRefused,
                fmt::format("model: want one that the server's statement names ({}), found {}; {}",
                            stated.empty() ? "it names none yet: its model server was not ready" : stated,
                            attestation::shown(*request.model),
                            has_sent_ ? attestation::kNothingMoreSent : attestation::kNothingSent)};
  return fail(std::move(refused).because(Cause::kModel));
}

net::Task<Status> SealedClient::pause(std::chrono::milliseconds time, std::stop_token stop) {
  net::Timer timer(executor_, net::deadline_in(time));
  const std::stop_callback on_stop(stop, [&] { timer.cancel(); });
  if (!stop.stop_requested()) co_await timer.async_wait(net::use_task_tuple);
  if (stop.stop_requested()) co_return fail(ErrorCode::kCancelled, "cancelled");
  co_return Status{};
}

net::Task<AttemptResult> SealedClient::one_attempt(OpenSession& session, const Request& request,
                                                   ExchangeOutcome& outcome, std::stop_token stop) {
  const Keep keep = log_ != nullptr ? Keep::kTranscript : Keep::kFacts;
  const AttemptInput input{transport_,   session.keys, options_.policy.rules(), request.head,
                           request.body, request.sink, options_.no_progress,    keep};
  AttemptResult result = co_await attempt(input, std::move(stop));
  ++outcome.attempts;
  has_sent_ = has_sent_ || result.sealed_bytes_sent > 0;
  outcome.sealed_bytes_sent += result.sealed_bytes_sent;
  outcome.timing.seal_s += result.seal_s;
  outcome.timing.open_s += result.open_s;
  if (result.sealed_bytes_sent > 0) outcome.data_bytes_sent += request.body.size();
  session.last_used = std::chrono::steady_clock::now();
  if (log_ != nullptr && result.transcript) {
    log_->add({*std::move(result.transcript), request.body, result.reply ? "" : result.reply.error().error.detail});
  }
  co_return result;
}

net::Task<Result<SealedReply>> SealedClient::exchange_with_retries(const Request& request, ExchangeOutcome& outcome,
                                                                   std::stop_token stop) {
  const auto start = std::chrono::steady_clock::now();
  RetryRules rules(options_.retry, random_);
  bool asked_anew = false;
  for (;;) {
    MINIONS_CO_TRY_ASSIGN(const SessionPointer session, co_await ready_session(outcome, stop));
    outcome.attestation = session->attestation;
    if (const Status stated = check_model(request, *session); !stated) {
      // The model may have been added since: checks a newer statement, once.
      if (asked_anew || outcome.timing.attestation_s > 0) co_return fail(stated.error());
      asked_anew = true;
      cache_.drop(cache_key());
      drop_session(session);
      continue;
    }
    AttemptResult result = co_await one_attempt(*session, request, outcome, stop);
    if (result.first_data)
      outcome.timing.first_data_s = std::chrono::duration<double>(*result.first_data - start).count();
    if (result.reply) {
      outcome.alert.reset();
      co_return *std::move(result.reply);
    }
    AttemptFailure& failure = result.reply.error();
    outcome.alert = failure.alert;
    const Retry retry = stop.stop_requested() ? Retry{} : rules.after(failure);
    switch (retry.step) {
      case RetryStep::kGiveUp:
        if (failure.plain_status == 404) drop_session(session);
        co_return fail(std::move(failure.error));
      case RetryStep::kAgain: break;
      case RetryStep::kWithNewStatement:
        cache_.drop(cache_key());
        drop_session(session);
        break;
      case RetryStep::kUncertainlyInNewSession:
        outcome.repetition = Repetition::kMayHaveRunTwice;
        if (log_ != nullptr)
          log_->note_error(transport_.address(), "the request was sent again in a new session and may have run twice");
        drop_session(session);
        break;
    }
    if (retry.wait.count() == 0) continue;
    MINIONS_CO_TRY(co_await pause(retry.wait, stop));
  }
}

net::Task<ExchangeOutcome> SealedClient::exchange(Request request, std::stop_token stop) {
  const auto start = std::chrono::steady_clock::now();
  if (!options_.api_key.empty()) {
    request.head.headers.emplace_back("authorization", "Bearer " + std::string(options_.api_key.reveal()));
  }
  ExchangeOutcome outcome;
  outcome.reply = co_await exchange_with_retries(request, outcome, std::move(stop));
  outcome.timing.total_s = seconds_since(start);
  if (!outcome.reply && log_ != nullptr) log_->note_error(transport_.address(), outcome.reply.error().detail);
  co_return outcome;
}

net::Task<void> SealedClient::close(std::chrono::milliseconds time) {
  const SessionPointer session = std::exchange(session_, nullptr);
  if (session == nullptr || session->keys.closed()) co_return;
  if (usable(*session)) {
    std::stop_source stop;
    net::Timer timer(executor_, net::deadline_in(time));
    timer.async_wait([stop](boost::system::error_code error) mutable {
      if (!error) stop.request_stop();
    });
    NoReply sink;
    session::RequestHead head;
    head.method = "DELETE";
    head.path = "/v2/session";
    const AttemptInput input{transport_, session->keys, options_.policy.rules(), head, {}, sink, time};
    const AttemptResult ended = co_await attempt(input, stop.get_token());
    static_cast<void>(ended);  // best effort
  }
  session->keys.close();
}

}  // namespace minions::client
