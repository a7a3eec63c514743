// The shapes are those of the vendors' public references, written by hand.
#include "workers/worker_reply.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "chat/ending.h"

namespace minions::workers {
namespace {

constexpr std::string_view kOllama =
    "{\"model\":\"llama3.2\",\"created_at\":\"2026-01-01T00:00:00Z\",\"message\":{\"role\":\"assistant\",\"content\":"
    "\"Hel\"},\"done\":false}\n"
    "{\"model\":\"llama3.2\",\"message\":{\"role\":\"assistant\",\"content\":\"lo \\u00e4\"},\"done\":false}\n"
    "{\"model\":\"llama3.2\",\"message\":{\"role\":\"assistant\",\"content\":\"\"},\"done\":true,\"done_reason\":"
    "\"stop\",\"prompt_eval_count\":26,"
    "\"eval_count\":3}\n";

constexpr std::string_view kOpenAi =
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n"
    ": a comment\n\n"
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hel\"}}],\"unknown\":{\"x\":1}}\r\n\r\n"
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"lo \xC3\xA4\"}}]}\n\n"
    "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":26,\"completion_tokens\":3}}\n\n"
    "data: [DONE]\n\n";

constexpr std::string_view kAnthropic =
    "event: message_start\ndata: "
    "{\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"usage\":{\"input_tokens\":20,\"cache_read_input_tokens\":"
    "6,"
    "\"output_tokens\":1}}}\n\n"
    "event: content_block_start\ndata: "
    "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n"
    "event: ping\ndata: {\"type\":\"ping\"}\n\n"
    "event: content_block_delta\ndata: "
    "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"thinking_delta\",\"thinking\":\"hm\"}}\n\n"
    "event: content_block_delta\ndata: "
    "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Hel\"}}\n\n"
    "event: content_block_delta\ndata: "
    "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"lo \xC3\xA4\"}}\n\n"
    "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n"
    "event: message_delta\ndata: "
    "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":3}}\n\n"
    "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";

struct WireCase {
  std::string name;
  std::string_view stream;
  std::unique_ptr<ReplyDecoder> (*make)();
};
std::unique_ptr<ReplyDecoder> local_ollama() { return ollama_decoder(CloudModels::kRefuse); }
const WireCase kWires[] = {{"OpenAi", kOpenAi, openai_decoder},
                           {"Ollama", kOllama, local_ollama},
                           {"Anthropic", kAnthropic, anthropic_decoder}};

class Collector final : public chat::TokenSink {
 public:
  bool token(std::string_view piece) override {
    text += piece;
    return text.size() < stop_at;
  }
  std::string text;
  std::size_t stop_at = std::string::npos;
};

Result<chat::Completion> decode(ReplyDecoder& decoder, std::initializer_list<std::string_view> pieces,
                                Collector& sink) {
  for (const std::string_view piece : pieces) MINIONS_TRY(decoder.take(piece, sink));
  return decoder.finish(sink);
}
Result<chat::Completion> decode(ReplyDecoder& decoder, std::string_view text) {
  Collector sink;
  return decode(decoder, {text}, sink);
}

class EachWire : public testing::TestWithParam<std::size_t> {
 protected:
  [[nodiscard]] const WireCase& wire() const { return kWires[GetParam()]; }
};
INSTANTIATE_TEST_SUITE_P(Wires, EachWire, testing::Range<std::size_t>(0, 3),
                         [](const auto& wire) { return kWires[wire.param].name; });

TEST_P(EachWire, IsReadWhereverItIsSplit) {
  for (std::size_t at = 0; at <= wire().stream.size(); ++at) {
    const auto decoder = wire().make();
    Collector sink;
    const auto completion = decode(*decoder, {wire().stream.substr(0, at), wire().stream.substr(at)}, sink);
    ASSERT_TRUE(completion) << at << ": " << completion.error().detail;
    EXPECT_EQ(completion->text.reveal(), "Hello \xC3\xA4") << at;
    EXPECT_EQ(sink.text, "Hello \xC3\xA4") << at;
    EXPECT_EQ(completion->finish_reason, chat::FinishReason::kStop);
    EXPECT_EQ(completion->usage->prompt_tokens, 26U);
    EXPECT_EQ(completion->usage->completion_tokens, 3U);
  }
}

