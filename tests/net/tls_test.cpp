#include "net/tls.h"

#include <fstream>

#include "net/fixture.h"

namespace minions::net {
namespace {

TEST(TlsServerContext, ACertificateOfANewKeyWaits) {
  TestCertificate certificate("a.test");
  const auto context = TlsServerContext::load(certificate.certificate_file(), certificate.key_file());
  ASSERT_TRUE(context) << context.error().detail;
  EXPECT_EQ((*context)->spki_sha256(), certificate.spki_sha256());
  const Digest32 first = certificate.spki_sha256();
  ASSERT_TRUE((*context)->reload()) << "the same key";
  EXPECT_FALSE((*context)->waiting_spki_sha256());
  certificate.renew();
  ASSERT_TRUE((*context)->reload());
  const Digest32 second = certificate.spki_sha256();
  EXPECT_EQ((*context)->spki_sha256(), first);
  EXPECT_EQ((*context)->waiting_spki_sha256(), second);
  certificate.renew();
  ASSERT_TRUE((*context)->reload());
  EXPECT_EQ((*context)->spki_sha256(), first);
  EXPECT_EQ((*context)->waiting_spki_sha256(), certificate.spki_sha256()) << "the last one waits";
  (*context)->use_waiting();
  EXPECT_EQ((*context)->spki_sha256(), certificate.spki_sha256());
  EXPECT_FALSE((*context)->waiting_spki_sha256());
  (*context)->use_waiting();
  EXPECT_EQ((*context)->spki_sha256(), certificate.spki_sha256());
}

TEST(TlsServerContext, KeepsTheOldCertificateWhenTheNewIsBroken) {
  TestCertificate certificate("a.test");
  const auto context = TlsServerContext::load(certificate.certificate_file(), certificate.key_file());
  ASSERT_TRUE(context);
  std::ofstream(certificate.key_file()) << "no key";
  const auto reloaded = (*context)->reload();
  ASSERT_FALSE(reloaded);
  EXPECT_NE(reloaded.error().detail.find(certificate.key_file()), std::string::npos);
  const Digest32 first = certificate.spki_sha256();
  EXPECT_EQ((*context)->spki_sha256(), first);
  certificate.renew();
  ASSERT_TRUE((*context)->reload());
  std::ofstream(certificate.key_file()) << "no key";
  ASSERT_FALSE((*context)->reload());
  EXPECT_EQ((*context)->spki_sha256(), first);
  EXPECT_EQ((*context)->waiting_spki_sha256(), certificate.spki_sha256()) << "what waits stays, too";
}

TEST(TlsServerContext, KeepsTheOldCertificateWhenTheNewIsNotValid) {
  TestCertificate certificate("a.test");
  const auto context = TlsServerContext::load(certificate.certificate_file(), certificate.key_file());
  ASSERT_TRUE(context);
  EXPECT_TRUE((*context)->check());
  const Digest32 first = certificate.spki_sha256();
  struct Case {
    TestCertificate::Making making;
    const char* reason;
  };
  for (const auto& [making, reason] : {Case{{.valid_from_s = -7200, .valid_until_s = -60}, "has expired at"},
                                       Case{{.valid_from_s = 600, .valid_until_s = 7200}, "not yet"},
                                       Case{{.purpose = "clientAuth"}, "not for a server"},
                                       Case{{.curve = "secp256k1"}, "no client could shake hands"}}) {
    certificate.renew(making);
    const Status reloaded = (*context)->reload();
    ASSERT_FALSE(reloaded) << reason;
    EXPECT_NE(reloaded.error().detail.find(reason), std::string::npos) << reloaded.error().detail;
    EXPECT_NE(reloaded.error().detail.find(certificate.certificate_file()), std::string::npos);
    EXPECT_EQ((*context)->spki_sha256(), first);
    EXPECT_FALSE((*context)->waiting_spki_sha256());
  }
  certificate.renew({.purpose = "serverAuth"});
  EXPECT_TRUE((*context)->reload());
}

TEST(TlsServerContext, OneThatIsNotValidServesAtTheStartAndIsKnown) {
  TestCertificate certificate("a.test");
  for (const TestCertificate::Making& making : {TestCertificate::Making{.valid_from_s = -7200, .valid_until_s = -60},
                                                TestCertificate::Making{.valid_from_s = 600, .valid_until_s = 7200},
                                                TestCertificate::Making{.purpose = "clientAuth"}}) {
    certificate.renew(making);
    const auto context = TlsServerContext::load(certificate.certificate_file(), certificate.key_file());
    ASSERT_TRUE(context) << context.error().detail;
    EXPECT_FALSE((*context)->check());
  }
  certificate.renew({.curve = "secp256k1"});
  EXPECT_FALSE(TlsServerContext::load(certificate.certificate_file(), certificate.key_file()));
}

TEST(TlsServerContext, SaysWhatIsWrongWithItsFiles) {
  TestCertificate one("a.test");
  TestCertificate two("b.test");
  const auto missing = TlsServerContext::load("/nonexistent/certificate.pem", one.key_file());
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().detail.find("/nonexistent/certificate.pem"), std::string::npos);
  EXPECT_NE(missing.error().detail.find("No such file"), std::string::npos) << missing.error().detail;
  const auto mixed = TlsServerContext::load(one.certificate_file(), two.key_file());
  ASSERT_FALSE(mixed);
  EXPECT_NE(mixed.error().detail.find("does not match"), std::string::npos) << mixed.error().detail;
}

TEST(TlsClientContext, RefusesRootsThatAreNotThere) {
  const auto context = TlsClientContext::create({PeerVerification::kWebPki, "/nonexistent/roots.pem"});
  ASSERT_FALSE(context);
  EXPECT_NE(context.error().detail.find("/nonexistent/roots.pem"), std::string::npos);
}

class TlsHandshake : public ServerFixture {
 protected:
  [[nodiscard]] Status shake(const TlsClientOptions& options, const std::string& name) {
    const auto context = TlsClientContext::create(options);
    auto stream = run(Stream::connect({"127.0.0.1", origin_.url.port}, deadline_in(5s)));
    return run((*stream)->connect_tls(**context, name, deadline_in(5s)));
  }
};
INSTANTIATE_TEST_SUITE_P(Transports, TlsHandshake, testing::Values(Transport::kTls), transport_name);

TEST_P(TlsHandshake, ChecksTheNameAndTheRoot) {
  serve(echo);
  const TestCertificate stranger("server.test");
  const TlsClientOptions trusted{PeerVerification::kWebPki, test_certificate().certificate_file()};
  EXPECT_TRUE(shake(trusted, "server.test"));
  EXPECT_TRUE(shake(trusted, "127.0.0.1"));
  EXPECT_FALSE(shake(trusted, "other.test"));
  EXPECT_FALSE(shake(trusted, "127.0.0.2"));
  EXPECT_FALSE(shake({PeerVerification::kWebPki, stranger.certificate_file()}, "server.test"));
  EXPECT_TRUE(shake({PeerVerification::kNone, {}}, "other.test"));
  const auto refused = shake(trusted, "other.test");
  EXPECT_EQ(refused.error().code, ErrorCode::kNetwork);
  EXPECT_NE(refused.error().detail.find("ostname mismatch"), std::string::npos) << refused.error().detail;
}

TEST_P(TlsHandshake, GivesUpOnAPeerThatSaysNothing) {
  ServerOptions options;
  options.limits.header_time = 50ms;
  serve(echo, options);
  auto stream = run(Stream::connect({"127.0.0.1", origin_.url.port}, deadline_in(5s)));
  EXPECT_EQ(receive(**stream), "");
}

TEST_P(TlsHandshake, ServesTheNewCertificateOnceItIsUsed) {
  TestCertificate certificate("server.test");
  server_tls_ = TlsServerContext::load(certificate.certificate_file(), certificate.key_file()).value();
  serve(echo);
  const auto none = TlsClientContext::create({PeerVerification::kNone, {}}).value();
  const auto seen = [&] {
    auto stream = run(Stream::connect({"127.0.0.1", origin_.url.port}, deadline_in(5s)));
    EXPECT_TRUE(run((*stream)->connect_tls(*none, "server.test", deadline_in(5s))));
    return (*stream)->peer_spki_sha256().value();
  };
  const Digest32 first = certificate.spki_sha256();
  EXPECT_EQ(seen(), first);
  certificate.renew();
  ASSERT_TRUE(server_tls_->reload());
  EXPECT_EQ(seen(), first);
  server_tls_->use_waiting();
  EXPECT_EQ(seen(), certificate.spki_sha256());
}

}  // namespace
}  // namespace minions::net
