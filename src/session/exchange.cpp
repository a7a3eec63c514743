#include "session/exchange.h"

#include <fmt/format.h>

#include "base/byte_io.h"

namespace minions::session {

Result<RequestSealer> RequestSealer::create(const StreamContext& context, crypto::AeadKey key, std::string head_json,
                                            ByteView data) {
  if (head_json.size() > kMaxHeadData) {
    return fail(ErrorCode::kTooLarge,
                fmt::format("request head: {} bytes, at most {} can be sent", head_json.size(), kMaxHeadData));
  }
  return RequestSealer(context, key, std::move(head_json), data);
}

RequestSealer::RequestSealer(const StreamContext& context, crypto::AeadKey key, std::string head_json, ByteView data)
    : n_(context.n),
      writer_(context, key),
      head_(std::move(head_json)),
      data_(data),
      layout_(request_layout(data.size())) {
  sealed_size_ =
      sizeof(StreamId) + head_size(kRecordHeaderSize + head_.size()) + kRequestTrailerSize + 2 * kRecordOverhead;
  for (const std::size_t size : layout_) sealed_size_ += size + kRecordOverhead;
}

void RequestSealer::append_record(RecordType type, ByteView data, std::size_t plaintext_size, Bytes& out) {
  const std::size_t start = out.size();
  out.resize(start + plaintext_size + kRecordOverhead);
  writer_.seal(type, data, plaintext_size, MutableBytes(out).subspan(start));
}

void RequestSealer::append_next(Bytes& out) {
  switch (step_) {
    case Step::kHead:
      append_be(out, n_);
      hash_.head(as_bytes(head_));
      append_record(RecordType::kHead, as_bytes(head_), head_size(kRecordHeaderSize + head_.size()), out);
      step_ = layout_.empty() ? Step::kTrailer : Step::kData;
      return;
    case Step::kData: {
      const std::size_t plaintext_size = layout_[next_in_layout_++];
      const ByteView piece = data_.first(std::min(data_.size(), plaintext_size - kRecordHeaderSize));
      data_ = data_.subspan(piece.size());
      hash_.data(piece);
      append_record(piece.empty() ? RecordType::kFiller : RecordType::kData, piece, plaintext_size, out);
      if (next_in_layout_ == layout_.size()) step_ = Step::kTrailer;
      return;
    }
    case Step::kTrailer:
      append_record(RecordType::kTrailer, as_bytes("{}"), kRequestTrailerSize, out);
      step_ = Step::kDone;
      return;
    case Step::kDone: return;
  }
}

std::size_t ReplySealer::record_size(RecordType type, std::size_t data_size) const {
  const std::size_t plaintext = kRecordHeaderSize + data_size;
  const bool final = type == RecordType::kTrailer || type == RecordType::kAlert;
  if (final) return final_bucket(plaintext) + kRecordOverhead;
  return (mode_ == PaddingMode::kOff ? plaintext : bucket(plaintext)) + kRecordOverhead;
}

void ReplySealer::seal(RecordType type, ByteView data, MutableBytes out) {
  if (type == RecordType::kHead) hash_.head(data);
  if (type == RecordType::kData) hash_.data(data);
  writer_.seal(type, data, out.size() - kRecordOverhead, out);
}

}  // namespace minions::session