TEST_P(EachWire, IsNoCompletionWhereItIsCut) {
  std::size_t complete = 0;
  for (std::size_t at = 0; at < wire().stream.size(); ++at) {
    const auto decoder = wire().make();
    if (decode(*decoder, wire().stream.substr(0, at))) ++complete;
  }
  // Behind the mark that ends it only: OpenAI's finish reason stands before usage and [DONE].
  EXPECT_LE(complete, wire().name == "OpenAi" ? 120U : 2U);
}

TEST_P(EachWire, StopsWhereItsReaderDoes) {
  const auto decoder = wire().make();
  Collector sink;
  sink.stop_at = 1;
  const auto stopped = decode(*decoder, {wire().stream}, sink);
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ErrorCode::kCancelled);
  EXPECT_EQ(sink.text, "Hel");
}

TEST_P(EachWire, RefusesWhatIsNoJson) {
  for (const std::string_view text : {"data: nonsense\n\n", "nonsense\n", "data: [1]\n\n", "[1]\n"}) {
    const auto decoder = wire().make();
    EXPECT_FALSE(decode(*decoder, text)) << text;
  }
}

TEST(OpenAiReply, MayComeWhole) {
  constexpr std::string_view kWhole =
      R"( {"choices":[{"message":{"role":"assistant","content":"Hello"},"finish_reason":"stop"}],"usage":{"prompt_tokens":4,"completion_tokens":1}})";
  for (std::size_t at = 0; at <= kWhole.size(); ++at) {
    Collector sink;
    const auto decoder = openai_decoder();
    const auto completion = decode(*decoder, {kWhole.substr(0, at), kWhole.substr(at)}, sink);
    ASSERT_TRUE(completion) << at << ": " << completion.error().detail;
    EXPECT_EQ(sink.text, "Hello");
    EXPECT_EQ(completion->usage->prompt_tokens, 4U);
  }
  for (std::size_t at = 2; at < kWhole.size(); ++at)
    EXPECT_FALSE(decode(*openai_decoder(), kWhole.substr(0, at))) << at;
}

TEST(OpenAiReply, TellsAnErrorUnderStatus200) {
  for (const char* text :
       {R"({"error":{"message":"out of memory"}})", "data: {\"error\":{\"message\":\"out of memory\"}}\n\n"}) {
    const auto failed = decode(*openai_decoder(), text);
    ASSERT_FALSE(failed) << text;
    EXPECT_EQ(failed.error().code, ErrorCode::kBackend);
    EXPECT_NE(failed.error().detail.find("out of memory"), std::string::npos);
  }
}

TEST(OpenAiReply, MayLackEverythingButItsEnd) {
  const auto bare = decode(*openai_decoder(), "data: {\"choices\":[]}\n\ndata: [DONE]\n\n");
  ASSERT_TRUE(bare);
  EXPECT_TRUE(bare->text.empty());
  EXPECT_FALSE(bare->usage);
  EXPECT_FALSE(bare->finish_reason);
}

TEST(OllamaReply, TellsAnErrorUnderStatus200) {
  const auto decoder = local_ollama();
  Collector sink;
  const auto failed =
      decode(*decoder,
             {"{\"message\":{\"content\":\"He\"},\"done\":false}\n", "{\"error\":\"model runner\\nstopped\"}\n"}, sink);
  EXPECT_EQ(failed.error().code, ErrorCode::kBackend);
  EXPECT_EQ(failed.error().detail, "the model's server reports: model runner stopped");
}

TEST(OllamaReply, MayLackItsCountsAndItsReason) {
  const auto decoder = local_ollama();
  const auto completion = decode(*decoder, "{\"message\":{\"content\":\"x\"},\"done\":false}\n{\"done\":true}");
  ASSERT_TRUE(completion);
  EXPECT_FALSE(completion->usage);
  EXPECT_FALSE(completion->finish_reason);
}

TEST(OllamaReply, RefusesACloudModelInDisguise) {
  constexpr std::string_view kRemote =
      "{\"model\":\"m\",\"remote_model\":\"m\",\"remote_host\":\"https://"
      "ollama.com:443\",\"message\":{\"content\":\"x\"},\"done\":true}\n";
  const auto refused = decode(*local_ollama(), kRemote);
  EXPECT_EQ(refused.error().code, ErrorCode::kRefused);
  EXPECT_NE(refused.error().detail.find("https://ollama.com:443"), std::string::npos);
  EXPECT_TRUE(decode(*ollama_decoder(CloudModels::kAllow), kRemote));
}

