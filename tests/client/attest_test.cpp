#include <nlohmann/json.hpp>

#include "client/fixture.h"

namespace minions::client {
namespace {

class AttestTest : public ClientFixture {
 protected:
  // Not a byte of the question, sealed or not, and no handshake.
  void expect_nothing_sent() {
    EXPECT_EQ(server_.count_of("POST"), 0U);
    EXPECT_TRUE(server_.exchanges().empty());
  }
  void expect_refused(std::string_view check) {
    EXPECT_EQ(code_of(ask()), ErrorCode::kRefused);
    ASSERT_NE(client().last_attestation(), nullptr);
    const attestation::Check* failure = client().last_attestation()->result.first_failure();
    ASSERT_NE(failure, nullptr);
    EXPECT_EQ(failure->id, check);
    expect_nothing_sent();
  }
  void alter_document(std::function<void(Json&)> change) {
    FakeServerHooks hooks;
    hooks.document = [change = std::move(change)](const std::string& text) {
      Json document = Json::parse(text);
      change(document);
      return document.dump();
    };
    server_.set(std::move(hooks));
  }
};

TEST_F(AttestTest, RefusesSimulatedEvidenceThatThePolicyDoesNotAllow) {
  auto with = options();
  attestation::PolicyFlags flags;
  flags.trusted_attestation_pem = server_.attestation_pem();
  with.policy = attestation::AppraisalPolicy::built_in().with(flags).value();
  make_client(std::move(with));
  expect_refused("simulated.allowed");
}

TEST_F(AttestTest, RefusesAnotherOperatorThanThePinnedOne) {
  auto with = options();
  attestation::PolicyFlags flags;
  flags.simulated = attestation::PolicyFlags::Simulated::kAllow;
  flags.trusted_attestation_pem = crypto::P384PrivateKey::generate().public_key().to_pem();
  with.policy = attestation::AppraisalPolicy::built_in().with(flags).value();
  make_client(std::move(with));
  expect_refused("attestor.key");
}

TEST_F(AttestTest, RefusesAStatementWhoseTimeIsOver) {
  now_ = kFakeNow + 4000;
  expect_refused("statement.window");
}

// A token or an answer may have been made while it was waited for.
TEST_F(AttestTest, ReadsItsClockOnceTheDocumentIsThere) {
  auto with = options();
  with.unix_time = [this] { return server_.count_of("GET") == 0 ? kFakeNow - 4000 : kFakeNow; };
  make_client(std::move(with));
  EXPECT_TRUE(ask().reply);
}

TEST_F(AttestTest, ShowsBothClocksWhereTheyDiffer) {
  now_ = kFakeNow - 4000;
  expect_refused("statement.window");
  const std::string& found = client().last_attestation()->result.first_failure()->found;
  EXPECT_NE(found.find("our clock says " + to_iso8601(kFakeNow - 4000)), std::string::npos) << found;
  EXPECT_NE(found.find(" s too early"), std::string::npos) << found;
}

TEST_F(AttestTest, RefusesAnAlteredStatement) {
  alter_document([](Json& document) {
    Bytes statement = from_base64url(document["statement"].get<std::string>()).value();
    const std::string_view text = as_text(statement);
    const std::size_t at = text.find("\"test\"");
    ASSERT_NE(at, std::string_view::npos);
    statement[at + 1] = 'T';
    document["statement"] = to_base64url(statement);
  });
  expect_refused("attestor.signature");
}

TEST_F(AttestTest, RefusesAnotherNonceThanItsOwn) {
  alter_document([](Json& document) { document["nonce"] = to_base64url(ByteArray<32>{}); });
  expect_refused("nonce");
}

TEST_F(AttestTest, OpensNoSessionToAServerThatIsRefusedMeanwhile) {
  auto with = options();
  int told = 0;
  with.on_attested = [&](std::shared_ptr<const Attestation> attestation, std::stop_token) -> net::Task<Status> {
    EXPECT_EQ(attestation->result.accepted(), told == 0);
    if (++told > 1) co_return Status{};
    alter_document([](Json& document) { document["nonce"] = to_base64url(ByteArray<32>{}); });
    const auto again = co_await client().attest({});  // as another call, while the first is told
    EXPECT_FALSE(again.value()->result.accepted());
    co_return Status{};
  };
  make_client(std::move(with));
  EXPECT_EQ(code_of(ask()), ErrorCode::kRefused);
  EXPECT_EQ(told, 3);
  EXPECT_TRUE(server_.exchanges().empty());
}

TEST_F(AttestTest, SendsNothingToAServerThatTheCallerRefuses) {
  auto with = options();
  int told = 0;
  with.on_attested = [&](std::shared_ptr<const Attestation>, std::stop_token) -> net::Task<Status> {
    if (++told > 1) co_return Status{};
    co_return fail(ErrorCode::kCancelled, "not this one");
  };
  make_client(std::move(with));
  EXPECT_EQ(code_of(ask()), ErrorCode::kCancelled);
  EXPECT_TRUE(server_.exchanges().empty());
  EXPECT_TRUE(ask().reply);  // attested anew
  EXPECT_EQ(told, 2);
}

TEST_F(AttestTest, RefusesADocumentThatIsNone) {
  FakeServerHooks hooks;
  hooks.document = [](const std::string&) { return std::string("{\"smp\":1}"); };
  server_.set(hooks);
  expect_refused("document.parse");
}

TEST_F(AttestTest, FollowsNoRedirectAndTakesNoOtherStatus) {
  for (const int status : {301, 302, 307, 308, 404, 429, 500, 503}) {
    FakeServerHooks hooks;
    hooks.plain = [&](std::string_view, std::string_view) {
      return PlainAnswer{status, {{"Location", server_.url() + "/elsewhere"}}, ""};
    };
    server_.set(hooks);
    EXPECT_EQ(code_of(ask()), ErrorCode::kNetwork) << status;
  }
  EXPECT_EQ(server_.count_of("GET /elsewhere"), 0U);
  expect_nothing_sent();
}

TEST_F(AttestTest, RefusesPlainHttpToOtherHosts) {
  auto with = options();
  with.server = net::Url::parse("http://server.example").value();
  const auto refused = SealedClient::create(context_.get_executor(), std::move(with), {random_, cache_, nullptr});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUsage);
}

TEST_F(AttestTest, UsesAVerifiedStatementForFurtherSessions) {
  ASSERT_TRUE(ask().reply);
  make_client(options());
  ASSERT_TRUE(ask().reply);
  EXPECT_EQ(server_.count_of("GET /v2/attestation"), 1U);
  EXPECT_EQ(server_.count_of("POST /v2/session"), 2U);
}

TEST_F(AttestTest, AsksForAShortDocumentAndCompletesIt) {
  const auto first = run(client().attest({}));
  const auto second = run(client().attest({}));
  ASSERT_TRUE(second) << second.error().detail;
  EXPECT_TRUE((*second)->result.accepted()) << (*second)->result.to_text();
  EXPECT_NE((*first)->nonce, (*second)->nonce);
  EXPECT_EQ(server_.count_of("GET /v2/attestation?nonce="), 2U);
  EXPECT_NE(server_.requests().back().find("&have="), std::string::npos);
}

TEST_F(AttestTest, ForgetsAStatementWhenItsTimeIsOver) {
  ASSERT_TRUE(ask().reply);
  make_client(options());
  now_ = kFakeNow + 900;
  EXPECT_EQ(code_of(ask()), ErrorCode::kRefused);
  EXPECT_EQ(server_.count_of("GET /v2/attestation"), 2U);
}

TEST_F(AttestTest, AttestsAgainOnceWhenItsStatementIsStale) {
  ASSERT_TRUE(ask().reply);
  server_.rotate();
  make_client(options());
  ASSERT_TRUE(ask().reply);
  EXPECT_EQ(server_.count_of("GET /v2/attestation"), 2U);
  EXPECT_EQ(server_.count_of("POST /v2/session"), 3U);
}

TEST_F(AttestTest, GivesUpOnAServerThatAlwaysSaysStale) {
  FakeServerHooks hooks;
  hooks.plain = [](std::string_view, std::string_view path) -> std::optional<PlainAnswer> {
    if (path != "/v2/session") return std::nullopt;
    return PlainAnswer{421, {}, ""};
  };
  server_.set(hooks);
  EXPECT_EQ(code_of(ask()), ErrorCode::kNetwork);
  EXPECT_EQ(server_.count_of("POST /v2/session"), 2U);
  EXPECT_EQ(server_.count_of("GET /v2/attestation"), 2U);
}

TEST_F(AttestTest, RefusesAHandshakeThatDoesNotVerify) {
  FakeServerHooks hooks;
  hooks.plain = [](std::string_view, std::string_view path) -> std::optional<PlainAnswer> {
    if (path != "/v2/session") return std::nullopt;
    return PlainAnswer{200, {}, std::string(2000, 'x')};
  };
  server_.set(hooks);
  EXPECT_EQ(code_of(ask()), ErrorCode::kTampered);
  EXPECT_TRUE(server_.exchanges().empty());
}

class CookieTest : public ClientFixture {
 protected:
  CookieTest()
      : ClientFixture([] {
          FakeServerOptions options;
          options.set_cookie = "smp2_replica=blue; Path=/v2; Secure";
          return options;
        }()) {}
};

TEST_F(CookieTest, GoesBackWithTheLaterCalls) {
  ASSERT_TRUE(ask().reply);
  EXPECT_EQ(server_.count_of("cookie: smp2_replica=blue"), 2U);
}

const net::TestCertificate& certificate() {
  static const net::TestCertificate made("server.test");
  return made;
}

class TlsTest : public ClientFixture {
 protected:
  explicit TlsTest(std::optional<std::vector<Digest32>> listed = {})
      : ClientFixture([&] {
          FakeServerOptions options;
          options.certificate = &certificate();
          options.listed_tls_keys = std::move(listed);
          return options;
        }()) {}
  void use(std::string_view policy, std::optional<std::string> ca_file) {
    auto with = options();
    with.policy = simulated_policy(policy);
    with.ca_file = std::move(ca_file);
    make_client(std::move(with));
  }
};

TEST_F(TlsTest, ChecksTheCertificateAndTheListedKey) {
  use("", certificate().certificate_file());
  const auto outcome = ask();
  EXPECT_TRUE(outcome.reply) << outcome.reply.error().detail;
}

TEST_F(TlsTest, NeedsNoAuthorityWhereTheAttestedKeyIsRequired) {
  use("[tls]\nmode = \"require\"\n", std::nullopt);
  const auto outcome = ask();
  EXPECT_TRUE(outcome.reply) << outcome.reply.error().detail;
}

TEST_F(TlsTest, RefusesACertificateOfNoKnownAuthority) {
  use("", std::nullopt);
  EXPECT_EQ(code_of(ask()), ErrorCode::kNetwork);
  EXPECT_TRUE(server_.requests().empty());
}

class OtherTlsKeyTest : public TlsTest {
 protected:
  OtherTlsKeyTest() : TlsTest(std::vector<Digest32>{Digest32{}}) {}
};

TEST_F(OtherTlsKeyTest, IsRefusedBeforeAnythingIsSent) {
  for (const char* mode : {"", "[tls]\nmode = \"require\"\n"}) {
    use(mode, certificate().certificate_file());
    EXPECT_EQ(code_of(ask()), ErrorCode::kRefused);
    EXPECT_EQ(server_.count_of("POST"), 0U);
  }
}

// The pin is held against every connection, not just against the one that brought the document.
TEST_F(OtherTlsKeyTest, IsRefusedOnAnyConnection) {
  use("[tls]\nmode = \"off\"\n", certificate().certificate_file());
  ASSERT_TRUE(ask().reply);
  const auto statement = client().last_attestation()->result.statement->statement();
  TransportOptions transport_options;
  transport_options.server = net::Url::parse(server_.url()).value();
  transport_options.tls =
      net::TlsClientContext::create({net::PeerVerification::kWebPki, certificate().certificate_file()}).value();
  const Transport transport = Transport::create(context_.get_executor(), std::move(transport_options)).value();
  const auto policy = simulated_policy();
  const auto opened = run(open_pinned(transport, statement, policy.rules(), {}));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kRefused);
}

}  // namespace
}  // namespace minions::client
