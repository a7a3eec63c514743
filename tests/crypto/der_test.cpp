#include "crypto/der.h"

#include <gtest/gtest.h>

#include "base/encoding.h"

namespace minions::crypto {
namespace {

// Keeps the bytes that its reader looks at.
struct Der {
  explicit Der(std::string_view hex) : bytes(from_hex(hex).value()), reader(bytes) {}
  Bytes bytes;
  DerReader reader;
};

TEST(Der, ReadsNestedValues) {
  Der der("300a020101040200ff06012a");
  auto sequence = der.reader.enter(der_tag::kSequence, "outer");
  ASSERT_TRUE(sequence);
  EXPECT_TRUE(der.reader.at_end());
  EXPECT_EQ(sequence->peek(), der_tag::kInteger);
  EXPECT_EQ(sequence->integer("number").value(), 1U);
  EXPECT_EQ(to_hex(sequence->take(der_tag::kOctetString, "bytes").value()), "00ff");
  EXPECT_EQ(sequence->object_identifier("id").value(), "1.2");
  EXPECT_TRUE(sequence->finish("outer"));
  EXPECT_EQ(sequence->peek(), std::nullopt);
  EXPECT_FALSE(sequence->next("more"));
}

TEST(Der, ReadsLongLengths) {
  Der der("048180" + std::string(256, '0'));
  EXPECT_EQ(der.reader.take(der_tag::kOctetString, "bytes")->size(), 128U);
  Der longer("04820100" + std::string(512, 'a'));
  EXPECT_EQ(longer.reader.take(der_tag::kOctetString, "bytes")->size(), 256U);
}

TEST(Der, RefusesLengthsThatAreNotInTheirShortestForm) {
  for (const std::string& hex : {std::string("04017f").replace(2, 2, "8101"), "04820080" + std::string(256, '0'),
                                 "0481"
                                 "7f" +
                                     std::string(254, '0'),
                                 std::string("0480"), std::string("04850000000001ff"), std::string("0481"),
                                 std::string("04"), std::string("1f0100")}) {
    Der der(hex);
    EXPECT_FALSE(der.reader.next("value")) << hex;
  }
}

TEST(Der, RefusesValuesThatReachPastTheEnd) {
  Der der("040300ff");
  const auto value = der.reader.next("bytes");
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().detail, "bytes: a DER value of 3 bytes with 2 left");
}

TEST(Der, TakesIntegersInOneFormOnly) {
  EXPECT_EQ(Der("020100").reader.integer("n").value(), 0U);
  EXPECT_EQ(Der("02020080").reader.integer("n").value(), 128U);
  EXPECT_EQ(Der("020900ffffffffffffffff").reader.integer("n").value(), ~std::uint64_t{0});
  for (const char* hex : {"0200", "0201ff", "02020001", "020901000000000000000000", "040101"}) {
    Der der(hex);
    EXPECT_FALSE(der.reader.integer("n")) << hex;
  }
}

TEST(Der, ReadsObjectIdentifiers) {
  EXPECT_EQ(Der("060a2b060104019c7801031a").reader.object_identifier("id").value(), "1.3.6.1.4.1.3704.1.3.26");
  EXPECT_EQ(Der("0603883703").reader.object_identifier("id").value(), "2.999.3");
  for (const char* hex : {"0600", "060180", "06022b80", "06032b8001", "060b2bffffffffffffffffffff7f"}) {
    Der der(hex);
    EXPECT_FALSE(der.reader.object_identifier("id")) << hex;
  }
}

TEST(Der, WritesObjectIdentifiers) {
  for (const char* dotted : {"1.2", "2.5.29.19", "1.2.840.113741.1.13.1", "2.999.1", "1.3.6.1.4.1.3704.1.3.1"}) {
    const Bytes contents = object_identifier_bytes(dotted);
    EXPECT_TRUE(is_object_identifier(contents));
    Bytes value = {der_tag::kObjectIdentifier, static_cast<std::uint8_t>(contents.size())};
    append(value, contents);
    EXPECT_EQ(DerReader(value).object_identifier("id").value(), dotted);
  }
  EXPECT_FALSE(is_object_identifier({}));
  EXPECT_FALSE(is_object_identifier(Bytes{0x2a, 0x80, 0x01}));
  EXPECT_FALSE(is_object_identifier(Bytes{0x2a, 0x81}));
}

TEST(Der, ReadsTimesInUtc) {
  const auto time = [](std::uint8_t tag, std::string_view text) {
    Bytes value = {tag, static_cast<std::uint8_t>(text.size())};
    append(value, text);
    return DerReader(value).time("time");
  };
  EXPECT_EQ(time(der_tag::kUtcTime, "700101000001Z"), 1);
  EXPECT_EQ(time(der_tag::kUtcTime, "491231235959Z").value(),
            time(der_tag::kGeneralizedTime, "20491231235959Z").value());
  EXPECT_EQ(time(der_tag::kGeneralizedTime, "99991231235959Z"), 253'402'300'799);
  for (const char* bad : {"700101000001", "7001010000Z", "700101000001+0000", "700230000000Z", "700101240000Z",
                          "700101006000Z", "700101000060Z", "70010100000 Z", "19700101000001Z", ""}) {
    EXPECT_FALSE(time(der_tag::kUtcTime, bad)) << bad;
  }
  EXPECT_FALSE(time(der_tag::kGeneralizedTime, "700101000001Z"));
  EXPECT_FALSE(time(der_tag::kGeneralizedTime, "19700101000001.5Z"));
  EXPECT_FALSE(time(der_tag::kOctetString, "700101000001Z"));
}

TEST(Der, TakesBooleansAndBitStringsInOneFormOnly) {
  EXPECT_EQ(Der("0101ff").reader.default_false("flag"), true);
  EXPECT_EQ(Der("020101").reader.default_false("flag"), false);
  for (const char* bad : {"010100", "010101", "0102ffff", "0100"}) EXPECT_FALSE(Der(bad).reader.default_false("flag"));
  EXPECT_EQ(to_hex(Der("03020007").reader.bit_string("bits").value()), "07");
  for (const char* bad : {"0300", "03020107", "04020007"}) EXPECT_FALSE(Der(bad).reader.bit_string("bits"));
}

TEST(Der, SaysWhatIsLeftOver) {
  const Der der("020100");
  EXPECT_EQ(der.reader.finish("extension").error().detail, "extension: 3 bytes after its end");
}

}  // namespace
}  // namespace minions::crypto
