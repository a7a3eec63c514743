#include "support/fake_server.h"

#include <stdexcept>

#include "attester/simulated.h"
#include "base/byte_io.h"
#include "base/encoding.h"
#include "session/exchange.h"

namespace minions::testing {
namespace {

using namespace std::chrono_literals;

constexpr auto kSocketTime = 20s;

std::optional<Bytes> query_value(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    if (pair.substr(0, pair.find('=')) != name) continue;
    return from_base64url(pair.substr(pair.find('=') + 1)).value();
  }
  return std::nullopt;
}

net::Task<Result<Bytes>> read_whole(net::HttpExchange& exchange) {
  Bytes body;
  for (;;) {
    MINIONS_CO_TRY_ASSIGN(const MutableBytes piece, co_await exchange.read_body(net::deadline_in(kSocketTime)));
    if (piece.empty()) co_return body;
    append(body, piece);
  }
}

net::Task<bool> put(net::HttpExchange& exchange, ByteView bytes) {
  if (!bytes.empty()) {
    const MutableBytes space = exchange.reply_space(bytes.size());
    std::copy(bytes.begin(), bytes.end(), space.begin());
    exchange.commit(bytes.size());
  }
  const Status flushed = co_await exchange.flush(net::deadline_in(kSocketTime));
  co_return flushed.has_value();
}

}  // namespace

FakeServer::FakeServer(FakeServerOptions options) : options_(std::move(options)), now_(options_.now) {
  net::ignore_sigpipe();
  attester::EpochSettings settings;
  settings.instance.fill(7);
  settings.models = {{"test-model", "test", attestation::ModelEntry::Where::kInProcess, std::nullopt}};
  settings.software = {"fake", "0", "00"};
  net::ListenOptions listen;
  if (options_.certificate != nullptr) {
    settings.tls_spki_sha256 = {options_.certificate->spki_sha256()};
    listen.tls =
        net::TlsServerContext::load(options_.certificate->certificate_file(), options_.certificate->key_file()).value();
  }
  if (options_.listed_tls_keys) settings.tls_spki_sha256 = *options_.listed_tls_keys;
  factory_ = attester::EpochFactory::make(std::move(settings)).value();
  rotate();
  listen.handler = [this](net::HttpExchange& exchange) { return handle(exchange); };
  server_ = std::make_unique<net::HttpServer>(net::ServerOptions{});
  port_ = server_->listen(std::move(listen)).value();
}

FakeServer::~FakeServer() { server_.reset(); }

void FakeServer::set(FakeServerHooks hooks) {
  const std::lock_guard lock(mutex_);
  hooks_ = std::move(hooks);
}

FakeServerHooks FakeServer::hooks() const {
  const std::lock_guard lock(mutex_);
  return hooks_;
}

void FakeServer::rotate() {
  const std::lock_guard lock(mutex_);
  epoch_ = factory_->epoch(++epoch_number_, options_.now, random_).value();
}

void FakeServer::forget_sessions() {
  const std::lock_guard lock(mutex_);
  sessions_.clear();
}

std::string FakeServer::url() const {
  return (options_.certificate != nullptr ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(port_);
}

std::vector<ReceivedExchange> FakeServer::exchanges() const {
  const std::lock_guard lock(mutex_);
  return exchanges_;
}

std::vector<std::string> FakeServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

std::size_t FakeServer::count_of(std::string_view request_prefix) const {
  const auto all = requests();
  return static_cast<std::size_t>(std::count_if(
      all.begin(), all.end(), [&](const std::string& request) { return request.starts_with(request_prefix); }));
}

net::Task<void> FakeServer::handle(net::HttpExchange& exchange) {
  const std::string method = exchange.head().method;
  const std::string path(exchange.head().path());
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(method + " " + exchange.head().target);
    if (const auto cookie = net::find(exchange.head().headers, "cookie"))
      requests_.push_back("cookie: " + std::string(*cookie));
  }
  const FakeServerHooks hook = hooks();
  if (hook.plain) {
    if (auto answer = hook.plain(method, path)) {
      co_await send(exchange, *std::move(answer));
      co_return;
    }
  }
  auto body = co_await read_whole(exchange);
  if (!body) co_return exchange.abort();
  if (path == "/v2/attestation") {
    co_await send(exchange, attestation(exchange.head().query()));
  } else if (path == "/v2/session") {
    co_await send(exchange, handshake(*body));
  } else {
    co_await stream(exchange, *std::move(body));
  }
}

