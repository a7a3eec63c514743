#include "base/time_window.h"

#include <gtest/gtest.h>

namespace minions {
namespace {

constexpr TimeWindow kWindow{1'000'000'000, 1'000'000'100};

TEST(TimeWindow, HoldsFromItsStartToBeforeItsEnd) {
  EXPECT_FALSE(kWindow.holds_at(999'999'999));
  EXPECT_TRUE(kWindow.holds_at(1'000'000'000));
  EXPECT_TRUE(kWindow.holds_at(1'000'000'099));
  EXPECT_FALSE(kWindow.holds_at(1'000'000'100));
}

TEST(TimeWindow, HasALeewayOnEachSide) {
  EXPECT_TRUE(kWindow.holds_at(999'999'940, {.early_s = 60}));
  EXPECT_FALSE(kWindow.holds_at(999'999'939, {.early_s = 60}));
  EXPECT_FALSE(kWindow.holds_at(1'000'000'100, {.early_s = 60}));
  EXPECT_TRUE(kWindow.holds_at(1'000'000'159, {.late_s = 60}));
  EXPECT_FALSE(kWindow.holds_at(1'000'000'160, {.late_s = 60}));
}

TEST(TimeWindow, ShowsBothClocks) {
  EXPECT_EQ(kWindow.against(1'000'000'050),
            "2001-09-09T01:46:40Z to 2001-09-09T01:48:20Z, our clock says 2001-09-09T01:47:30Z");
  EXPECT_TRUE(kWindow.against(999'999'880).ends_with("our clock says 2001-09-09T01:44:40Z, 120 s too early"));
  EXPECT_TRUE(kWindow.against(1'000'000'100).ends_with("our clock says 2001-09-09T01:48:20Z, 0 s too late"));
}

}  // namespace
}  // namespace minions
