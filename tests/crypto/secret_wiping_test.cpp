// What secret types leave behind where no allocator wipes: operator delete of this program looks for the secret in each
// block before it frees it, and objects of their own are looked at after their end, in memory that outlives them. Never
// built with a sanitizer: one test reads memory that was freed.
#include <gtest/gtest.h>
#include <malloc.h>

#include <cstdlib>
#include <cstring>
#include <new>

#include "crypto/secret.h"

namespace {

constexpr std::string_view kLong = "a secret that is longer than the small buffer of a string";
constexpr std::string_view kShort = "short secret";

// From its second letter on: an empty string has its end in place of the first.
bool holds(const void* memory, std::size_t size, std::string_view text) {
  text.remove_prefix(1);
  return memmem(memory, size, text.data(), text.size()) != nullptr;
}

std::size_t g_freed_with_secret = 0;

void look_and_free(void* memory) {
  if (memory != nullptr && holds(memory, malloc_usable_size(memory), kLong)) ++g_freed_with_secret;
  std::free(memory);
}

}  // namespace

void* operator new(std::size_t size) {
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { look_and_free(memory); }
void operator delete(void* memory, std::size_t) noexcept { look_and_free(memory); }

namespace minions::crypto {
namespace {

// How many blocks with the secret `work` frees.
template <class Work>
std::size_t freed_by(const Work& work) {
  const std::size_t before = g_freed_with_secret;
  work();
  return g_freed_with_secret - before;
}

// An object whose memory stays when it ends. The pointer is volatile so that the compiler cannot tell which object
// ends, and leave out what was written to one that nobody may read any more.
template <class T>
class Remains {
 public:
  template <class... Arguments>
  explicit Remains(Arguments&&... arguments) : object_(new (memory_) T(std::forward<Arguments>(arguments)...)) {}
  T& operator*() { return *object_; }
  void end() { object_->~T(); }
  [[nodiscard]] bool hold(std::string_view text) const { return holds(memory_, sizeof memory_, text); }

 private:
  alignas(T) unsigned char memory_[sizeof(T)] = {};
  T* volatile object_;
};

TEST(Wiping, OfAnOrdinaryStringIsMissed) {
  EXPECT_EQ(freed_by([] { std::string text(kLong); }), 1U) << "these tests must be able to fail";
  Remains<std::string> text(kShort);
  text.end();
  EXPECT_TRUE(text.hold(kShort)) << "these tests must be able to fail";
}

TEST(Wiping, OfASecretTextAtItsEnd) {
  EXPECT_EQ(freed_by([] { SecretText text{std::string(kLong)}; }), 0U);
  Remains<SecretText> text(std::string{kShort});
  ASSERT_TRUE(text.hold(kShort));
  text.end();
  EXPECT_FALSE(text.hold(kShort));
}

TEST(Wiping, OfASecretTextWhenItGrows) {
  EXPECT_EQ(freed_by([] {
              SecretText text{std::string(kLong)};
              for (int i = 0; i < 100; ++i) text.append(" and more of it");
            }),
            0U);
  Remains<SecretText> text(std::string{kShort});
  (*text).append(kLong);
  EXPECT_FALSE(text.hold(kShort)) << "in the small buffer that it has left";
  text.end();
}

TEST(Wiping, OfASecretTextThatIsCleared) {
  SecretText text{std::string(kLong)};
  const char* const letters = text.reveal().data();
  text.clear();
  EXPECT_FALSE(holds(letters, kLong.size(), kLong)) << "the buffer is still its own";
}

TEST(Wiping, OfASecretTextThatIsMovedFromOrAssignedTo) {
  EXPECT_EQ(freed_by([] {
              SecretText text{std::string(kLong)};
              text = SecretText(std::string(kLong));
              text = SecretText("another text, longer than the small buffer too");
              const SecretText moved(std::move(text));
            }),
            0U);
  Remains<SecretText> text(std::string{kShort});
  const SecretText moved(std::move(*text));
  EXPECT_EQ(moved.reveal(), kShort);
  EXPECT_FALSE(text.hold(kShort));
  text.end();
}

TEST(Wiping, OfASecretArrayAtItsEndAndWhenItIsMoved) {
  ByteArray<12> bytes;
  std::copy(kShort.begin(), kShort.end(), bytes.begin());
  Remains<SecretArray<12>> array(bytes);
  ASSERT_TRUE(array.hold(kShort));
  Remains<SecretArray<12>> moved(std::move(*array));
  EXPECT_FALSE(array.hold(kShort));
  ASSERT_TRUE(moved.hold(kShort));
  SecretArray<12> assigned;
  assigned = std::move(*moved);
  EXPECT_FALSE(moved.hold(kShort));
  Remains<SecretArray<12>> last(std::move(assigned));
  last.end();
  EXPECT_FALSE(last.hold(kShort));
  array.end();
  moved.end();
}

TEST(Wiping, OfALockedSecretWithoutAnArena) {
  // Freed by OpenSSL, and so not by operator delete: the block is looked at where it lies, behind the allocator's
  // links.
  constexpr std::size_t kSize = 4096;
  ByteArray<kSize> bytes;
  bytes.fill(0x5a);
  LockedSecret<kSize> secret(bytes);
  const volatile std::uint8_t* const memory = secret.reveal().data();
  secret.clear();
  std::size_t left = 0;
  for (std::size_t i = 64; i < kSize; ++i) left += memory[i] == 0x5a ? 1U : 0U;
  EXPECT_EQ(left, 0U);
}

}  // namespace
}  // namespace minions::crypto
