// What an upstream is told of the sessions behind its requests, and what they learn of each other.
#include "upstream/upstream.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "net/http_server.h"

namespace minions::upstream {
namespace {

using Json = nlohmann::json;
using namespace std::chrono_literals;

constexpr std::string_view kQuestion = R"({"model":"m","cache_salt":"theirs","cache_prompt":true,"messages":[]})";
constexpr std::string_view kAnswer = R"({"usage":{"prompt_tokens_details":{"cached_tokens":99}}})";

class UpstreamTest : public testing::Test {
 protected:
  UpstreamTest() {
    net::ListenOptions listen;
    listen.handler = [this](net::HttpExchange& http) { return handle(http); };
    url_ = *net::Url::parse("http://127.0.0.1:" + std::to_string(server_.listen(std::move(listen)).value()));
  }
  void start(UpstreamCache cache = UpstreamCache::kAsk) {
    upstream_ = std::make_unique<Upstream>(UpstreamOptions{.url = url_, .tls = nullptr, .cache = cache});
  }
  [[nodiscard]] std::string ask(const std::string& session, std::string_view question = kQuestion) {
    backend::BackendRequest request{
        .method = "POST", .path = "/v1/chat/completions", .headers = {}, .length = question.size()};
    request.session = session;
    request.cache_salt = "salt of " + session;
    request.cache_stated_divided = divided_;
    auto call = run(upstream_->open(std::move(request), context_.get_executor())).value();
    EXPECT_TRUE(run(call->write(as_bytes(question.substr(0, question.size() / 2)))));
    EXPECT_TRUE(run(call->write(as_bytes(question.substr(question.size() / 2)))));
    EXPECT_TRUE(run(call->finish()));
    EXPECT_TRUE(run(call->head(net::deadline_in(10s))));
    std::string answer;
    for (;;) {
      const auto piece = run(call->read(net::deadline_in(10s)));
      EXPECT_TRUE(piece);
      if (!piece || piece->empty()) return answer;
      answer += as_text(*piece);
    }
  }
  [[nodiscard]] static Json cached(const std::string& answer) {
    return Json::parse(answer)["usage"]["prompt_tokens_details"]["cached_tokens"];
  }
  template <class T>
  T run(net::Task<T> task) {
    return net::run_until_done(context_, std::move(task));
  }

  // Of the last question.
  [[nodiscard]] std::string body() const {
    const std::lock_guard lock(mutex_);
    return body_;
  }
  [[nodiscard]] std::vector<std::string> asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

  // Set before it is asked.
  std::string owner_ = "somebody";
  std::string others_;                // models behind the first
  std::string description_;           // of its API; empty: it has none
  bool divided_ = false;              // the statement says so
  std::atomic<bool> breaks_ = false;  // no reply comes
  std::atomic<int> aborts_ = 0;       // requests to which none comes
  int fails_ = 0;                     // the status of what is no question
  std::string answer_ = std::string(kAnswer);
  net::Url url_;
  net::asio::io_context context_;
  std::unique_ptr<Upstream> upstream_;

 private:
  mutable std::mutex mutex_;  // guards the two that follow
  std::vector<std::string> asked_;
  std::string body_;

 protected:
  net::HttpServer server_{net::ServerOptions{}};  // last: its handlers use the rest

