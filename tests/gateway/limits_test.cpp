// What one sender can take from the others: nothing but its own share.
#include "attester/temporary_directory.h"
#include "gateway/fixture.h"

namespace minions::gateway {
namespace {

using session::AlertCode;

const std::string kOne = "203.0.113.1";
const std::string kOther = "203.0.113.2";

// Every request comes through a trusted proxy on loopback, which names its sender.
class LimitsTest : public GatewayFixture {
 protected:
  [[nodiscard]] static Settings behind_proxy() {
    Settings settings = quick_settings();
    settings.trusted_proxies = {net::AddressRange::parse("127.0.0.1").value()};
    return settings;
  }
  void serve_with_keys(Settings settings) {
    const auto file = directory_.path() / "keys";
    key_ = ApiKeys::add(file, "alice", random_)->reveal();
    other_key_ = ApiKeys::add(file, "bob", random_)->reveal();
    Serving serving;
    serving.settings = std::move(settings);
    serving.api_keys = ApiKeys::load(file).value();
    serve(std::move(serving));
  }
  [[nodiscard]] static std::string head_from(std::string_view address, std::string_view method, std::string_view target,
                                             std::optional<std::size_t> length) {
    std::string head = request_head(method, target, length);
    head.insert(head.size() - 2, "X-Forwarded-For: " + std::string(address) + "\r\n");
    return head;
  }
  [[nodiscard]] RawReply from(std::string_view address, std::string_view method, std::string_view target,
                              ByteView body = {}) {
    RawConnection connection = connect();
    connection.send(head_from(address, method, target, method == "POST" ? std::optional(body.size()) : std::nullopt));
    connection.send(body);
    return connection.read_reply();
  }
  // A request of which the last byte does not come.
  [[nodiscard]] RawConnection unfinished_from(std::string_view address, const session::ClientSession& session,
                                              ByteView body) {
    RawConnection connection = connect();
    connection.send(head_from(address, "POST", stream_path(session), body.size()));
    connection.send(body.first(body.size() - 1));
    return connection;
  }
  [[nodiscard]] static SealedRequest seal_with(session::ClientSession& session, const std::string& key,
                                               std::size_t size) {
    session::RequestHead head = chat_head(size);
    if (!key.empty()) head.headers.emplace_back("authorization", "Bearer " + key);
    return seal(session, head, std::string(size, 'x'));
  }
  [[nodiscard]] OpenedReply ask_from(std::string_view address, session::ClientSession& session, const std::string& key,
                                     std::size_t size) {
    const SealedRequest request = seal_with(session, key, size);
    return expect_reply(session, request, from(address, "POST", stream_path(session), request.body()));
  }
  template <class Holds>
  void wait_for(const Holds& holds) {
    const auto end = std::chrono::steady_clock::now() + 20s;
    while (!holds() && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    ASSERT_TRUE(holds());
  }
  void wait_received(Limit limit, const std::string& name, std::uint64_t bytes) {
    wait_for([&] { return gateway_->context().senders.held_bytes().received_from(limit, name) >= bytes; });
  }
  void expect_counted(std::string_view limit) {
    EXPECT_NE(
        gateway_->context().metrics.text().find("minionsd_limits_reached_total{limit=\"" + std::string(limit) + '"'),
        std::string::npos)
        << limit;
  }

  attester::TemporaryDirectory directory_;
  std::string key_;
  std::string other_key_;
};

TEST_F(LimitsTest, WhatASenderWithoutAKeySendsIsTakenFromNobodyElse) {
  Settings settings = behind_proxy();
  settings.address_bytes = settings.max_unfinished_bytes = 150'000;
  serve_with_keys(settings);
  auto session = open_session();
  const Bytes without_key = seal_with(session, "", 140'000).body();
  const RawConnection holding = unfinished_from(kOne, session, without_key);
  wait_received(Limit::kAddressBytes, kOne, without_key.size() - 1);
  EXPECT_EQ(gateway_->context().senders.held_bytes().kept(), 0U) << "what nobody may send is held for the model";
  expect_plain_error(from(kOne, "POST", stream_path(session), seal_with(session, "", 140'000).body()), 429, "busy",
                     "address_bytes");
  expect_counted("address_bytes");
  EXPECT_TRUE(ask_from(kOther, session, key_, 140'000).trailer);
  EXPECT_EQ(ask_from(kOther, session, "wrong", 100'000).alert->code, AlertCode::kUnauthorized);
}

TEST_F(LimitsTest, FillerCountsAgainstItsSenderAlone) {
  Settings settings = behind_proxy();
  settings.max_unfinished_bytes = 150'000;
  settings.key_bytes = 150'000;
  serve_with_keys(settings);
  auto session = open_session();
  // Of 1 byte of data the canonical cut makes little; filler is what records of no data are.
  session::RequestHead head = chat_head(1);
  head.headers.emplace_back("authorization", "Bearer " + key_);
  session::ClientStream stream = session.open_stream().value();
  session.finish_stream(stream.context.n);
  session::RecordWriter writer(stream.context, stream.request_key.reveal());
  Bytes body;
  for (int shift = 56; shift >= 0; shift -= 8) body.push_back(static_cast<std::uint8_t>(stream.context.n >> shift));
  const auto add = [&](session::RecordType type, std::string_view data, std::size_t size) {
    const std::size_t at = body.size();
    body.resize(at + size + session::kRecordOverhead);
    writer.seal(type, as_bytes(data), size, MutableBytes(body).subspan(at));
  };
  add(session::RecordType::kHead, head.to_json(), 1024);
  for (int i = 0; i < 4; ++i) add(session::RecordType::kFiller, "", 32'000);
  RawConnection holding = connect();
  holding.send(head_from(kOne, "POST", stream_path(session), body.size() + 1));
  holding.send(body);
  wait_received(Limit::kKeyBytes, "alice", body.size());
  EXPECT_EQ(gateway_->context().senders.held_bytes().kept(), 0U) << "filler is held for the model";
  EXPECT_EQ(gateway_->context().senders.held_bytes().received_from(Limit::kAddressBytes, kOne), 0U);
  const SealedRequest second = seal_with(session, key_, 100'000);
  RawConnection beside = connect();
  beside.send(head_from(kOne, "POST", stream_path(session), second.body().size()));
  beside.send(second.records[0]);  // the head, so that it is the key's from here on
  wait_received(Limit::kKeyBytes, "alice", body.size() + second.records[0].size());
  for (std::size_t i = 1; i < second.records.size(); ++i) beside.send(second.records[i]);
  expect_plain_error(beside.read_reply(), 429, "busy", "key_bytes");
  EXPECT_TRUE(ask_from(kOne, session, other_key_, 100'000).trailer) << "one key's share is another's";
  holding.close();
  wait_for([&] { return gateway_->context().senders.held_bytes().received_from(Limit::kKeyBytes, "alice") == 0; });
  EXPECT_TRUE(ask_from(kOne, session, key_, 100'000).trailer);
}

TEST_F(LimitsTest, UploadsOfAnAddressAreLimitedUntilAKeyAnswersForThem) {
  Settings settings = behind_proxy();
  settings.address_uploads = 2;
  serve_with_keys(settings);
  auto session = open_session();
  std::vector<RawConnection> holding;
  for (int i = 0; i < 2; ++i) holding.push_back(unfinished_from(kOne, session, seal_with(session, "", 10).body()));
  wait_for([&] { return gateway_->context().senders.held_by(Limit::kAddressUploads, kOne) == 2; });
  expect_plain_error(from(kOne, "POST", stream_path(session), seal_with(session, key_, 10).body()), 429, "busy",
                     "address_uploads");
  expect_plain_error(from(kOne, "POST", "/v2/session", as_bytes("x")), 429, "busy", "address_uploads");
  EXPECT_TRUE(ask_from(kOther, session, key_, 10).trailer);
  holding.clear();
  wait_for([&] { return gateway_->context().senders.held_by(Limit::kAddressUploads, kOne) == 0; });
  for (int i = 0; i < 3; ++i) holding.push_back(unfinished_from(kOne, session, seal_with(session, key_, 10).body()));
  ASSERT_FALSE(backend_->wait_call(4, [](const SeenCall&) { return true; }).gone);
  EXPECT_EQ(gateway_->context().senders.held_by(Limit::kAddressUploads, kOne), 0U);
  EXPECT_TRUE(ask_from(kOne, session, key_, 10).trailer);
}

TEST_F(LimitsTest, NoncesOfAnAddressAreLimited) {
  Settings settings = behind_proxy();
  settings.address_nonces = 2;
  serve(settings);
  gate_->set(false);
  const auto question = [&] { return "/v2/attestation?nonce=" + to_base64url(random_.bytes<32>()); };
  std::vector<RawConnection> waiting;
  for (int i = 0; i < 2; ++i) {
    waiting.push_back(connect());
    waiting.back().send(head_from("2001:db8::" + std::to_string(i + 1), "GET", question(), std::nullopt));
  }
  wait_for([&] { return gateway_->context().senders.held_by(Limit::kAddressNonces, "2001:db8::/64") == 2; });
  expect_plain_error(from("2001:DB8:0:0:f::3", "GET", question()), 429, "busy", "address_nonces");
  EXPECT_EQ(from("2001:db8::4", "GET", "/v2/attestation").status, 200) << "without a nonce nobody waits";
  RawConnection other = connect();
  other.send(head_from("2001:db8:0:1::1", "GET", question(), std::nullopt));
  wait_for([&] { return gateway_->context().senders.held_by(Limit::kAddressNonces, "2001:db8:0:1::/64") == 1; });
  gate_->set(true);
  for (RawConnection& each : waiting) EXPECT_EQ(each.read_reply().status, 200);
  EXPECT_EQ(other.read_reply().status, 200);
  wait_for([&] { return gateway_->context().senders.held_by(Limit::kAddressNonces, "2001:db8::/64") == 0; });
  EXPECT_EQ(from("2001:db8::4", "GET", question()).status, 200);
}

TEST_F(LimitsTest, SessionsOfAnAddressAreLimitedWhileTheyLive) {
  Settings settings = behind_proxy();
  settings.address_sessions = 2;
  serve(settings);
  const auto statement = attest();
  const auto shake = [&](std::string_view address) {
    const auto handshake =
        session::ClientHandshake::start(statement, session::client_hello_json("test", 0), random_).value();
    return from(address, "POST", "/v2/session", handshake.request());
  };
  const RawReply first = shake(kOne);
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(shake(kOne).status, 200);
  expect_plain_error(shake(kOne), 429, "busy", "address_sessions");
  EXPECT_EQ(shake(kOther).status, 200);
  gateway_->context().sessions.close(exactly<16>(from_hex(first.field("smp2-session").value())).value());
  EXPECT_EQ(shake(kOne).status, 200) << "the place of a session that is over was not given back";
}

TEST_F(LimitsTest, OneKeyDoesNotFillTheSessionTable) {
  Settings settings = behind_proxy();
  settings.sessions.sessions = 4;
  settings.key_sessions = 2;
  serve_with_keys(settings);
  std::vector<session::ClientSession> of_alice;
  for (int i = 0; i < 6; ++i) {
    of_alice.push_back(open_session());
    EXPECT_TRUE(ask_from("203.0.113.1" + std::to_string(i), of_alice.back(), key_, 10).trailer);
  }
  EXPECT_EQ(gateway_->context().sessions.owned_by("alice"), 2U);
  expect_counted("key_sessions");
  auto of_bob = open_session();
  EXPECT_TRUE(ask_from(kOther, of_bob, other_key_, 10).trailer);
  // The client finds its first one over and makes another.
  const Bytes late = seal_with(of_alice.front(), key_, 10).body();
  expect_plain_error(from(kOne, "POST", stream_path(of_alice.front()), late), 404, "unknown_session");
  EXPECT_TRUE(ask_from(kOne, of_alice.back(), key_, 10).trailer);
}

TEST_F(LimitsTest, ASessionOfAKeyInWhichARequestRunsDoesNotEnd) {
  Settings settings = behind_proxy();
  settings.key_sessions = 1;
  serve_with_keys(settings);
  auto first = open_session();
  auto second = open_session();
  RawConnection running = unfinished_from(kOne, first, seal_with(first, key_, 10).body());
  wait_for([&] { return gateway_->context().sessions.owned_by("alice") == 1; });
  const OpenedReply refused = ask_from(kOne, second, key_, 10);
  ASSERT_TRUE(refused.alert);
  EXPECT_EQ(refused.alert->code, AlertCode::kOverloaded);
  EXPECT_NE(refused.alert->message.find("--key-sessions 1"), std::string::npos) << refused.alert->message;
  expect_counted("key_sessions");
  EXPECT_TRUE(ask_from(kOne, second, other_key_, 10).trailer) << "one key's sessions are another's";
  running.close();
  auto third = open_session();
  std::optional<OpenedReply> reply;
  wait_for([&] {
    reply = ask_from(kOne, third, key_, 10);
    return reply->trailer.has_value();
  });
}

TEST_F(LimitsTest, TheBackendKnowsWhoAnswersForARequest) {
  serve_with_keys(behind_proxy());
  auto session = open_session();
  EXPECT_TRUE(ask_from(kOne, session, key_, 10).trailer);
  EXPECT_EQ(backend_->last().request.sender, "alice");
  serve(behind_proxy());
  auto open = open_session();
  EXPECT_TRUE(ask_from(kOne, open, "", 10).trailer);
  EXPECT_EQ(backend_->last().request.sender, kOne);
  EXPECT_TRUE(ask(open).trailer);
  EXPECT_EQ(backend_->last().request.sender, "") << "the proxy itself";
}

TEST_F(LimitsTest, ExchangesBehindAProxyCountAsTheirClientsConnections) {
  Settings settings = behind_proxy();
  settings.address_connections = 2;
  serve(settings);
  auto session = open_session();
  std::vector<RawConnection> running;
  for (int i = 0; i < 2; ++i) running.push_back(unfinished_from(kOne, session, seal_with(session, "", 10).body()));
  wait_for([&] { return gateway_->context().senders.held_by(Limit::kAddressConnections, kOne) == 2; });
  expect_plain_error(from(kOne, "GET", "/v2/attestation"), 429, "busy", "address_connections");
  EXPECT_EQ(from(kOther, "GET", "/v2/attestation").status, 200);
  EXPECT_EQ(get("/v2/attestation").status, 200) << "the proxy itself is limited";
  running.clear();
  wait_for([&] { return gateway_->context().senders.held_by(Limit::kAddressConnections, kOne) == 0; });
  EXPECT_EQ(from(kOne, "GET", "/v2/attestation").status, 200);
}

TEST_F(LimitsTest, TheListenerCountsConnectionsByAddress) {
  Settings settings = behind_proxy();
  settings.max_connections = 9;
  settings.address_connections = 7;
  serve(settings);
  net::ListenOptions options;
  gateway_->limit_connections(options);
  EXPECT_EQ(options.max_connections, 9U);
  EXPECT_EQ(options.max_connections_of_address, 7U);
  EXPECT_EQ(options.counted_as(boost::asio::ip::make_address("2001:db8::1")), "2001:db8::/64");
  EXPECT_FALSE(options.counted_as(boost::asio::ip::make_address("127.0.0.1")));
  options.on_refused(net::ConnectionLimit::kAddress);
  options.on_refused(net::ConnectionLimit::kAll);
  expect_counted("address_connections");
  expect_counted("connections");
}

TEST_F(LimitsTest, AProxyThatNamesNobodyReadableIsLimitedItself) {
  Settings settings = behind_proxy();
  settings.attestations = {0.001, 2};
  serve(settings);
  const auto ask = [&](std::string_view named) { return from(named, "GET", "/v2/attestation").status; };
  EXPECT_EQ(ask("unknown"), 200);
  EXPECT_EQ(ask("_hidden"), 200);
  EXPECT_EQ(ask("203.0.113.300"), 429);
  EXPECT_EQ(ask("203.0.113.30"), 200);
}

TEST_F(LimitsTest, ABodyAnnouncedOverTheLimitIsRefusedBeforeItComes) {
  Settings settings = quick_settings();
  settings.max_request_bytes = 100'000;
  serve(settings);
  auto session = open_session();
  const auto announce = [&](const std::string& target, const std::string& framing) {
    RawConnection connection = connect();
    connection.send("POST " + target + " HTTP/1.1\r\nHost: x\r\n" + framing);
    return connection.read_reply();
  };
  const std::string chunked = "Transfer-Encoding: chunked\r\n\r\n";
  for (const std::string& framing :
       {std::string("Content-Length: 9000\r\n\r\n"), chunked + "2328\r\n",
        std::string("Expect: 100-continue\r\nContent-Length: 9000\r\n\r\n"), chunked + "ffffffffffff\r\n"})
    expect_plain_error(announce("/v2/session", framing), 413, "too_large", "handshake_bytes");
  for (const std::string& framing : {std::string("Content-Length: 100001\r\n\r\n"), chunked + "186a1\r\n",
                                     std::string("Expect: 100-continue\r\nContent-Length: 100001\r\n\r\n")})
    expect_plain_error(announce(stream_path(session), framing), 413, "too_large", "request_bytes");
}

TEST_F(LimitsTest, IllFormedFramingIsRefusedBeforeTheDeadline) {
  serve();
  auto session = open_session();
  for (const std::string& target : {std::string("/v2/session"), stream_path(session)}) {
    for (const std::string body : {"zz", "zz\r\n", "5\r\nhelloX", "5\r\nhello\r\nz", "5;a\n", "0\r\nno trailer\r\n",
                                   "0\r\nA: b\r\n: c\r\n", "11111111111111111", "\r\n"}) {
      RawConnection connection = connect();
      connection.send("POST " + target + " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + body);
      expect_plain_error(connection.read_reply(), 400, "malformed");
    }
  }
}

}  // namespace
}  // namespace minions::gateway
