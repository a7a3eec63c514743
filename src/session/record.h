// Sealed records: STREAM (Hoang, Reyhanitabar, Rogaway, Vizár, "Online Authenticated-Encryption and its Nonce-Reuse
// Misuse-Resistance", 2015) over AES-256-GCM, framed for an HTTP body (docs/protocol.md section 5).
//
//   record    = u32(L) || ciphertext        L: bit 31 final flag, bits 0 to 16 the ciphertext's length, others zero
//   plaintext = u8 type || u32 data length || data || zeros
//   nonce     = u64(record counter) || u8(final) || 000000
//   AAD       = "smp2" || session id || u64(n) || u32(L)
//  One writer or reader serves one body under one key. Nonces come only from the counters in here.
#pragma once

#include <optional>

#include "base/result.h"
#include "crypto/aead.h"
#include "session/key_schedule.h"
#include "session/padding.h"

namespace minions::session {

enum class RecordType : std::uint8_t { kHead = 1, kData = 2, kTrailer = 3, kAlert = 4, kFiller = 5 };
enum class Direction { kRequest, kReply };

inline constexpr std::size_t kRecordLengthSize = 4;
inline constexpr std::size_t kRecordOverhead = kRecordLengthSize + crypto::kAeadTagSize;
inline constexpr std::size_t kMaxRecordSize = kMaxPlaintext + kRecordOverhead;

// What separates the records of one body from all others.
struct StreamContext {
  SessionId session;
  StreamId n;
};

class RecordWriter {
 public:
  RecordWriter(const StreamContext& context, crypto::AeadKey key);

  // Seals one record of plaintext_size bytes (5 + data at least, 65,536 at most) to out, which is kRecordOverhead
  // longer. Trailers and alerts are final by type; after one nothing may be sealed.
  void seal(RecordType type, ByteView data, std::size_t plaintext_size, MutableBytes out);

 private:
  crypto::Sealer sealer_;
  ByteArray<32> associated_;
  std::uint64_t counter_ = 0;
  bool finished_ = false;
};

struct Record {
  RecordType type;
  MutableBytes data;  // in the memory that was passed in
};

// Opens records in order and holds the grammar of a body:
//   request: filler* head (data|filler)* trailer
//   reply:   filler* head (data|filler)* (trailer|alert)   or   filler* alert
// Its first failure is final, and every failure but truncation reads the same.
class RecordReader {
 public:
  RecordReader(Direction direction, const StreamContext& context, crypto::AeadKey key);

  // Takes bytes from the front of piece, and opens a record in place if a whole one is there. Returns a record, or
  // nothing when the piece is used up. The data is valid until the next call and while the piece's memory exists.
  [[nodiscard]] Result<std::optional<Record>> next(MutableBytes& piece);
  // The body has ended: kTruncated unless the final record came.
  [[nodiscard]] Status finish() const;
  [[nodiscard]] bool final_seen() const { return state_ == State::kFinished; }
  [[nodiscard]] std::uint64_t opened() const { return counter_; }

 private:
  enum class State { kAwaitHead, kAwaitData, kFinished, kFailed };

  [[nodiscard]] Result<Record> open(MutableBytes record);
  [[nodiscard]] Status advance(RecordType type);
  [[nodiscard]] tl::unexpected<Error> broken();

  Direction direction_;
  State state_ = State::kAwaitHead;
  crypto::Opener opener_;
  ByteArray<32> associated_;
  std::uint64_t counter_ = 0;
  Bytes pending_;  // the start of an incomplete record
  bool pending_opened_ = false;
};

}  // namespace minions::session
