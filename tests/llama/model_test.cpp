// The embedded engine with a tiny model of random weights: its text is noise, all else is as with any model.
#include "llama/model.h"

#include <dlfcn.h>

#include <exception>
#include <filesystem>
#include <fstream>
#include <thread>

#include "attester/temporary_directory.h"
#include "base/encoding.h"
#include "crypto/hash.h"
#include "noise_model.h"
#include "workers/worker.h"

namespace minions::llama {
namespace {

using nlohmann::json;

// One for all tests that change nothing about it: loading takes a second.
openai::InProcessModel& model() {
  static const std::unique_ptr<openai::InProcessModel> one = load(noise_options());
  return *one;
}

// The text of a streamed reply; its last event but [DONE] is kept in `last`.
std::string streamed_text(const Reply& reply, json* last = nullptr) {
  std::string text;
  for (const std::string& piece : reply.pieces) {
    EXPECT_TRUE(piece.starts_with("data: ") && piece.ends_with("\n\n")) << piece;
    if (piece == "data: [DONE]\n\n") continue;
    const json event = json::parse(piece.substr(6));
    if (last != nullptr) *last = event;
    for (const json& choice : event["choices"]) text += choice["delta"].value("content", "");
  }
  return text;
}

TEST(LlamaModel, StatesTheFilesHashAndName) {
  const auto loaded = load_llama_model(noise_options());
  ASSERT_TRUE(loaded) << loaded.error().detail;
  std::ifstream in(MINIONS_NOISE_MODEL, std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(in), {});
  EXPECT_EQ(loaded->weights_sha256, to_hex(crypto::sha256(as_bytes(bytes))));
  EXPECT_EQ(loaded->id, "tiny-random-noise");
  ASSERT_EQ(loaded->model->models().size(), 1U);
  EXPECT_EQ(loaded->model->models()[0].id, "tiny-random-noise");
}

TEST(LlamaModel, RefusesFilesThatAreNoModel) {
  LlamaOptions options = noise_options();
  options.path = testing::TempDir() + "not_there.gguf";
  EXPECT_EQ(load_llama_model(options).error().code, ErrorCode::kNotFound);
  options.path = testing::TempDir();
  EXPECT_EQ(load_llama_model(options).error().code, ErrorCode::kNotFound);
  options.path = testing::TempDir() + "text.gguf";
  std::ofstream(options.path) << "this is no model";
  EXPECT_EQ(load_llama_model(options).error().code, ErrorCode::kMalformed);
  std::ofstream(options.path) << "GGUF and then nothing";
  EXPECT_EQ(load_llama_model(options).error().code, ErrorCode::kMalformed);
  options.path = testing::TempDir() + "m-00001-of-00002.gguf";
  std::filesystem::copy_file(MINIONS_NOISE_MODEL, options.path, std::filesystem::copy_options::overwrite_existing);
  EXPECT_EQ(load_llama_model(options).error().code, ErrorCode::kUnsupported);
  std::filesystem::remove(options.path);
}

TEST(LlamaModel, AnswersWithUsageAndAReasonToEnd) {
  const Reply reply = ask(model(), question("hello", 5));
  EXPECT_EQ(reply.status, 200);
  const json answer = reply.json();
  EXPECT_EQ(answer["object"], "chat.completion");
  EXPECT_EQ(answer["model"], "tiny-random-noise");
  EXPECT_EQ(answer["choices"][0]["finish_reason"], "length");
  EXPECT_EQ(answer["usage"]["completion_tokens"], 5);
  EXPECT_GT(prompt_tokens(reply), 5U);
  EXPECT_EQ(answer["usage"]["total_tokens"], prompt_tokens(reply) + 5);
  EXPECT_FALSE(reply.content().empty());
}

TEST(LlamaModel, AStreamHasTheSameTextAsTheWhole) {
  json body = question("hello", 24);
  const std::string whole = ask(model(), body).content();
  body["stream"] = true;
  body["stream_options"] = {{"include_usage", true}};
  const Reply reply = ask(model(), body);
  EXPECT_EQ(reply.content_type, "text/event-stream");
  json last;
  EXPECT_EQ(streamed_text(reply, &last), whole);
  EXPECT_EQ(last["usage"]["completion_tokens"], 24);
  EXPECT_EQ(reply.pieces.back(), "data: [DONE]\n\n");
  EXPECT_EQ(json::parse(reply.pieces[0].substr(6))["choices"][0]["delta"]["role"], "assistant");
}

TEST(LlamaModel, TheSeedDecides) {
  json body = question("hello", 12);
  const std::string first = ask(model(), body).content();
  EXPECT_EQ(ask(model(), body).content(), first);
  body["seed"] = 8;
  EXPECT_NE(ask(model(), body).content(), first);
}

TEST(LlamaModel, StopsBeforeAStopString) {
  json body = question("hello", 24);
  const std::string whole = ask(model(), body).content();
  // From the middle of the text, so that it lies across tokens; a whole number of characters.
  std::size_t from = whole.size() / 2;
  while (from < whole.size() && (static_cast<unsigned char>(whole[from]) & 0xC0U) == 0x80U) ++from;
  std::size_t to = std::min(whole.size(), from + 6);
  while (to < whole.size() && (static_cast<unsigned char>(whole[to]) & 0xC0U) == 0x80U) ++to;
  const std::string stop = whole.substr(from, to - from);
  body["stop"] = stop;
  const Reply reply = ask(model(), body);
  EXPECT_EQ(reply.content(), whole.substr(0, whole.find(stop)));
  EXPECT_EQ(reply.json()["choices"][0]["finish_reason"], "stop");
}

TEST(LlamaModel, CompletesAPlainPrompt) {
  const Reply reply =
      ask(model(), {{"prompt", "once upon"}, {"max_tokens", 4}, {"seed", 1}}, "", {}, "/v1/completions");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.json()["object"], "text_completion");
  EXPECT_FALSE(reply.json()["choices"][0]["text"].get<std::string>().empty());
}

TEST(LlamaModel, ListsItselfAndSaysWhatItLacks) {
  Reply list;
  model().serve({"GET", "/v1/models", ""}, list, {});
  EXPECT_EQ(list.json()["data"][0]["id"], "tiny-random-noise");
  EXPECT_EQ(list.json()["data"][0]["context_length"], kContext);
  EXPECT_EQ(ask(model(), {{"input", "x"}}, "", {}, "/v1/embeddings").status, 400);
  EXPECT_EQ(ask(model(), {{"input", "x"}}, "", {}, "/v1/responses").status, 404);
  json body = question("x");
  body["model"] = "another";
  const Reply other = ask(model(), body);
  EXPECT_EQ(other.status, 404);
  EXPECT_EQ(other.json()["error"]["code"], "model_not_found");
}

TEST(LlamaModel, RefusesAPromptThatFillsTheContext) {
  std::string text;
  while (text.size() < kContext * 6) text += "word ";
  const Reply reply = ask(model(), question(text));
  EXPECT_EQ(reply.status, 400);
  EXPECT_EQ(reply.json()["error"]["code"], "context_length_exceeded");
  EXPECT_EQ(reply.json()["error"]["type"], "invalid_request_error");
}

// llama.cpp rounds the context up, and the most tokens of a step down.
TEST(LlamaModel, APromptMayBeLongerThanTheStepOfASmallContext) {
  LlamaOptions options = noise_options();
  options.context_tokens = 300;
  options.parallel = 1;
  const auto small = load(options);
  std::string text;
  for (int word = 0; word < 400; ++word) text += "word ";
  const Reply reply = ask(*small, question(text));
  EXPECT_EQ(reply.status, 200) << reply.text();
  EXPECT_GT(prompt_tokens(reply), 300U);
}

TEST(LlamaModel, AnAnswerEndsWhereTheContextDoes) {
  LlamaOptions options = noise_options();
  options.context_tokens = 256;
  const auto small = load(options);
  const Reply reply = ask(*small, question("hello", 100'000));
  EXPECT_EQ(reply.json()["choices"][0]["finish_reason"], "length");
  EXPECT_EQ(reply.json()["usage"]["total_tokens"], 256);
}

TEST(LlamaModel, EightTurnsReadNoTokenOfThePromptTwice) {
  json body = question("turn 0");
  std::size_t known = 0;
  for (int turn = 0; turn < 8; ++turn) {
    const Reply reply = ask(model(), body, "a conversation");
    ASSERT_EQ(reply.status, 200) << reply.text();
    EXPECT_GE(cached(reply), known) << "turn " << turn;
    known = prompt_tokens(reply);
    body["messages"].push_back({{"role", "assistant"}, {"content", reply.content()}});
    body["messages"].push_back({{"role", "user"}, {"content", "turn " + std::to_string(turn + 1)}});
  }
  EXPECT_GT(known, 100U);
  model().forget("a conversation");
  EXPECT_EQ(cached(ask(model(), body, "a conversation")), 0U);
}

TEST(LlamaModel, WhatIsReadAgainFromTheCacheGivesTheSameAnswer) {
  const std::string text(400, 'x');
  json body = question(text, 12);
  body["temperature"] = 0;
  const Reply cold = ask(model(), body, "same");
  const Reply warm = ask(model(), body, "same");
  EXPECT_EQ(cached(cold), 0U);
  EXPECT_EQ(cached(warm), prompt_tokens(warm) - 1);
  EXPECT_EQ(warm.content(), cold.content());
}

TEST(LlamaModel, SessionsShareNoPromptUnlessToldTo) {
  const json body = question("the same question of two people");
  static_cast<void>(ask(model(), body, "alice"));
  EXPECT_EQ(cached(ask(model(), body, "bob")), 0U);
  EXPECT_EQ(cached(ask(model(), body)), 0U);
  LlamaOptions options = noise_options();
  options.sharing = PromptSharing::kAcrossSessions;
  const auto shared = load(options);
  EXPECT_EQ(shared->models()[0].prompt_cache, openai::PromptCache::kShared);
  static_cast<void>(ask(*shared, body, "alice"));
  EXPECT_EQ(cached(ask(*shared, body, "bob")), 0U) << "the count tells what others asked";
  EXPECT_EQ(model().models()[0].prompt_cache, openai::PromptCache::kSession);
}

TEST(LlamaModel, ItsHashIsOfWhatComputesWhateverBecomesOfTheFile) {
  const attester::TemporaryDirectory directory;
  LlamaOptions options = noise_options();
  options.path = directory.path() / "noise.gguf";
  options.parallel = 1;
  std::filesystem::copy_file(MINIONS_NOISE_MODEL, options.path);
  const std::string bytes = attester::content(options.path);
  const auto loaded = load_llama_model(options);
  ASSERT_TRUE(loaded) << loaded.error().detail;
  EXPECT_EQ(loaded->weights_sha256, to_hex(crypto::sha256(as_bytes(bytes))));
  json body = question("what do you compute with?", 24);
  body["temperature"] = 0;
  const std::string before = ask(*loaded->model, body).content();
  // In place: what maps the file sees it. The header stays, the last three quarters are weights.
  std::fstream(options.path, std::ios::in | std::ios::out | std::ios::binary)
      .seekp(static_cast<std::streamoff>(bytes.size() / 4))
      .write(std::string(bytes.size() - bytes.size() / 4, '\0').data(),
             static_cast<std::streamsize>(bytes.size() - bytes.size() / 4));
  EXPECT_NE(attester::content(options.path), bytes);
  EXPECT_EQ(ask(*loaded->model, body).content(), before);
}

// Schemas whose answers a model of noise ends by itself.
TEST(LlamaModel, WhatItWritesFitsTheSchema) {
  json body = question("give me JSON", 400);
  body["response_format"] = json::parse(R"({"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object",
    "properties":{"kind":{"enum":["a","b"]},"count":{"type":"integer","minimum":0,"maximum":9},
      "tags":{"type":"array","items":{"type":"boolean"},"minItems":1,"maxItems":2}},
    "required":["kind","count","tags"],"additionalProperties":false}}})");
  for (int seed = 0; seed < 3; ++seed) {
    body["seed"] = seed;
    const Reply reply = ask(model(), body);
    const json value = json::parse(reply.content(), nullptr, false);
    ASSERT_TRUE(value.is_object()) << reply.content();
    EXPECT_TRUE(value["kind"] == "a" || value["kind"] == "b");
    EXPECT_LE(value["count"].get<int>(), 9);
    EXPECT_LE(value["tags"].size(), 2U);
    EXPECT_EQ(reply.json()["choices"][0]["finish_reason"], "stop");
  }
}

