// Pictures in the embedded engine, with a projector whose pictures are read whole (as Gemma 3's) and with one that
// numbers their rows and columns (as Qwen2-VL's).
#include <atomic>
#include <fstream>
#include <map>
#include <thread>

#include "base/encoding.h"
#include "crypto/hash.h"
#include "noise_model.h"

namespace minions::llama {
namespace {

using nlohmann::json;

LlamaOptions vision_options(const std::string& model) {
  LlamaOptions options = noise_options();
  options.path = std::string(MINIONS_NOISE_FOLDER) + "/" + model + ".gguf";
  options.projector_path = std::string(MINIONS_NOISE_FOLDER) + "/mmproj-" + model + ".gguf";
  return options;
}

// Greedy: the picture decides, and nothing else.
json about(const json& content, int tokens = 12) {
  json body = question("", tokens);
  body["messages"][0]["content"] = content;
  body["temperature"] = 0;
  return body;
}

json text_part(const std::string& text) { return {{"type", "text"}, {"text", text}}; }
json picture(std::uint32_t seed, std::uint32_t width = 40, std::uint32_t height = 24) {
  return picture_part(noise_png(width, height, seed));
}

class LlamaVisionTest : public testing::TestWithParam<const char*> {
 protected:
  // One of each kind for all tests.
  static openai::InProcessModel& model() {
    static std::map<std::string, std::unique_ptr<openai::InProcessModel>> models;
    auto& one = models[GetParam()];
    if (one == nullptr) one = load(vision_options(GetParam()));
    return *one;
  }
  [[nodiscard]] static std::string refused(const json& content) {
    const Reply reply = ask(model(), about(content));
    EXPECT_EQ(reply.status, 400) << reply.text();
    return reply.json()["error"]["message"].get<std::string>();
  }
};
INSTANTIATE_TEST_SUITE_P(Models, LlamaVisionTest, testing::Values("tiny-random-noise", "tiny-random-noise-rows"),
                         [](const auto& made) {
                           return std::string(made.index == 0 ? "PicturesReadWhole" : "PicturesOfRows");
                         });

TEST_P(LlamaVisionTest, ThePictureAndItsPlaceDecideTheAnswer) {
  const auto answer = [](const json& content) { return ask(model(), about(content)).content(); };
  const std::string first = answer({text_part("what?"), picture(1)});
  EXPECT_EQ(answer({text_part("what?"), picture(1)}), first);
  EXPECT_NE(answer({text_part("what?"), picture(2)}), first);
  EXPECT_NE(answer({picture(1), text_part("what?")}), first);
  EXPECT_NE(answer({text_part("what?"), picture(1), picture(2)}), answer({text_part("what?"), picture(2), picture(1)}));
}

TEST_P(LlamaVisionTest, ItsTokensCount) {
  const Reply text = ask(model(), about(json::array({text_part("what?")})));
  const Reply one = ask(model(), about({text_part("what?"), picture(1)}));
  const Reply two = ask(model(), about({text_part("what?"), picture(1), picture(2)}));
  EXPECT_GE(prompt_tokens(one), prompt_tokens(text) + 4);
  EXPECT_EQ(prompt_tokens(two) - prompt_tokens(one), prompt_tokens(one) - prompt_tokens(text));
  EXPECT_EQ(one.json()["usage"]["total_tokens"], prompt_tokens(one) + 12);
}

TEST_P(LlamaVisionTest, LaterTurnsReadNoPictureTwice) {
  json body = about({picture(1), text_part("turn 0")});
  std::size_t known = 0;
  for (int turn = 0; turn < 5; ++turn) {
    const Reply warm = ask(model(), body, "a conversation");
    ASSERT_EQ(warm.status, 200) << warm.text();
    EXPECT_GE(cached(warm), known) << "turn " << turn;
    EXPECT_EQ(warm.content(), ask(model(), body).content()) << "turn " << turn << " without what was kept";
    known = prompt_tokens(warm);
    body["messages"].push_back({{"role", "assistant"}, {"content", warm.content()}});
    body["messages"].push_back(
        {{"role", "user"}, {"content", {text_part("turn " + std::to_string(turn + 1)), picture(10, 30, 50)}}});
  }
  model().forget("a conversation");
  EXPECT_EQ(cached(ask(model(), body, "a conversation")), 0U);
  model().forget("a conversation");
}

TEST_P(LlamaVisionTest, AnotherPictureInTheSamePlaceIsRead) {
  const json text = text_part("what?");
  static_cast<void>(ask(model(), about({picture(1), text}), "s"));
  const Reply same = ask(model(), about({picture(1), text}), "s");
  const Reply other = ask(model(), about({picture(2), text}), "s");
  EXPECT_EQ(cached(same), prompt_tokens(same) - 1);
  EXPECT_LT(cached(other), cached(same) - 4);
  EXPECT_EQ(other.content(), ask(model(), about({picture(2), text})).content());
  model().forget("s");
}

TEST_P(LlamaVisionTest, SessionsShareNoPicture) {
  const json body = about({picture(1), text_part("the same picture of two people")});
  static_cast<void>(ask(model(), body, "alice"));
  EXPECT_EQ(cached(ask(model(), body, "bob")), 0U);
  model().forget("alice");
  model().forget("bob");
}

TEST_P(LlamaVisionTest, ChatsAtOnceWriteWhatEachWouldWriteAlone) {
  const auto body = [](std::uint32_t chat) {
    return about(chat % 2 == 0 ? json::array({text_part("chat"), picture(chat), picture(chat + 9)})
                               : json::array({text_part("no picture in chat " + std::to_string(chat))}),
                 20);
  };
  std::vector<std::string> alone;
  std::vector<std::string> together(6);
  for (std::uint32_t chat = 0; chat < 6; ++chat) alone.push_back(ask(model(), body(chat)).content());
  {
    std::vector<std::jthread> threads;
    for (std::uint32_t chat = 0; chat < 6; ++chat) {
      threads.emplace_back([&, chat] {
        const std::string session = "s" + std::to_string(chat);
        together[chat] = ask(model(), body(chat), session).content();
        model().forget(session);
      });
    }
  }
  EXPECT_EQ(together, alone);
}

TEST_P(LlamaVisionTest, ASessionWithManyPicturesDoesNotHoldUpAnother) {
  LlamaOptions options = vision_options(GetParam());
  options.parallel = 1;
  const auto narrow = load(options);
  std::mutex mutex;
  std::string order;
  const auto run = [&](char session, std::uint32_t seed) {
    const Reply reply =
        ask(*narrow, about(json::array({picture(seed), picture(seed + 50)}), 40), std::string(1, session));
    EXPECT_EQ(reply.status, 200);
    const std::lock_guard lock(mutex);
    order += session;
  };
  {
    std::vector<std::jthread> threads;
    for (std::uint32_t seed = 0; seed < 10; ++seed) threads.emplace_back(run, 'a', seed);
    while ([&] {
      const std::lock_guard lock(mutex);
      return order.empty();
    }())
      std::this_thread::yield();
    threads.emplace_back(run, 'b', 99);
  }
  EXPECT_LT(order.find('b'), 6U) << order;
}

// Wherever it is: while pictures are decoded, read or wait, and while the answer is written.
TEST_P(LlamaVisionTest, ARequestCanBeStoppedAnywhereAmongItsPictures) {
  json content = json::array({text_part("many")});
  for (std::uint32_t seed = 0; seed < 20; ++seed) content.push_back(picture(seed));
  json body = about(content, 200);
  body["stream"] = true;
  for (int turns = 1; turns < 300'000; turns *= 4) {
    std::stop_source stop;
    Reply reply;
    std::jthread asking([&] {
      model().serve({"POST", "/v1/chat/completions", body.dump(), "s"}, reply, stop.get_token());
    });
    for (int turn = 0; turn < turns; ++turn) std::this_thread::yield();
    stop.request_stop();
    asking.join();
    EXPECT_EQ(reply.text().find("error"), std::string::npos) << reply.text();
    EXPECT_EQ(ask(model(), about({text_part("next"), picture(1)}, 1), "s").status, 200);
  }
  model().forget("s");
}

TEST_P(LlamaVisionTest, PicturesOfAnyShapeAreRead) {
  for (const auto& [width, height] : {std::pair{1U, 1U}, {1U, 200U}, {200U, 1U}, {3U, 17U}, {27U, 29U}, {300U, 200U}})
    EXPECT_EQ(ask(model(), about(json::array({picture(1, width, height)}))).status, 200) << width << " x " << height;
}

TEST_P(LlamaVisionTest, RefusesWhatIsNoPictureWithItsPlace) {
  const std::string png = noise_png(40, 24, 1);
  for (const std::string& bad : {std::string(), std::string("neither fish nor fowl"), png.substr(0, png.size() / 2)}) {
    const std::string message = refused({text_part("what?"), picture(1), picture_part(bad)});
    EXPECT_TRUE(message.starts_with("'messages[0].content[2]' is ")) << message;
    EXPECT_EQ(message.find("fish"), std::string::npos) << "the content is quoted";
  }
}

TEST_P(LlamaVisionTest, RefusesPicturesOutOfItsLimits) {
  EXPECT_NE(refused(json::array({picture(1, 1, 201)})).find("1 x 201"), std::string::npos);
  json many = json::array();
  for (std::uint32_t seed = 0; seed < 65; ++seed) many.push_back(picture(seed, 2, 2));
  EXPECT_NE(refused(many).find("65"), std::string::npos);
  std::string huge = noise_png(2, 2, 1);
  huge.replace(16, 8, std::string("\0\0\x27\x10\0\0\x27\x10", 8));  // its header says 10,000 x 10,000
  EXPECT_NE(refused(json::array({picture_part(huge)})).find("10000 x 10000"), std::string::npos);
  std::string large = noise_png(2, 2, 1);
  large.replace(16, 8, std::string("\0\0\x1b\x58\0\0\x1b\x58", 8));  // 7,000 x 7,000
  EXPECT_NE(refused(json::array({picture_part(large), picture_part(large), picture_part(large)})).find("content[2]"),
            std::string::npos)
      << "together over the limit, and none was decoded to tell";
  EXPECT_NE(refused(json::array({picture_part(std::string(20 * 1024 * 1024 + 1, 'x'))})).find("20971521"),
            std::string::npos);
}

TEST_P(LlamaVisionTest, PicturesThatFillTheContextAreRefusedByItsName) {
  json content = json::array({text_part(std::string(4 * kContext, 'x')), picture(1, 300, 300)});
  for (int more = 0; more < 5; ++more) content.push_back(text_part(std::string(kContext, 'y')));
  const Reply reply = ask(model(), about(content));
  EXPECT_EQ(reply.status, 400);
  EXPECT_EQ(reply.json()["error"]["code"], "context_length_exceeded");
}

// Their headers tell how many tokens they take: a damaged one behind them is not reached.
TEST_P(LlamaVisionTest, PicturesWithoutRoomAreNotDecoded) {
  std::string cut = noise_png(300, 300, 1);
  cut.resize(cut.size() / 2);
  json content = json::array({text_part(std::string(8 * kContext, 'x')), picture_part(cut)});
  const Reply reply = ask(model(), about(content));
  EXPECT_EQ(reply.json()["error"]["code"], "context_length_exceeded") << reply.text();
}

TEST_P(LlamaVisionTest, AContextOfAFewTokensIsServed) {
  LlamaOptions options = vision_options(GetParam());
  options.context_tokens = 300;
  options.parallel = 1;
  const auto small = load(options);
  std::string words;
  for (int word = 0; word < 400; ++word) words += "word ";
  EXPECT_EQ(ask(*small, about(words)).status, 200);
  EXPECT_EQ(ask(*small, about({text_part(words), picture(1)})).status, 200);
  const Reply large = ask(*small, about(json::array({picture(1, 600, 600)})));
  // 4 tokens, or 1,444.
  EXPECT_EQ(large.status, std::string_view(GetParam()) == "tiny-random-noise" ? 200 : 400) << large.text();
}

// Neither the places of pictures nor the one large stack keep a text from being read.
TEST_P(LlamaVisionTest, PicturesBesideLongWordsKeepNobodyOut) {
  LlamaOptions options = vision_options(GetParam());
  options.parallel = 2;
  options.context_tokens = 4096;
  const auto two = load(options);
  std::atomic<int> of_alice = 0;
  std::stop_source stop;
  std::vector<std::jthread> threads;
  for (std::uint32_t i = 0; i < 8; ++i)
    threads.emplace_back([&, i] {
      const json body = about({picture(i), text_part(std::string(5'000, 'a'))}, 1'500);
      if (ask(*two, body, "alice", stop.get_token()).status == 200) ++of_alice;
    });
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  EXPECT_EQ(ask(*two, question("hi", 2), "bob").status, 200);
  EXPECT_EQ(of_alice, 0) << "bob waited for one of hers to end";
  stop.request_stop();
}

// What gave up its place reads its pictures again.
TEST_P(LlamaVisionTest, AnAnswerAboutAPictureGivesUpItsPlaceAndGoesOn) {
  LlamaOptions options = vision_options(GetParam());
  options.parallel = 1;
  options.turn = std::chrono::milliseconds(0);
  const auto one = load(options);
  const json long_question = about({picture(1), text_part("what?"), picture(2), text_part("and?")}, 400);
  const Reply alone = ask(*one, long_question, "alice");
  std::atomic<bool> alice_has_all = false;
  Reply of_alice;
  {
    const std::jthread alice([&] {
      of_alice = ask(*one, long_question, "alice");
      alice_has_all = true;
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    for (int i = 0; i < 3; ++i) EXPECT_EQ(ask(*one, about({picture(3), text_part("?")}, 2), "bob").status, 200);
    EXPECT_FALSE(alice_has_all) << "bob waited for hers to end";
  }
  // Sums are rounded otherwise where a text is read at once: further on that makes another word.
  EXPECT_EQ(of_alice.content().substr(0, 100), alone.content().substr(0, 100));
  EXPECT_EQ(of_alice.json()["usage"]["completion_tokens"], alone.json()["usage"]["completion_tokens"]);
}

TEST_P(LlamaVisionTest, NoTextIsTakenForThePlaceOfAPicture) {
  const Reply reply = ask(model(), about({text_part("<__media__> <__picture__>"), picture(1)}));
  EXPECT_EQ(reply.status, 200) << reply.text();
}

TEST(LlamaVision, APictureTakesNoMoreTokensThanAllowed) {
  LlamaOptions options = vision_options("tiny-random-noise-rows");
  const auto tokens = [&] { return prompt_tokens(ask(*load(options), about(json::array({picture(1, 500, 300)})))); };
  const std::size_t free = tokens();
  options.picture_tokens = 64;
  EXPECT_LE(tokens(), free - 100);
}

TEST(LlamaVision, StatesTheProjectorsHash) {
  const LlamaOptions options = vision_options("tiny-random-noise");
  const auto loaded = load_llama_model(options);
  ASSERT_TRUE(loaded) << loaded.error().detail;
  std::ifstream in(options.projector_path, std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(in), {});
  EXPECT_EQ(loaded->projector_sha256, to_hex(crypto::sha256(as_bytes(bytes))));
  EXPECT_NE(loaded->projector_sha256, loaded->weights_sha256);
}

TEST(LlamaVision, RefusesFilesThatAreNoProjectorOfTheModel) {
  LlamaOptions options = vision_options("tiny-random-noise");
  options.projector_path = testing::TempDir() + "not_there.gguf";
  EXPECT_EQ(load_llama_model(options).error().code, ErrorCode::kNotFound);
  options.projector_path = options.path;
  const auto model = load_llama_model(options);
  EXPECT_EQ(model.error().code, ErrorCode::kMalformed);
  EXPECT_NE(model.error().detail.find(options.path), std::string::npos);
  options.projector_path = testing::TempDir() + "text.gguf";
  std::ofstream(options.projector_path) << "GGUF and then nothing";
  EXPECT_EQ(load_llama_model(options).error().code, ErrorCode::kMalformed);
  std::swap(options.path, options.projector_path);
  EXPECT_FALSE(load_llama_model(options));
}

}  // namespace
}  // namespace minions::llama
