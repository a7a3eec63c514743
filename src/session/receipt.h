// Receipts: what was asked and what was answered, signed by a key that the attested statement names
// (docs/protocol.md section 6).
//
//   T = H(LP(request head) || data || u64(|data|)), U likewise for the reply
//   signature = Ed25519("smp2 receipt" || C || h || u64(n) || T || U || H(usage) || u64(time))
#pragma once

#include <optional>

#include "base/time.h"
#include "crypto/ed25519.h"
#include "crypto/hash.h"
#include "session/key_schedule.h"

namespace minions::session {

// T or U, over data that comes in pieces cut anywhere.
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
  Digest32 usage{};    // H of the usage value's bytes as sent; of nothing where there is none
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

// The window in which a receipt's time must lie.
struct ReceiptTimes {
  UnixSeconds earliest;  // not_before - 60
  UnixSeconds latest;    // not_after + 360 + max_s
};

// subject has the caller's own values, computed from what it sent and opened; its time and usage are taken from the
// trailer. kTampered if a stated hash differs, the time is outside, or the signature is bad.
[[nodiscard]] Status check_receipt(const ReplyTrailer& trailer, ReceiptSubject subject, const ReceiptTimes& times,
                                   const crypto::Ed25519Public& key);

}  // namespace minions::session
