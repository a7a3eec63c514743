#include "client/sealed_model.h"

#include <sys/stat.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "client/fixture.h"
#include "crypto/hash.h"

namespace minions::client {
namespace {

class Tokens final : public chat::TokenSink {
 public:
  bool token(std::string_view piece) override {
    text += piece;
    ++count;
    return true;
  }
  std::string text;
  int count = 0;
};

std::string event(std::string_view text) {
  return R"(data: {"choices":[{"delta":{"content":")" + std::string(text) + "\"}}]}\n\n";
}

class SealedModelTest : public ClientFixture {
 protected:
  void answer(FakeReply reply) {
    FakeServerHooks hooks;
    hooks.answer = [reply = std::move(reply)](const ReceivedExchange&) { return reply; };
    server_.set(std::move(hooks));
  }
  // Waits for what the tasks give.
  struct Model {
    Result<chat::Completion> complete(const chat::ChatRequest& request, chat::TokenSink& sink) {
      chat::Concessions concessions;
      return net::run_until_done(context, client::complete(client, concessions, request, sink, {})).completion;
    }
    Result<std::vector<std::string>> models() {
      const auto listed = net::run_until_done(context, list_models(client, {})).listed;
      if (!listed) return fail(listed.error());
      std::vector<std::string> ids;
      for (const openai::ListedModel& model : *listed) ids.push_back(model.id);
      return ids;
    }
    net::asio::io_context& context;
    SealedClient& client;
  };
  [[nodiscard]] Model model() { return {context_, client()}; }
  [[nodiscard]] static chat::ChatRequest request(bool stream = true) {
    chat::ChatRequest asked{.model = "test-model", .stream = stream};
    asked.messages.push_back({chat::Role::kUser, chat::Text("why?")});
    return asked;
  }
  Tokens tokens_;
};

TEST_F(SealedModelTest, StreamsTokensAcrossRecords) {
  const std::string first = event("Be");
  answer(
      {200,
       {},
       {first.substr(0, 10), first.substr(10) + event("cause"),
        R"(data: {"choices":[{"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":2,"completion_tokens":3}})"
        "\n\ndata: [DONE]\n\n"},
       "",
       {}});
  auto asked = model();
  const auto completion = asked.complete(request(), tokens_);
  ASSERT_TRUE(completion) << completion.error().detail;
  EXPECT_EQ(tokens_.text, "Because");
  EXPECT_EQ(tokens_.count, 2);
  EXPECT_EQ(completion->usage->completion_tokens, 3U);
  EXPECT_EQ(completion->finish_reason, chat::FinishReason::kStop);
  const auto got = server_.exchanges().at(0);
  EXPECT_EQ(got.head.path, "/v1/chat/completions");
  EXPECT_EQ(Json::parse(got.body)["messages"][0]["content"], "why?");
}

TEST_F(SealedModelTest, TakesAWholeReply) {
  answer({200, {}, {R"({"choices":[{"message":{"content":"So"},"finish_reason":"stop"}]})"}, "", {}});
  auto asked = model();
  const auto completion = asked.complete(request(false), tokens_);
  ASSERT_TRUE(completion) << completion.error().detail;
  EXPECT_EQ(tokens_.text, "So");
}

TEST_F(SealedModelTest, DoesNotTakeHalfACompletionInAWholeReply) {
  answer({200, {}, {event("Half")}, "", {}});
  auto asked = model();
  const auto completion = asked.complete(request(), tokens_);
  ASSERT_FALSE(completion);
  EXPECT_EQ(completion.error().code, ErrorCode::kTruncated);
}

TEST_F(SealedModelTest, GivesTheModelsOwnErrors) {
  answer({429, {}, {R"({"error":{"message":"slow down","type":"rate"}})"}, "", {}});
  auto asked = model();
  const auto by_status = asked.complete(request(), tokens_);
  ASSERT_FALSE(by_status);
  EXPECT_EQ(by_status.error().code, ErrorCode::kBackend);
  EXPECT_NE(by_status.error().detail.find("429"), std::string::npos);
  answer({200, {}, {event("Ha"), "data: {\"error\":{\"message\":\"broke\"}}\n\n"}, "", {}});
  const auto in_stream = asked.complete(request(), tokens_);
  ASSERT_FALSE(in_stream);
  EXPECT_EQ(in_stream.error().code, ErrorCode::kBackend);
}

TEST_F(SealedModelTest, AReplyThatIsNoUseIsTheModelsFault) {
  const std::string long_text(5 * 1024 * 1024, 'x');
  for (const bool stream : {true, false}) {
    for (const std::string& reply : {std::string("data: no JSON\n\n"), "data: " + long_text + "\n\n"}) {
      std::vector<std::string> pieces;
      for (std::size_t at = 0; at < reply.size(); at += 16'000) pieces.push_back(reply.substr(at, 16'000));
      answer({200, {}, pieces, "", {}});
      auto asked = model();
      const auto completion = asked.complete(request(stream), tokens_);
      ASSERT_FALSE(completion);
      EXPECT_EQ(completion.error().code, ErrorCode::kBackend) << completion.error().detail;
    }
  }
}

