#include "workers/chat_api_client.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "extractive/model.h"
#include "peer.h"
#include "workers/in_process_client.h"
#include "workers/worker.h"

namespace minions::workers {
namespace {

using nlohmann::json;

constexpr const char* kOpenAiReply =
    "data: {\"choices\":[{\"delta\":{\"content\":\"four\"}}]}\n\ndata: "
    "{\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":1}}\n\ndata: [DONE]\n\n";
constexpr const char* kOllamaReply =
    "{\"message\":{\"content\":\"four\"},\"done\":false}\n{\"done\":true,\"done_reason\":\"stop\",\"prompt_eval_"
    "count\":9,\"eval_count\":1}\n";
constexpr const char* kAnthropicReply =
    "data: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":9,\"output_tokens\":1}}}\n\n"
    "data: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\",\"text\":\"four\"}}\n\n"
    "data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":1}}\n\n"
    "data: {\"type\":\"message_stop\"}\n\n";

chat::ChatRequest question() {
  chat::ChatRequest request{.model = "m"};
  request.messages.push_back({chat::Role::kSystem, chat::Text("documents")});
  request.messages.push_back({chat::Role::kUser, chat::Text("two and two?")});
  request.sampling.max_tokens = 99;
  return request;
}

class Collector final : public chat::TokenSink {
 public:
  bool token(std::string_view piece) override {
    text += piece;
    return true;
  }
  void waiting() override { ++waits; }
  std::string text;
  int waits = 0;
};

class ChatApiTest : public testing::Test {
 protected:
  [[nodiscard]] ChatApiOptions options(ChatApi api) const {
    ChatApiOptions made;
    made.api = api;
    made.url = peer_.url(api == ChatApi::kOpenAi ? "/v1" : "");
    made.backoff.fill(std::chrono::milliseconds(1));
    made.loading_pause = std::chrono::milliseconds(1);
    made.between_time = std::chrono::seconds(5);
    return made;
  }
  [[nodiscard]] std::unique_ptr<ChatApiClient> make(ChatApiOptions with) {
    auto client = ChatApiClient::create(context_.get_executor(), std::move(with));
    EXPECT_TRUE(client) << client.error().detail;
    return *std::move(client);
  }
  [[nodiscard]] Result<chat::Completion> ask(ChatApiClient& client, const chat::ChatRequest& request = question()) {
    sink_.text.clear();
    return net::run_until_done(context_, client.complete(request, sink_, stop_.get_token()));
  }

  [[nodiscard]] Result<std::optional<std::uint64_t>> look_up(ChatApi api, const std::string& model) {
    const auto client = make(options(api));
    return net::run_until_done(context_, client->look_up(model, {}));
  }

  Peer peer_;
  net::asio::io_context context_;
  std::stop_source stop_;
  Collector sink_;
};

TEST_F(ChatApiTest, SpeaksEachWireByteByByte) {
  const std::pair<ChatApi, const char*> apis[] = {
      {ChatApi::kOpenAi, kOpenAiReply}, {ChatApi::kOllama, kOllamaReply}, {ChatApi::kAnthropic, kAnthropicReply}};
  const char* targets[] = {"/v1/chat/completions", "/api/chat", "/v1/messages"};
  for (const auto& [api, reply] : apis) {
    peer_.script({{.body = reply, .byte_by_byte = true}});
    const auto client = make(options(api));
    const auto completion = ask(*client);
    ASSERT_TRUE(completion) << completion.error().detail;
    EXPECT_EQ(completion->text.reveal(), "four");
    EXPECT_EQ(sink_.text, "four");
    EXPECT_EQ(completion->usage->prompt_tokens, 9U);
    EXPECT_EQ(peer_.requests()[0].target, targets[static_cast<int>(api)]);
  }
}