TEST(OllamaReply, BoundsALine) {
  const auto decoder = local_ollama();
  Collector sink;
  const std::string piece(1024 * 1024, ' ');
  Status taken;
  for (int i = 0; i < 5 && taken; ++i) taken = decoder->take(piece, sink);
  EXPECT_EQ(taken.error().code, ErrorCode::kMalformed) << "the fault of who sent it";
}

TEST(OllamaShow, TellsTheContextAndWhereTheModelRuns) {
  const auto model =
      parse_ollama_show(R"({"details":{},"model_info":{"general.architecture":"llama","llama.context_length":131072}})",
                        CloudModels::kRefuse);
  EXPECT_EQ(model->context_tokens, 131072U);
  EXPECT_FALSE(model->thinks);
  EXPECT_TRUE(parse_ollama_show(R"({"capabilities":["completion","thinking"]})", CloudModels::kRefuse)->thinks);
  EXPECT_EQ(parse_ollama_show("{}", CloudModels::kRefuse)->context_tokens, 0U);
  EXPECT_EQ(parse_ollama_show(R"({"remote_host":"https://ollama.com"})", CloudModels::kRefuse).error().code,
            ErrorCode::kRefused);
  EXPECT_EQ(parse_ollama_show(R"({"remote_model":"gpt-oss:120b"})", CloudModels::kRefuse).error().code,
            ErrorCode::kRefused);
  EXPECT_TRUE(parse_ollama_show(R"({"remote_model":"gpt-oss:120b"})", CloudModels::kAllow));
  EXPECT_FALSE(parse_ollama_show("[]", CloudModels::kRefuse));
}

TEST(OllamaNames, TellCloudModels) {
  for (const char* cloud : {"gpt-oss:120b-cloud", "deepseek-v3.1:671b-cloud", "x:cloud"})
    EXPECT_TRUE(is_cloud_name(cloud)) << cloud;
  for (const char* local : {"llama3.2", "cloud", "cloud-llama:8b", "x:8b"}) EXPECT_FALSE(is_cloud_name(local)) << local;
}

TEST(AnthropicReply, TellsAnErrorInTheStream) {
  const auto failed =
      decode(*anthropic_decoder(),
             "event: error\ndata: "
             "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n");
  EXPECT_EQ(failed.error().detail, "the model's server reports overloaded_error: Overloaded");
}

TEST(Endings, AreReadOfEachWire) {
  const auto ending = [](std::unique_ptr<ReplyDecoder> decoder, std::string_view body) {
    const auto completion = decode(*decoder, body);
    return completion ? name_of(chat::ending_of(*completion)) : std::string_view(completion.error().detail);
  };
  const auto ollama = [&](std::string_view rest) {
    return ending(local_ollama(), fmt::format("{{\"message\":{{{}}},\"done\":true,\"done_reason\":\"stop\"}}\n", rest));
  };
  EXPECT_EQ(ollama(R"("content":"x")"), "complete");
  EXPECT_EQ(ollama(R"("content":"")"), "empty");
  EXPECT_EQ(ollama(R"("content":"","thinking":"hm")"), "reasoning_only");
  EXPECT_EQ(ollama(R"("content":"<think>hm")"), "reasoning_only");
  EXPECT_EQ(ollama(R"("content":"","tool_calls":[{"function":{"name":"f"}}])"), "tool_call");
  const auto anthropic = [&](std::string_view block, std::string_view reason) {
    return ending(anthropic_decoder(),
                  fmt::format("data: {{\"type\":\"content_block_delta\",\"delta\":{{{}}}}}\n\n"
                              "data: {{\"type\":\"message_delta\",\"delta\":{{\"stop_reason\":\"{}\"}}}}\n\n"
                              "data: {{\"type\":\"message_stop\"}}\n\n",
                              block, reason));
  };
  EXPECT_EQ(anthropic(R"("type":"text_delta","text":"x")", "end_turn"), "complete");
  EXPECT_EQ(anthropic(R"("type":"text_delta","text":"x")", "max_tokens"), "length");
  EXPECT_EQ(anthropic(R"("type":"text_delta","text":"x")", "refusal"), "refusal");
  EXPECT_EQ(anthropic(R"("type":"text_delta","text":"x")", "tool_use"), "tool_call");
  EXPECT_EQ(anthropic(R"("type":"thinking_delta","thinking":"hm")", "max_tokens"), "reasoning_only");
}

}  // namespace
}  // namespace minions::workers
