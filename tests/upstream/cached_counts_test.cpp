#include "upstream/cached_counts.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <iterator>
#include <random>
#include <string>
#include <string_view>

namespace minions::upstream {
namespace {

// As replies are passed on.
std::string taken(CachedCounts& counts, std::string_view piece) {
  if (counts.take_unchanged(as_bytes(piece))) return std::string(piece);
  Bytes out;
  counts.take(as_bytes(piece), out);
  return std::string(as_text(out));
}

std::string ended(CachedCounts& counts) {
  Bytes out;
  counts.finish(out);
  return std::string(as_text(out));
}

// However it is cut: in two at each byte, and byte by byte.
std::string hidden(std::string_view reply) {
  CachedCounts at_once;
  std::string whole = taken(at_once, reply);
  whole += ended(at_once);
  CachedCounts without_asking;
  Bytes rewritten;
  without_asking.take(as_bytes(reply), rewritten);
  without_asking.finish(rewritten);
  EXPECT_EQ(as_text(rewritten), whole) << reply;
  CachedCounts by_bytes;
  std::string joined;
  for (const char& c : reply) joined += taken(by_bytes, {&c, 1});
  EXPECT_EQ(joined + ended(by_bytes), whole) << reply;
  for (std::size_t at = 0; at < reply.size(); ++at) {
    CachedCounts counts;
    std::string text = taken(counts, reply.substr(0, at));
    text += taken(counts, reply.substr(at));
    EXPECT_EQ(text + ended(counts), whole) << reply;
  }
  return whole;
}

TEST(CachedCounts, BecomeZero) {
  EXPECT_EQ(hidden("data: {\"timings\":{\"cache_n\" : 17 ,\"prompt_n\":-1.5e+3}}\n\ndata: [DONE]\n\n"),
            "data: {\"timings\":{\"cache_n\" : 0 ,\"prompt_n\":0}}\n\ndata: [DONE]\n\n");
  for (const char* name : {"cached_tokens",
                           "num_cached_tokens",
                           "cached_prompt_tokens",
                           "tokens_cached",
                           "tokens_evaluated",
                           "cache_read_input_tokens",
                           "cache_creation_input_tokens",
                           "prompt_cache_hit_tokens",
                           "prompt_cache_miss_tokens",
                           "cache_n",
                           "prompt_n",
                           "prompt_ms",
                           "prompt_per_token_ms",
                           "prompt_per_second",
                           "prompt_eval_count",
                           "prompt_eval_duration",
                           "n_past",
                           "id_slot",
                           "cachedContentTokenCount",
                           "cached-prompt-tokens"}) {
    const auto with = [&](const std::string& value) {
      return R"({"a":[1.5,{")" + std::string(name) + R"(":)" + value + R"(,"b":[4711]}],"c":-2})";
    };
    for (const char* count : {"0", "7", "4711", "-3", "1.5", "1e3", "-1.25E-3", "null", "true", "false", "NaN"})
      EXPECT_EQ(hidden(with(count)), with("0"));
    for (const char* count : {R"("")", R"("0")", R"("4711")", R"("\"}4711\\")"})
      EXPECT_EQ(hidden(with(count)), with(R"("0")"));
    for (const char* count : {"[]", "{}", "[128]", R"([{"a":"]}\"","b":[128]},[128]])", R"({"type":"integer"})",
                              R"({"tokens":128,"a":{"b":[1]}})", "[\n128 ]"})
      EXPECT_EQ(hidden(with(count)), with("0"));
  }
}

TEST(CachedCounts, AreKnownHoweverTheyAreWritten) {
  EXPECT_EQ(hidden(R"({"cached\u005ftokens":55,"\u0063\u0061ched_token\u0073" :55})"),
            R"({"cached\u005ftokens":0,"\u0063\u0061ched_token\u0073" :0})");
  std::string escaped;
  for (const char c : std::string_view("cache_creation_input_tokens")) escaped += fmt::format("\\u{:04X}", unsigned(c));
  EXPECT_EQ(hidden("{\"" + escaped + "\":55}"), "{\"" + escaped + "\":0}");
  EXPECT_EQ(hidden("{\"cached_tokens\" \r\n\t:\n\n 55 }"), "{\"cached_tokens\" \r\n\t:\n\n 0 }");
  EXPECT_EQ(hidden(R"({"cached_tokens":5,"cached_tokens":66,"a":{"cached_tokens":777}})"),
            R"({"cached_tokens":0,"cached_tokens":0,"a":{"cached_tokens":0}})");
  EXPECT_EQ(hidden("data: {\"cached_tokens\"\ndata: :\ndata:128\ndata: }\n\n"),
            "data: {\"cached_tokens\"\ndata: :\ndata:0\ndata: }\n\n");
  EXPECT_EQ(hidden("{\"cached_tokens\"" + std::string(1000, ' ') + ":55}"),
            "{\"cached_tokens\"" + std::string(1000, ' ') + ":0}");
  EXPECT_EQ(hidden(R"({"cached_tokens":12)"), R"({"cached_tokens":0)");
}

