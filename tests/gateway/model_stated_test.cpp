// A session serves the models that its statement lists. Of a request for another one the backend sees nothing.
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "gateway/fixture.h"

namespace minions::gateway {
namespace {

class ModelStatedTest : public GatewayFixture {
 protected:
  // In front of a server outside this process.
  void serve_outside(std::vector<std::string> ids = {"scripted"}) {
    backend_->set_chooses_listed_model(false);
    Serving serving;
    serving.models.clear();
    for (std::string& id : ids)
      serving.models.push_back({std::move(id), "test", attestation::ModelEntry::Where::kLoopback, std::nullopt});
    serve(std::move(serving));
  }
  [[nodiscard]] Json expect_refused(session::ClientSession& session, std::string_view body, int status,
                                    std::string_view code, std::string_view path = "/v1/chat/completions") {
    session::RequestHead head = chat_head(body.size());
    head.path = path;
    const OpenedReply reply = ask(session, head, body);
    EXPECT_TRUE(reply.trailer);
    if (!reply.head) return {};
    EXPECT_EQ(reply.head->status, status) << body.substr(0, 200);
    EXPECT_EQ(session::find_header(reply.head->headers, "content-type"), "application/json");
    const Json error = Json::parse(reply.data, nullptr, false);
    if (!error.is_object() || !error.contains("error")) return {};
    EXPECT_EQ(error["error"]["code"], code) << body.substr(0, 200);
    return error["error"];
  }
};

TEST_F(ModelStatedTest, AnotherModelIsRefusedAndTheBackendSeesNothing) {
  serve_outside({"scripted", "second"});
  auto session = open_session();
  const std::string prompt = R"("messages":")" + std::string(300'000, 's') + '"';
  for (const std::string_view path : {"/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/v1/responses"}) {
    for (const std::string& body :
         {std::string(R"({"model":"other"})"), R"({"model":"other",)" + prompt + "}",
          "{" + prompt + R"(,"model":"other"})", "{" + prompt + R"(,"\u006dodel":"Scripted"})",
          std::string(R"({"model":"scripted "})"), std::string(R"({"model":""})")})
      static_cast<void>(expect_refused(session, body, 404, "model_not_stated", path));
  }
  EXPECT_TRUE(backend_->calls().empty()) << "the backend was asked";
  const Json error = expect_refused(session, R"({"model":"ot\nher"})", 404, "model_not_stated");
  const std::string message = error.value("message", "");
  EXPECT_NE(message.find("ot\\nher"), std::string::npos) << message;
  EXPECT_NE(message.find("lists 2 models"), std::string::npos) << message;
  EXPECT_EQ(error["param"], "model");
  const Json longer =
      expect_refused(session, R"({"model":")" + std::string(3000, 'n') + R"("})", 404, "model_not_stated");
  EXPECT_LT(longer.value("message", "").size(), 500U);
}

TEST_F(ModelStatedTest, AStatedModelIsServedWhereverItsNameStands) {
  serve_outside({"first", "se/cond:1"});
  auto session = open_session();
  const std::string prompt = R"("messages":")" + std::string(300'000, 's') + '"';
  for (const std::string& body :
       {std::string(R"({"model":"first"})"), R"({"model":"first",)" + prompt + "}",
        "{" + prompt + R"(,"model":"se\/cond:1"})", "{" + prompt + R"(,"\u006dodel":"f\u0069rst",)" + prompt + "}"}) {
    const OpenedReply reply = ask(session, body);
    ASSERT_TRUE(reply.trailer);
    EXPECT_EQ(reply.head->status, 200);
    const SeenCall seen = backend_->last();
    EXPECT_TRUE(seen.finished);
    EXPECT_EQ(seen.body, body) << "changed on the way";
  }
}

