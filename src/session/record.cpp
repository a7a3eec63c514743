#include "session/record.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "base/byte_io.h"
#include "crypto/secret.h"

namespace minions::session {
namespace {

constexpr std::uint32_t kFinalFlag = 0x8000'0000U;
constexpr std::uint32_t kLengthBits = 0x0001'FFFFU;
constexpr std::size_t kLeastCiphertext = kRecordHeaderSize + crypto::kAeadTagSize;
constexpr std::size_t kMostCiphertext = kMaxPlaintext + crypto::kAeadTagSize;
constexpr std::size_t kLengthInAssociated = 28;

ByteArray<32> associated_data(const StreamContext& context) {
  ByteArray<32> out{};
  std::memcpy(out.data(), "smp2", 4);
  std::copy(context.session.begin(), context.session.end(), out.begin() + 4);
  store_be(out.data() + 20, context.n);
  return out;
}

ByteArray<12> record_nonce(std::uint64_t counter, bool final) {
  ByteArray<12> nonce{};
  store_be(nonce.data(), counter);
  nonce[8] = final ? 1 : 0;
  return nonce;
}

bool is_final(RecordType type) { return type == RecordType::kTrailer || type == RecordType::kAlert; }

bool all_zero(ByteView bytes) {
  // Compares the buffer with itself shifted by one byte: one memcmp at full speed.
  return bytes.empty() || (bytes[0] == 0 && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

// The ciphertext's length, if a writer can have produced the field.
std::optional<std::size_t> ciphertext_length(std::uint32_t field) {
  const std::size_t length = field & kLengthBits;
  if ((field & ~(kFinalFlag | kLengthBits)) != 0 || length < kLeastCiphertext || length > kMostCiphertext)
    return std::nullopt;
  return length;
}

}  // namespace

RecordWriter::RecordWriter(const StreamContext& context, crypto::AeadKey key)
    : sealer_(key), associated_(associated_data(context)) {}

void RecordWriter::seal(RecordType type, ByteView data, std::size_t plaintext_size, MutableBytes out) {
  assert(!finished_ && plaintext_size <= kMaxPlaintext && plaintext_size >= kRecordHeaderSize + data.size());
  assert(out.size() == plaintext_size + kRecordOverhead);
  finished_ = is_final(type);
  const auto field = static_cast<std::uint32_t>(plaintext_size + crypto::kAeadTagSize) | (finished_ ? kFinalFlag : 0U);
  store_be(out.data(), field);
  store_be(associated_.data() + kLengthInAssociated, field);
  ByteArray<kRecordHeaderSize> header;
  header[0] = static_cast<std::uint8_t>(type);
  store_be(header.data() + 1, static_cast<std::uint32_t>(data.size()));
  const ByteView parts[] = {header, data};
  sealer_.seal(record_nonce(counter_++, finished_), associated_, parts, plaintext_size - header.size() - data.size(),
               out.subspan(kRecordLengthSize));
}

RecordReader::RecordReader(Direction direction, const StreamContext& context, crypto::AeadKey key)
    : direction_(direction), opener_(key), associated_(associated_data(context)) {}

tl::unexpected<Error> RecordReader::broken() {
  state_ = State::kFailed;
  return fail(ErrorCode::kTampered, "a sealed record does not verify");
}

Result<std::optional<Record>> RecordReader::next(MutableBytes& piece) {
  if (state_ == State::kFailed) return broken();
  if (pending_opened_) {
    crypto::wipe(pending_);
    pending_.clear();
    pending_opened_ = false;
  }
  if (piece.empty()) return std::nullopt;
  if (state_ == State::kFinished) return broken();

  const auto take = [&](std::size_t count) {
    count = std::min(count, piece.size());
    append(pending_, piece.first(count));
    piece = piece.subspan(count);
  };
  if (pending_.empty() && piece.size() >= kRecordLengthSize) {
    const auto length = ciphertext_length(load_be<std::uint32_t>(piece.data()));
    if (!length) return broken();
    if (piece.size() >= kRecordLengthSize + *length) {
      const MutableBytes record = piece.first(kRecordLengthSize + *length);
      piece = piece.subspan(record.size());
      return open(record).map([](const Record& opened) { return std::optional(opened); });
    }
  }
  if (pending_.size() < kRecordLengthSize) {
    take(kRecordLengthSize - pending_.size());
    if (pending_.size() < kRecordLengthSize) return std::nullopt;
  }
  const auto length = ciphertext_length(load_be<std::uint32_t>(pending_.data()));
  if (!length) return broken();
  const std::size_t whole = kRecordLengthSize + *length;
  pending_.reserve(whole);
  take(whole - pending_.size());
  if (pending_.size() < whole) return std::nullopt;
  pending_opened_ = true;
  return open(pending_).map([](const Record& opened) { return std::optional(opened); });
}

Result<Record> RecordReader::open(MutableBytes record) {
  const auto field = load_be<std::uint32_t>(record.data());
  const bool final = (field & kFinalFlag) != 0;
  store_be(associated_.data() + kLengthInAssociated, field);
  const MutableBytes sealed = record.subspan(kRecordLengthSize);
  const MutableBytes plaintext = sealed.first(sealed.size() - crypto::kAeadTagSize);
  if (!opener_.open(record_nonce(counter_, final), associated_, sealed, plaintext)) return broken();
  ++counter_;

  const std::uint8_t type = plaintext[0];
  const auto length = load_be<std::uint32_t>(plaintext.data() + 1);
  const MutableBytes rest = plaintext.subspan(kRecordHeaderSize);
  const bool known =
      type >= static_cast<std::uint8_t>(RecordType::kHead) && type <= static_cast<std::uint8_t>(RecordType::kFiller);
  if (!known || length > rest.size() || !all_zero(rest.subspan(length))) return broken();
  const Record opened{static_cast<RecordType>(type), rest.first(length)};
  if (final != is_final(opened.type) || (opened.type == RecordType::kFiller && length != 0) || !advance(opened.type))
    return broken();
  return opened;
}

Status RecordReader::advance(RecordType type) {
  switch (type) {
    case RecordType::kFiller: return {};
    case RecordType::kHead:
      if (state_ != State::kAwaitHead) return broken();
      state_ = State::kAwaitData;
      return {};
    case RecordType::kData:
      if (state_ != State::kAwaitData) return broken();
      return {};
    case RecordType::kTrailer:
      if (state_ != State::kAwaitData) return broken();
      state_ = State::kFinished;
      return {};
    case RecordType::kAlert:
      if (direction_ == Direction::kRequest) return broken();
      state_ = State::kFinished;
      return {};
  }
  return broken();
}

Status RecordReader::finish() const {
  if (state_ == State::kFinished) return {};
  if (state_ == State::kFailed) return fail(ErrorCode::kTampered, "a sealed record does not verify");
  return fail(ErrorCode::kTruncated, "the stream ended before its final record");
}

}  // namespace minions::session