 private:
  net::Task<void> handle(net::HttpExchange& http) {
    std::string body;
    for (;;) {
      const auto piece = co_await http.read_body(net::deadline_in(10s));
      if (!piece) co_return;
      if (piece->empty()) break;
      body += as_text(*piece);
    }
    if (breaks_ || (aborts_ > 0 && aborts_-- > 0)) {
      http.abort();
      co_return;
    }
    const std::string path(http.head().path());
    std::string reply(answer_);
    int status = 200;
    if (path == "/v1/models") {
      reply = R"({"data":[{"id":"m","owned_by":")" + owner_ + "\"}" + others_ + "]}";
    } else if (path == "/openapi.json") {
      reply = description_;
      status = description_.empty() ? 404 : 200;
    }
    if (http.head().method == "GET" && fails_ != 0) status = fails_;
    {
      const std::lock_guard lock(mutex_);
      asked_.push_back(path);
      if (path != "/v1/models" && path != "/openapi.json") body_ = body;
    }
    const net::Headers headers = {{"content-type", "application/json"}};
    static_cast<void>(co_await http.reply(status, headers, as_bytes(reply)));
  }
};

TEST_F(UpstreamTest, SessionsShareNoConnection) {
  start(UpstreamCache::kShared);
  for (int i = 0; i < 3; ++i) static_cast<void>(ask("alice"));
  EXPECT_EQ(server_.connections(), 1U);
  static_cast<void>(ask("bob"));
  EXPECT_EQ(server_.connections(), 2U);
  static_cast<void>(ask("alice"));
  EXPECT_EQ(server_.connections(), 2U);
  upstream_->forget("alice");
  context_.restart();
  context_.poll();
  for (const auto end = std::chrono::steady_clock::now() + 10s;
       server_.connections() > 1 && std::chrono::steady_clock::now() < end;) {
    std::this_thread::yield();
  }
  EXPECT_EQ(server_.connections(), 1U) << "a session's connection outlives it";
}

TEST_F(UpstreamTest, SaltsWhereTheServerKnowsIt) {
  description_ = R"({"components":{"schemas":{"ChatCompletionRequest":{"properties":{"cache_salt":{}}}}}})";
  start();
  const auto models = run(upstream_->models(context_.get_executor())).value();
  EXPECT_EQ(models[0].prompt_cache, openai::PromptCache::kSession);
  EXPECT_EQ(cached(ask("alice")), 99) << "its own";
  Json seen = Json::parse(body());
  EXPECT_EQ(seen["cache_salt"], "salt of alice");
  EXPECT_EQ(body().find("theirs\",\"cache_prompt"), std::string::npos) << body();
  EXPECT_EQ(body().find("cache_salt", body().find("cache_salt") + 1), std::string::npos) << body();
  static_cast<void>(ask("bob"));
  EXPECT_EQ(Json::parse(body())["cache_salt"], "salt of bob");
}

// Over what is kept for a second try, so that pieces pass on at once.
TEST_F(UpstreamTest, SaltsLargeRequestsAsWell) {
  start(UpstreamCache::kSalt);
  const std::string question = R"({"messages":")" + std::string(300'000, 'x') + R"(","cache_salt":"theirs"})";
  static_cast<void>(ask("alice", question));
  const Json seen = Json::parse(body(), nullptr, false);
  ASSERT_TRUE(seen.is_object());
  EXPECT_EQ(seen["cache_salt"], "salt of alice");
  EXPECT_EQ(seen["messages"].get_ref<const std::string&>().size(), 300'000U);
}

TEST_F(UpstreamTest, AsksLlamaServerToKeepNothing) {
  owner_ = "llamacpp";
  start();
  EXPECT_EQ(run(upstream_->models(context_.get_executor())).value()[0].prompt_cache, openai::PromptCache::kNone);
  static_cast<void>(ask("alice"));
  const Json seen = Json::parse(body());
  EXPECT_EQ(seen["cache_prompt"], false);
  EXPECT_FALSE(seen.contains("cache_salt"));
}

// A router: what one of the servers behind it does says nothing of the others.
TEST_F(UpstreamTest, SeveralServersAtOneAddressAreNotOne) {
  const auto found = [&](const char* owner, const char* others, const char* description) {
    owner_ = owner;
    others_ = others;
    description_ = description;
    start();
    std::vector<openai::PromptCache> caches;
    const auto models = run(upstream_->models(context_.get_executor())).value();
    for (const openai::ModelInfo& model : models) caches.push_back(model.prompt_cache);
    return caches;
  };
  using Caches = std::vector<openai::PromptCache>;
  const Caches shared(2, openai::PromptCache::kShared);
  EXPECT_EQ(found("llamacpp", R"(,{"id":"big","owned_by":"ollama"})", ""), shared);
  EXPECT_EQ(ask("alice"), R"({"usage":{}})");
  EXPECT_FALSE(Json::parse(body()).contains("cache_prompt"));
  EXPECT_EQ(found("ollama", R"(,{"id":"small","owned_by":"llamacpp"})", ""), shared);
  EXPECT_EQ(found("llamacpp", R"(,{"id":"big"})", ""), shared);
  EXPECT_EQ(found("vllm", R"(,{"id":"big","owned_by":"llamacpp"})", R"("cache_salt")"), shared);
  EXPECT_EQ(found("vllm", R"(,{"id":"big","owned_by":"sglang"})", R"("cache_salt")"), shared);
  EXPECT_EQ(found("vllm", R"(,{"id":"adapter","owned_by":"vllm"})", R"("cache_salt")"),
            Caches(2, openai::PromptCache::kSession));
  EXPECT_EQ(found("llamacpp", R"(,{"id":"big","owned_by":"llamacpp"})", ""), Caches(2, openai::PromptCache::kNone));
}

TEST_F(UpstreamTest, HidesCountsWhereItCannotTell) {
  start();
  EXPECT_EQ(run(upstream_->models(context_.get_executor())).value()[0].prompt_cache, openai::PromptCache::kShared);
  EXPECT_EQ(ask("alice"), R"({"usage":{}})");
  const Json seen = Json::parse(body());
  EXPECT_FALSE(seen.contains("cache_salt"));
  EXPECT_FALSE(seen.contains("cache_prompt"));
  EXPECT_EQ(seen["model"], "m");
}

// Neither a count nor its width, nor what it can be computed from, nor whether there is one: vLLM and SGLang have the
// details of a prompt only where something was cached.
TEST_F(UpstreamTest, AnswersFromASharedCacheAreAlike) {
  start(UpstreamCache::kShared);
  const auto of_usage = [&](const char* details) {
    answer_ = std::string(R"({"usage":{"prompt_tokens":2000,"total_tokens":2001)") + details + "}}";
    return ask("alice");
  };
  const std::string nothing_cached = of_usage("");
  EXPECT_EQ(of_usage(R"(,"prompt_tokens_details":{"cached_tokens":16})"), nothing_cached);
  EXPECT_EQ(of_usage(R"(,"prompt_tokens_details":{"cached_tokens":1984})"), nothing_cached);
  EXPECT_EQ(of_usage(R"(,"prompt_tokens_details":null)"), nothing_cached);
  const auto of_timings = [&](int cached, double milliseconds) {
    const int read = 109 - cached;
    answer_ = fmt::format(
        "data: "
        "{{\"choices\":[],\"prompt_progress\":{{\"total\":109,\"cache\":{},\"processed\":{},\"time_ms\":{}}}}}\n\n"
        "data: {{\"timings\":{{\"cache_n\":{},\"prompt_n\":{},\"prompt_ms\":{},\"prompt_per_token_ms\":{},"
        "\"prompt_per_second\":{},\"predicted_n\":4}}}}\n\ndata: [DONE]\n\n",
        cached, cached, milliseconds, cached, read, milliseconds, milliseconds / read, 1000 * read / milliseconds);
    return ask("alice");
  };
  EXPECT_EQ(of_timings(108, 9.125), of_timings(0, 1234.5));
}

TEST_F(UpstreamTest, OfASharedCacheNoProgressIsAskedFor) {
  for (const auto& [cache, asked] : {std::pair(UpstreamCache::kShared, false), std::pair(UpstreamCache::kOff, true)}) {
    start(cache);
    static_cast<void>(ask("alice", R"({"return_progress":true,"messages":[]})"));
    EXPECT_EQ(Json::parse(body()).contains("return_progress"), asked);
  }
}

// Whatever is held back of an answer comes at its end.
TEST_F(UpstreamTest, AnswersFromASharedCacheAreWhole) {
  start(UpstreamCache::kShared);
  for (const char* answer : {"[1,", R"({"usage")", R"(,"prompt_tokens_details" )", "\"", "x"}) {
    answer_ = answer;
    EXPECT_EQ(ask("alice"), answer);
  }
}

// Its description is not there for a moment, as in a server that starts.
TEST_F(UpstreamTest, KeepsWhatItKnowsOfAServerThatIsNotReady) {
  description_ = R"("cache_salt")";
  start();
  EXPECT_EQ(run(upstream_->models(context_.get_executor())).value()[0].prompt_cache, openai::PromptCache::kSession);
  for (const int status : {503, 429}) {
    fails_ = status;
    static_cast<void>(run(upstream_->models(context_.get_executor())));
    static_cast<void>(ask("alice"));
    EXPECT_EQ(Json::parse(body())["cache_salt"], "salt of alice");
  }
  fails_ = 0;
  description_ = "another server";
  EXPECT_EQ(run(upstream_->models(context_.get_executor())).value()[0].prompt_cache, openai::PromptCache::kShared);
}

// Another server may be there behind a connection that broke.
TEST_F(UpstreamTest, IsAskedAgainBehindABreak) {
  description_ = R"("cache_salt")";
  start();
  EXPECT_EQ(run(upstream_->models(context_.get_executor())).value()[0].prompt_cache, openai::PromptCache::kSession);
  divided_ = true;
  static_cast<void>(ask("alice"));
  description_ = "another server";
  static_cast<void>(ask("alice"));
  EXPECT_EQ(asked().back(), "/v1/chat/completions");
  breaks_ = true;
  backend::BackendRequest request{.method = "GET", .path = "/v1/models/m"};
  auto broken = run(upstream_->open(std::move(request), context_.get_executor())).value();
  ASSERT_TRUE(run(broken->finish()));
  EXPECT_FALSE(run(broken->head(net::deadline_in(10s))));
  breaks_ = false;
  const std::size_t before = asked().size();
  backend::BackendRequest divided{
      .method = "POST", .path = "/v1/chat/completions", .length = 2, .cache_stated_divided = true};
  const auto refused = run(upstream_->open(std::move(divided), context_.get_executor()));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kRefused);
  EXPECT_EQ(asked().size(), before + 2) << "its models and its description";
  divided_ = false;
  EXPECT_TRUE(cached(ask("bob")).is_null()) << "who knows that it is shared is served";
  EXPECT_EQ(asked().size(), before + 3) << "it is asked once";
}

// One that closed a kept connection may have gone, and what is asked again goes to another.
TEST_F(UpstreamTest, IsAskedAgainBeforeAQuestionIsSentAgain) {
  description_ = R"("cache_salt")";
  start();
  divided_ = true;
  static_cast<void>(ask("alice"));
  description_ = "another server";
  aborts_ = 1;
  backend::BackendRequest request{.method = "POST", .path = "/v1/chat/completions", .length = 2, .session = "alice"};
  request.cache_stated_divided = true;
  auto call = run(upstream_->open(std::move(request), context_.get_executor()));
  ASSERT_TRUE(call) << call.error().detail;
  ASSERT_TRUE(run((*call)->write(as_bytes("{}"))));
  ASSERT_TRUE(run((*call)->finish()));
  const auto head = run((*call)->head(net::deadline_in(10s)));
  ASSERT_FALSE(head) << "the other server's answer";
  EXPECT_EQ(head.error().code, ErrorCode::kRefused) << head.error().detail;
  EXPECT_EQ(asked().back(), "/openapi.json");
}

// Behind a break another server may be there: as long as it does not say what it does, what was stated is not so.
TEST_F(UpstreamTest, AsksNothingOfAServerThatDoesNotSayWhatItDoesBehindABreak) {
  description_ = R"("cache_salt")";
  start();
  divided_ = true;
  static_cast<void>(ask("alice"));
  fails_ = 503;
  aborts_ = 1;
  backend::BackendRequest request{.method = "POST", .path = "/v1/chat/completions", .length = 2, .session = "alice"};
  request.cache_stated_divided = true;
  auto call = run(upstream_->open(request, context_.get_executor()));
  ASSERT_TRUE(call) << call.error().detail;
  ASSERT_TRUE(run((*call)->write(as_bytes("{}"))));
  ASSERT_TRUE(run((*call)->finish()));
  EXPECT_EQ(run((*call)->head(net::deadline_in(10s))).error().code, ErrorCode::kRefused);
  EXPECT_EQ(run(upstream_->open(request, context_.get_executor())).error().code, ErrorCode::kRefused);
  EXPECT_NE(asked().back(), "/v1/chat/completions");
  request.cache_stated_divided = false;
  EXPECT_TRUE(run(upstream_->open(request, context_.get_executor()))) << "who knows that it is shared is served";
  fails_ = 0;
  static_cast<void>(ask("alice"));
  EXPECT_EQ(Json::parse(body())["cache_salt"], "salt of alice");
}

// What is there now is told what it understands, not what the one before it understood.
TEST_F(UpstreamTest, TellsTheServerThatIsThereNowOfTheCache) {
  for (const bool salts_later : {true, false}) {
    const auto be = [&](bool salts) {
      owner_ = salts ? "vllm" : "llamacpp";
      description_ = salts ? R"("cache_salt")" : "";
    };
    be(!salts_later);
    start();
    divided_ = true;
    static_cast<void>(ask("alice"));
    be(salts_later);
    aborts_ = 1;
    static_cast<void>(ask("alice"));
    const Json told = Json::parse(body());
    EXPECT_EQ(told["cache_salt"], "salt of alice") << told;
    EXPECT_EQ(told["cache_prompt"], false) << told;
  }
}

// A server that was away when it was asked is asked before the first question.
TEST_F(UpstreamTest, KnowsBeforeTheFirstQuestion) {
  description_ = R"("cache_salt")";
  start();
  static_cast<void>(ask("alice"));
  EXPECT_EQ(asked(), (std::vector<std::string>{"/v1/models", "/openapi.json", "/v1/chat/completions"}));
  EXPECT_EQ(Json::parse(body())["cache_salt"], "salt of alice");
}

TEST_F(UpstreamTest, ItsOperatorsWordIsNotAsked) {
  start(UpstreamCache::kSalt);
  EXPECT_EQ(run(upstream_->models(context_.get_executor())).value()[0].prompt_cache, openai::PromptCache::kSession);
  EXPECT_EQ(asked(), std::vector<std::string>{"/v1/models"});
  start(UpstreamCache::kOff);
  EXPECT_EQ(run(upstream_->models(context_.get_executor())).value()[0].prompt_cache, openai::PromptCache::kNone);
  static_cast<void>(ask("alice"));
  EXPECT_EQ(Json::parse(body())["cache_prompt"], false);
}

TEST_F(UpstreamTest, ARequestWithoutDataGetsNone) {
  start(UpstreamCache::kSalt);
  backend::BackendRequest request{.method = "GET", .path = "/v1/models/m"};
  request.session = "alice";
  request.cache_salt = "salt";
  auto call = run(upstream_->open(std::move(request), context_.get_executor())).value();
  ASSERT_TRUE(run(call->finish()));
  ASSERT_TRUE(run(call->head(net::deadline_in(10s))));
  EXPECT_EQ(body(), "");
}

}  // namespace
}  // namespace minions::upstream
