#include "chat/sse.h"

#include <gtest/gtest.h>

#include <vector>

namespace minions::chat {
namespace {

using Events = std::vector<std::pair<std::string, std::string>>;

void drain(SseParser& parser, std::string_view input, Events& events) {
  for (;;) {
    const auto event = parser.next(input);
    ASSERT_TRUE(event) << event.error().detail;
    if (!*event) break;
    events.emplace_back((*event)->name, (*event)->data);
  }
  EXPECT_TRUE(input.empty());
}

const std::string kStream =
    "\xEF\xBB\xBF: hello\n\ndata: one\n\nevent: delta\ndata:two\ndata:  three\n\nid: 7\nretry: 5\ndata\n\n"
    "data: cr\r\rdata: crlf\r\n\r\nevent: forgotten\n\ndata: last\n\n";
const Events kExpected = {{"", "one"}, {"delta", "two\n three"}, {"", ""}, {"", "cr"}, {"", "crlf"}, {"", "last"}};

TEST(SseParser, GivesTheSameEventsForEverySplitInTwo) {
  for (std::size_t cut = 0; cut <= kStream.size(); ++cut) {
    SseParser parser;
    Events events;
    drain(parser, std::string_view(kStream).substr(0, cut), events);
    drain(parser, std::string_view(kStream).substr(cut), events);
    EXPECT_EQ(events, kExpected) << "cut at " << cut;
    EXPECT_TRUE(parser.between_events());
  }
}

TEST(SseParser, GivesTheSameEventsByteByByte) {
  SseParser parser;
  Events events;
  for (const char& byte : kStream) drain(parser, {&byte, 1}, events);
  EXPECT_EQ(events, kExpected);
}

TEST(SseParser, GivesASimpleEventWithoutACopy) {
  SseParser parser;
  std::string_view warm_up = ": start\n";
  ASSERT_FALSE(parser.next(warm_up)->has_value());
  const std::string text = "data: {\"a\":1}\n\ndata: next\n\n";
  std::string_view input = text;
  const auto event = parser.next(input);
  ASSERT_TRUE(event && *event);
  EXPECT_EQ((*event)->data, "{\"a\":1}");
  EXPECT_EQ((*event)->data.data(), text.data() + 6);
}

TEST(SseParser, KnowsWhenAnEventIsUnfinished) {
  SseParser parser;
  Events events;
  drain(parser, "data: a\n", events);
  EXPECT_FALSE(parser.between_events());
  drain(parser, "\n", events);
  EXPECT_TRUE(parser.between_events());
  drain(parser, "da", events);
  EXPECT_FALSE(parser.between_events());
  EXPECT_EQ(events, (Events{{"", "a"}}));
}

TEST(SseParser, RefusesEventsOverItsLimit) {
  for (const std::string& text :
       {"data: " + std::string(60, 'x') + "\n\n", std::string(60, 'x'),
        std::string("data: aaaaaaaaaaaaaaaaaaaaaaaaa\ndata: bbbbbbbbbbbbbbbbbbbbbbbbb\n\n")}) {
    SseParser parser(40);
    std::string_view warm_up = ": x\n";
    ASSERT_TRUE(parser.next(warm_up));
    std::string_view input = text;
    const auto event = parser.next(input);
    ASSERT_FALSE(event) << text;
    EXPECT_EQ(event.error().code, ErrorCode::kMalformed) << "the fault of who sent it";
  }
}

TEST(SseParser, TakesManyEventsWithinItsLimit) {
  SseParser parser(40);
  Events events;
  for (int i = 0; i < 100; ++i) drain(parser, ": comment of some length\ndata: 0123456789\n\n", events);
  EXPECT_EQ(events.size(), 100U);
}

}  // namespace
}  // namespace minions::chat
