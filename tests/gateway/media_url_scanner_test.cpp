#include "gateway/media_url_scanner.h"

#include <gtest/gtest.h>

#include <random>

#include "gateway/media_url_reference.h"

namespace minions::gateway {
namespace {

using Finding = MediaUrlScanner::Finding;

Finding scan(std::string_view body, std::size_t piece_bytes) {
  MediaUrlScanner scanner;
  for (std::size_t at = 0; at < body.size(); at += piece_bytes) {
    if (scanner.take(as_bytes(body.substr(at, piece_bytes))) != Finding::kNothing) break;
  }
  return scanner.finish();
}

// In one piece, byte by byte and in sevens: never another finding.
Finding scan(std::string_view body) {
  const Finding whole = scan(body, body.size() + 1);
  EXPECT_EQ(scan(body, 1), whole) << body.substr(0, 200);
  EXPECT_EQ(scan(body, 7), whole) << body.substr(0, 200);
  return whole;
}

std::string message(std::string_view part) {
  return R"({"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"look"},)" + std::string(part) +
         R"(]}],"stream":true})";
}

TEST(MediaUrlScanner, LetsTextAndDataUrlsPass) {
  for (const std::string& body : {
           std::string(R"({"model":"m","messages":[{"role":"user","content":"read https://example.org/a.png"}]})"),
           message(R"({"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgo="}})"),
           message(R"({"type":"image_url","image_url":{"detail":"low","url":"data:image/png;base64,/9j/"}})"),
           message(R"({"type":"input_image","image_url":"data:image/jpeg;base64,/9j/"})"),
           message(R"({"type":"image_url","image_url":{"url":"d\u0061ta:image/png;base64,iVBO"}})"),
           message(R"({"type":"input_audio","input_audio":{"data":"UklGRg==","format":"wav"}})"),
           message(R"({"type":"image","image":"data:image/jpeg;base64,/9j/4AAQSkZJRg=="})"),
           message(R"({"type":"file","file":{"file_data":"JVBERi0=","filename":"a/b.pdf"}})"),
           message(R"({"type":"input_file","file_data":"data:application/pdf;base64,JVBERi0=","filename":"a/b.pdf"})"),
           message(R"({"type":"text","data":"see https://example.org"})"),
           message(R"({"image":null,"images":[],"video":[null,1,"data:,",["data:,"]]})"),
           std::string(
               R"({"tools":[{"function":{"parameters":{"properties":{"server_url":{"default":"https://x"}}}}}]})"),
           std::string(
               R"({"tools":[{"type":"mcp","server_label":"https://x","server_url":null}],"metadata":{"path":"/a"}})"),
           std::string(R"({"path":"/a","messages":[{"uri":"https://x","server_url":"https://x"}]})"),
           std::string(R"({"input":[{"content":[{"type":"output_text","annotations":[)"
                       R"({"type":"url_citation","url":"https://example.org"}]}]}]})"),
           std::string(R"({"tools":[{"function":{"parameters":{"properties":{"image_url":)"
                       R"({"type":"string","default":"https://example.org/a.png"}}}}}],"messages":[]})"),
           std::string(R"({"tools":[{"type":"image","url":"https://x"}],"metadata":{"url":"https://x"}})"),
           std::string(R"({"audio":{"voice":"alloy","format":"mp3"},"messages":[]})"),
           std::string(R"({"input":["https://a","https://b"],"model":"embedder"})"),
       }) {
    EXPECT_EQ(scan(body), Finding::kNothing) << body;
  }
}

TEST(MediaUrlScanner, FindsWhatAServerWouldFetch) {
  for (const char* part : {
           R"({"type":"image_url","image_url":{"url":"http://169.254.169.254/latest/meta-data"}})",
           R"({"type":"image_url","image_url":{"url":"https://example.org/a.png"}})",
           R"({"image_url":{"url":"HTTPS://example.org/a.png"}})",
           R"({"image_url":"https://example.org/a.png"})",
           R"({"image_url":{"detail":"low","url":"file:///etc/passwd"}})",
           R"({"image_url":{"url":"/etc/passwd"}})",
           R"({"image_url":{"url":""}})",
           R"({"image_url":{"url":"DATA:image/png;base64,iVBO"}})",
           R"({"image_url":["https://x"]})",
           R"({"type":"input_audio","input_audio":{"data":"http://10.0.0.1/x","format":"wav"}})",
           R"({"type":"input_audio","input_audio":{"data":"file:///etc/passwd","format":"wav"}})",
           R"({"type":"input_video","input_video":{"data":"https://x"}})",
           R"({"type":"video_url","video_url":{"data":"https://x"}})",
           R"({"type":"file","file":{"file_data":"https://x","filename":"a.pdf"}})",
           R"({"type":"input_file","file_data":"https://x"})",
           R"({"image_url":[{"deeper":{"url":"https://x"}}]})",
           R"({"video_url":{"url":"https://x"}})",
           R"({"audio_url":{"url":"https://x"}})",
           R"({"type":"input_file","file_url":"https://x"})",
           R"({"type":"image","url":"https://x"})",
           R"({"url":"https://x","type":"image"})",
           R"({"type":"image","source":{"type":"url","url":"https://x"}})",
           R"({"type":"image","image":"https://x"})",
           R"({"image":["data:,"," ht\ntps://x"]})",
           R"({"type":"image","image":"file:///etc/passwd"})",
           R"({"type":"image","image":"/etc/passwd"})",
           R"({"type":"image","image":"secret.png"})",
           R"({"type":"image","image":"/9j/4AAQSkZJRg=="})",
           R"({"video":"../secret.mp4"})",
           R"({"audio":"C:\\a.wav"})",
           R"({"images":["/etc/passwd"]})",
           R"({"image_data":"/etc/passwd"})",
           R"({"video_data":[["data:,","/a"]]})",
           R"({"audio_data":""})",
           R"({"file":"/etc/passwd"})",
           R"({"image_url":["/etc/passwd"]})",
           R"({"image_url":{"path":"/etc/passwd"}})",
           R"({"type":"image","path":"/etc/passwd"})",
           R"({"type":"image","source":{"uri":"gs://a/b"}})",
           R"({"image_url":"data:,","image_url":"https://x"})",
           R"({"type":"text","type":"image","url":"https://x"})",
       }) {
    EXPECT_EQ(scan(message(part)), Finding::kRemoteMedia) << part;
    EXPECT_EQ(scan(std::string(R"({"input":[)") + part + "]}"), Finding::kRemoteMedia) << part;
  }
}

TEST(MediaUrlScanner, FindsWhatAServerWouldTalkTo) {
  for (const char* body : {
           R"({"tools":[{"type":"mcp","server_url":"http://169.254.169.254/"}],"input":"x"})",
           R"({"tools":[{"server\u005furl":"x"}]})",
           R"({"tools":[{"a":{"server_url":1},"Server_URL":"x"}]})",
       })
    EXPECT_EQ(scan(body), Finding::kRemoteMedia) << body;
}

TEST(MediaUrlScanner, ReadsEveryWayToWriteIt) {
  const std::string plain = R"({"image_url":{"url":"http://x"}})";
  for (const std::string_view word : {"image_url", "url", "http"}) {
    for (std::size_t at = 0; at < word.size(); ++at) {
      std::string spelt = plain;
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\u%04X", static_cast<unsigned>(word[at]));
      spelt.replace(spelt.find('"' + std::string(word)) + 1 + at, 1, escaped);
      EXPECT_EQ(scan(message(spelt)), Finding::kRemoteMedia) << spelt;
    }
  }
  for (const char* part : {
           R"({ "image_url" : { "url" : "http:\/\/x" } })",
           "{\n\t\"image_url\"\r:\n{\"url\"\n:\n\"http://x\"}}",
           R"({"Image_URL":{"uRL":"http://x"}})",
           R"({"image_url":{"url":"\u0064ata\u003ahttp","url":"\u0068ttp://x"}})",
           R"({"\uD83D\uDE00":1,"image_url":{"\u0075\u0072\u006c":"\u0068\u0074\u0074\u0070://x"}})",
       }) {
    EXPECT_EQ(scan(message(part)), Finding::kRemoteMedia) << part;
  }
}

TEST(MediaUrlScanner, TheTextOfAPersonIsNoPart) {
  EXPECT_EQ(scan(R"({"messages":[{"content":"{\"image_url\":{\"url\":\"http://x\"}}"}]})"), Finding::kNothing);
  EXPECT_EQ(scan(R"({"messages":[{"content":"a \\"},{"image_url":"http://x"}]})"), Finding::kRemoteMedia);
  EXPECT_EQ(scan(R"({"messages":[{"content":"a \\\",\"image_url\":\"http://x"}]})"), Finding::kNothing);
}

TEST(MediaUrlScanner, RefusesWhatServersCouldReadOtherwise) {
  std::string utf16;
  for (const char c : std::string_view(R"({"image_url":"http://x"})")) (utf16 += c) += '\0';
  for (const std::string& body :
       {std::string("{"), std::string(R"({"a":1)"), std::string(R"({"a":1}})"), std::string(R"({"a":1} {"b":2})"),
        std::string(R"({'image_url':'http://x'})"), std::string(R"({/* */"image_url":"http://x"})"),
        std::string(R"({"a":1,})"), std::string(R"({"a":[1,]})"), std::string(R"({"a":[1})"),
        std::string(R"({"a":{]})"), std::string(R"({"a" "b"})"), std::string(R"({"a":,})"),
        std::string(R"({"\x69":1})"), std::string(R"({"\u00g0":1})"), std::string("\xef\xbb\xbf{}"),
        std::string(1, '\0') + "{", utf16, utf16.substr(1), std::string("{}") + '\0'}) {
    EXPECT_EQ(scan(body), Finding::kMalformed) << body;
  }
}

// What some servers drop, others replace and others end a name at.
TEST(MediaUrlScanner, RefusesTextThatIsNoUnicode) {
  const std::string padding(100, 'p');
  for (const std::string_view bad : {"\xff",
                                     "\x80",
                                     "\xc0\xad",
                                     "\xc1\xad",
                                     "\xe0\x81\xad",
                                     "\xe0\x9f\xbf",
                                     "\xf0\x80\x81\xad",
                                     "\xf0\x8f\xbf\xbf",
                                     "\xed\xa0\x80",
                                     "\xed\xbf\xbf",
                                     "\xf4\x90\x80\x80",
                                     "\xf5\x80\x80\x80",
                                     "\xc3",
                                     "\xe2\x82",
                                     "\xf0\x9f\x98",
                                     "\xe2\x28\xa1",
                                     "\\ud800",
                                     "\\uDBFF",
                                     "\\udc00",
                                     "\\uDfFf",
                                     "\\ud83d\\ud83d\\ude00",
                                     "\\ud83d-\\ude00",
                                     "\\ud83d\\n",
                                     "\\ud83d\\u0041",
                                     "\n",
                                     "\x01",
                                     "\x1f"}) {
    for (const std::string& text :
         {std::string(bad), "mod" + std::string(bad) + "el", padding + std::string(bad) + padding}) {
      EXPECT_EQ(scan("{\"" + text + "\":1}"), Finding::kIllFormedText) << text;
      EXPECT_EQ(scan("{\"messages\":[{\"content\":\"" + text + "\"}]}"), Finding::kIllFormedText) << text;
      EXPECT_EQ(scan("{\"tools\":[{\"" + text + "\":1}]}"), Finding::kIllFormedText) << text;
    }
  }
  for (const std::string_view name : {"\\u0000", "model\\u0000", "image_url\\u0000a"}) {
    EXPECT_EQ(scan("{\"" + std::string(name) + "\":1}"), Finding::kIllFormedText) << name;
    EXPECT_EQ(scan("{\"tools\":{\"" + padding + std::string(name) + "\":1}}"), Finding::kIllFormedText) << name;
  }
}

TEST(MediaUrlScanner, LetsTextOfEveryScriptPass) {
  const std::string padding(100, 'p');
  for (const std::string_view good :
       {"é", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbf", "\xf0\x90\x80\x80",
        "\xf4\x8f\xbf\xbf", "漢字かな交じり文と長い文章", "\\ud83d\\ude00", "\\uD83D\\uDE00\\uD83D\\uDE00",
        "\\ud7ff\\ue000", "\\\\ud800", "\x7f"}) {
    for (const std::string& text : {std::string(good), padding + std::string(good) + padding}) {
      EXPECT_EQ(scan("{\"" + text + "\":\"" + text + "\",\"tools\":[\"" + text + "\"]}"), Finding::kNothing) << text;
    }
  }
  EXPECT_EQ(scan(R"({"a":"\u0000"})"), Finding::kNothing) << "in a text it ends nothing";
}

TEST(MediaUrlScanner, WhatIsNoObjectIsTheServersToRefuse) {
  for (const char* body : {"", "  ", "question", R"(["http://x"])", R"("http://x")", "1", "--boundary"})
    EXPECT_EQ(scan(body), Finding::kNothing) << body;
}

TEST(MediaUrlScanner, DepthIsBounded) {
  const auto nested = [](std::size_t depth) {
    return R"({"a":)" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}";
  };
  EXPECT_EQ(scan(nested(MediaUrlScanner::kMaxDepth)), Finding::kNothing);
  EXPECT_EQ(scan(nested(MediaUrlScanner::kMaxDepth + 1)), Finding::kMalformed);
  EXPECT_LE(sizeof(MediaUrlScanner), 512U);
}

// Objects made of what the rules are about, so that most of them nearly break one.
class RandomBody {
 public:
  explicit RandomBody(unsigned seed) : random_(seed) {}

  std::string object(int depth) {
    std::string made = "{";
    for (unsigned i = below(4); i > 0; --i) {
      if (made.size() > 1) made += blank() + ',';
      made += blank() + string(pick(kKeys)) + blank() + ':' + blank() + value(depth - 1);
    }
    return made + blank() + '}';
  }
  unsigned below(unsigned limit) { return std::uniform_int_distribution<unsigned>(0, limit - 1)(random_); }

 private:
  static constexpr const char* kKeys[] = {"messages", "input", "content", "image_url", "video_url", "file_url",
                                          "url",      "type",  "image",   "audio",     "tools",     "text",
                                          "metadata", "URL",   "Type",    "detail",    "source",    "\xc3\xa9",
                                          "path",     "uri",   "images",  "file",      "server_url"};
  static constexpr const char* kValues[] = {"data:image/png;base64,AAAA",
                                            "https://x",
                                            "file:///x",
                                            "image",
                                            "image_url",
                                            "input_file",
                                            "text",
                                            "/9j/AAAA",
                                            "IMAGE",
                                            " data:,",
                                            "a\nb",
                                            "",
                                            "url_citation",
                                            "DATA:,",
                                            "im age",
                                            "\xf0\x9f\x98\x80"};
  template <std::size_t N>
  std::string pick(const char* const (&from)[N]) {
    return from[below(N)];
  }
  std::string blank() { return below(8) == 0 ? std::string(1, " \t\r\n"[below(4)]) : std::string(); }
  std::string string(const std::string& text) {
    std::string made = "\"";
    for (const char c : text) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, below(2) == 0 ? "\\u%04x" : "\\u%04X", static_cast<unsigned char>(c));
      const bool plain = (c > 0x1f && c != '"' && c != '\\' && below(16) != 0) || c < 0;
      made += plain ? std::string(1, c) : escaped;
    }
    return made + '"';
  }
  std::string value(int depth) {
    const unsigned kind = depth <= 0 ? below(6) : below(10);
    if (kind < 5) return string(pick(kValues));
    if (kind == 5) return below(2) == 0 ? "-1.5e3" : "null";
    if (kind < 9) return object(depth);
    std::string made = "[";
    for (unsigned i = below(3); i > 0; --i) made += (made.size() > 1 ? "," : "") + value(depth - 1);
    return made + ']';
  }

  std::mt19937 random_;
};

TEST(MediaUrlScanner, SaysWhatAParsedDocumentSays) {
  RandomBody random(1);
  MediaUrlReference reference;
  std::size_t remote = 0;
  std::size_t compared = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string body = random.object(6);
    if (i % 4 == 0) body[random.below(static_cast<unsigned>(body.size()))] = "{}[]\":,\\u0 x"[random.below(12)];
    const Finding found = scan(body);
    const auto expected = reference.judge(body);
    if (!expected) continue;
    ++compared;
    ASSERT_EQ(found, *expected) << body;
    if (found == Finding::kRemoteMedia) ++remote;
  }
  EXPECT_GT(compared, 15'000U);
  EXPECT_GT(remote, 2'000U);
  EXPECT_LT(remote, compared - 2'000);
}

}  // namespace
}  // namespace minions::gateway
