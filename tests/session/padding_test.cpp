#include "session/padding.h"

#include "support/vectors.h"

namespace minions::session {
namespace {

using testing::smp2_vectors;

TEST(Padding, MatchesTheVectors) {
  for (const Json& pair : smp2_vectors()["padme"])
    EXPECT_EQ(padme(testing::number(pair[0])), testing::number(pair[1])) << pair;
  for (const Json& pair : smp2_vectors()["bucket"]) EXPECT_EQ(bucket(pair[0]), pair[1]);
  for (const Json& pair : smp2_vectors()["final_bucket"]) EXPECT_EQ(final_bucket(pair[0]), pair[1]);
  for (const Json& pair : smp2_vectors()["head_size"]) EXPECT_EQ(head_size(pair[0]), pair[1]);
  for (const Json& pair : smp2_vectors()["request_layout"]) {
    EXPECT_EQ(request_layout(testing::number(pair[0])), pair[1].get<std::vector<std::size_t>>()) << pair[0];
  }
}

TEST(Padme, CostsAtMostTwelvePercent) {
  for (std::uint64_t x = 2; x < (1ULL << 40); x = x * 9 / 8 + 1) {
    const std::uint64_t padded = padme(x);
    EXPECT_GE(padded, x);
    EXPECT_LE(static_cast<double>(padded - x), 0.12 * static_cast<double>(x)) << x;
    EXPECT_EQ(padme(padded), padded);
  }
}

TEST(PaddingMode, HasOneNameEach) {
  for (const auto mode : {PaddingMode::kOff, PaddingMode::kBucket, PaddingMode::kTick, PaddingMode::kConstant}) {
    EXPECT_EQ(padding_mode_from(name_of(mode)), mode);
  }
  EXPECT_FALSE(padding_mode_from("Off"));
}

}  // namespace
}  // namespace minions::session
