#include "crypto/secret.h"

#include <gtest/gtest.h>

#include <type_traits>

#include "base/log.h"
#include "crypto/process.h"

namespace minions::crypto {
namespace {

template <class T>
concept Comparable = requires(const T& a, const T& b) {
  a == b;
};
template <class T>
concept Loggable = std::is_constructible_v<log::Value, const T&>;

// What the types promise, checked by the compiler.
static_assert(!std::is_copy_constructible_v<SecretArray<32>> && !std::is_copy_assignable_v<SecretArray<32>>);
static_assert(!std::is_copy_constructible_v<LockedSecret<32>> && !std::is_copy_constructible_v<SecretText>);
static_assert(!Comparable<SecretArray<32>> && !Comparable<SecretText> && !Comparable<LockedSecret<32>>);
static_assert(!Loggable<SecretText> && !Loggable<SecretArray<32>> && !Loggable<std::string>);

TEST(SecretArray, IsEmptyAfterAMove) {
  SecretArray<4> first(ByteArray<4>{1, 2, 3, 4});
  const SecretArray<4> second = std::move(first);
  EXPECT_TRUE(constant_time_equal(second.reveal(), ByteArray<4>{1, 2, 3, 4}));
  EXPECT_TRUE(constant_time_equal(first.reveal(), ByteArray<4>{}));
}

TEST(SecretText, GrowsAndIsCopied) {
  SecretText text(std::string("a secret that is longer than the small buffer"));
  text.append(" and grows");
  EXPECT_EQ(text.reveal(), "a secret that is longer than the small buffer and grows");
  const SecretText copy = text.copy();
  text.clear();
  EXPECT_TRUE(text.empty());
  EXPECT_EQ(copy.reveal(), "a secret that is longer than the small buffer and grows");
}

TEST(SecretText, AppendsAPartOfItself) {
  SecretText text(std::string("a secret that is longer than the small buffer"));
  for (int i = 0; i < 4; ++i) text.append(text.reveal());
  EXPECT_EQ(text.size(), 16U * 45);
  EXPECT_TRUE(text.reveal().ends_with("than the small buffera secret that is longer than the small buffer"));
}

TEST(LockedSecret, LiesInTheArenaOnceThereIsOne) {
  const auto state = reserve_locked_arena(1 << 16);
  ASSERT_TRUE(state);
  EXPECT_FALSE(reserve_locked_arena(1 << 16)) << "one arena a process";
  LockedSecret<32> secret(ByteArray<32>{5});
  ASSERT_TRUE(secret.has_value());
  EXPECT_EQ(secret.reveal()[0], 5);
  LockedSecret<32> moved = std::move(secret);
  ASSERT_TRUE(moved.has_value());
  // The arena stays mapped. It keeps its own links in the first bytes of a free block.
  const volatile std::uint8_t* const memory = moved.reveal().data();
  moved = LockedSecret<32>(ByteArray<32>{6});
  moved.clear();
  EXPECT_FALSE(moved.has_value());
  for (std::size_t i = 2 * sizeof(void*); i < 32; ++i) EXPECT_EQ(memory[i], 0);
}

TEST(ConstantTimeEqual, ComparesLengthsToo) {
  EXPECT_TRUE(constant_time_equal(as_bytes("abc"), as_bytes("abc")));
  EXPECT_FALSE(constant_time_equal(as_bytes("abc"), as_bytes("abd")));
  EXPECT_FALSE(constant_time_equal(as_bytes("abc"), as_bytes("ab")));
  EXPECT_TRUE(constant_time_equal({}, {}));
}

}  // namespace
}  // namespace minions::crypto