net::Task<void> FakeServer::send(net::HttpExchange& exchange, PlainAnswer answer) {
  (void)co_await exchange.reply(answer.status, answer.headers, as_bytes(answer.body));
}

PlainAnswer FakeServer::attestation(std::string_view query) {
  attester::EpochPointer epoch;
  {
    const std::lock_guard lock(mutex_);
    epoch = epoch_;
  }
  attester::SimulatedAttester platform;
  const auto evidence = attester::collect_for_epoch(epoch, platform).value();
  std::vector<attestation::Nonce> nonces;
  if (const auto nonce = query_value(query, "nonce")) nonces.push_back(exactly<32>(*nonce).value());
  const auto batch = attester::AttestedBatch::collect(evidence, nonces, platform, key_).value();
  const auto have = query_value(query, "have");
  const bool brief = have && equal(*have, epoch->digest());
  std::string document;
  if (nonces.empty()) {
    document = brief ? batch.brief() : batch.full();
  } else {
    document = brief ? batch.brief(0) : batch.full(0);
  }
  if (const auto hook = hooks(); hook.document) document = hook.document(std::move(document));
  PlainAnswer answer{200, {{"Content-Type", "application/json"}}, std::move(document)};
  if (!options_.set_cookie.empty()) answer.headers.push_back({"Set-Cookie", options_.set_cookie});
  return answer;
}

PlainAnswer FakeServer::handshake(ByteView body) {
  const std::lock_guard lock(mutex_);
  const auto named = session::statement_named_in(body);
  if (!named || *named != epoch_->digest()) return {421, {}, R"({"error":{"code":"stale_statement"}})"};
  session::SessionParameters parameters = options_.session;
  parameters.session = options_.session_id.value_or(random_.bytes<16>());
  auto accepted = session::accept_handshake({epoch_->statement(), epoch_->digest(), *epoch_->noise_key(), parameters},
                                            body, random_);
  if (!accepted) return {400, {}, R"({"error":{"code":"malformed"}})"};
  const std::shared_ptr<const crypto::Ed25519Signer> signer(epoch_, &epoch_->receipt_key());
  sessions_[parameters.session] = std::make_shared<session::ServerSession>(
      parameters, std::move(accepted->secrets), session::ReceiptKey{epoch_->digest(), signer}, SteadyTime{});
  return {200, {}, std::string(as_text(accepted->message_2))};
}

Result<FakeServer::Opened> FakeServer::open(std::string_view path, Bytes body) {
  constexpr std::string_view kPrefix = "/v2/stream/";
  if (!path.starts_with(kPrefix)) return fail(ErrorCode::kNotFound, "path");
  MINIONS_TRY_ASSIGN(const session::SessionId id, exactly<16>(from_hex(path.substr(kPrefix.size()))));
  std::shared_ptr<session::ServerSession> found;
  {
    const std::lock_guard lock(mutex_);
    if (const auto at = sessions_.find(id); at != sessions_.end()) found = at->second;
  }
  if (found == nullptr) return fail(ErrorCode::kNotFound, "session");
  ByteReader reader(body);
  MINIONS_TRY_ASSIGN(const auto n, reader.be<std::uint64_t>("n"));
  MINIONS_TRY_ASSIGN(session::StreamKeys keys, found->keys(n));
  MINIONS_TRY(found->mark(n));
  Opened opened{{id, n, {}, {}}, std::move(keys), found};
  session::RecordReader records(session::Direction::kRequest, opened.keys.context, opened.keys.request_key.reveal());
  session::ExchangeHash hash;
  MutableBytes left = MutableBytes(body).subspan(8);
  for (;;) {
    MINIONS_TRY_ASSIGN(const auto record, records.next(left));
    if (!record) break;
    if (record->type == session::RecordType::kHead) {
      hash.head(record->data);
      MINIONS_TRY_ASSIGN(opened.received.head, session::RequestHead::parse(as_text(record->data)));
    } else if (record->type == session::RecordType::kData) {
      hash.data(record->data);
      opened.received.body += as_text(record->data);
    }
  }
  MINIONS_TRY(records.finish());
  opened.transcript = std::move(hash).finish();
  return opened;
}

