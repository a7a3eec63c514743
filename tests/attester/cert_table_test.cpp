#include "attester/cert_table.h"

#include <gtest/gtest.h>

#include "attester/cert_table_bytes.h"

namespace minions::attester {
namespace {

TEST(CertTable, FindsItsCertificatesInEitherOrderOfTheGuid) {
  const Bytes table = cert_table({{kVcekGuid, "vcek"}, {turned(kAskGuid), "ask"}, {kArkGuid, "ark!"}});
  const auto entries = parse_cert_table(table).value();
  ASSERT_EQ(entries.size(), 3U);
  EXPECT_EQ(entries[0].kind, AmdCertificate::kVcek);
  EXPECT_EQ(as_text(entries[0].bytes), "vcek");
  EXPECT_EQ(entries[1].kind, AmdCertificate::kAsk);
  EXPECT_EQ(as_text(entries[1].bytes), "ask");
  EXPECT_EQ(entries[2].kind, AmdCertificate::kArk);
  EXPECT_EQ(as_text(entries[2].bytes), "ark!");
}

TEST(CertTable, KnowsAllFourKindsAndPassesOthersOver) {
  for (const auto& [guid, kind] :
       {std::pair(kVcekGuid, AmdCertificate::kVcek), std::pair(kVlekGuid, AmdCertificate::kVlek),
        std::pair(kAskGuid, AmdCertificate::kAsk), std::pair(kArkGuid, AmdCertificate::kArk)}) {
    const Bytes table = cert_table({{ByteArray<16>{1}, "other"}, {guid, "it"}});
    const auto entries = parse_cert_table(table).value();
    ASSERT_EQ(entries.size(), 1U);
    EXPECT_EQ(entries[0].kind, kind);
    EXPECT_EQ(as_text(entries[0].bytes), "it");
  }
}

TEST(CertTable, MayBeEmptyOrZero) {
  EXPECT_TRUE(parse_cert_table({})->empty());
  EXPECT_TRUE(parse_cert_table(Bytes(16 * 1024))->empty());
  EXPECT_TRUE(parse_cert_table(Bytes(7))->empty());
}

TEST(CertTable, RefusesEveryTruncationOfItsCertificates) {
  const Bytes table = cert_table({{kVcekGuid, "vcek"}, {kAskGuid, "ask"}});
  for (std::size_t size = 1; size < table.size(); ++size)
    EXPECT_FALSE(parse_cert_table(ByteView(table).first(size))) << size;
}

TEST(CertTable, RefusesEntriesThatReachOutside) {
  // offset and length of the one entry, which with its end fills 48 bytes; "vcek" follows
  const auto with = [](std::uint32_t offset, std::uint32_t length) {
    Bytes table = cert_table({{kVcekGuid, "vcek"}});
    put_le(table, 16, offset);
    put_le(table, 20, length);
    return parse_cert_table(table).has_value();
  };
  EXPECT_TRUE(with(48, 4));
  EXPECT_TRUE(with(49, 3));
  EXPECT_FALSE(with(48, 5));
  EXPECT_FALSE(with(48, 0));
  EXPECT_FALSE(with(52, 1));
  EXPECT_FALSE(with(47, 4));  // into the entries themselves
  EXPECT_FALSE(with(0, 4));
  EXPECT_FALSE(with(0xFFFFFFFF, 1));
  EXPECT_FALSE(with(48, 0xFFFFFFFF));
  EXPECT_FALSE(with(0xFFFFFFF0, 0x20));
}

TEST(CertTable, RefusesTwoOfAKindAndAListWithoutEnd) {
  EXPECT_FALSE(parse_cert_table(cert_table({{kVcekGuid, "a"}, {kVcekGuid, "b"}})));
  EXPECT_FALSE(parse_cert_table(cert_table({{kVcekGuid, "a"}, {turned(kVcekGuid), "b"}})));
  EXPECT_FALSE(parse_cert_table(Bytes(24 * 65, 0x11)));
}

}  // namespace
}  // namespace minions::attester
