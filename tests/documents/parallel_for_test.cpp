#include "documents/parallel_for.h"

#include <gtest/gtest.h>

#include <atomic>
#include <vector>

namespace minions::documents {
namespace {

TEST(ForEach, DoesEachOnce) {
  for (const unsigned threads : {1U, 4U}) {
    std::vector<std::atomic<int>> done(1000);
    EXPECT_TRUE(parallel_for(done.size(), threads, [&](std::size_t i) -> Status {
      ++done[i];
      return {};
    }));
    for (const auto& count : done) EXPECT_EQ(count, 1);
  }
  EXPECT_TRUE(parallel_for(0, 4, [](std::size_t) -> Status { return fail(ErrorCode::kInternal, "called"); }));
}

TEST(ForEach, ReturnsTheFirstFailureAndBeginsNoMore) {
  std::atomic<int> calls = 0;
  const Status status = parallel_for(1'000'000, 3, [&](std::size_t i) -> Status {
    ++calls;
    if (i >= 5) return fail(ErrorCode::kDocument, std::to_string(i));
    return {};
  });
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().detail, "5");
  EXPECT_LT(calls, 100);
}

}  // namespace
}  // namespace minions::documents
