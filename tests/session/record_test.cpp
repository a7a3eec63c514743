#include "session/record.h"

#include "session/messages.h"
#include "support/vectors.h"

namespace minions::session {
namespace {

using testing::hex;
using testing::hex_array;
using testing::smp2_vectors;

SessionId session_id() { return hex_array<16>(smp2_vectors()["keys"]["session"]); }

crypto::SecretArray<32> key_of(Direction direction, StreamId n) {
  for (const Json& vector : smp2_vectors()["handshakes"]) {
    if (!vector.contains("k_c2s") || vector["index"] != 1) continue;
    const auto k_c2s = hex_array<32>(vector["k_c2s"]);
    const auto k_s2c = hex_array<32>(vector["k_s2c"]);
    return direction == Direction::kRequest ? request_key(k_c2s, n) : reply_key(k_s2c, n);
  }
  throw std::runtime_error("the classical handshake is not in the vectors");
}

struct Received {
  std::vector<std::pair<RecordType, Bytes>> records;
  Status outcome;
};

// Feeds a body in pieces of a size, and judges the JSON records as the layers above do.
Received receive(Direction direction, StreamId n, ByteView records, std::size_t piece_size) {
  const auto key = key_of(direction, n);
  RecordReader reader(direction, {session_id(), n}, key.reveal());
  Received received;
  Bytes bytes = to_bytes(records);
  for (std::size_t at = 0; at < bytes.size(); at += piece_size) {
    MutableBytes piece = MutableBytes(bytes).subspan(at, std::min(piece_size, bytes.size() - at));
    for (;;) {
      const auto record = reader.next(piece);
      if (!record) {
        received.outcome = fail(record.error());
        return received;
      }
      if (!*record) break;
      const std::string_view text = as_text((*record)->data);
      Status judged;
      if ((*record)->type == RecordType::kHead) {
        judged = direction == Direction::kRequest ? RequestHead::parse(text).map([](auto&&) {})
                                                  : ReplyHead::parse(text).map([](auto&&) {});
      }
      if ((*record)->type == RecordType::kTrailer && direction == Direction::kRequest)
        judged = check_request_trailer(text);
      if ((*record)->type == RecordType::kAlert) judged = Alert::parse(text).map([](auto&&) {});
      if (!judged) {
        received.outcome = judged;
        return received;
      }
      received.records.emplace_back((*record)->type, to_bytes((*record)->data));
    }
  }
  received.outcome = reader.finish();
  return received;
}

Direction direction_of(const Json& vector) {
  return vector["direction"] == "request" ? Direction::kRequest : Direction::kReply;
}

TEST(RecordReader, JudgesEveryStreamOfTheVectorsInPiecesOfAnySize) {
  int refused = 0;
  for (const Json& vector : smp2_vectors()["negative_streams"]) {
    SCOPED_TRACE(vector["name"].get<std::string>());
    const Direction direction = direction_of(vector);
    const Bytes body = hex(vector["body"]);
    const StreamId n = testing::number(vector["n"]);
    const std::size_t skip = direction == Direction::kRequest ? sizeof(StreamId) : 0;
    if (n >= kStreamIdLimit) continue;  // the window's to refuse
    for (const std::size_t piece_size : {std::size_t{1}, std::size_t{7}, std::size_t{100'000}}) {
      const Received received = receive(direction, n, ByteView(body).subspan(std::min(skip, body.size())), piece_size);
      EXPECT_EQ(received.outcome.has_value(), vector["want"] == "ok") << "pieces of " << piece_size;
      if (vector["want"] == "truncated") {
        EXPECT_EQ(received.outcome.error().code, ErrorCode::kTruncated);
      }
    }
    refused += vector["want"] != "ok" ? 1 : 0;
  }
  EXPECT_GE(refused, 60);
}

TEST(RecordWriter, SealsTheRecordsOfTheVectorsByteForByte) {
  for (const Json& exchange : smp2_vectors()["exchanges"]) {
    SCOPED_TRACE(exchange["name"].get<std::string>());
    const StreamId n = testing::number(exchange["n"]);
    for (const Direction direction : {Direction::kRequest, Direction::kReply}) {
      const auto key = key_of(direction, n);
      RecordWriter writer({session_id(), n}, key.reveal());
      for (const Json& record : exchange[direction == Direction::kRequest ? "request" : "reply"]["records"]) {
        const std::size_t plaintext_size = record["plaintext"].get<std::string>().size() / 2;
        Bytes out(plaintext_size + kRecordOverhead);
        writer.seal(static_cast<RecordType>(record["type"].get<int>()), hex(record["data"]), plaintext_size, out);
        EXPECT_EQ(to_hex(out), record["record"]);
      }
    }
  }
}

TEST(RecordReader, OpensTheExchangesOfTheVectors) {
  for (const Json& exchange : smp2_vectors()["exchanges"]) {
    for (const Direction direction : {Direction::kRequest, Direction::kReply}) {
      const Json& side = exchange[direction == Direction::kRequest ? "request" : "reply"];
      const Bytes body = hex(side["body"]);
      const std::size_t skip = direction == Direction::kRequest ? sizeof(StreamId) : 0;
      const Received received = receive(direction, testing::number(exchange["n"]), ByteView(body).subspan(skip), 333);
      ASSERT_TRUE(received.outcome);
      ASSERT_EQ(received.records.size(), side["records"].size());
      for (std::size_t i = 0; i < received.records.size(); ++i) {
        EXPECT_EQ(to_hex(received.records[i].second), side["records"][i]["data"]);
      }
    }
  }
}

// A short reply, sealed here, for the exhaustive tests.
Bytes short_reply(StreamId n) {
  const auto key = key_of(Direction::kReply, n);
  RecordWriter writer({session_id(), n}, key.reveal());
  Bytes body;
  const auto add = [&](RecordType type, std::string_view data, std::size_t padding) {
    const std::size_t start = body.size();
    const std::size_t plaintext = kRecordHeaderSize + data.size() + padding;
    body.resize(start + plaintext + kRecordOverhead);
    writer.seal(type, as_bytes(data), plaintext, MutableBytes(body).subspan(start));
  };
  add(RecordType::kHead, R"({"status":200})", 3);
  add(RecordType::kData, "hello", 0);
  add(RecordType::kFiller, "", 9);
  add(RecordType::kTrailer, "{}", 2);
  return body;
}

TEST(RecordReader, RefusesEveryBitFlip) {
  const Bytes good = short_reply(5);
  ASSERT_TRUE(receive(Direction::kReply, 5, good, good.size()).outcome);
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    Bytes flipped = good;
    flipped[bit / 8] = static_cast<std::uint8_t>(flipped[bit / 8] ^ (1U << (bit % 8)));
    EXPECT_FALSE(receive(Direction::kReply, 5, flipped, flipped.size()).outcome) << "bit " << bit;
  }
}

TEST(RecordReader, CallsEveryCutTruncated) {
  const Bytes good = short_reply(5);
  for (std::size_t length = 0; length < good.size(); ++length) {
    const auto received = receive(Direction::kReply, 5, ByteView(good).first(length), 64);
    ASSERT_FALSE(received.outcome) << length;
    EXPECT_EQ(received.outcome.error().code, ErrorCode::kTruncated) << length;
  }
}

TEST(RecordReader, RefusesAReplyOfAnotherStreamOrSession) {
  const Bytes good = short_reply(5);
  EXPECT_FALSE(receive(Direction::kReply, 6, good, good.size()).outcome);
  EXPECT_FALSE(receive(Direction::kRequest, 5, good, good.size()).outcome);
  const auto key = key_of(Direction::kReply, 5);
  RecordReader other(Direction::kReply, {SessionId{}, 5}, key.reveal());
  Bytes copy = good;
  MutableBytes piece = copy;
  EXPECT_FALSE(other.next(piece));
}

TEST(RecordReader, StaysFailedAfterItsFirstFailure) {
  Bytes bad = short_reply(5);
  bad[10] ^= 1;
  const auto key = key_of(Direction::kReply, 5);
  RecordReader reader(Direction::kReply, {session_id(), 5}, key.reveal());
  MutableBytes piece = bad;
  ASSERT_FALSE(reader.next(piece));
  Bytes good = short_reply(5);
  MutableBytes again = good;
  EXPECT_FALSE(reader.next(again));
  EXPECT_EQ(reader.finish().error().code, ErrorCode::kTampered);
}

}  // namespace
}  // namespace minions::session
