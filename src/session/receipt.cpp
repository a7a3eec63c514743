#include "session/receipt.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/byte_io.h"
#include "base/encoding.h"
#include "base/json.h"
#include "session/padding.h"

namespace minions::session {
namespace {
constexpr JsonLimits kTrailerLimits{.bytes = kMaxRecordData};
constexpr UnixSeconds kEarlyBy = 60;
constexpr UnixSeconds kLateBy = 360;
}  // namespace

void ExchangeHash::head(ByteView json) {
  ByteArray<4> length;
  store_be(length.data(), static_cast<std::uint32_t>(json.size()));
  hash_.update(length);
  hash_.update(json);
}

void ExchangeHash::data(ByteView piece) {
  hash_.update(piece);
  length_ += piece.size();
}

Digest32 ExchangeHash::finish() && {
  ByteArray<8> length;
  store_be(length.data(), length_);
  hash_.update(length);
  return std::move(hash_).finish();
}

Bytes receipt_message(const ReceiptSubject& subject) {
  Bytes out;
  out.reserve(188);
  append(out, "smp2 receipt");
  append(out, subject.statement);
  append(out, subject.channel_binding);
  append_be(out, subject.n);
  append(out, subject.request);
  append(out, subject.reply);
  append(out, subject.usage);
  append_be(out, static_cast<std::uint64_t>(subject.time));
  return out;
}

std::string signed_trailer_json(ReceiptSubject subject, std::string_view usage, const crypto::Ed25519Signer& signer) {
  // Checked at the depth at which the client reads it: one level down in the trailer.
  const bool usable =
      !usage.empty() && parse_strict_json(fmt::format(R"({{"usage":{}}})", usage), kTrailerLimits).has_value();
  if (!usable) usage = {};
  subject.usage = crypto::sha256(as_bytes(usage));
  const auto signature = signer.sign(receipt_message(subject));
  return fmt::format(R"({{"receipt":{{"time":{},"request":"{}","reply":"{}","signature":"{}"}}{}{}}})", subject.time,
                     to_base64url(subject.request), to_base64url(subject.reply), to_base64url(signature),
                     usage.empty() ? "" : R"(,"usage":)", usage);
}

Result<ReplyTrailer> ReplyTrailer::parse(std::string_view json) {
  MINIONS_TRY_ASSIGN(const Json object, parse_strict_json(json, kTrailerLimits));
  MINIONS_TRY_ASSIGN(const Json* receipt, object_member(object, "receipt"));
  ReplyTrailer out;
  MINIONS_TRY_ASSIGN(const std::uint64_t time, integer_member(*receipt, "time"));
  out.receipt.time = static_cast<UnixSeconds>(time);
  MINIONS_TRY_ASSIGN(out.receipt.request, exactly<32>(base64url_member(*receipt, "request")));
  MINIONS_TRY_ASSIGN(out.receipt.reply, exactly<32>(base64url_member(*receipt, "reply")));
  MINIONS_TRY_ASSIGN(out.receipt.signature, exactly<64>(base64url_member(*receipt, "signature")));
  out.usage = raw_member(json, "usage").value_or("");
  return out;
}

Json to_json(const Receipt& receipt) {
  return {{"time", receipt.time},
          {"request", to_base64url(receipt.request)},
          {"reply", to_base64url(receipt.reply)},
          {"signature", to_base64url(receipt.signature)}};
}

ReceiptTimes receipt_times(const attestation::Statement& statement, std::int64_t max_s) {
  return {statement.not_before - kEarlyBy, statement.not_after + kLateBy + max_s};
}

Status check_receipt(const ReplyTrailer& trailer, ReceiptSubject subject, const ReceiptTimes& times,
                     const crypto::Ed25519Public& key) {
  const Receipt& receipt = trailer.receipt;
  if (receipt.request != subject.request) return fail(ErrorCode::kTampered, "receipt: it is for another request");
  if (receipt.reply != subject.reply) return fail(ErrorCode::kTampered, "receipt: it is for another reply");
  if (receipt.time < times.earliest || receipt.time > times.latest) {
    return fail(ErrorCode::kTampered, fmt::format("receipt: its time {} is outside {} to {}", to_iso8601(receipt.time),
                                                  to_iso8601(times.earliest), to_iso8601(times.latest)));
  }
  subject.time = receipt.time;
  subject.usage = crypto::sha256(as_bytes(trailer.usage));
  if (!crypto::ed25519_verify(key, receipt_message(subject), receipt.signature)) {
    return fail(ErrorCode::kTampered, "receipt: the signature is not by the attested key");
  }
  return {};
}

}  // namespace minions::session
