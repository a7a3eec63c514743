#include "llama/text_filter.h"

#include <gtest/gtest.h>

#include <ctime>
#include <random>

namespace minions::llama {
namespace {

std::string pass(TextFilter& filter, const std::vector<std::string>& pieces) {
  std::string shown;
  for (const std::string& piece : pieces) shown += filter.take(piece);
  return shown;
}

// The text in each way of cutting it into two, and byte by byte.
std::vector<std::vector<std::string>> cuts(const std::string& text) {
  std::vector<std::vector<std::string>> all;
  for (std::size_t at = 0; at <= text.size(); ++at) all.push_back({text.substr(0, at), text.substr(at)});
  std::vector<std::string> bytes;
  for (const char byte : text) bytes.emplace_back(1, byte);
  all.push_back(bytes);
  return all;
}

TEST(TextFilter, StopsAtAStopStringHoweverItIsCut) {
  for (const auto& pieces : cuts("one two END three")) {
    TextFilter filter({"END"});
    EXPECT_EQ(pass(filter, pieces), "one two ");
    EXPECT_TRUE(filter.stopped());
    EXPECT_EQ(filter.finish(), "");
  }
}

TEST(TextFilter, TheFirstOfSeveralStopStringsCounts) {
  for (const auto& pieces : cuts("abc</s>def\n\n")) {
    TextFilter filter({"\n\n", "</s>"});
    EXPECT_EQ(pass(filter, pieces), "abc");
  }
}

TEST(TextFilter, AnAlmostStopStringIsShown) {
  for (const auto& pieces : cuts("EN EEN ENN EN")) {
    TextFilter filter({"END"});
    std::string shown = pass(filter, pieces);
    EXPECT_FALSE(filter.stopped());
    EXPECT_EQ(shown, "EN EEN ENN ");
    EXPECT_EQ(filter.finish(), "EN");
  }
}

TEST(TextFilter, HoldsBackNoMoreThanMayBecomeAStopString) {
  TextFilter filter({"\n\nUser:"});
  EXPECT_EQ(filter.take("Hello"), "Hello");
  EXPECT_EQ(filter.take("\n"), "");
  EXPECT_EQ(filter.take("you"), "\nyou");
}

TEST(TextFilter, GivesWholeCharactersHoweverTheyAreCut) {
  const std::string text = "a\u00E9\u20AC\U0001F600z";
  for (const auto& pieces : cuts(text)) {
    TextFilter filter({});
    std::string shown;
    for (const std::string& piece : pieces) {
      const std::string part = filter.take(piece);
      EXPECT_EQ(unfinished_utf8(part), 0U);
      shown += part;
    }
    EXPECT_EQ(shown, text);
  }
}

TEST(TextFilter, BytesThatAreNoTextAreNotHeldForEver) {
  TextFilter filter({});
  EXPECT_EQ(filter.take("\x80\x80\x80\x80"), "\x80\x80\x80\x80");
  EXPECT_EQ(filter.take("\xE2\x82"), "");
  EXPECT_EQ(filter.take("a"),
            "\xE2\x82"
            "a");
  EXPECT_EQ(filter.take("\xF0"), "");
  EXPECT_EQ(filter.finish(), "\xF0");
}

// Against the plain way: every stop string looked for in all of the text.
TEST(TextFilter, AgreesWithASearchOfTheWholeText) {
  std::mt19937 random(7);
  const auto word = [&](std::size_t most) {
    std::string text(1 + random() % most, 'a');
    for (char& c : text) c = "ab"[random() % 2];
    return text;
  };
  for (int round = 0; round < 2'000; ++round) {
    const std::vector<std::string> stops = {word(6), word(6)};
    const std::string text = word(40);
    TextFilter filter(stops);
    std::string shown;
    std::size_t at = 0;
    while (at < text.size() && !filter.stopped()) {
      shown += filter.take(text.substr(at, 1));
      ++at;
    }
    // One byte at a time: the first that is whole counts.
    std::size_t whole = std::string::npos;
    std::size_t start = 0;
    for (const std::string& stop : stops) {
      const std::size_t found = text.find(stop);
      if (found == std::string::npos) continue;
      const std::size_t end = found + stop.size();
      if (end < whole || (end == whole && found < start)) start = found;
      whole = std::min(whole, end);
    }
    EXPECT_EQ(filter.stopped(), whole != std::string::npos);
    EXPECT_EQ(shown + filter.finish(), text.substr(0, whole == std::string::npos ? whole : start))
        << text << " " << stops[0] << " " << stops[1];
  }
}

// On the thread of all answers: what is held back is not read again for each token.
TEST(TextFilter, TakesAStepForEachByte) {
  std::vector<std::string> stops;
  for (std::size_t i = 0; i < 64; ++i) stops.push_back(std::string(4'000, 'a') + std::to_string(i));
  TextFilter filter(stops);
  const std::clock_t start = std::clock();
  for (int token = 0; token < 20'000; ++token) static_cast<void>(filter.take("aaaa"));
  EXPECT_LT(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC, 3);
}

TEST(TextFilter, AnEmptyStopStringStopsNothing) {
  TextFilter filter({""});
  EXPECT_EQ(filter.take("text"), "text");
  EXPECT_FALSE(filter.stopped());
}

}  // namespace
}  // namespace minions::llama
