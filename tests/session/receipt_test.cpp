#include "session/receipt.h"

#include <limits>

#include "support/vectors.h"

namespace minions::session {
namespace {

using testing::hex;
using testing::hex_array;
using testing::smp2_vectors;

crypto::Ed25519Signer signer() {
  return crypto::Ed25519Signer::from_seed(hex_array<32>(smp2_vectors()["keys"]["receipt_seed"]));
}

Digest32 hash_of(const Json& side) {
  ExchangeHash hash;
  for (const Json& record : side["records"]) {
    if (record["type"] == 1) hash.head(hex(record["data"]));
    if (record["type"] == 2) hash.data(hex(record["data"]));
  }
  return std::move(hash).finish();
}

ReceiptSubject subject_of(const Json& exchange) {
  ReceiptSubject subject;
  subject.statement = hex_array<32>(smp2_vectors()["statement"]["C"]);
  subject.channel_binding = hex_array<32>(smp2_vectors()["handshakes"][1]["h"]);
  subject.n = testing::number(exchange["n"]);
  subject.request = hash_of(exchange["request"]);
  subject.reply = hash_of(exchange["reply"]);
  subject.time = exchange["time"];
  return subject;
}

constexpr ReceiptTimes kAnyTime{0, std::numeric_limits<UnixSeconds>::max()};

TEST(Receipt, SignsTheTrailersOfTheVectorsByteForByte) {
  for (const Json& exchange : smp2_vectors()["exchanges"]) {
    SCOPED_TRACE(exchange["name"].get<std::string>());
    ReceiptSubject subject = subject_of(exchange);
    EXPECT_EQ(to_hex(subject.request), exchange["T"]);
    EXPECT_EQ(to_hex(subject.reply), exchange["U"]);
    const Bytes usage = hex(exchange["usage"]);
    EXPECT_EQ(signed_trailer_json(subject, as_text(usage), signer()), exchange["trailer"]);
    subject.usage = crypto::sha256(usage);
    EXPECT_EQ(to_hex(receipt_message(subject)), exchange["receipt_input"]);
  }
}

TEST(Receipt, DoesNotDependOnHowDataWasCut) {
  const Json& same = smp2_vectors()["same_T"];
  const std::string head = same["head"].is_string()
                               ? same["head"].get<std::string>()
                               : R"({"method":"POST","path":"/v1/embeddings","headers":{},"length":2})";
  ExchangeHash hash;
  hash.head(as_bytes(head));
  hash.data(hex(same["data"]));
  EXPECT_EQ(to_hex(std::move(hash).finish()), same["T"]);
}

TEST(Receipt, IsRefusedWithEachChangeOfTheVectors) {
  const Json& exchange = smp2_vectors()["exchanges"][1];
  for (const Json& vector : smp2_vectors()["negative_receipts"]) {
    SCOPED_TRACE(vector["name"].get<std::string>());
    const Json& change = vector["change"];
    ReceiptSubject subject = subject_of(exchange);
    ReplyTrailer trailer = ReplyTrailer::parse(exchange["trailer"].get<std::string>()).value();
    auto key = hex_array<32>(smp2_vectors()["keys"]["receipt_public"]);
    if (change.contains("n")) subject.n = testing::number(change["n"]);
    if (change.contains("T")) subject.request = hex_array<32>(change["T"]);
    if (change.contains("U")) subject.reply = hex_array<32>(change["U"]);
    if (change.contains("h")) subject.channel_binding = hex_array<32>(change["h"]);
    if (change.contains("C")) subject.statement = hex_array<32>(change["C"]);
    if (change.contains("usage")) trailer.usage = as_text(hex(change["usage"]));
    if (change.contains("time")) trailer.receipt.time = change["time"];
    if (change.contains("public")) key = hex_array<32>(change["public"]);
    EXPECT_EQ(check_receipt(trailer, subject, kAnyTime, key).has_value(), vector["want"] == "ok");
  }
}

TEST(Receipt, IsRefusedOutsideItsTime) {
  const Json& exchange = smp2_vectors()["exchanges"][0];
  const auto trailer = ReplyTrailer::parse(exchange["trailer"].get<std::string>()).value();
  const auto key = hex_array<32>(smp2_vectors()["keys"]["receipt_public"]);
  const UnixSeconds time = trailer.receipt.time;
  EXPECT_TRUE(check_receipt(trailer, subject_of(exchange), {time, time}, key));
  EXPECT_FALSE(check_receipt(trailer, subject_of(exchange), {time + 1, time + 9}, key));
  EXPECT_FALSE(check_receipt(trailer, subject_of(exchange), {time - 9, time - 1}, key));
}

TEST(Receipt, LeavesOutAUsageThatBreaksTheRules) {
  ReceiptSubject subject = subject_of(smp2_vectors()["exchanges"][0]);
  for (const std::string_view usage : {"{\"a\":1,\"a\":2}", "{", "{}}", "1} ,\"x\":{", "\xFF"}) {
    const std::string trailer = signed_trailer_json(subject, usage, signer());
    const auto parsed = ReplyTrailer::parse(trailer);
    ASSERT_TRUE(parsed) << trailer;
    EXPECT_EQ(parsed->usage, "");
    EXPECT_TRUE(check_receipt(*parsed, subject, kAnyTime, signer().public_key()));
  }
}

}  // namespace
}  // namespace minions::session