TEST_F(ChatApiTest, TellsOllamaEverythingThatKeepsItFromCutting) {
  peer_.script({{.body = kOllamaReply}});
  ChatApiOptions with = options(ChatApi::kOllama);
  with.context_tokens = 12'345;
  const auto client = make(std::move(with));
  chat::ChatRequest request = question();
  request.messages.back().images.push_back({"image/png", chat::Text("QUJD")});
  request.response_format = chat::JsonSchema{"names", R"({"type":"object"})"};
  ASSERT_TRUE(ask(*client, request));
  const json body = json::parse(peer_.requests()[0].body);
  EXPECT_EQ(body["stream"], true);
  EXPECT_EQ(body["truncate"], false);
  EXPECT_EQ(body["shift"], false);
  EXPECT_EQ(body["options"]["num_ctx"], 12'345);
  EXPECT_EQ(body["options"]["num_predict"], 99);
  EXPECT_EQ(body["format"], json({{"type", "object"}}));
  EXPECT_EQ(body["messages"][1]["images"][0], "QUJD");
  request.response_format = chat::JsonObject{};
  EXPECT_EQ(json::parse(ollama_body(request, 1))["format"], "json");
}

TEST_F(ChatApiTest, SaysThatAnthropicTakesNoSeed) {
  peer_.script({{.body = kAnthropicReply}});
  const auto client = make(options(ChatApi::kAnthropic));
  chat::ChatRequest request = question();
  request.sampling.seed = 7;
  ASSERT_TRUE(ask(*client, request));
  EXPECT_FALSE(json::parse(peer_.requests()[0].body).contains("seed"));
  EXPECT_EQ(client->notes(), std::vector<std::string>{"Anthropic's API takes no seed: none was sent"});
}

TEST_F(ChatApiTest, TellsAnthropicTheSystemPromptApart) {
  chat::ChatRequest request = question();
  request.messages.back().images.push_back({"image/png", chat::Text("QUJD")});
  request.sampling.stop = {"END"};
  const json body = json::parse(anthropic_body(request));
  EXPECT_EQ(body["system"], "documents");
  ASSERT_EQ(body["messages"].size(), 1U);
  EXPECT_EQ(body["messages"][0]["content"][0]["text"], "two and two?");
  EXPECT_EQ(body["messages"][0]["content"][1]["source"]["media_type"], "image/png");
  EXPECT_EQ(body["max_tokens"], 99);
  EXPECT_EQ(body["stop_sequences"][0], "END");
}

TEST_F(ChatApiTest, NamesTheLimitAsTheServerWants) {
  chat::ChatRequest request = question();
  request.messages.back().content = chat::Text(R"(what of ,"max_tokens":99 here?)");
  const json plain = json::parse(openai_body(request, TokenLimitField::kMaxTokens));
  EXPECT_EQ(plain["max_tokens"], 99);
  const json other = json::parse(openai_body(request, TokenLimitField::kMaxCompletionTokens));
  EXPECT_EQ(other["max_completion_tokens"], 99);
  EXPECT_FALSE(other.contains("max_tokens"));
  EXPECT_EQ(other["messages"], plain["messages"]);
}

TEST_F(ChatApiTest, SendsKeysAsEachServerTakesThem) {
  const auto header = [&](ChatApiOptions with, const char* reply, std::string_view name) {
    peer_.script({{.body = reply}});
    with.api_key = crypto::SecretText("k3y");
    EXPECT_TRUE(ask(*make(std::move(with))));
    return std::string(net::find(peer_.requests()[0].headers, name).value_or("none"));
  };
  EXPECT_EQ(header(options(ChatApi::kOpenAi), kOpenAiReply, "authorization"), "Bearer k3y");
  EXPECT_EQ(header(options(ChatApi::kAnthropic), kAnthropicReply, "x-api-key"), "k3y");
  EXPECT_EQ(header(options(ChatApi::kAnthropic), kAnthropicReply, "anthropic-version"), "2023-06-01");
  ChatApiOptions azure = options(ChatApi::kOpenAi);
  azure.key_header = KeyHeader::kApiKey;
  EXPECT_EQ(header(std::move(azure), kOpenAiReply, "api-key"), "k3y");
}

TEST_F(ChatApiTest, TriesAgainWhereTheServerIsBusy) {
  for (const int status : {408, 409, 429, 500, 502, 503}) {
    peer_.script({{.status = status, .body = "{}"}, {.status = status, .body = "{}"}, {.body = kOpenAiReply}});
    ASSERT_TRUE(ask(*make(options(ChatApi::kOpenAi)))) << status;
    EXPECT_EQ(peer_.requests().size(), 3U) << status;
  }
  peer_.script({{.status = 429, .body = R"({"error":{"message":"slow down"}})"}});
  const auto failed = ask(*make(options(ChatApi::kOpenAi)));
  EXPECT_EQ(failed.error().code, ErrorCode::kBusy);
  EXPECT_NE(failed.error().detail.find("HTTP 429: slow down"), std::string::npos);
  EXPECT_EQ(peer_.requests().size(), 4U);
}

TEST_F(ChatApiTest, WaitsWhileTheModelIsLoadedAndSaysSo) {
  const PeerReply loading{.status = 503, .body = R"({"error":{"code":503,"message":"Loading model"}})"};
  std::deque<PeerReply> script(20, loading);
  script.push_back({.body = kOpenAiReply});
  peer_.script(script);
  ASSERT_TRUE(ask(*make(options(ChatApi::kOpenAi))));
  EXPECT_EQ(peer_.requests().size(), 21U);
  EXPECT_EQ(sink_.waits, 20);

  script.back() = {.body = R"({"data":[{"id":"m","max_model_len":4096}]})"};
  peer_.script(script);
  ChatApiOptions with = options(ChatApi::kOpenAi);
  int told = 0;
  with.on_loading = [&](std::chrono::seconds) { ++told; };
  const auto listed = net::run_until_done(context_, make(std::move(with))->look_up("m", {}));
  ASSERT_TRUE(listed) << listed.error().detail;
  EXPECT_EQ(*listed, 4096U);
  EXPECT_EQ(told, 20);

  peer_.script({{.status = 503, .body = R"({"error":"overloading: try later"})"}});
  EXPECT_FALSE(ask(*make(options(ChatApi::kOpenAi))));
  EXPECT_EQ(peer_.requests().size(), 4U) << "load is waited for as other errors are";

  peer_.script({loading});
  ChatApiOptions impatient = options(ChatApi::kOpenAi);
  impatient.first_byte_time = std::chrono::milliseconds(200);
  const auto failed = ask(*make(std::move(impatient)));
  EXPECT_EQ(failed.error().code, ErrorCode::kBusy);
  EXPECT_NE(failed.error().detail.find("Loading model"), std::string::npos);
}

TEST_F(ChatApiTest, DoesNotTryAgainWhatIsNoUseAgain) {
  for (const int status : {400, 401, 403, 404, 413}) {
    peer_.script({{.status = status, .body = "{}"}});
    EXPECT_FALSE(ask(*make(options(ChatApi::kOpenAi)))) << status;
    EXPECT_EQ(peer_.requests().size(), 1U) << status;
  }
}

TEST_F(ChatApiTest, WaitsAsLongAsTheServerAsksAndNoLongerThanItMay) {
  EXPECT_EQ(retry_after("7"), std::chrono::seconds(7));
  EXPECT_FALSE(retry_after("Wed, 21 Oct 2026 07:28:00 GMT"));
  EXPECT_FALSE(retry_after("-1"));
  peer_.script({{.status = 429, .body = "{}", .headers = {{"Retry-After", "3600"}}}, {.body = kOpenAiReply}});
  EXPECT_EQ(ask(*make(options(ChatApi::kOpenAi))).error().code, ErrorCode::kBusy);
  EXPECT_EQ(peer_.requests().size(), 1U);
  peer_.script({{.status = 429, .body = "{}", .headers = {{"Retry-After", "0"}}}, {.body = kOpenAiReply}});
  EXPECT_TRUE(ask(*make(options(ChatApi::kOpenAi))));
}

TEST_F(ChatApiTest, NeverRepeatsAReplyThatHasBegun) {
  const std::pair<ChatApi, const char*> apis[] = {
      {ChatApi::kOpenAi, kOpenAiReply}, {ChatApi::kOllama, kOllamaReply}, {ChatApi::kAnthropic, kAnthropicReply}};
  for (const auto& [api, reply] : apis) {
    peer_.script(
        {{.body = std::string(reply).substr(0, std::string(reply).find("four") + 10), .cut = true}, {.body = reply}});
    EXPECT_FALSE(ask(*make(options(api))));
    EXPECT_EQ(peer_.requests().size(), 1U);
  }
}

TEST_F(ChatApiTest, SaysHowToGetAModelThatOllamaLacks) {
  peer_.script({{.status = 404, .body = R"({"error":"model 'm' not found"})"}});
  const auto failed = ask(*make(options(ChatApi::kOllama)));
  EXPECT_EQ(failed.error().code, ErrorCode::kNotFound);
  EXPECT_NE(failed.error().detail.find("ollama pull m"), std::string::npos);
}

TEST_F(ChatApiTest, AsksWithoutAShapeWhereTheServerHasNone) {
  peer_.script(
      {{.status = 400, .body = R"({"error":{"message":"response_format is not supported"}})"}, {.body = kOpenAiReply}});
  chat::ChatRequest request = question();
  request.response_format = chat::JsonSchema{"names", R"({"type":"object"})"};
  ASSERT_TRUE(ask(*make(options(ChatApi::kOpenAi)), request));
  EXPECT_FALSE(json::parse(peer_.requests()[1].body).contains("response_format"));
}

TEST_F(ChatApiTest, StaysOnThisMachine) {
  for (const char* url : {"http://192.0.2.1:11434", "https://models.example.org/v1"}) {
    ChatApiOptions with = options(ChatApi::kOllama);
    with.url = *net::Url::parse(url);
    const auto refused = ChatApiClient::create(context_.get_executor(), std::move(with));
    ASSERT_FALSE(refused) << url;
    EXPECT_EQ(refused.error().code, ErrorCode::kRefused);
  }
  ChatApiOptions plain = options(ChatApi::kOpenAi);
  plain.url = *net::Url::parse("http://192.0.2.1/v1");
  plain.reach = Reach::kAnywhere;
  EXPECT_EQ(ChatApiClient::create(context_.get_executor(), std::move(plain)).error().code, ErrorCode::kRefused);
}

TEST_F(ChatApiTest, EndsWhenItIsToldTo) {
  peer_.script({{.body = kOpenAiReply}});
  const auto client = make(options(ChatApi::kOpenAi));
  stop_.request_stop();
  EXPECT_EQ(ask(*client).error().code, ErrorCode::kCancelled);
}

TEST_F(ChatApiTest, LooksAModelUp) {
  peer_.script({{.body = R"({"model_info":{"llama.context_length":8192}})"}});
  EXPECT_EQ(look_up(ChatApi::kOllama, "m").value(), 8192U);
  EXPECT_EQ(peer_.requests()[0].target, "/api/show");
  peer_.script({{.body = R"({"remote_host":"https://ollama.com"})"}});
  EXPECT_EQ(look_up(ChatApi::kOllama, "m").error().code, ErrorCode::kRefused);
  EXPECT_EQ(look_up(ChatApi::kOllama, "m:120b-cloud").error().code, ErrorCode::kRefused);
  peer_.script({{.body = R"({"object":"list","data":[{"id":"n"},{"id":"m","max_model_len":32768}]})"}});
  EXPECT_EQ(look_up(ChatApi::kOpenAi, "m").value(), 32768U);
  peer_.script({{.status = 404, .body = "no"}});
  EXPECT_FALSE(look_up(ChatApi::kOpenAi, "m").value());
}

TEST(Worker, IsReadFromOneText) {
  const auto ollama = parse_worker("ollama:llama3.2:3b");
  ASSERT_TRUE(ollama);
  EXPECT_EQ(ollama->model, "llama3.2:3b");
  const auto openai = parse_worker("openai:http://127.0.0.1:8080/v1#qwen");
  EXPECT_EQ(openai->url, "http://127.0.0.1:8080/v1");
  EXPECT_EQ(openai->model, "qwen");
  EXPECT_EQ(parse_worker("extractive")->kind, WorkerKind::kExtractive);
  EXPECT_EQ(parse_worker("llama:models/a:b.gguf")->kind, WorkerKind::kLlama);
  EXPECT_EQ(parse_worker("llama:models/a:b.gguf")->model, "models/a:b.gguf");
  EXPECT_EQ(parse_worker("groq:x")->preset->key_variable, "GROQ_API_KEY");
  for (const char* bad :
       {"", "ollama", "ollama:", "nobody:x", "azure:x", "openai:http://127.0.0.1", "extractive:x", "llama", "llama:"}) {
    const auto refused = parse_worker(bad);
    ASSERT_FALSE(refused) << bad;
    EXPECT_EQ(refused.error().code, ErrorCode::kUsage);
  }
}

TEST(Worker, HasPresetsThatCanBeDialled) {
  for (const Preset& preset : presets()) {
    if (preset.url.empty()) continue;
    const auto url = net::Url::parse(preset.url);
    ASSERT_TRUE(url) << preset.name;
    // A vendor has a key and https, a server on this machine neither.
    EXPECT_EQ(preset.key_variable.empty(), net::is_loopback_host(url->host)) << preset.name;
    EXPECT_EQ(url->scheme == net::Scheme::kHttp, net::is_loopback_host(url->host)) << preset.name;
  }
}

TEST(Worker, TakesOllamaHostInItsForms) {
  const std::pair<const char*, const char*> forms[] = {{"0.0.0.0", "http://127.0.0.1:11434"},
                                                       {"0.0.0.0:8080", "http://127.0.0.1:8080"},
                                                       {"localhost", "http://localhost:11434"},
                                                       {"http://127.0.0.1:9/base", "http://127.0.0.1:9"},
                                                       {"[::]:7", "http://[::1]:7"},
                                                       {"[::1]", "http://[::1]:11434"},
                                                       {"https://box.example:443", "https://box.example"}};
  for (const auto& [text, origin] : forms) {
    const auto url = parse_ollama_host(text);
    ASSERT_TRUE(url) << text;
    EXPECT_EQ(url->origin(), origin) << text;
  }
  EXPECT_FALSE(parse_ollama_host("not a host"));
}

TEST(Worker, TakesKeysOutOfTheEnvironment) {
  ::setenv("GROQ_API_KEY", "gsk-secret", 1);
  const VendorKeys keys = VendorKeys::take_from_environment();
  EXPECT_EQ(std::getenv("GROQ_API_KEY"), nullptr);
  EXPECT_EQ(keys.find("GROQ_API_KEY")->reveal(), "gsk-secret");
  EXPECT_EQ(keys.find("NONE"), nullptr);
}

TEST(Worker, GivesNoVendorsKeyToAnotherAddress) {
  Peer peer;
  peer.script({{.body = R"({"data":[]})"}, {.body = kOpenAiReply}});
  ::setenv("OPENAI_API_KEY", "sk-secret", 1);
  const VendorKeys keys = VendorKeys::take_from_environment();
  net::asio::io_context context;
  const auto spec = parse_worker("openai:" + peer.url("/v1").origin() + "/v1#m");
  const auto worker = net::run_until_done(context, make_worker(*spec, {context.get_executor(), keys}, {}));
  ASSERT_TRUE(worker) << worker.error().detail;
  Collector sink;
  const chat::ChatRequest asked = question();
  ASSERT_TRUE(net::run_until_done(context, worker->client->complete(asked, sink, {})));
  for (const PeerRequest& request : peer.requests()) EXPECT_FALSE(net::find(request.headers, "authorization"));
}

// In a build without llama.cpp, too, which says so.
TEST(Worker, IsNoFileThatIsNotThere) {
  net::asio::io_context context;
  const VendorKeys keys;
  const auto failed = net::run_until_done(
      context, make_worker(*parse_worker("llama:/nowhere/missing.gguf"), {context.get_executor(), keys}, {}));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::kUsage);
  const std::string& detail = failed.error().detail;
  EXPECT_TRUE(detail.find("missing.gguf: cannot be read") != std::string::npos ||
              detail.find("-DMINIONS_LLAMA") != std::string::npos)
      << detail;
}

TEST(InProcessClient, AnswersAndTellsErrors) {
  net::asio::io_context context;
  InProcessClient client(context.get_executor(), std::make_unique<extractive::ExtractiveModel>(), "extractive");
  chat::ChatRequest request{.model = "extractive"};
  request.messages.push_back(
      {chat::Role::kSystem,
       chat::Text("### Document 1\n[r.pdf, page 9]\nThe Falkenau turbine reached 412 megawatts.")});
  request.messages.push_back({chat::Role::kUser, chat::Text("What did the Falkenau turbine reach?")});
  Collector sink;
  const auto completion = net::run_until_done(context, client.complete(request, sink, {}));
  ASSERT_TRUE(completion) << completion.error().detail;
  EXPECT_NE(completion->text.reveal().find("412 megawatts"), std::string_view::npos);
  EXPECT_EQ(sink.text, completion->text.reveal());
  request.model = "other";
  EXPECT_EQ(net::run_until_done(context, client.complete(request, sink, {})).error().code, ErrorCode::kBackend);
}

TEST(InProcessClient, NamesTheParametersThatItIgnores) {
  net::asio::io_context context;
  InProcessClient client(context.get_executor(), std::make_unique<extractive::ExtractiveModel>(), "extractive");
  chat::ChatRequest request = question();
  request.model = "extractive";
  request.sampling.temperature = 0.5;
  request.sampling.max_tokens = 100;
  request.sampling.parameters = {{"min_p", "0.1"}};
  Collector sink;
  for (int calls = 0; calls < 2; ++calls) ASSERT_TRUE(net::run_until_done(context, client.complete(request, sink, {})));
  EXPECT_EQ(client.notes(), (std::vector<std::string>{"the extractive engine ignores temperature",
                                                      "the extractive engine ignores min_p"}));
}

TEST(InProcessClient, TellsThatItsTokensWereNotTaken) {
  class Throwing final : public chat::TokenSink {
    bool token(std::string_view) override { throw std::runtime_error("no room"); }
  };
  net::asio::io_context context{1};
  InProcessClient client(context.get_executor(), std::make_unique<extractive::ExtractiveModel>(), "extractive");
  chat::ChatRequest request = question();
  request.model = "extractive";
  Throwing sink;
  const auto reply = net::run_until_done(context, client.complete(request, sink, {}));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, ErrorCode::kInternal);
  EXPECT_NE(reply.error().detail.find("no room"), std::string::npos);
}

TEST(InProcessClient, EndsWhenItIsToldTo) {
  net::asio::io_context context;
  std::stop_source stop;
  stop.request_stop();
  InProcessClient client(context.get_executor(), std::make_unique<extractive::ExtractiveModel>(), "extractive");
  chat::ChatRequest request = question();
  request.model = "extractive";
  Collector sink;
  EXPECT_EQ(net::run_until_done(context, client.complete(request, sink, stop.get_token())).error().code,
            ErrorCode::kCancelled);
}

}  // namespace
}  // namespace minions::workers