TEST(LlamaModel, FollowsASchemaThatHoldsItself) {
  json body = question("give me a list", 40);
  body["response_format"] = json::parse(R"({"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object",
    "properties":{"next":{"anyOf":[{"$ref":"#"},{"type":"null"}]}},"required":["next"],"additionalProperties":false}}})");
  const Reply reply = ask(model(), body);
  ASSERT_EQ(reply.status, 200) << reply.text();
  std::string start = reply.content();
  start.erase(std::remove_if(start.begin(), start.end(), [](char c) { return c == ' ' || c == '\n'; }), start.end());
  EXPECT_TRUE(start.starts_with(R"({"next":)")) << start;
}

TEST(LlamaModel, RefusesASchemaThatItCannotFollow) {
  json body = question("give me JSON");
  body["response_format"] = json::parse(
      R"({"type":"json_schema","json_schema":{"name":"n","schema":{"$ref":"https://example.org/schema"}}})");
  EXPECT_EQ(ask(model(), body).status, 400);
  body["response_format"]["json_schema"]["schema"] = {{"type", "nothing"}};
  EXPECT_EQ(ask(model(), body).status, 400);
}

// Everything else of the engine waits for the thread that holds tokens against schemas.
TEST(LlamaModel, RefusesASchemaThatEachTokenWouldTakeLongerWith) {
  // Twice as many ways to read each bracket as the one before.
  json defs;
  for (int i = 0; i < 40; ++i) {
    const json next = {{"$ref", "#/$defs/d" + std::to_string(i + 1)}};
    json alternatives = json::array();
    for (const int last : {1, 2})
      alternatives.push_back({{"type", "array"}, {"prefixItems", {next, {{"const", last}}}}});
    defs["d" + std::to_string(i)] = {{"anyOf", alternatives}};
  }
  defs["d40"] = {{"type", "null"}};
  json body = question("give me brackets", 60);
  body["response_format"] = {
      {"type", "json_schema"},
      {"json_schema", {{"name", "n"}, {"schema", {{"$defs", defs}, {"anyOf", {{{"$ref", "#/$defs/d0"}}}}}}}}};
  const Reply reply = ask(model(), body);
  EXPECT_EQ(reply.status, 400) << reply.text();
  EXPECT_NE(reply.text().find("over 256 ways at once"), std::string::npos) << reply.text();
}

TEST(LlamaModel, RefusesASchemaThatTakesMuchMemory) {
  const auto with = [](int ranges) {
    json properties;
    json required = json::array();
    for (int i = 0; i < ranges; ++i) {
      required.push_back("p" + std::to_string(i));
      properties[required.back()] = {{"type", "integer"}, {"minimum", -(7'654'321'012'345LL + i)}};
    }
    json body = question("give me numbers", 2);
    body["response_format"] = {
        {"type", "json_schema"},
        {"json_schema",
         {{"name", "n"}, {"schema", {{"type", "object"}, {"properties", properties}, {"required", required}}}}}};
    return ask(model(), body);
  };
  EXPECT_EQ(with(20).status, 200) << with(20).text();
  const Reply reply = with(800);
  EXPECT_EQ(reply.status, 400);
  EXPECT_NE(reply.text().find("its grammar is"), std::string::npos) << reply.text();
}

// Models whose prompts std::regex splits, which takes stack by what it reads in one go.
TEST(LlamaModel, SplitsLongRunsOfAnyKind) {
  LlamaOptions options = noise_options();
  options.path = std::filesystem::path(options.path).replace_filename("tiny-random-noise-regex.gguf").string();
  options.context_tokens = 8192;
  const auto regex = load(options);
  for (const char* unit :
       {" \u00A0", "\n\u3000", "\u2003", " ", "\n", "a", "\u6C49", "-", "a\u00A0", "!\n", "'s ", " \u200B", "1"}) {
    std::string text = "x";
    while (text.size() < 100'000) text += unit;
    const int status = ask(*regex, question(text + "y", 2)).status;
    EXPECT_TRUE(status == 200 || status == 400) << unit << ": " << status;
  }
}

// Splitting a text takes time by its length: more than a context could hold of any language is not begun with.
TEST(LlamaModel, RefusesLongTextsUnread) {
  std::string blanks(8'000'000, ' ');
  for (std::size_t at = 1'000; at < blanks.size(); at += 1'000) blanks[at] = 'x';
  const std::clock_t start = std::clock();
  const Reply reply = ask(model(), question(blanks, 2));
  EXPECT_LT(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC, 3) << "read, it takes 5 s and more";
  EXPECT_EQ(reply.status, 400) << reply.text();
  EXPECT_EQ(reply.json()["error"]["code"], "context_length_exceeded");
}

TEST(LlamaModel, RefusesMoreMessagesThanItsContextBeforeItsTemplateReadsThem) {
  json body = question("x", 2);
  body["messages"] = json::array();
  for (int i = 0; i < 9'000; ++i) body["messages"].push_back({{"role", "user"}, {"content", "x"}});
  const std::clock_t start = std::clock();
  const Reply reply = ask(model(), body);
  EXPECT_LT(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC, 3);
  EXPECT_EQ(reply.status, 400) << reply.text();
  EXPECT_EQ(reply.json()["error"]["code"], "context_length_exceeded");
  for (int i = 0; i < 9'000; ++i) body["messages"].push_back({{"role", "user"}, {"content", "x"}});
  EXPECT_NE(ask(model(), body).text().find("'messages' has over 10000 entries"), std::string::npos);
  json parts = json::array();
  for (int i = 0; i < 10'001; ++i) parts.push_back({{"type", "text"}, {"text", ""}});
  body["messages"] = {{{"role", "user"}, {"content", parts}}};
  EXPECT_NE(ask(model(), body).text().find("'messages[0].content' has over 10000 parts"), std::string::npos);
}

TEST(LlamaModel, FourChatsAtOnceWriteWhatEachWouldWriteAlone) {
  std::vector<std::string> alone;
  std::vector<std::string> together(4);
  // Greedy: sums are rounded otherwise where several are computed together, which chance would turn into another word.
  const auto body = [](std::size_t chat) {
    json asked = question("chat " + std::to_string(chat), 20);
    asked["temperature"] = 0;
    return asked;
  };
  for (std::size_t chat = 0; chat < 4; ++chat) alone.push_back(ask(model(), body(chat)).content());
  {
    std::vector<std::jthread> threads;
    for (std::size_t chat = 0; chat < 4; ++chat)
      threads.emplace_back(
          [&, chat] { together[chat] = ask(model(), body(chat), "s" + std::to_string(chat)).content(); });
  }
  EXPECT_EQ(together, alone);
}

TEST(LlamaModel, LeavesASlotToOthers) {
  LlamaOptions options = noise_options();
  options.parallel = 2;
  const auto two = load(options);
  std::atomic<int> of_alice = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 3; ++i)
    threads.emplace_back([&] {
      EXPECT_EQ(ask(*two, question("a long answer, please", 900), "alice").status, 200);
      ++of_alice;
    });
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ(ask(*two, question("a short one", 2), "bob").status, 200);
  EXPECT_EQ(of_alice, 0) << "bob waited for one of hers to end";
}

TEST(LlamaModel, AnAnswerGivesUpTheOnlyPlaceAndGoesOn) {
  LlamaOptions options = noise_options();
  options.parallel = 1;
  options.turn = std::chrono::milliseconds(0);
  const auto one = load(options);
  json long_question = question("a long answer, please", 900);
  long_question["temperature"] = 0;
  const Reply alone = ask(*one, long_question, "alice");
  std::atomic<bool> alice_has_all = false;
  Reply of_alice;
  int of_bob = 0;
  {
    const std::jthread alice([&] {
      of_alice = ask(*one, long_question, "alice");
      alice_has_all = true;
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    for (; of_bob < 3; ++of_bob) EXPECT_EQ(ask(*one, question("a short one", 2), "bob").status, 200);
    EXPECT_FALSE(alice_has_all) << "bob waited for hers to end";
  }
  ASSERT_EQ(of_alice.status, 200) << of_alice.text();
  // Sums are rounded otherwise where a text is read at once: further on that makes another word.
  EXPECT_EQ(of_alice.content().substr(0, 100), alone.content().substr(0, 100));
  EXPECT_EQ(of_alice.json()["usage"]["completion_tokens"], alone.json()["usage"]["completion_tokens"]);
  EXPECT_EQ(of_alice.json()["usage"]["prompt_tokens"], alone.json()["usage"]["prompt_tokens"]);
}

// Steps that read a text are long, and there are many of them.
TEST(LlamaModel, AnAnswerGoesOnWhileAnotherSenderHasTextsRead) {
  LlamaOptions options = noise_options();
  options.context_tokens = 8192;
  const auto model = load(options);
  const auto time_of_bob = [&] {
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(ask(*model, question("go on", 150), "bob").status, 200);
    return std::chrono::steady_clock::now() - start;
  };
  const auto alone = time_of_bob();
  std::atomic<bool> is_over = false;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 3; ++i)
    threads.emplace_back([&, i] {
      std::string text;
      for (int word = 0; word < 3'000; ++word) text += ' ' + std::to_string(word % 10 + i);
      while (!is_over) EXPECT_EQ(ask(*model, question(text, 1), "alice").status, 200);
    });
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  const auto beside = time_of_bob();
  is_over = true;
  EXPECT_LT(beside / std::chrono::milliseconds(1), 12 * (alone / std::chrono::milliseconds(1)));
}

TEST(LlamaModel, MoreRequestsThanSlotsAllEnd) {
  LlamaOptions options = noise_options();
  options.parallel = 2;
  const auto narrow = load(options);
  std::vector<int> statuses(9);
  {
    std::vector<std::jthread> threads;
    for (std::size_t at = 0; at < statuses.size(); ++at)
      threads.emplace_back([&, at] { statuses[at] = ask(*narrow, question("q"), std::to_string(at % 3)).status; });
  }
  EXPECT_EQ(statuses, std::vector<int>(9, 200));
}

TEST(LlamaModel, ACancelledRequestStopsAndGivesItsSlotBack) {
  LlamaOptions options = noise_options();
  options.parallel = 1;
  const auto narrow = load(options);
  json body = question("endless", 900);
  body["stream"] = true;
  StoppingReply reply;
  narrow->serve({"POST", "/v1/chat/completions", body.dump(), "s"}, reply, reply.source.get_token());
  EXPECT_EQ(reply.text.find("[DONE]"), std::string::npos);
  EXPECT_LT(std::count(reply.text.begin(), reply.text.end(), '\n'), 10);
  EXPECT_EQ(ask(*narrow, question("next"), "s").status, 200);
}

TEST(LlamaModel, ARequestWhoseReaderHasGoneStops) {
  json body = question("endless", 900);
  body["stream"] = true;
  Reply reply;
  reply.piece_limit = 3;
  model().serve({"POST", "/v1/chat/completions", body.dump()}, reply, {});
  EXPECT_EQ(reply.pieces.size(), 3U);
}

TEST(LlamaModel, AWaitingRequestCanBeCancelled) {
  LlamaOptions options = noise_options();
  options.parallel = 1;
  const auto narrow = load(options);
  StoppingReply running;
  std::stop_source never_runs;
  Reply waiting;
  json body = question("long", 900);
  std::jthread first([&] {
    narrow->serve({"POST", "/v1/chat/completions", body.dump()}, running, running.source.get_token());
  });
  never_runs.request_stop();
  narrow->serve({"POST", "/v1/chat/completions", question("waits").dump()}, waiting, never_runs.get_token());
  EXPECT_EQ(waiting.heads, 0);
  running.source.request_stop();
}

TEST(LlamaModel, WithoutAProjectorAPictureIsRefusedWithItsPlace) {
  json body = question("what is it?");
  body["messages"][0]["content"] = json::array({picture_part(noise_png(8, 8, 1))});
  const Reply reply = ask(model(), body);
  EXPECT_EQ(reply.status, 400);
  EXPECT_EQ(reply.json()["error"]["param"], "messages[0].content[0]");
  EXPECT_NE(reply.text().find("--mmproj"), std::string::npos);
}

class LlamaWorker : public testing::Test {
 protected:
  [[nodiscard]] Result<workers::ReadyWorker> make(const std::string& path) {
    workers::WorkerSetup setup{context_.get_executor(), keys_};
    setup.context_tokens = kContext;
    setup.threads = 1;
    return net::run_until_done(
        context_, workers::make_worker(*workers::parse_worker("llama:" + path), std::move(setup), stop_.get_token()));
  }
  [[nodiscard]] Result<chat::Completion> ask(const workers::ReadyWorker& worker, const chat::ChatRequest& request,
                                             chat::TokenSink& sink) {
    return net::run_until_done(context_, worker.client->complete(request, sink, stop_.get_token()));
  }
  net::asio::io_context context_;
  std::stop_source stop_;
  workers::VendorKeys keys_;
};

class StopAfterOne final : public chat::TokenSink {
 public:
  explicit StopAfterOne(std::stop_source* stop) : stop_(stop) {}
  bool token(std::string_view piece) override {
    if (!piece.empty() && stop_ != nullptr) stop_->request_stop();
    return true;
  }

 private:
  std::stop_source* stop_;
};

chat::ChatRequest request_of(const workers::ReadyWorker& worker, std::uint32_t tokens) {
  chat::ChatRequest request{.model = worker.model};
  request.messages.push_back({chat::Role::kSystem, chat::Text("### Document 1\nThe same words each time.")});
  request.messages.push_back({chat::Role::kUser, chat::Text("What does it say?")});
  request.sampling.max_tokens = tokens;
  return request;
}

TEST_F(LlamaWorker, AnswersInThisProcessAndReadsDocumentsOnce) {
  const auto worker = make(MINIONS_NOISE_MODEL);
  ASSERT_TRUE(worker) << worker.error().detail;
  EXPECT_EQ(worker->model, "tiny-random-noise");
  EXPECT_EQ(worker->context_tokens, kContext);
  StopAfterOne sink(nullptr);
  ASSERT_TRUE(ask(*worker, request_of(*worker, 4), sink));
  const auto again = ask(*worker, request_of(*worker, 4), sink);
  ASSERT_TRUE(again) << again.error().detail;
  EXPECT_GT(again->usage->cached_prompt_tokens, 10U);
  EXPECT_EQ(again->usage->completion_tokens, 4U);
}

TEST_F(LlamaWorker, EndsWhenItIsToldTo) {
  const auto worker = make(MINIONS_NOISE_MODEL);
  ASSERT_TRUE(worker) << worker.error().detail;
  StopAfterOne sink(&stop_);
  EXPECT_EQ(ask(*worker, request_of(*worker, 900), sink).error().code, ErrorCode::kCancelled);
  // Loading does, too.
  EXPECT_EQ(make(MINIONS_NOISE_MODEL).error().code, ErrorCode::kCancelled);
}

TEST_F(LlamaWorker, SaysWhatIsWrongWithAFile) {
  const std::string text = testing::TempDir() + "/no-model.gguf";
  std::ofstream(text) << "no model";
  const auto failed = make(text);
  EXPECT_EQ(failed.error().code, ErrorCode::kUsage);
  EXPECT_EQ(failed.error().detail, "worker: " + text + ": is no GGUF file");
}

// ggml makes one, which attaches a debugger to the process.
TEST(LlamaRuntime, LeavesTheTerminateHandlerAsItWas) {
  Dl_info owner;
  ASSERT_NE(::dladdr(reinterpret_cast<const void*>(std::get_terminate()), &owner), 0);
  EXPECT_EQ(std::string_view(owner.dli_fname).find("ggml"), std::string_view::npos) << owner.dli_fname;
}

}  // namespace
}  // namespace minions::llama
