#include "base/byte_io.h"

#include <gtest/gtest.h>

namespace minions {
namespace {

TEST(ByteReader, ReadsIntegersInBothOrders) {
  const Bytes bytes = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06};
  ByteReader reader(bytes);
  EXPECT_EQ(reader.be<std::uint16_t>("a").value(), 0x0102);
  EXPECT_EQ(reader.le<std::uint32_t>("b").value(), 0x06050403U);
  EXPECT_TRUE(reader.finish("all"));
}

TEST(ByteReader, NamesTheFieldItCouldNotRead) {
  const Bytes bytes = {1, 2, 3};
  ByteReader reader(bytes);
  ASSERT_TRUE(reader.take(2, "start"));
  const auto failed = reader.be<std::uint32_t>("policy");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().detail, "policy: want 4 bytes at 2, found 1");
  EXPECT_EQ(reader.left(), 1U);
}

TEST(ByteReader, RefusesBytesAfterTheEnd) {
  const Bytes bytes = {1, 2};
  ByteReader reader(bytes);
  ASSERT_TRUE(reader.take(1, "one"));
  EXPECT_EQ(reader.finish("report").error().detail, "report: 1 bytes after its end");
}

TEST(ByteWriter, PrefixesTheLength) {
  Bytes out;
  append_length_prefixed(out, as_bytes("ab"));
  append_be(out, std::uint64_t{0x0102030405060708});
  EXPECT_EQ(out, (Bytes{0, 0, 0, 2, 'a', 'b', 1, 2, 3, 4, 5, 6, 7, 8}));
}

}  // namespace
}  // namespace minions
