#include "session/replay_window.h"

#include <random>
#include <set>

#include "support/vectors.h"

namespace minions::session {
namespace {

TEST(ReplayWindow, MatchesTheVectors) {
  for (const Json& vector : testing::smp2_vectors()["window"]) {
    ReplayWindow window;
    for (std::size_t i = 0; i < vector["take"].size(); ++i) {
      const std::string want = vector["want"][i];
      const Status taken = window.mark(testing::number(vector["take"][i]));
      EXPECT_EQ(taken.has_value(), want == "ok") << i;
      if (!taken) {
        EXPECT_EQ(taken.error().code, want == "bad_id" ? ErrorCode::kMalformed : ErrorCode::kReplayed) << i;
      }
    }
  }
}

TEST(ReplayWindow, AgreesWithAModelThatRemembersEverything) {
  std::mt19937_64 random(7);
  ReplayWindow window;
  std::set<StreamId> used;
  for (int i = 0; i < 20'000; ++i) {
    const StreamId top = used.empty() ? 0 : *used.rbegin();
    const StreamId n = std::max<StreamId>(top, 1500) - 1500 + random() % (i % 100 == 0 ? 6000 : 1600);
    const bool fresh = (used.empty() || n + kWindowSize > top) && !used.contains(n);
    EXPECT_EQ(window.check(n).has_value(), fresh);
    EXPECT_EQ(window.mark(n).has_value(), fresh);
    if (fresh) used.insert(n);
  }
}

}  // namespace
}  // namespace minions::session