TEST_F(ModelStatedTest, ASecondNameIsRefusedAndTheRequestNeverComplete) {
  serve_outside({"scripted", "second"});
  auto session = open_session();
  const std::string prompt = R"("messages":")" + std::string(300'000, 's') + '"';
  for (const std::string& body :
       {std::string(R"({"model":"scripted","model":"other"})"), std::string(R"({"model":"scripted","model":"second"})"),
        R"({"model":"scripted",)" + prompt + R"(,"model":"other"})",
        R"({"model":"scripted",)" + prompt + R"(,"Model":"other"})",
        R"({"model":null,)" + prompt + R"(,"\u006dodel":"scripted"})"})
    static_cast<void>(expect_refused(session, body, 400, "model_unclear"));
  for (const std::string_view body : {R"({"model":7})", R"({"MODEL":"scripted"})", R"({"model":["scripted"]})"})
    static_cast<void>(expect_refused(session, body, 400, "model_unclear"));
  for (const SeenCall& call : backend_->calls()) {
    EXPECT_FALSE(call.finished);
    EXPECT_TRUE(call.gone);
  }
}

TEST_F(ModelStatedTest, AServerOutsideIsToldWhichModel) {
  serve_outside();
  auto session = open_session();
  for (const std::string_view body : {"", "{}", R"({"messages":[]})", R"({"model":null})", "model=scripted"})
    static_cast<void>(expect_refused(session, body, 400, "model_missing"));
  EXPECT_TRUE(backend_->calls().empty());
}

TEST_F(ModelStatedTest, ACacheThatIsDividedLessThanStatedIsNotUsed) {
  using Cache = attestation::ModelEntry::PromptCache;
  backend_->set_chooses_listed_model(false);
  Serving serving;
  serving.models.clear();
  for (const auto& [id, cache] :
       {std::pair("divided", Cache::kSession), std::pair("none", Cache::kNone), std::pair("shared", Cache::kShared)}) {
    attestation::ModelEntry entry{id, "test", attestation::ModelEntry::Where::kLoopback, std::nullopt};
    entry.prompt_cache = cache;
    serving.models.push_back(std::move(entry));
  }
  serve(std::move(serving));
  auto session = open_session();
  for (const std::string model : {"divided", "none", "shared"}) {
    ASSERT_TRUE(ask(session, R"({"model":")" + model + R"("})").trailer);
    EXPECT_EQ(backend_->last().request.cache_stated_divided, model != "shared");
  }
  backend_->set({.fail_at = Point::kOpen, .failure = ErrorCode::kRefused});
  static_cast<void>(expect_refused(session, R"({"model":"divided"})", 503, "cache_not_stated"));
}

TEST_F(ModelStatedTest, AnEngineInThisProcessKnowsItsModel) {
  serve();
  auto session = open_session();
  for (const std::string_view body : {"", "{}", R"({"messages":[]})", R"({"model":null})"}) {
    const OpenedReply reply = ask(session, body);
    ASSERT_TRUE(reply.trailer) << body;
    EXPECT_EQ(reply.head->status, 200) << body;
  }
  const std::size_t calls = backend_->calls().size();
  static_cast<void>(expect_refused(session, R"({"model":"other"})", 404, "model_not_stated"));
  EXPECT_EQ(backend_->calls().size(), calls);
}

TEST_F(ModelStatedTest, WhileNoneIsStatedNothingIsGenerated) {
  serve_outside({});
  auto before = open_session();
  for (const std::string_view body : {R"({"model":"scripted"})", R"({"model":"a","model":"b"})", "{}", "question"})
    static_cast<void>(expect_refused(before, body, 503, "no_models"));
  EXPECT_TRUE(backend_->calls().empty());
  EXPECT_TRUE(ask(before, {"GET", "/v1/models", {}, 0}, "").trailer) << "what there is may be asked";
  const std::size_t calls = backend_->calls().size();

  // The list comes. The session goes on with the statement that its client verified.
  const auto first = gateway_->context().attestation->epoch_number();
  ASSERT_TRUE(gateway_->context().attestation->list_models(
      {{"scripted", "test", attestation::ModelEntry::Where::kLoopback, std::nullopt}}));
  for (int i = 0; i < 1000 && gateway_->context().attestation->epoch_number() == first; ++i)
    std::this_thread::sleep_for(10ms);
  static_cast<void>(expect_refused(before, R"({"model":"scripted"})", 503, "no_models"));
  EXPECT_EQ(backend_->calls().size(), calls);
  auto after = open_session();
  const OpenedReply reply = ask(after, R"({"model":"scripted"})");
  ASSERT_TRUE(reply.trailer);
  EXPECT_EQ(reply.head->status, 200);
}

}  // namespace
}  // namespace minions::gateway
