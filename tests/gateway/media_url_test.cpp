// Addresses of media in sealed requests: no backend is ever given a request to act on that holds one.
#include "gateway/fixture.h"

namespace minions::gateway {
namespace {

using session::AlertCode;
using session::Processed;

class MediaUrlTest : public GatewayFixture {};

std::string body_with(std::string_view url, std::string_view text) {
  return R"({"model":"scripted","messages":[{"content":[{"type":"text","text":")" + std::string(text) +
         R"("},{"type":"image_url","image_url":{"url":")" + std::string(url) + R"("}}]}]})";
}

TEST_F(MediaUrlTest, AreRefusedSealedBeforeTheBackendsRequestIsComplete) {
  serve();
  auto session = open_session();
  for (const std::string_view path : {"/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/v1/responses"}) {
    for (const std::string& text : {std::string("short"), std::string(300'000, 'x')}) {
      const std::string body = body_with("\\u0068ttp://169.254.169.254/", text);
      session::RequestHead head = chat_head(body.size());
      head.path = path;
      const OpenedReply reply = ask(session, head, body);
      ASSERT_TRUE(reply.alert) << path;
      EXPECT_EQ(reply.alert->code, AlertCode::kBadRequest);
      EXPECT_EQ(reply.alert->processed, Processed::kNo);
      EXPECT_NE(reply.alert->message.find("data: URLs"), std::string::npos);
      if (backend_->calls().empty()) continue;  // it came in the first record
      const SeenCall seen = backend_->wait([](const SeenCall& call) { return call.gone; }, 1s);
      EXPECT_TRUE(seen.gone) << "not broken off";
      EXPECT_FALSE(seen.finished) << "the backend's request was completed";
      EXPECT_EQ(seen.body.find("169.254"), std::string::npos) << "the address went on";
    }
  }
  EXPECT_FALSE(backend_->calls().empty()) << "no long request had begun";
}

TEST_F(MediaUrlTest, DataUrlsPassAsTheyAre) {
  serve();
  auto session = open_session();
  const std::string body = body_with("data:image/png;base64," + std::string(400'000, 'A'), "what is this?");
  ASSERT_TRUE(ask(session, chat_head(body.size()), body).trailer);
  const SeenCall seen = backend_->last();
  EXPECT_TRUE(seen.finished);
  EXPECT_EQ(seen.body, body);
}

TEST_F(MediaUrlTest, ABodyThatServersCouldReadOtherwiseIsRefused) {
  serve();
  auto session = open_session();
  for (const std::string_view body : {R"({"messages":[{"image_url":)", R"({"messages":[]} {})", "{'a':1}"}) {
    const OpenedReply reply = ask(session, body);
    ASSERT_TRUE(reply.alert) << body;
    EXPECT_EQ(reply.alert->code, AlertCode::kBadRequest);
    EXPECT_FALSE(backend_->wait([](const SeenCall& call) { return call.gone; }, 1s).finished) << body;
  }
  EXPECT_TRUE(ask(session, "no object at all").trailer) << "what is no object is the backend's to refuse";
}

TEST_F(MediaUrlTest, ABodyThatIsNoUnicodeIsRefused) {
  serve();
  auto session = open_session();
  for (const std::string_view body : {R"({"model":"scripted","mod\ud800el":"other"})",
                                      "{\"model\":\"scripted\",\"mod\xc0\x80"
                                      "el\":\"other\"}",
                                      R"({"model":"scripted","messages":[{"content":"\udc00"}]})"}) {
    const OpenedReply reply = ask(session, body);
    ASSERT_TRUE(reply.alert) << body;
    EXPECT_EQ(reply.alert->code, AlertCode::kBadRequest);
    EXPECT_NE(reply.alert->message.find("surrogate"), std::string::npos) << reply.alert->message;
    for (const SeenCall& call : backend_->calls()) EXPECT_FALSE(call.finished) << body;
  }
}

TEST_F(MediaUrlTest, EveryPathOfTheListReachesTheBackend) {
  serve();
  auto session = open_session();
  for (const auto& [method, path] :
       std::vector<std::pair<std::string, std::string>>{{"GET", "/v1/models"},
                                                        {"GET", "/v1/models/google/gemma-3-4b-it"},
                                                        {"POST", "/v1/completions"},
                                                        {"POST", "/v1/embeddings"},
                                                        {"POST", "/v1/responses"},
                                                        {"POST", "/v1/chat/completions"}}) {
    session::RequestHead head;
    head.method = method;
    head.path = path;
    ASSERT_TRUE(ask(session, head, "").trailer) << path;
    EXPECT_EQ(backend_->last().request.path, path);
    EXPECT_EQ(backend_->last().request.method, method);
  }
}

}  // namespace
}  // namespace minions::gateway
