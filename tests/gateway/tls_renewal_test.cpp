// A certificate with a new key comes into use without a client that holds a statement which does not list it.
#include "gateway/tls_renewal.h"

#include <fstream>

#include "gateway/fixture.h"
#include "net/certificates.h"

namespace minions::gateway {
namespace {

class TlsRenewalTest : public GatewayFixture {
 protected:
  TlsRenewalTest()
      : tls_(net::TlsServerContext::load(certificate_.certificate_file(), certificate_.key_file()).value()) {
    Serving serving;
    serving.tls_spki_sha256 = {kProxy, tls_->spki_sha256()};
    serve(std::move(serving));
    renewal_.emplace(*tls_, std::vector{kProxy}, service(), gateway_->context().metrics);
  }
  [[nodiscard]] AttestationService& service() { return *gateway_->context().attestation; }
  [[nodiscard]] std::vector<Digest32> listed() { return attest().statement().tls_spki_sha256; }
  // The next epoch, as its thread makes it.
  void pass(std::int64_t seconds) {
    const std::uint64_t before = service().epoch_number();
    now_ += seconds;
    for (const auto end = std::chrono::steady_clock::now() + 30s;
         service().epoch_number() == before && std::chrono::steady_clock::now() < end;) {
      std::this_thread::yield();
    }
    EXPECT_EQ(service().epoch_number(), before + 1);
  }
  [[nodiscard]] std::string readiness() { return get("/readyz").text(); }

  static constexpr Digest32 kProxy{9};
  net::TestCertificate certificate_{"server.test"};
  std::shared_ptr<net::TlsServerContext> tls_;
  std::optional<TlsRenewal> renewal_;
};

TEST_F(TlsRenewalTest, ANewKeyServesOnceEveryStatementListsIt) {
  const Digest32 old = certificate_.spki_sha256();
  certificate_.renew();
  const Digest32 renewed = certificate_.spki_sha256();
  renewal_->reload();
  EXPECT_EQ(tls_->spki_sha256(), old) << "clients that hold the statement of now would refuse it";
  EXPECT_EQ(listed(), (std::vector{kProxy, old}));
  EXPECT_EQ(readiness(), "ok\ntls: a certificate with a new key waits until every statement lists that key\n");
  EXPECT_NE(gateway_->context().metrics.text().find("minionsd_tls_certificate_waiting 1"), std::string::npos);

  pass(601);
  renewal_->step();
  EXPECT_EQ(listed(), (std::vector{kProxy, old, renewed}));
  EXPECT_EQ(tls_->spki_sha256(), old) << "the statement before is valid for 299 s more";
  now_ += 300;
  renewal_->step();
  EXPECT_EQ(tls_->spki_sha256(), old) << "and takes handshakes for 60 s more";
  now_ += 60;
  renewal_->step();
  EXPECT_EQ(tls_->spki_sha256(), renewed);
  EXPECT_EQ(readiness(), "ok\n");
  EXPECT_NE(gateway_->context().metrics.text().find("minionsd_tls_certificate_waiting 0"), std::string::npos);
  EXPECT_EQ(listed(), (std::vector{kProxy, old, renewed}));
  pass(300);
  EXPECT_EQ(listed(), (std::vector{kProxy, renewed})) << "the old key serves no more";
}

TEST_F(TlsRenewalTest, TheSameKeyServesAtOnce) {
  const Digest32 key = certificate_.spki_sha256();
  renewal_->reload();
  EXPECT_EQ(tls_->spki_sha256(), key);
  EXPECT_FALSE(tls_->waiting_spki_sha256());
  EXPECT_EQ(readiness(), "ok\n");
}

TEST_F(TlsRenewalTest, TheLastOfTwoNewKeysIsTheOneThatServes) {
  const Digest32 old = certificate_.spki_sha256();
  certificate_.renew();
  renewal_->reload();
  pass(601);
  certificate_.renew();
  const Digest32 last = certificate_.spki_sha256();
  renewal_->reload();
  now_ += 360;
  renewal_->step();
  EXPECT_EQ(tls_->spki_sha256(), old) << "no statement lists the second";
  pass(241);
  EXPECT_EQ(listed(), (std::vector{kProxy, old, last}));
  now_ += 360;
  renewal_->step();
  EXPECT_EQ(tls_->spki_sha256(), last);
}

TEST_F(TlsRenewalTest, AFileThatCannotBeReadChangesNothingAndIsTold) {
  const Digest32 old = certificate_.spki_sha256();
  certificate_.renew();
  const Digest32 renewed = certificate_.spki_sha256();
  renewal_->reload();
  std::ofstream(certificate_.key_file()) << "no key";
  renewal_->reload();
  EXPECT_EQ(tls_->spki_sha256(), old);
  EXPECT_EQ(tls_->waiting_spki_sha256(), renewed);
  EXPECT_EQ(readiness(),
            "ok\ntls: the new certificate could not be read or is not valid, the old one serves\n"
            "tls: a certificate with a new key waits until every statement lists that key\n");
  EXPECT_NE(gateway_->context().metrics.text().find("minionsd_tls_reload_failed 1"), std::string::npos);
  certificate_.renew();
  renewal_->reload();
  EXPECT_NE(gateway_->context().metrics.text().find("minionsd_tls_reload_failed 0"), std::string::npos);
}

TEST_F(TlsRenewalTest, ACertificateThatIsNotValidIsNotTakenAndThatIsTold) {
  const Digest32 old = certificate_.spki_sha256();
  certificate_.renew({.valid_from_s = -7200, .valid_until_s = -60});
  renewal_->reload();
  EXPECT_EQ(tls_->spki_sha256(), old);
  EXPECT_FALSE(tls_->waiting_spki_sha256());
  EXPECT_EQ(readiness(), "ok\ntls: the new certificate could not be read or is not valid, the old one serves\n");
  EXPECT_NE(gateway_->context().metrics.text().find("minionsd_tls_reload_failed 1"), std::string::npos);
}

TEST_F(TlsRenewalTest, OneInUseThatIsNotValidIsTold) {
  certificate_.renew({.valid_from_s = -7200, .valid_until_s = -60});
  const auto expired = net::TlsServerContext::load(certificate_.certificate_file(), certificate_.key_file()).value();
  TlsRenewal renewal(*expired, {}, service(), gateway_->context().metrics);
  renewal.step();
  EXPECT_EQ(readiness(), "ok\ntls: the certificate in use is not valid: clients that check it refuse it\n");
  EXPECT_NE(gateway_->context().metrics.text().find("minionsd_tls_certificate_not_valid 1"), std::string::npos);
  renewal_->step();
  EXPECT_EQ(readiness(), "ok\n");
}

}  // namespace
}  // namespace minions::gateway