std::vector<Bytes> FakeServer::seal(Opened& opened, const FakeReply& reply) {
  std::vector<Bytes> records;
  session::ReplySealer sealer(opened.keys.context, opened.keys.reply_key.reveal(), session::PaddingMode::kOff);
  const auto add = [&](session::RecordType type, std::string_view data) {
    records.emplace_back(sealer.record_size(type, data.size()));
    sealer.seal(type, as_bytes(data), records.back());
  };
  if (!reply.alert || !reply.pieces.empty())
    add(session::RecordType::kHead, session::ReplyHead{reply.status, reply.headers}.to_json());
  for (const std::string& piece : reply.pieces) add(session::RecordType::kData, piece);
  if (reply.alert) {
    add(session::RecordType::kAlert, reply.alert->to_json());
    return records;
  }
  session::ExchangeHash hash;
  hash.head(as_bytes(session::ReplyHead{reply.status, reply.headers}.to_json()));
  for (const std::string& piece : reply.pieces) hash.data(as_bytes(piece));
  session::ReceiptSubject subject;
  subject.statement = opened.session->receipt_key().statement;
  const auto h = opened.keys.channel_binding.reveal();
  std::copy(h.begin(), h.end(), subject.channel_binding.begin());
  subject.n = opened.keys.context.n;
  subject.request = opened.transcript;
  subject.reply = std::move(hash).finish();
  subject.time = now_;
  const FakeServerHooks hook = hooks();
  if (hook.receipt) hook.receipt(subject);
  std::string trailer = session::signed_trailer_json(subject, reply.usage, *opened.session->receipt_key().signer);
  if (hook.trailer) trailer = hook.trailer(std::move(trailer));
  add(session::RecordType::kTrailer, trailer);
  return records;
}

net::Task<void> FakeServer::stream(net::HttpExchange& exchange, Bytes body) {
  auto opened = open(exchange.head().path(), std::move(body));
  if (!opened) {
    const bool unknown = opened.error().code == ErrorCode::kNotFound;
    PlainAnswer refusal{unknown ? 404 : 400,
                        {},
                        unknown ? R"({"error":{"code":"unknown_session"}})" : R"({"error":{"code":"malformed"}})"};
    co_return co_await send(exchange, std::move(refusal));
  }
  {
    const std::lock_guard lock(mutex_);
    exchanges_.push_back(opened->received);
  }
  const FakeServerHooks hook = hooks();
  const bool closing = opened->received.head.method == "DELETE";
  const FakeReply reply = closing       ? FakeReply{204}
                          : hook.answer ? hook.answer(opened->received)
                                        : FakeReply{200, {}, {"answer"}};
  std::vector<Bytes> records = seal(*opened, reply);
  WireReply wire;
  if (hook.wire) {
    wire = hook.wire(std::move(records));
  } else {
    for (const Bytes& record : records) append(wire.bytes, record);
  }
  const net::Headers headers;
  if (!exchange.begin_reply(200, headers)) co_return exchange.abort();
  const bool sent = co_await put(exchange, wire.bytes);
  if (!sent) co_return exchange.abort();
  if (wire.end == WireReply::End::kFinish) {
    (void)co_await exchange.finish(net::deadline_in(kSocketTime));
  } else if (wire.end == WireReply::End::kAbort) {
    exchange.abort();
  } else if (wire.end == WireReply::End::kHold) {
    net::Timer forever(exchange.executor(), net::kNoDeadline);
    exchange.on_peer_gone([&] { forever.cancel(); });
    co_await forever.async_wait(net::use_task_tuple);
  } else if (wire.end == WireReply::End::kByteByByte) {
    const Bytes head = {0x00, 0x01, 0x00, 0x10};  // 65,552 bytes follow
    bool reading = co_await put(exchange, head);
    net::Timer pause(exchange.executor(), net::kNoDeadline);
    while (reading) {
      pause.expires_after(std::chrono::milliseconds(5));
      co_await pause.async_wait(net::use_task_tuple);
      const Bytes one = {0};
      reading = co_await put(exchange, one);
    }
  } else {
    session::ReplySealer filler(opened->keys.context, opened->keys.reply_key.reveal(), session::PaddingMode::kOff);
    Bytes record(filler.record_size(session::RecordType::kFiller, 0));
    for (bool reading = true; reading;) {
      filler.seal(session::RecordType::kFiller, {}, record);
      reading = co_await put(exchange, record);
    }
  }
}

}  // namespace minions::testing
