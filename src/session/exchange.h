// One exchange in sealed form, for each side: what is written to and read from the two HTTP bodies of a stream. Bytes
// in, bytes out; the owner does the I/O.
#pragma once

#include <optional>

#include "session/messages.h"
#include "session/receipt.h"
#include "session/record.h"

namespace minions::session {

// Client: seals a request with its one canonical division into records (docs/protocol.md section 8).
class RequestSealer {
 public:
  // The caller keeps data until done(). Fails if the head is over 16,000 bytes.
  [[nodiscard]] static Result<RequestSealer> create(const StreamContext& context, crypto::AeadKey key,
                                                    std::string head_json, ByteView data);

  // The length of the whole HTTP body, u64(n) included.
  [[nodiscard]] std::uint64_t sealed_size() const { return sealed_size_; }
  [[nodiscard]] bool done() const { return step_ == Step::kDone; }
  // Appends the next record; the first call puts u64(n) before it.
  void append_next(Bytes& out);
  // T. Only when done().
  [[nodiscard]] Digest32 transcript() && { return std::move(hash_).finish(); }

 private:
  enum class Step { kHead, kData, kTrailer, kDone };
  RequestSealer(const StreamContext& context, crypto::AeadKey key, std::string head_json, ByteView data);
  void append_record(RecordType type, ByteView data, std::size_t plaintext_size, Bytes& out);

  StreamId n_;
  RecordWriter writer_;
  ExchangeHash hash_;
  std::string head_;
  ByteView data_;
  std::vector<std::size_t> layout_;
  std::size_t next_in_layout_ = 0;
  std::uint64_t sealed_size_ = 0;
  Step step_ = Step::kHead;
};

// Server: seals a reply record by record, into the caller's memory.
class ReplySealer {
 public:
  ReplySealer(const StreamContext& context, crypto::AeadKey key, PaddingMode mode)
      : writer_(context, key), mode_(mode) {}

  // The size of a record with that much data. At most kMaxRecordData of data.
  [[nodiscard]] std::size_t record_size(RecordType type, std::size_t data_size) const;
  // out has record_size(type, data.size()) bytes. U covers heads and data.
  void seal(RecordType type, ByteView data, MutableBytes out);
  [[nodiscard]] Digest32 transcript() && { return std::move(hash_).finish(); }

 private:
  RecordWriter writer_;
  PaddingMode mode_;
  ExchangeHash hash_;
};

}  // namespace minions::session
