#include "base/utc.h"

#include <gtest/gtest.h>

namespace minions {
namespace {

TEST(Utc, ReadsWhatIsWritten) {
  for (const UnixSeconds time :
       {UnixSeconds{0}, UnixSeconds{951'782'400}, UnixSeconds{1'790'000'000}, UnixSeconds{4'102'444'799}}) {
    EXPECT_EQ(parse_utc(to_iso8601(time)), time);
  }
  EXPECT_EQ(parse_utc("2024-02-29T23:59:59Z"), 1'709'251'199);
}

TEST(Utc, TakesNoOtherForm) {
  for (const char* text :
       {"", "2024-02-29", "2024-02-29T23:59:59", "2024-02-29 23:59:59Z", "2024-02-29T23:59:59z",
        "2024-02-29T23:59:59+00", "2023-02-29T00:00:00Z", "2024-13-01T00:00:00Z", "2024-00-01T00:00:00Z",
        "2024-01-32T00:00:00Z", "2024-01-01T24:00:00Z", "2024-01-01T00:60:00Z", "2024-01-01T00:00:60Z",
        "2024-1-01T00:00:000Z", "-024-01-01T00:00:00Z"}) {
    EXPECT_EQ(parse_utc(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace minions