TEST_F(SealedModelTest, AsksAgainWithoutWhatTheServerDoesNotTake) {
  int asked_times = 0;
  FakeServerHooks hooks;
  hooks.answer = [&](const ReceivedExchange&) {
    if (++asked_times == 1)
      return FakeReply{400, {}, {R"({"error":{"message":"response_format is not supported"}})"}, "", {}};
    return FakeReply{200, {}, {event("So") + "data: [DONE]\n\n"}, "", {}};
  };
  server_.set(std::move(hooks));
  chat::ChatRequest shaped = request();
  shaped.response_format = chat::JsonObject{};
  chat::Concessions concessions;
  for (const std::size_t refused : {std::size_t{1}, std::size_t{0}}) {
    const SealedCompletion made = run(complete(client(), concessions, shaped, tokens_, {}));
    ASSERT_TRUE(made.completion) << made.completion.error().detail;
    EXPECT_EQ(made.refused.size(), refused) << "it is known the second time";
  }
  ASSERT_EQ(server_.exchanges().size(), 3U);
  EXPECT_TRUE(Json::parse(server_.exchanges()[0].body).contains("response_format"));
  EXPECT_FALSE(Json::parse(server_.exchanges()[1].body).contains("response_format"));
  EXPECT_FALSE(Json::parse(server_.exchanges()[2].body).contains("response_format"));
  EXPECT_EQ(concessions.notes().size(), 1U);
}

TEST_F(SealedModelTest, ListsModels) {
  answer({200, {}, {R"({"object":"list","data":[{"id":"b"},{"id":"a"}]})"}, "", {}});
  auto asked = model();
  EXPECT_EQ(asked.models().value(), (std::vector<std::string>{"b", "a"}));
  EXPECT_EQ(server_.exchanges().at(0).head.method, "GET");
  answer({200, {}, {"no json"}, "", {}});
  EXPECT_EQ(asked.models().error().code, ErrorCode::kBackend);
}

class LogTest : public ClientFixture {
 protected:
  LogTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "minions-log-test-XXXXXX";
    directory_ = mkdtemp(pattern.data());
    log_ = ExchangeLog::create(file()).value();
  }
  ~LogTest() override { std::filesystem::remove_all(directory_); }
  [[nodiscard]] std::filesystem::path file() const { return directory_ / "log.json"; }
  [[nodiscard]] Json written() {
    EXPECT_TRUE(log_->finish());
    return Json::parse(std::ifstream(file()));
  }
  std::filesystem::path directory_;
};

Digest32 transcript_hash(std::string_view head, ByteView data) {
  session::ExchangeHash hash;
  hash.head(as_bytes(head));
  hash.data(data);
  return std::move(hash).finish();
}

TEST_F(LogTest, HoldsWhatTheReceiptSigns) {
  FakeServerHooks hooks;
  hooks.answer = [](const ReceivedExchange&) {
    return FakeReply{200, {}, {"an", "swer"}, R"({"total_tokens":1})", {}};
  };
  server_.set(hooks);
  ASSERT_TRUE(ask().reply);
  const Json log = written();
  struct stat status {};
  ASSERT_EQ(::stat(file().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);

  ASSERT_EQ(log["exchanges"].size(), 1U);
  const Json& exchange = log["exchanges"][0];
  const Bytes data = from_base64url(exchange["data"].get<std::string>()).value();
  const Bytes reply = from_base64url(exchange["reply_data"].get<std::string>()).value();
  EXPECT_EQ(as_text(data), "the question");
  EXPECT_EQ(as_text(reply), "answer");
  session::ReceiptSubject subject;
  const Bytes statement = from_base64url(log["document"]["statement"].get<std::string>()).value();
  subject.statement = attestation::statement_digest(statement);
  subject.channel_binding = exactly<32>(from_base64url(log["h"].get<std::string>())).value();
  subject.n = exchange["n"];
  subject.request = transcript_hash(exchange["head"].get<std::string>(), data);
  subject.reply = transcript_hash(exchange["reply_head"].get<std::string>(), reply);
  subject.usage = crypto::sha256(as_bytes(exchange["usage"].get_ref<const std::string&>()));
  subject.time = exchange["receipt"]["time"];
  const auto signature = exactly<64>(from_base64url(exchange["receipt"]["signature"].get<std::string>())).value();
  const auto key = attestation::Statement::parse(statement)->receipt_ed25519;
  EXPECT_TRUE(crypto::ed25519_verify(key, session::receipt_message(subject), signature));
  EXPECT_TRUE(exchange["complete"].get<bool>());
}

TEST_F(LogTest, IsWrittenAfterFailuresToo) {
  FakeServerHooks hooks;
  hooks.wire = [](const std::vector<Bytes>& records) { return WireReply{join({records.data(), 2})}; };
  server_.set(hooks);
  ASSERT_FALSE(ask().reply);
  const Json log = written();
  ASSERT_EQ(log["exchanges"].size(), 1U);
  EXPECT_FALSE(log["exchanges"][0]["complete"].get<bool>());
  EXPECT_TRUE(log["exchanges"][0]["receipt"].is_null());
  EXPECT_TRUE(log["error"].is_string());
}

TEST_F(LogTest, HoldsTheDocumentOfARefusal) {
  now_ = kFakeNow + 4000;
  ASSERT_FALSE(ask().reply);
  const Json log = written();
  EXPECT_TRUE(log["document"].is_object());
  EXPECT_TRUE(log["session"].is_null());
  EXPECT_EQ(log["exchanges"].size(), 0U);
  EXPECT_NE(log["error"].get<std::string>().find("statement.window"), std::string::npos);
}

TEST_F(LogTest, IsNeverOverwritten) {
  const auto second = ExchangeLog::create(file());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kUsage);
}

}  // namespace
}  // namespace minions::client
