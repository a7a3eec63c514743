// Reads memory after it was freed, on purpose: this program is never built with a sanitizer.
#include <gtest/gtest.h>
#include <openssl/crypto.h>

#include <cstring>
#include <memory>

#include "crypto/process.h"

namespace minions::crypto {
namespace {

constexpr std::size_t kSize = 600;

// The allocator keeps its own links in the first bytes of a free block.
constexpr std::size_t kLinks = 32;

bool rest_is_zero(const volatile char* memory) {
  for (std::size_t i = kLinks; i < kSize; ++i) {
    if (memory[i] != 0) return false;
  }
  return true;
}

TEST(WipingAllocator, IsInstalled) { EXPECT_TRUE(freed_memory_is_wiped()); }

TEST(WipingAllocator, WipesWhatDeleteFrees) {
  char* volatile memory = new char[kSize];
  std::memset(memory, 'x', kSize);
  const volatile char* const after = memory;
  delete[] memory;
  EXPECT_TRUE(rest_is_zero(after));
}

TEST(WipingAllocator, WipesWhatOpensslFrees) {
  auto* volatile memory = static_cast<char*>(OPENSSL_malloc(kSize));
  std::memset(memory, 'x', kSize);
  const volatile char* const after = memory;
  OPENSSL_free(memory);
  EXPECT_TRUE(rest_is_zero(after));
}

TEST(WipingAllocator, WipesTheOldBlockWhenOpensslGrowsOne) {
  auto* volatile memory = static_cast<char*>(OPENSSL_malloc(kSize));
  std::memset(memory, 'x', kSize);
  const volatile char* const after = memory;
  auto* const larger = static_cast<char*>(OPENSSL_realloc(memory, 100 * kSize));
  EXPECT_EQ(larger[kSize - 1], 'x');
  ASSERT_NE(larger, after) << "grown where it lies, it would leave nothing to look at";
  EXPECT_TRUE(rest_is_zero(after));
  OPENSSL_free(larger);
}

}  // namespace
}  // namespace minions::crypto