TEST(CachedCounts, OfProgressGoWithWhatGivesThemAway) {
  EXPECT_EQ(
      hidden("data: {\"cache\":3,\"prompt_progress\":{\"total\":109,\"cache\":108,\"processed\":108,\"time_ms\":9.5},"
             "\"cache\":[4],\"total\":[5]}\n\n"),
      "data: {\"cache\":3,\"prompt_progress\":{\"total\":109,\"cache\":0,\"processed\":0,\"time_ms\":0},"
      "\"cache\":[4],\"total\":[5]}\n\n");
  EXPECT_EQ(hidden(R"({"prompt_progress" : {"a":{"b":[2]},"total":[108],"total":{"total":7},"total":"8"},"later":12})"),
            R"({"prompt_progress" : {"a":0,"total":0,"total":0,"total":"0"},"later":12})");
  EXPECT_EQ(hidden(R"({"prompt_progress":{"processed":[108,{"total":7}],"total":109,"cache":7},"cache":12})"),
            R"({"prompt_progress":{"processed":0,"total":109,"cache":0},"cache":12})");
  EXPECT_EQ(hidden(R"({"prompt_progress":[108,{"total":109}],"later":12})"), R"({"prompt_progress":0,"later":12})");
  EXPECT_EQ(hidden(R"({"prompt_progress":0.99,"later":12})"), R"({"prompt_progress":0,"later":12})");
  EXPECT_EQ(hidden(R"({"prompt_progress":"108 of 109","later":12})"), R"({"prompt_progress":"0","later":12})");
  EXPECT_EQ(hidden(R"({"prompt_progress":null,"cache":12})"), R"({"prompt_progress":null,"cache":12})");
}

TEST(CachedCounts, AreNotToldByWhetherThereAreDetails) {
  for (const char* name : {"prompt_tokens_details", "input_tokens_details", "cached_tokens_details",
                           "kv_transfer_params", "prompt\\u005ftokens_details"}) {
    for (const char* value :
         {"null", "{}", R"({"cached_tokens":128,"a":[{"b":"}\"]"}]})", "[[],[1]]", "12", "\"a,b\""}) {
      const std::string member = '"' + std::string(name) + "\":" + value;
      EXPECT_EQ(hidden("{\"a\":1," + member + "}"), R"({"a":1})");
      EXPECT_EQ(hidden("{\"a\":1," + member + ",\"b\":2}"), R"({"a":1,"b":2})");
      EXPECT_EQ(hidden("{" + member + ",\"b\":2}"), R"({"b":2})");
      EXPECT_EQ(hidden("{" + member + ", \"b\":2}"), R"({"b":2})");
      EXPECT_EQ(hidden("{" + member + "}"), "{}");
      EXPECT_EQ(hidden("[{" + member + "},{" + member + "," + member + ",\"b\":2,\"c\":3}]"), R"([{},{"b":2,"c":3}])");
      EXPECT_EQ(hidden("{\n  \"a\": 1,\n  " + member + "\n}"), "{\n  \"a\": 1\n}");
      EXPECT_EQ(hidden("{\n  \"a\": 1,\n  " + member + ",\n  \"b\": 2\n}"), "{\n  \"a\": 1,\n  \"b\": 2\n}");
      // What cannot be held back stays JSON.
      const std::string blanks(1000, ' ');
      EXPECT_EQ(hidden("{\"a\":1," + blanks + member + ",\"b\":2}"),
                "{\"a\":1," + blanks + '"' + name + "\":null,\"b\":2}");
      EXPECT_EQ(hidden("{\"a\":1,\"" + std::string(name) + '"' + blanks + ":" + value + "}"),
                "{\"a\":1,\"" + std::string(name) + '"' + blanks + ":null}");
    }
  }
}

