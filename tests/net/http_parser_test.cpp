#include "net/http_parser.h"

#include <gtest/gtest.h>

namespace minions::net {
namespace {

struct Seen {
  bool head = false;
  bool end = false;
  std::string body;
  std::string rest;
  std::optional<Error> error;
};

// Feeds `text` in steps that end at each of `cuts`, keeping what was not consumed, as a connection does.
template <class Parser>
Seen feed_cut(Parser& parser, const std::string& text, const std::vector<std::size_t>& cuts) {
  Seen seen;
  Bytes buffer;
  std::size_t from = 0;
  for (const std::size_t cut : cuts) {
    append(buffer, std::string_view(text).substr(from, cut - from));
    from = cut;
    for (bool more = true; more && !seen.end;) {
      const auto parsed = parser.feed(buffer);
      if (!parsed) {
        seen.error = parsed.error();
        return seen;
      }
      switch (parsed->event) {
        case ParseEvent::kNeedMore: more = false; break;
        case ParseEvent::kHead: seen.head = true; break;
        case ParseEvent::kBody:
          EXPECT_FALSE(parsed->body.empty());
          EXPECT_GE(parsed->body.data(), buffer.data());
          EXPECT_LE(parsed->body.data() + parsed->body.size(), buffer.data() + parsed->consumed);
          seen.body += as_text(parsed->body);
          break;
        case ParseEvent::kEnd: seen.end = true; break;
      }
      buffer.erase(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(parsed->consumed));
    }
  }
  seen.rest = as_text(buffer);
  return seen;
}

Seen feed_request(RequestParser& parser, const std::string& text) { return feed_cut(parser, text, {text.size()}); }

std::vector<std::size_t> each_byte(const std::string& text) {
  std::vector<std::size_t> cuts;
  for (std::size_t i = 1; i <= text.size(); ++i) cuts.push_back(i);
  return cuts;
}

Error response_error(const std::string& text) {
  ResponseParser parser;
  parser.reset(RequestKind::kOther);
  Bytes buffer;
  append(buffer, text);
  for (;;) {
    const auto parsed = parser.feed(buffer);
    if (!parsed) return parsed.error();
    if (parsed->event == ParseEvent::kNeedMore || parsed->event == ParseEvent::kEnd)
      return {ErrorCode::kInternal, "no error"};
    buffer.erase(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(parsed->consumed));
  }
}

const std::string kLengthRequest =
    "POST /v2/session?x=1 HTTP/1.1\r\nHost: a\r\nContent-Type:  text/plain \r\nContent-Length: 5\r\n\r\nhello";
const std::string kChunkedRequest =
    "POST /v2/stream HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    "5\r\nhello\r\n00001;a=b\r\n \r\n5;x=\"y\"\r\nworld\r\n0\r\nTrailer: 1\r\nContent-Type: no\r\n\r\n";

TEST(ResponseParser, WhatIsTooLargeIsTheFaultOfWhoSentIt) {
  const std::string start = "HTTP/1.1 200 OK\r\n";
  std::string many = start;
  for (int i = 0; i < 200; ++i) many += "A" + std::to_string(i) + ": b\r\n";
  for (const std::string& text : {many + "\r\n", start + "A: " + std::string(kMaxHeaderBytes, 'b') + "\r\n\r\n"})
    EXPECT_EQ(response_error(text).code, ErrorCode::kMalformed) << text.substr(0, 40);
}

TEST(RequestParser, ReadsAHead) {
  RequestParser parser;
  const Seen seen = feed_request(parser, kLengthRequest + "NEXT");
  ASSERT_FALSE(seen.error) << seen.error->detail;
  EXPECT_TRUE(seen.end);
  EXPECT_EQ(seen.body, "hello");
  EXPECT_EQ(seen.rest, "NEXT");
  const RequestHead& head = parser.head();
  EXPECT_EQ(head.method, "POST");
  EXPECT_EQ(head.path(), "/v2/session");
  EXPECT_EQ(head.query(), "x=1");
  EXPECT_EQ(find(head.headers, "content-type"), "text/plain");
  EXPECT_EQ(find(head.headers, "missing"), std::nullopt);
  EXPECT_EQ(head.content_length, 5U);
  EXPECT_FALSE(head.chunked);
  EXPECT_TRUE(head.keep_alive);
  EXPECT_TRUE(head.has_body());
}

TEST(RequestParser, GivesTheSameForEverySplitInTwo) {
  for (const std::string& request : {kLengthRequest, kChunkedRequest}) {
    for (std::size_t cut = 0; cut <= request.size(); ++cut) {
      RequestParser parser;
      const Seen seen = feed_cut(parser, request, {cut, request.size()});
      ASSERT_FALSE(seen.error) << cut << " " << seen.error->detail;
      EXPECT_TRUE(seen.end) << cut;
      EXPECT_EQ(seen.body, request == kLengthRequest ? "hello" : "hello world");
      EXPECT_EQ(seen.rest, "");
      EXPECT_EQ(parser.head().headers.size(), request == kLengthRequest ? 3U : 2U);
    }
  }
}

TEST(RequestParser, GivesTheSameByteByByteAndMessageAfterMessage) {
  RequestParser parser;
  for (int i = 0; i < 3; ++i) {
    parser.reset();
    const Seen seen = feed_cut(parser, kChunkedRequest, each_byte(kChunkedRequest));
    ASSERT_FALSE(seen.error) << seen.error->detail;
    EXPECT_TRUE(seen.end);
    EXPECT_EQ(seen.body, "hello world");
  }
}

TEST(RequestParser, NeverTakesAPartForTheWhole) {
  for (const std::string& request : {kLengthRequest, kChunkedRequest}) {
    for (std::size_t cut = 0; cut < request.size(); ++cut) {
      RequestParser parser;
      const Seen seen = feed_cut(parser, request, {cut});
      EXPECT_FALSE(seen.end) << cut;
      EXPECT_FALSE(seen.error) << cut;
    }
  }
}

TEST(RequestParser, KnowsWhoKeepsTheConnection) {
  const auto keeps = [](const std::string& text) {
    RequestParser parser;
    const Seen seen = feed_request(parser, text);
    EXPECT_TRUE(seen.end) << text;
    return parser.head().keep_alive;
  };
  EXPECT_TRUE(keeps("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  EXPECT_FALSE(keeps("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
  EXPECT_FALSE(keeps("GET / HTTP/1.0\r\n\r\n"));
  EXPECT_TRUE(keeps("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
}

TEST(RequestParser, SeesAnExpectation) {
  RequestParser parser;
  feed_request(parser, "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\n");
  EXPECT_TRUE(parser.got_head());
  EXPECT_TRUE(parser.head().expect_continue);
}

struct Refused {
  std::string text;
  int status;
};

TEST(RequestParser, RefusesWhatParsersDisagreeAbout) {
  const std::string start = "POST / HTTP/1.1\r\nHost: a\r\n";
  const std::vector<Refused> refused = {
      {start + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {start + "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n", 400},
      {start + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400},
      {start + "Content-Length: 1, 1\r\n\r\n", 400},
      {start + "Content-Length: +1\r\n\r\n", 400},
      {start + "Content-Length: -1\r\n\r\n", 400},
      {start + "Content-Length: 0x1\r\n\r\n", 400},
      {start + "Content-Length: \r\n\r\n", 400},
      {start + "Content-Length: 18446744073709551616\r\n\r\n", 400},
      {start + "Transfer-Encoding: gzip, chunked\r\n\r\n", 501},
      {start + "Transfer-Encoding: gzip\r\n\r\n", 501},
      {start + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {start + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n", 400},
      {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {start + "A: b\r\n c\r\n\r\n", 400},
      {start + "A: \r\n c\r\n\r\n", 400},
      {start + "A: b\r\n \r\n\r\n", 400},
      {start + "A: \r\n \r\nB: c\r\n\r\n", 400},
      {start + "A : b\r\n\r\n", 400},
      {start + ": b\r\n\r\n", 400},
      {start + "A\r\n\r\n", 400},
      {start + " A: b\r\n\r\n", 400},
      {start + "A: b\nC: d\r\n\r\n", 400},
      {start + "A: b\rC: d\r\n\r\n", 400},
      {start + std::string("A: b\0c\r\n\r\n", 10), 400},
      {start + "Expect: a miracle\r\n\r\n", 417},
      {start + "Host: b\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n\r\n", 400},
      {"GET / HTTP/1.1\nHost: a\n\n", 400},
      {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 400},
      {"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"GET /\x80 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"G(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
  };
  for (const Refused& example : refused) {
    RequestParser whole;
    EXPECT_TRUE(feed_request(whole, example.text).error) << example.text;
    EXPECT_EQ(whole.refusal_status(), example.status) << example.text;
    EXPECT_FALSE(whole.feed({})) << "goes on after an error: " << example.text;
    RequestParser split;  // waits for a line end rather than fail at once where there are bare line feeds only
    EXPECT_FALSE(feed_cut(split, example.text, each_byte(example.text)).head) << "byte by byte: " << example.text;
  }
}

TEST(RequestParser, RefusesBrokenChunks) {
  const std::string start = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const std::string& body :
       {std::string("x\r\nhello\r\n0\r\n\r\n"), std::string("5\nhello\r\n0\r\n\r\n"),
        std::string("2\r\nhello\r\n0\r\n\r\n"), std::string("5 x\r\nhello\r\n0\r\n\r\n"),
        std::string("-5\r\nhello\r\n0\r\n\r\n"), std::string("10000000000000000\r\nhello\r\n0\r\n\r\n"),
        "5;" + std::string(300, 'e') + "\r\nhello\r\n0\r\n\r\n", std::string(20'000, '0'),
        "0\r\n" + std::string("T: ") + std::string(20'000, 't')}) {
    RequestParser parser;
    EXPECT_TRUE(feed_request(parser, start + body).error) << body.substr(0, 40);
    RequestParser split;
    EXPECT_TRUE(feed_cut(split, start + body, each_byte(start + body)).error) << body.substr(0, 40);
  }
}

// A peer that has sent this waits for an answer, and no further byte could make it good.
TEST(RequestParser, RefusesBrokenFramingAsSoonAsItShows) {
  const std::string start = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const std::string body : {"x",
                                 "zz",
                                 "zz\r\n",
                                 "\r\n",
                                 "-1",
                                 "5 x",
                                 "5;a\n",
                                 "5\n",
                                 "5\rx",
                                 "11111111111111111",
                                 "5\r\nhellox",
                                 "5\r\nhello\rx",
                                 "5\r\nhello\r\nz",
                                 "0\r\n:",
                                 "0\r\n b",
                                 "0\r\nA b",
                                 "0\r\nA\r\n",
                                 "0\r\nA: b\r\n: c",
                                 "0\r\nA: b\n",
                                 "0\r\nA: \x01"}) {
    RequestParser whole;
    EXPECT_TRUE(feed_request(whole, start + body).error) << body;
    EXPECT_EQ(whole.refusal_status(), 400) << body;
    RequestParser split;
    EXPECT_TRUE(feed_cut(split, start + body, each_byte(start + body)).error) << "byte by byte: " << body;
  }
  for (const std::string& head : {std::string("GET / HTTP/1.1\nHost: a\n"), std::string("GET / HTTP/1.1\r\nHost: a\n"),
                                  std::string("GET / HTTP/1.1\r\nHost: a\rB")}) {
    RequestParser split;
    EXPECT_TRUE(feed_cut(split, head, each_byte(head)).error) << "byte by byte: " << head;
  }
}

TEST(RequestParser, TakesEveryBeginningOfGoodChunks) {
  const std::string text =
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "0005;name=value;x=\"y z\"\r\nhello\r\nA\r\n0123456789\r\n00\r\nA: b\tc\r\nEmpty:\r\n\r\n";
  for (std::size_t end = 0; end <= text.size(); ++end) {
    RequestParser parser;
    const Seen seen = feed_request(parser, text.substr(0, end));
    EXPECT_FALSE(seen.error) << text.substr(0, end) << ": " << seen.error->detail;
    EXPECT_EQ(seen.end, end == text.size());
  }
  RequestParser split;
  EXPECT_EQ(feed_cut(split, text, each_byte(text)).body, "hello0123456789");
}

TEST(RequestParser, RefusesABodyWhereTheMethodHasNone) {
  for (const std::string method : {"GET", "HEAD"}) {
    for (const std::string framing : {"Content-Length: 1", "Transfer-Encoding: chunked"}) {
      RequestParser parser;
      const Seen seen = feed_request(parser, method + " / HTTP/1.1\r\nHost: a\r\n" + framing + "\r\n\r\n");
      ASSERT_TRUE(seen.error) << method << ' ' << framing;
      EXPECT_EQ(seen.error->detail, "http: " + method + " with a body");
      EXPECT_EQ(parser.refusal_status(), 400);
    }
    RequestParser empty;
    EXPECT_TRUE(feed_request(empty, method + " / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n").end);
  }
}

TEST(RequestParser, RefusesABodyThatIsAnnouncedOverItsLimit) {
  const std::string start = "POST / HTTP/1.1\r\nHost: a\r\n";
  const auto refused = [](const std::string& head, const std::string& body, std::uint64_t limit) -> Status {
    RequestParser parser;
    EXPECT_TRUE(feed_request(parser, head).head);
    Status status = parser.limit_body(limit);
    if (status) {
      if (Seen seen = feed_request(parser, body); seen.error) status = fail(*std::move(seen.error));
    }
    if (status) return status;
    EXPECT_EQ(parser.refusal_status(), status.error().code == ErrorCode::kTooLarge ? 413 : 400);
    return status;
  };
  const std::string length = start + "Content-Length: 10\r\n\r\n";
  EXPECT_TRUE(refused(length, "0123456789", 10));
  EXPECT_EQ(refused(length, "", 9).error().code, ErrorCode::kTooLarge);
  const std::string chunked = start + "Transfer-Encoding: chunked\r\n\r\n";
  EXPECT_TRUE(refused(chunked, "8\r\n01234567\r\n2\r\n89\r\n0\r\n\r\n", 10));
  EXPECT_EQ(refused(chunked, "8\r\n01234567\r\n3\r\n", 10).error().code, ErrorCode::kTooLarge);
  EXPECT_EQ(refused(chunked, "ffffffffffffffff\r\n", 10).error().code, ErrorCode::kTooLarge);
  EXPECT_EQ(refused(chunked, "8\r\n01234567\r\n3x", 10).error().code, ErrorCode::kMalformed);
}

TEST(RequestParser, KeepsItsLimitsHoweverTheBytesCome) {
  const std::string start = "GET / HTTP/1.1\r\nHost: a\r\n";
  std::string many = start;
  for (std::size_t i = 0; i < kMaxHeaders; ++i) many += "A: b\r\n";
  std::string long_lines = start;
  for (int i = 0; i < 20; ++i) long_lines += "A: " + std::string(1000, 'b') + "\r\n";
  const std::vector<Refused> refused = {
      {many + "\r\n", 431},
      {start + "A: " + std::string(kMaxHeaderBytes, 'b') + "\r\n\r\n", 431},
      {long_lines + "\r\n", 431},
      {"GET /" + std::string(kMaxTargetBytes, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n", 414},
      {"GET /" + std::string(2 * kMaxHeaderBytes, 'x'), 414},
  };
  for (const Refused& example : refused) {
    RequestParser whole;
    const Seen seen = feed_request(whole, example.text);
    ASSERT_TRUE(seen.error) << example.text.substr(0, 40);
    EXPECT_EQ(seen.error->code, ErrorCode::kTooLarge);
    EXPECT_EQ(whole.refusal_status(), example.status) << example.text.substr(0, 40);
    RequestParser split;
    EXPECT_TRUE(feed_cut(split, example.text, each_byte(example.text)).error) << example.text.substr(0, 40);
    EXPECT_EQ(split.refusal_status(), example.status) << example.text.substr(0, 40);
  }
}

TEST(RequestParser, TakesWhatIsJustWithinTheLimits) {
  std::string many = "GET / HTTP/1.1\r\n";
  for (std::size_t i = 1; i < kMaxHeaders; ++i) many += "A: b\r\n";
  const std::string line = "GET / HTTP/1.1\r\nHost: a\r\nA: ";
  for (const std::string& text :
       {many + "Host: a\r\n\r\n", line + std::string(kMaxHeaderBytes - line.size() - 4, 'b') + "\r\n\r\n",
        "GET /" + std::string(kMaxTargetBytes - 1, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n"}) {
    RequestParser parser;
    const Seen seen = feed_request(parser, text);
    EXPECT_TRUE(seen.end) << (seen.error ? seen.error->detail : "no end");
  }
}

TEST(ResponseParser, ReadsEachKindOfBody) {
  const std::vector<std::pair<std::string, std::string>> examples = {
      {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "hello"},
      {"HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", "hello"},
      {"HTTP/1.1 204 No Content\r\n\r\n", ""},
      {"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", ""},
      {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: "
       "2\r\n\r\nhi",
       "hi"},
  };
  for (const auto& [text, body] : examples) {
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
      ResponseParser parser;
      const Seen seen = feed_cut(parser, text, {cut, text.size()});
      ASSERT_FALSE(seen.error) << text << seen.error->detail;
      EXPECT_TRUE(seen.end) << text << " cut at " << cut;
      EXPECT_EQ(seen.body, body) << text;
      EXPECT_EQ(find(parser.head().headers, "link"), std::nullopt);
      EXPECT_TRUE(parser.at_end_of_input());
    }
  }
}

TEST(ResponseParser, EndsAReplyToHeadWithItsHead) {
  ResponseParser parser;
  parser.reset(RequestKind::kHead);
  const std::string text = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
  EXPECT_TRUE(feed_cut(parser, text, {text.size()}).end);
}

TEST(ResponseParser, TellsACutFromAnEnd) {
  const auto end_after = [](const std::string& text) {
    ResponseParser parser;
    EXPECT_FALSE(feed_cut(parser, text, {text.size()}).error);
    return parser.at_end_of_input();
  };
  EXPECT_EQ(end_after("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell").error().code, ErrorCode::kTruncated);
  EXPECT_EQ(end_after("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n").error().code,
            ErrorCode::kTruncated);
  EXPECT_EQ(end_after("HTTP/1.1 200 OK\r\nContent-L").error().code, ErrorCode::kTruncated);
  EXPECT_EQ(end_after("").error().code, ErrorCode::kTruncated);
  EXPECT_TRUE(end_after("HTTP/1.1 200 OK\r\n\r\nuntil the end"));
}

TEST(ResponseParser, SaysThatABodyEndsWithTheConnection) {
  ResponseParser parser;
  const std::string text = "HTTP/1.1 200 OK\r\n\r\nabc";
  const Seen seen = feed_cut(parser, text, {text.size()});
  EXPECT_EQ(seen.body, "abc");
  EXPECT_FALSE(seen.end);
  EXPECT_TRUE(parser.head().ends_with_connection);
  EXPECT_FALSE(parser.head().keep_alive);
}

TEST(ResponseParser, RefusesUpgradesAndEndlessInterimReplies) {
  ResponseParser upgrade;
  const std::string switching = "HTTP/1.1 101 Switching\r\n\r\n";
  EXPECT_TRUE(feed_cut(upgrade, switching, {switching.size()}).error);
  std::string endless;
  for (int i = 0; i < 20; ++i) endless += "HTTP/1.1 100 Continue\r\n\r\n";
  ResponseParser parser;
  EXPECT_TRUE(feed_cut(parser, endless, {endless.size()}).error);
}

}  // namespace
}  // namespace minions::net
