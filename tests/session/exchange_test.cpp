#include "session/exchange.h"

#include "session/client_session.h"
#include "support/vectors.h"

namespace minions::session {
namespace {

using testing::hex;
using testing::hex_array;
using testing::smp2_vectors;

SessionId session_id() { return hex_array<16>(smp2_vectors()["keys"]["session"]); }

Bytes seal_all(RequestSealer& sealer) {
  Bytes body;
  while (!sealer.done()) sealer.append_next(body);
  return body;
}

TEST(KeySchedule, TheCacheSaltIsOfTheSessionAndNoKeyOfIt) {
  const auto k_c2s = hex_array<32>(smp2_vectors()["handshakes"][1]["k_c2s"]);
  const ByteArray<32> salt = cache_salt(k_c2s);
  EXPECT_EQ(salt, cache_salt(k_c2s));
  auto other = k_c2s;
  other[0] ^= 1;
  EXPECT_NE(salt, cache_salt(other));
  EXPECT_NE(salt, k_c2s);
  for (const StreamId n : {StreamId{0}, StreamId{1}, kStreamIdLimit - 1}) {
    const auto request = request_key(k_c2s, n);
    const auto reply = reply_key(k_c2s, n);
    EXPECT_FALSE(std::equal(salt.begin(), salt.end(), request.reveal().begin()));
    EXPECT_FALSE(std::equal(salt.begin(), salt.end(), reply.reveal().begin()));
  }
}

TEST(RequestSealer, MakesTheCanonicalRequestsOfTheVectors) {
  const auto k_c2s = hex_array<32>(smp2_vectors()["handshakes"][1]["k_c2s"]);
  int compared = 0;
  for (const Json& exchange : smp2_vectors()["exchanges"]) {
    const Json& records = exchange["request"]["records"];
    if (exchange["name"].get<std::string>().find("hand-cut") != std::string::npos) continue;
    const StreamId n = testing::number(exchange["n"]);
    Bytes data;
    for (const Json& record : records) {
      if (record["type"] == 2) append(data, hex(record["data"]));
    }
    const Bytes head = hex(records[0]["data"]);
    const auto key = request_key(k_c2s, n);
    auto sealer = RequestSealer::create({session_id(), n}, key.reveal(), std::string(as_text(head)), data);
    ASSERT_TRUE(sealer);
    const std::uint64_t announced = sealer->sealed_size();
    const Bytes body = seal_all(*sealer);
    EXPECT_EQ(to_hex(body), exchange["request"]["body"]);
    EXPECT_EQ(body.size(), announced);
    EXPECT_EQ(to_hex(std::move(*sealer).transcript()), exchange["T"]);
    ++compared;
  }
  EXPECT_EQ(compared, 3);
}

TEST(RequestSealer, CutsEverySizeAsTheLayoutSays) {
  const crypto::SecretArray<32> key;
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{65'531}, std::size_t{65'532},
                                 std::size_t{131'063}, std::size_t{1'000'000}}) {
    Bytes data(size);
    for (std::size_t i = 0; i < size; ++i) data[i] = static_cast<std::uint8_t>(i * 31);
    auto sealer = RequestSealer::create({session_id(), 3}, key.reveal(), R"({"method":"POST","path":"/"})", data);
    ASSERT_TRUE(sealer);
    Bytes body = seal_all(*sealer);
    RecordReader reader(Direction::kRequest, {session_id(), 3}, key.reveal());
    MutableBytes piece = MutableBytes(body).subspan(sizeof(StreamId));
    Bytes opened;
    for (;;) {
      const auto record = reader.next(piece);
      ASSERT_TRUE(record);
      if (!*record) break;
      if ((*record)->type == RecordType::kData) append(opened, (*record)->data);
    }
    EXPECT_TRUE(reader.finish());
    EXPECT_EQ(opened, data);
  }
}

TEST(RequestSealer, RefusesAHeadThatIsTooLong) {
  const crypto::SecretArray<32> key;
  EXPECT_EQ(RequestSealer::create({session_id(), 0}, key.reveal(), std::string(16'001, 'a'), {}).error().code,
            ErrorCode::kTooLarge);
}

TEST(ReplySealer, PadsByItsModeAndAlwaysPadsTheEnd) {
  const crypto::SecretArray<32> key;
  const ReplySealer off({session_id(), 0}, key.reveal(), PaddingMode::kOff);
  EXPECT_EQ(off.record_size(RecordType::kData, 10), 15 + kRecordOverhead);
  EXPECT_EQ(off.record_size(RecordType::kTrailer, 10), 1024 + kRecordOverhead);
  for (const auto mode : {PaddingMode::kBucket, PaddingMode::kTick, PaddingMode::kConstant}) {
    const ReplySealer padded({session_id(), 0}, key.reveal(), mode);
    EXPECT_EQ(padded.record_size(RecordType::kHead, 10), 256 + kRecordOverhead);
    EXPECT_EQ(padded.record_size(RecordType::kFiller, 0), 256 + kRecordOverhead);
    EXPECT_EQ(padded.record_size(RecordType::kData, kMaxRecordData), kMaxPlaintext + kRecordOverhead);
    EXPECT_EQ(padded.record_size(RecordType::kAlert, 1020), 4096 + kRecordOverhead);
  }
}

}  // namespace
}  // namespace minions::session
