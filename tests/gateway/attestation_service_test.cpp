#include "gateway/attestation_service.h"

#include <thread>

#include "gateway/fixture.h"

namespace minions::gateway {
namespace {

class AttestationServiceTest : public GatewayFixture {
 protected:
  [[nodiscard]] AttestationService& service() { return *gateway_->context().attestation; }
  // Asks on the test's own io_context; the answer comes when that runs.
  struct Asked {
    attestation::Nonce nonce;
    std::optional<Result<ServedDocument>> document;
  };
  std::shared_ptr<Asked> ask_for_document() {
    auto asked = std::make_shared<Asked>(Asked{random_.bytes<32>(), {}});
    net::spawn(context_.get_executor(),
               [](AttestationService& from, std::shared_ptr<Asked> to, net::Executor executor) -> net::Task<void> {
                 auto document = co_await from.document(to->nonce, std::nullopt, executor);
                 to->document = std::move(document);
               }(service(), asked, context_.get_executor()));
    return asked;
  }

  [[nodiscard]] static std::string text_of(const ServedDocument& document) {
    std::string text;
    for (const std::string_view piece : document.pieces()) text += piece;
    return text;
  }

  net::asio::io_context context_;
};

TEST_F(AttestationServiceTest, ADocumentAnswersItsOwnNonceAlone) {
  serve();
  const auto nonce = random_.bytes<32>();
  const auto other = random_.bytes<32>();
  const std::string document = get("/v2/attestation?nonce=" + to_base64url(nonce)).text();
  EXPECT_TRUE(appraise(document, nonce).accepted());
  const auto refused = appraise(document, other);
  EXPECT_FALSE(refused.accepted());
  EXPECT_FALSE(appraise(get("/v2/attestation").text(), nonce).accepted()) << "a document without a nonce";
}

TEST_F(AttestationServiceTest, NoncesThatWaitBecomeOneBatch) {
  Serving serving;
  serving.server.threads = 2;
  serve(std::move(serving));
  gate_->set(false);
  const std::size_t collected = gate_->collections;
  std::vector<std::pair<attestation::Nonce, RawConnection>> waiting;
  const auto ask_one = [&] {
    const auto nonce = random_.bytes<32>();
    waiting.emplace_back(nonce, connect());
    waiting.back().second.send(request_head("GET", "/v2/attestation?nonce=" + to_base64url(nonce), std::nullopt));
  };
  ask_one();
  ASSERT_TRUE(gate_->wait_begun(collected + 1));
  for (int i = 0; i < 11; ++i) ask_one();
  // A reply on the same connections' threads shows that the requests before it were taken in.
  for (int i = 0; i < 4; ++i) EXPECT_EQ(get("/v2/attestation").status, 200);
  gate_->set(true);
  std::size_t longest = 0;
  for (auto& [nonce, connection] : waiting) {
    const RawReply reply = connection.read_reply();
    ASSERT_EQ(reply.status, 200);
    const auto result = appraise(reply.text(), nonce);
    EXPECT_TRUE(result.accepted()) << result.to_text();
    const auto document = attestation::AttestationDocument::parse(reply.body).value();
    longest = std::max(longest, document.nonce_proof->size());
  }
  EXPECT_GE(longest, 2U) << "each nonce had a collection of its own";
  EXPECT_LE(gate_->collections - collected, 6U);
}

TEST_F(AttestationServiceTest, KnowingTheStatementGivesTheShortForm) {
  serve();
  const auto nonce = random_.bytes<32>();
  const std::string query = "/v2/attestation?nonce=" + to_base64url(nonce);
  const RawReply full = get(query);
  const auto full_document = attestation::AttestationDocument::parse(full.body).value();
  const auto statement = appraise(full.text(), nonce).statement.value();

  const RawReply brief = get(query + "&have=" + to_base64url(statement.digest()));
  auto brief_document = attestation::AttestationDocument::parse(brief.body).value();
  EXPECT_FALSE(brief_document.statement);
  EXPECT_LT(brief.body.size(), full.body.size());
  const auto rules = policy();
  const Result<attestation::AttestationDocument> completed = std::move(brief_document).completed_from(full_document);
  const auto result = attestation::appraise({.document = completed,
                                             .nonce = nonce,
                                             .policy = rules,
                                             .now = now_,
                                             .connection = {attestation::ServerConnection::Kind::kPlainLoopback, {}}});
  EXPECT_TRUE(result.accepted()) << result.to_text();

  const RawReply of_another = get(query + "&have=" + to_base64url(random_.bytes<32>()));
  EXPECT_TRUE(attestation::AttestationDocument::parse(of_another.body).value().statement);
}

TEST_F(AttestationServiceTest, The4097thWaitingNonceGives429) {
  serve();
  gate_->set(false);
  const std::size_t collected = gate_->collections;
  std::vector<std::shared_ptr<Asked>> asked{ask_for_document()};
  context_.poll();
  ASSERT_TRUE(gate_->wait_begun(collected + 1));  // the first is being collected for and waits no more
  for (int i = 0; i < 4096; ++i) asked.push_back(ask_for_document());
  context_.restart();
  context_.poll();
  for (const auto& each : asked) ASSERT_FALSE(each->document) << each->document->error().detail;
  expect_plain_error(get("/v2/attestation?nonce=" + to_base64url(random_.bytes<32>())), 429, "busy", "waiting_nonces");
  EXPECT_EQ(get("/v2/attestation").status, 200) << "without a nonce nobody waits";
  gate_->set(true);
  context_.restart();
  context_.run();
  for (std::size_t i = 0; i < asked.size(); i += 512) {
    ASSERT_TRUE(asked[i]->document);
    const auto result = appraise(text_of(asked[i]->document->value()), asked[i]->nonce);
    EXPECT_TRUE(result.accepted()) << i << ": " << result.to_text();
  }
  EXPECT_EQ(gate_->collections - collected, 2U);
  // Of all that waited one encoding is held, and of each its nonce and proof: what many cost does not grow with what
  // evidence and endorsements take.
  const auto& shared = asked[1]->document->value().batch;
  std::size_t own_bytes = 0;
  for (std::size_t i = 1; i < asked.size(); ++i) {
    EXPECT_EQ(asked[i]->document->value().batch, shared);
    own_bytes = std::max(own_bytes, asked[i]->document->value().ending.size());
  }
  EXPECT_LE(own_bytes, 1200U);
}

TEST_F(AttestationServiceTest, EvidenceThatDoesNotComeGives503) {
  Serving serving;
  serving.answer_time = 200ms;
  serve(std::move(serving));
  gate_->set(false);
  const RawReply reply = get("/v2/attestation?nonce=" + to_base64url(random_.bytes<32>()));
  EXPECT_EQ(reply.status, 503);
  gate_->set(true);
  (void)attest();
}

TEST_F(AttestationServiceTest, RotatesWhenAnEpochIsOver) {
  serve();
  const auto first = attest();
  now_ += 599;
  EXPECT_EQ(attest().digest(), first.digest());
  now_ += 1;
  const auto second = attest();
  EXPECT_NE(second.digest(), first.digest());
  EXPECT_EQ(second.statement().epoch, first.statement().epoch + 1);
  EXPECT_NE(second.statement().noise_x25519, first.statement().noise_x25519);
  EXPECT_NE(second.statement().receipt_ed25519, first.statement().receipt_ed25519);
  auto old = open_session(first);  // its statement is valid for half an epoch more
  auto fresh = open_session(second);
  EXPECT_TRUE(ask(old).trailer);
  EXPECT_TRUE(ask(fresh).trailer);
}

}  // namespace
}  // namespace minions::gateway