// Names of every length and in every place pass or do not, however the text is cut: hidden() tries each cut.
TEST(CachedCounts, TellNamesFromOtherStringsOfTheirLength) {
  for (const std::string_view name : {"created", "choices", "content", "id", "index", "cachex", "npasts", "slotids"}) {
    const std::string text = fmt::format(R"({{"{}":7,"cached_tokens":8}})", name);
    EXPECT_EQ(hidden(text), fmt::format(R"({{"{}":7,"cached_tokens":0}})", name));
  }
  const std::string large(400, 'c');
  EXPECT_EQ(hidden("{\"" + large + "\":\"" + large + "\",\"npast\":3}"),
            "{\"" + large + "\":\"" + large + "\",\"npast\":0}");
}

// What a model writes decides how often it is searched: 16 MB of escapes, in one piece.
TEST(CachedCounts, ReadAStringOfEscapesOnce) {
  std::string text = "{\"content\":\"" + std::string(300, 'x');
  while (text.size() < 16 * 1024 * 1024) text += "\\n";
  text += "\"}";
  CachedCounts counts;
  const auto begun = std::chrono::steady_clock::now();
  std::string out = taken(counts, text);
  out += ended(counts);
  EXPECT_EQ(out.size(), text.size());
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(10));
}

// What passes at once is what passes byte by byte, whatever stands beside what.
TEST(CachedCounts, AreTheSameHoweverTheReplyIsCut) {
  constexpr std::string_view kParts[] = {"\"",
                                         ",",
                                         "{",
                                         "}",
                                         ":",
                                         " ",
                                         "\n",
                                         "\\",
                                         "\\u00",
                                         "\\n",
                                         "\\u4f60",
                                         "data:",
                                         "7",
                                         "[DONE]",
                                         "_",
                                         "\"cached_tokens\"",
                                         "cached",
                                         "npast",
                                         "\"id_slot\":5",
                                         "\"total\":9",
                                         "null",
                                         "\"a\":\"b\"",
                                         "\"prompt_progress\":{",
                                         "\"prompt_tokens_details\":{\"cached_tokens\":3}"};
  std::minstd_rand random(4711);
  for (int round = 0; round < 3000; ++round) {
    std::string reply = "{";
    for (int parts = 0; parts < 14; ++parts) reply += kParts[random() % std::size(kParts)];
    static_cast<void>(hidden(reply));
  }
}

TEST(CachedCounts, HoldLittleBack) {
  const std::string blanks(100'000, ' ');
  for (const char* begun : {"{\"a\":1,", "{\"a\":1,\"prompt_tokens_details\"", "\"", "{\"cached_tokens\":1"}) {
    CachedCounts counts;
    std::string text = taken(counts, begun);
    text += taken(counts, blanks);
    EXPECT_GT(text.size() + 1000, blanks.size());
  }
}

TEST(CachedCounts, AreFoundBehindAQuoteThatOpensNoString) {
  EXPECT_EQ(hidden(": a comment with \" in it\n\ndata: {\"cached_tokens\":5}\n\n"),
            ": a comment with \" in it\n\ndata: {\"cached_tokens\":0}\n\n");
}

TEST(CachedCounts, AreNotWhatAModelWrites) {
  for (const char* reply :
       {R"({"content":"\"cached_tokens\":128"})", R"({"content":"cached_tokens","n":128})",
        R"({"arguments":"{\"cached_tokens\": 128}"})", R"({"my_cached_tokens":128,"cached_tokens_of":1})",
        "cached_tokens:128", R"(["cached_tokens",128])", R"({"\\cached_tokens":128})",
        R"({"\u0163ached_tokens":128,"\uZZ63ached_tokens":128})",
        R"({"content":"\",\"prompt_tokens_details\":{\"cached_tokens\":5}"})", R"(["a","prompt_tokens_details","b"])",
        R"({"a":"prompt_tokens_details","b":1})", R"({"a":1,"total":2,})",
        R"({"predicted_ms":12.5,"prompt_tokens":7,"prompt":"b"})", ",,\"", "data: [DONE]\n\n"}) {
    EXPECT_EQ(hidden(reply), reply);
  }
}

}  // namespace
}  // namespace minions::upstream
