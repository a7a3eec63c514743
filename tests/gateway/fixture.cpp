#include "gateway/fixture.h"

#include "base/byte_io.h"
#include "base/log.h"

namespace minions::gateway {
namespace {

using session::RecordType;

Result<std::unique_ptr<AttestationService>> start_attestation(std::shared_ptr<GatedAttester::Gate> gate,
                                                              crypto::P384PrivateKey key,
                                                              attester::EpochSettings settings,
                                                              std::chrono::milliseconds answer_time,
                                                              std::function<UnixSeconds()> now) {
  settings.instance.fill(7);
  settings.software = {"minionsd", "0", "00"};
  MINIONS_TRY_ASSIGN(auto factory, attester::EpochFactory::make(std::move(settings)));
  return AttestationService::start({.schedule = attester::EpochSchedule(std::move(factory)),
                                    .attester = std::make_unique<GatedAttester>(std::move(gate)),
                                    .operator_key = std::move(key),
                                    .answer_time = answer_time,
                                    .now = std::move(now)});
}

}  // namespace

void GatedAttester::Gate::set(bool to) {
  {
    const std::lock_guard lock(mutex);
    open = to;
  }
  changed.notify_all();
}

bool GatedAttester::Gate::wait_begun(std::size_t count) {
  std::unique_lock lock(mutex);
  return changed.wait_for(lock, 10s, [&] { return collections >= count; });
}

Result<attestation::Evidence> GatedAttester::collect(const attester::ReportData& data) {
  {
    std::unique_lock lock(gate_->mutex);
    ++gate_->collections;
    gate_->changed.notify_all();
    gate_->changed.wait(lock, [&] { return gate_->open; });
  }
  return simulated_.collect(data);
}

Bytes SealedRequest::body() const {
  Bytes whole;
  for (const Bytes& record : records) append(whole, record);
  return whole;
}

std::size_t OpenedReply::count(RecordType type) const {
  return static_cast<std::size_t>(std::count(types.begin(), types.end(), type));
}

GatewayFixture::GatewayFixture() {
  net::ignore_sigpipe();
  log::configure(log::Level::kError, log::Format::kKeyValue);
}
GatewayFixture::~GatewayFixture() { stop(); }

void GatewayFixture::stop() {
  gate_->set(true);
  if (gateway_) gateway_->context().attestation->stop();
  server_.reset();
  gateway_.reset();
}

Settings GatewayFixture::quick_settings() {
  Settings settings;
  settings.padding = session::PaddingMode::kOff;
  settings.body_time = 10s;
  settings.write_stall = 10s;
  settings.model_time = 10s;
  return settings;
}

void GatewayFixture::serve(const Settings& settings) {
  Serving serving;
  serving.settings = settings;
  serve(std::move(serving));
}

void GatewayFixture::serve(Serving serving) {
  stop();
  auto key = crypto::P384PrivateKey::generate();
  operator_pem_ = key.public_key().to_pem();
  attester::EpochSettings epochs;
  epochs.models = std::move(serving.models);
  epochs.tls_spki_sha256 = std::move(serving.tls_spki_sha256);
  auto attestation = start_attestation(gate_, std::move(key), std::move(epochs), serving.answer_time, [this] {
                       return now_.load();
                     }).value();
  gateway_ = std::make_unique<Gateway>(
      std::make_unique<Context>(serving.settings, std::move(attestation), backend_, std::move(serving.api_keys)));
  server_ = std::make_unique<net::HttpServer>(serving.server);
  net::ListenOptions listen;
  listen.handler = gateway_->handler();
  gateway_->limit_connections(listen);
  port_ = server_->listen(std::move(listen)).value();
}

std::string GatewayFixture::request_head(std::string_view method, std::string_view target,
                                         std::optional<std::size_t> length) {
  std::string head = std::string(method) + ' ' + std::string(target) + " HTTP/1.1\r\nHost: minionsd\r\n";
  if (length) head += "Content-Length: " + std::to_string(*length) + "\r\n";
  return head + "\r\n";
}

RawReply GatewayFixture::exchange(std::string_view method, std::string_view target, ByteView body) {
  RawConnection connection = connect();
  const bool has_body = method == "POST" || !body.empty();
  Bytes request = to_bytes(request_head(method, target, has_body ? std::optional(body.size()) : std::nullopt));
  append(request, body);
  connection.send(request);
  return connection.read_reply();
}

attestation::AppraisalPolicy GatewayFixture::policy(std::string_view toml) const {
  attestation::PolicyFlags flags;
  flags.simulated = attestation::PolicyFlags::Simulated::kAllow;
  flags.trusted_attestation_pem = operator_pem_;
  return attestation::AppraisalPolicy::parse(toml, "test.toml").value().with(flags).value();
}

attestation::AttestationResult GatewayFixture::appraise(std::string_view document,
                                                        std::optional<attestation::Nonce> nonce,
                                                        std::string_view policy_toml) const {
  const auto rules = policy(policy_toml);
  const auto parsed = attestation::AttestationDocument::parse(as_bytes(document));
  return attestation::appraise({.document = parsed,
                                .nonce = nonce,
                                .policy = rules,
                                .now = now_,
                                .connection = {.kind = attestation::ServerConnection::Kind::kPlainLoopback}});
}

attestation::VerifiedStatement GatewayFixture::attest(std::string_view policy_toml) {
  const auto nonce = random_.bytes<32>();
  const RawReply reply = get("/v2/attestation?nonce=" + to_base64url(nonce));
  EXPECT_EQ(reply.status, 200);
  const auto result = appraise(reply.text(), nonce, policy_toml);
  EXPECT_TRUE(result.accepted()) << result.to_text();
  return result.statement.value();
}

session::ClientSession GatewayFixture::open_session(const attestation::VerifiedStatement& statement) {
  auto handshake = session::ClientHandshake::start(statement, session::client_hello_json("test", 0), random_).value();
  const RawReply reply = post("/v2/session", handshake.request());
  EXPECT_EQ(reply.status, 200) << reply.text();
  auto session = std::move(handshake).finish(reply.body).value();
  EXPECT_EQ(reply.field("smp2-session"), to_hex(session.parameters().session));
  return session;
}

SealedRequest GatewayFixture::seal(session::ClientSession& session, const session::RequestHead& head,
                                   std::string_view data) {
  session::ClientStream stream = session.open_stream().value();
  SealedRequest sealed{stream.context, {}, {}, std::move(stream.reply_key)};
  auto sealer =
      session::RequestSealer::create(stream.context, stream.request_key.reveal(), head.to_json(), as_bytes(data))
          .value();
  while (!sealer.done()) sealer.append_next(sealed.records.emplace_back());
  sealed.transcript = std::move(sealer).transcript();
  session.finish_stream(stream.context.n);
  return sealed;
}

OpenedReply GatewayFixture::open(const SealedRequest& request, Bytes body) {
  OpenedReply opened;
  session::RecordReader reader(session::Direction::kReply, request.context, request.reply_key.reveal());
  session::ExchangeHash hash;
  MutableBytes left(body);
  for (;;) {
    const std::uint32_t length = left.size() < 4 ? 0 : load_be<std::uint32_t>(left.data()) & 0x1FFFF;
    const auto record = reader.next(left);
    EXPECT_TRUE(record) << record.error().detail;
    if (!record || !*record) break;
    const std::string_view data = as_text((*record)->data);
    opened.types.push_back((*record)->type);
    opened.plaintext_sizes.push_back(length - crypto::kAeadTagSize);
    switch ((*record)->type) {
      case RecordType::kHead:
        hash.head(as_bytes(data));
        opened.head = session::ReplyHead::parse(data).value();
        break;
      case RecordType::kData:
        hash.data(as_bytes(data));
        opened.data += data;
        break;
      case RecordType::kTrailer: opened.trailer = session::ReplyTrailer::parse(data).value(); break;
      case RecordType::kAlert: opened.alert = session::Alert::parse(data).value(); break;
      case RecordType::kFiller: break;
    }
  }
  opened.finished = reader.final_seen();
  opened.transcript = std::move(hash).finish();
  return opened;
}

OpenedReply GatewayFixture::expect_reply(const session::ClientSession& session, const SealedRequest& request,
                                         const RawReply& reply) {
  EXPECT_EQ(reply.status, 200) << reply.text();
  EXPECT_TRUE(reply.whole) << "the HTTP body has no end";
  OpenedReply opened = open(request, reply.body);
  EXPECT_TRUE(opened.finished);
  EXPECT_EQ(opened.alert.has_value(), !opened.trailer.has_value());
  if (opened.trailer) {
    const Status checked = session.check(*opened.trailer, request.context.n, request.transcript, opened.transcript);
    EXPECT_TRUE(checked) << checked.error().detail;
  }
  return opened;
}

OpenedReply GatewayFixture::ask(session::ClientSession& session, const session::RequestHead& head,
                                std::string_view data) {
  const SealedRequest request = seal(session, head, data);
  return expect_reply(session, request, post(stream_path(session), request.body()));
}

void GatewayFixture::expect_plain_error(const RawReply& reply, int status, std::string_view code,
                                        std::string_view limit) {
  EXPECT_EQ(reply.status, status);
  EXPECT_TRUE(reply.whole);
  const std::string named = limit.empty() ? std::string() : R"(,"limit":")" + std::string(limit) + '"';
  EXPECT_EQ(reply.text(), R"({"error":{"code":")" + std::string(code) + '"' + named + "}}");
  EXPECT_EQ(reply.field("cache-control"), "no-store, no-transform");
}

}  // namespace minions::gateway
