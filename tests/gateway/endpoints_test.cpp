// Methods, paths and garbage: what anybody can send without a session.
#include "gateway/fixture.h"

namespace minions::gateway {
namespace {

class EndpointsTest : public GatewayFixture {
 protected:
  // Limits see only what a proxy names: the loopback itself is never limited.
  [[nodiscard]] RawReply through_proxy(std::string_view method, std::string_view target, std::string_view address,
                                       ByteView body = {}) {
    RawConnection connection = connect();
    std::string head = request_head(method, target, body.size());
    head.insert(head.size() - 2, "X-Forwarded-For: " + std::string(address) + "\r\n");
    connection.send(head);
    connection.send(body);
    return connection.read_reply();
  }
};

TEST_F(EndpointsTest, WrongMethodsGive405) {
  serve();
  for (const char* method : {"POST", "PUT", "DELETE", "PATCH", "OPTIONS"})
    expect_plain_error(exchange(method, "/v2/attestation", {}), 405, "method");
  const std::string stream = "/v2/stream/" + std::string(32, '0');
  for (const char* method : {"GET", "PUT", "DELETE", "OPTIONS"}) {
    expect_plain_error(exchange(method, "/v2/session", {}), 405, "method");
    expect_plain_error(exchange(method, stream, {}), 405, "method");
  }
  expect_plain_error(exchange("POST", "/healthz", {}), 405, "method");
  expect_plain_error(exchange("POST", "/readyz", {}), 405, "method");
}

TEST_F(EndpointsTest, OnlyThePathsOfTheProtocolAreThere) {
  serve();
  for (const char* path : {"/", "/metrics", "/v1/chat/completions", "/v1/models", "/v2", "/v2/session/", "/v2/Session",
                           "/v2//session", "/v2/attestation/", "/v2/%73ession", "/healthz/", "/../healthz"}) {
    EXPECT_EQ(get(path).status, 404) << path;
    EXPECT_EQ(post(path, as_bytes("x")).status, 404) << path;
  }
  EXPECT_TRUE(backend_->calls().empty());
}

TEST_F(EndpointsTest, MetricsAreForTheAdminListenerAlone) {
  serve();
  auto session = open_session();
  EXPECT_TRUE(ask(session, "marker-of-content").trailer);
  EXPECT_EQ(get("/metrics").status, 404);
  net::ListenOptions admin;
  admin.handler = gateway_->admin_handler();
  port_ = server_->listen(std::move(admin)).value();
  gateway_->sweep();
  const RawReply metrics = get("/metrics");
  EXPECT_EQ(metrics.status, 200);
  EXPECT_NE(metrics.text().find("minionsd_streams_total{outcome=\"complete\"} 1"), std::string::npos);
  EXPECT_NE(metrics.text().find("minionsd_sessions 1"), std::string::npos);
  EXPECT_EQ(metrics.text().find("marker-of-content"), std::string::npos);
  EXPECT_EQ(exchange("POST", "/metrics", {}).status, 405);
}

TEST_F(EndpointsTest, TheAdminListenerHasNothingOfTheProtocol) {
  serve();
  auto session = open_session();
  const SealedRequest request = seal(session, "question");
  net::ListenOptions admin;
  admin.handler = gateway_->admin_handler();
  const std::uint16_t admin_port = server_->listen(std::move(admin)).value();
  const std::uint16_t public_port = std::exchange(port_, admin_port);
  EXPECT_EQ(get("/healthz").status, 200);
  EXPECT_EQ(get("/readyz").status, 200);
  EXPECT_EQ(exchange("HEAD", "/readyz", {}).status, 200);
  expect_plain_error(post("/readyz", {}), 405, "method");
  for (const char* path : {"/v2/attestation", "/v2/session", "/v1/models", "/", "/metrics/"}) {
    EXPECT_EQ(get(path).status, 404) << path;
    EXPECT_EQ(post(path, as_bytes("x")).status, 404) << path;
  }
  EXPECT_EQ(post(stream_path(session), request.body()).status, 404);
  EXPECT_TRUE(backend_->calls().empty());
  port_ = public_port;
  EXPECT_TRUE(expect_reply(session, request, post(stream_path(session), request.body())).trailer);
}

TEST_F(EndpointsTest, ReadinessEndsWithTheStatementAndWithDraining) {
  serve();
  EXPECT_EQ(get("/healthz").status, 200);
  EXPECT_EQ(get("/readyz").status, 200);
  gate_->set(false);  // the next epoch gets no evidence
  now_ += 901;
  EXPECT_EQ(get("/readyz").status, 503);
  EXPECT_EQ(get("/healthz").status, 200);
  gate_->set(true);
  serve();
  gateway_->start_draining();
  EXPECT_EQ(get("/readyz").status, 503);
  expect_plain_error(get("/v2/attestation"), 503, "draining");
  expect_plain_error(post("/v2/session", as_bytes("x")), 503, "draining");
  expect_plain_error(post("/v2/stream/" + std::string(32, '0'), as_bytes("x")), 503, "draining");
}

TEST_F(EndpointsTest, NoncesAndDigestsAreExactly32Bytes) {
  serve();
  const std::string good = to_base64url(random_.bytes<32>());
  const std::vector<std::string> wrong = {std::string("nonce="),
                                          "nonce=" + to_base64url(random_.bytes<31>()),
                                          "nonce=" + to_base64url(random_.bytes<33>()),
                                          "nonce=" + good + "=",
                                          "nonce=" + good.substr(1),
                                          "nonce=" + std::string(43, '*'),
                                          "have=x",
                                          "have=",
                                          "nonce=" + good + "&have=" + good.substr(2)};
  for (const std::string& query : wrong) {
    expect_plain_error(get("/v2/attestation?" + query), 400, "malformed");
  }
  EXPECT_EQ(get("/v2/attestation?nonce=" + good).status, 200);
  EXPECT_EQ(get("/v2/attestation?other=1").status, 200);
}

TEST_F(EndpointsTest, TheReplicasCookieComesWithTheDocument) {
  Settings settings = quick_settings();
  settings.replica = "r1";
  serve(settings);
  EXPECT_EQ(get("/v2/attestation").field("set-cookie"), "smp2_replica=r1; Path=/v2; HttpOnly");
  serve();
  EXPECT_FALSE(get("/v2/attestation").field("set-cookie"));
}

TEST_F(EndpointsTest, GarbageIsRefusedAndTheServerGoesOn) {
  serve();
  std::uint64_t state = 1;
  const auto random_bytes = [&](std::size_t count) {
    Bytes bytes(count);
    for (std::uint8_t& byte : bytes) {
      state = state * 6364136223846793005U + 1442695040888963407U;
      byte = static_cast<std::uint8_t>(state >> 56);
    }
    return bytes;
  };
  auto session = open_session();
  for (std::size_t size : {std::size_t{1}, std::size_t{64}, std::size_t{1000}, std::size_t{20'000}}) {
    RawConnection connection = connect();
    connection.send(random_bytes(size));
    connection.send("\r\n\r\n");
    const int status = connection.read_reply(2s).status;
    EXPECT_TRUE(status == 0 || (status >= 400 && status < 500)) << status;
    for (const std::string& target : {std::string("/v2/session"), stream_path(session), std::string("/v2/attestation"),
                                      std::string("/healthz"), std::string("/none")}) {
      const int answered = post(target, random_bytes(size)).status;
      EXPECT_TRUE(answered >= 400 && answered < 500) << target << ": " << answered;
    }
  }
  for (const char* head : {"GET / HTTP/1.1\r\n\r\n", "GET / HTTP/9.9\r\nHost: x\r\n\r\n",
                           "POST /v2/session HTTP/1.1\r\nHost: x\r\n"
                           "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
                           "POST /v2/session HTTP/1.1\r\nHost: x\r\n"
                           "Content-Length: 5\r\nContent-Length: 6\r\n\r\n",
                           "POST /v2/session HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
                           "chunked\r\n\r\nzz\r\n",
                           "GET /\x01 HTTP/1.1\r\nHost: x\r\n\r\n", "GET / HTTP/1.1\nHost: x\n\n"}) {
    RawConnection connection = connect();
    connection.send(head);
    const int status = connection.read_reply(2s).status;
    EXPECT_TRUE(status == 0 || status >= 400) << head << ": " << status;
  }
  RawConnection large = connect();
  large.send("GET /healthz HTTP/1.1\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n");
  EXPECT_GE(large.read_reply(2s).status, 400);
  EXPECT_TRUE(ask(session).trailer);
  EXPECT_EQ(backend_->calls().size(), 1U);
}

TEST_F(EndpointsTest, AddressesBehindAProxyAreLimitedOneByOne) {
  Settings settings = quick_settings();
  settings.trusted_proxies = {net::AddressRange::parse("127.0.0.1").value()};
  settings.attestations = {0.001, 2};
  settings.handshakes = {0.001, 2};
  settings.failures = {0.001, 2};
  serve(settings);
  const auto status = [&](std::string_view method, std::string_view target, std::string_view address) {
    return through_proxy(method, target, address).status;
  };
  EXPECT_EQ(status("GET", "/v2/attestation", "203.0.113.1"), 200);
  EXPECT_EQ(status("GET", "/v2/attestation", "198.51.100.9, 203.0.113.1"), 200);
  EXPECT_EQ(status("GET", "/v2/attestation", "198.51.100.10, 203.0.113.1"), 429) << "the client named itself anew";
  EXPECT_EQ(status("GET", "/v2/attestation", "203.0.113.2"), 200);
  EXPECT_EQ(status("POST", "/v2/session", "203.0.113.1"), 400);
  EXPECT_EQ(status("POST", "/v2/session", "203.0.113.1"), 400);
  EXPECT_EQ(status("POST", "/v2/session", "203.0.113.1"), 429);
  const std::string stream = "/v2/stream/" + std::string(32, '0');
  EXPECT_EQ(status("POST", stream, "203.0.113.1"), 404);
  EXPECT_EQ(status("POST", stream, "203.0.113.1"), 404);
  EXPECT_EQ(status("POST", stream, "203.0.113.1"), 429);
  EXPECT_EQ(status("POST", stream, "203.0.113.2"), 404);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(get("/v2/attestation").status, 200) << "the proxy itself is limited";
}

}  // namespace
}  // namespace minions::gateway
