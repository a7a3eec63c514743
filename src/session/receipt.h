// Receipts: what was asked and what was answered, signed by a key that the attested statement names
// (docs/protocol.md section 6).
//
//   T = H(LP(request head) || data || u64(|data|)), U likewise for the reply
//   signature = Ed25519("smp2 receipt" || C || h || u64(n) || T || U || H(usage) || u64(time))
#pragma once

#include <optional>

#include "attestation/core/statement.h"
#include "base/json.h"
#include "base/time.h"
#include "crypto/ed25519.h"
#include "crypto/hash.h"
#include "session/key_schedule.h"

namespace minions::session {

// T or U, over data in pieces of any size.
class ExchangeHash {
 public:
  void head(ByteView json);
  void data(ByteView piece);
  [[nodiscard]] Digest32 finish() &&;

 private:
  crypto::Sha256 hash_;
  std::uint64_t length_ = 0;
};

struct ReceiptSubject {
  Digest32 statement{};        // C
  Digest32 channel_binding{};  // h
  StreamId n = 0;
  Digest32 request{};  // T
  Digest32 reply{};    // U
  Digest32 usage{};    // H of the usage value's bytes as sent; of nothing if there is none
  UnixSeconds time = 0;
};

[[nodiscard]] Bytes receipt_message(const ReceiptSubject& subject);

struct Receipt {
  UnixSeconds time = 0;
  Digest32 request{};
  Digest32 reply{};
  crypto::Ed25519Signature signature{};
};

// The reply's trailer: {"receipt":{...},"usage":...}. A usage value that breaks the rules for JSON is left out.
[[nodiscard]] std::string signed_trailer_json(ReceiptSubject subject, std::string_view usage,
                                              const crypto::Ed25519Signer& signer);

struct ReplyTrailer {
  Receipt receipt;
  std::string usage;  // the value's exact bytes; empty where the key is absent

  [[nodiscard]] static Result<ReplyTrailer> parse(std::string_view json);
};

[[nodiscard]] Json to_json(const Receipt& receipt);

// The window in which a receipt's time must lie.
struct ReceiptTimes {
  UnixSeconds earliest;
  UnixSeconds latest;
};
// For a log, which does not state how long the session could last: no server keeps one longer than a day.
inline constexpr std::int64_t kLongestSessionS = 86'400;
// docs/protocol.md section 6: from 60 s before the statement holds to 360 s after the last session in it ended.
[[nodiscard]] ReceiptTimes receipt_times(const attestation::Statement& statement,
                                         std::int64_t max_s = kLongestSessionS);

// subject has the caller's own values, computed from what it sent and opened; its time and usage come from the trailer.
// kTampered if a stated hash differs, the time is outside the window, or the signature is bad.
[[nodiscard]] Status check_receipt(const ReplyTrailer& trailer, ReceiptSubject subject, const ReceiptTimes& times,
                                   const crypto::Ed25519Public& key);

}  // namespace minions::session
