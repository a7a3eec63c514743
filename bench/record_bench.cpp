#include <openssl/evp.h>

#include <stdexcept>

#include "base/byte_io.h"
#include "crypto/random.h"
#include "measuring.h"
#include "session/record.h"
#include "session_bench.h"

namespace minions::bench {
namespace {

using session::RecordType;

constexpr std::size_t kPlaintext = 16 * 1024;
constexpr std::size_t kData = kPlaintext - session::kRecordHeaderSize;
constexpr std::size_t kRecord = kPlaintext + session::kRecordOverhead;
constexpr std::size_t kAssociated = 32;
// A batch stays in the second-level cache, as a connection's buffers do.
constexpr std::size_t kBatch = 12;
constexpr std::size_t kBatchesPerRound = 300;
constexpr int kRounds = 31;

void need(int ok) {
  if (ok != 1) throw std::runtime_error("raw EVP call failed");
}

// One context a direction, keyed once; nonce, associated data, one update and the tag for each record.
class RawAead {
 public:
  explicit RawAead(ByteView key) : cipher_(EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr)) {
    need(EVP_EncryptInit_ex2(sealing_, cipher_, key.data(), nullptr, nullptr));
    need(EVP_DecryptInit_ex2(opening_, cipher_, key.data(), nullptr, nullptr));
  }
  ~RawAead() {
    EVP_CIPHER_CTX_free(sealing_);
    EVP_CIPHER_CTX_free(opening_);
    EVP_CIPHER_free(cipher_);
  }
  RawAead(const RawAead&) = delete;
  RawAead& operator=(const RawAead&) = delete;

  void seal(std::uint64_t counter, ByteView plaintext, MutableBytes out) {
    int written = 0;
    need(EVP_EncryptInit_ex2(sealing_, nullptr, nullptr, nonce(counter), nullptr));
    need(EVP_EncryptUpdate(sealing_, nullptr, &written, associated_.data(), kAssociated));
    need(EVP_EncryptUpdate(sealing_, out.data(), &written, plaintext.data(), static_cast<int>(plaintext.size())));
    need(EVP_EncryptFinal_ex(sealing_, out.data() + written, &written));
    need(EVP_CIPHER_CTX_ctrl(sealing_, EVP_CTRL_AEAD_GET_TAG, 16, out.data() + plaintext.size()));
  }
  // In place, as the records are opened.
  void open(std::uint64_t counter, MutableBytes sealed) {
    int written = 0;
    const auto size = static_cast<int>(sealed.size() - 16);
    need(EVP_DecryptInit_ex2(opening_, nullptr, nullptr, nonce(counter), nullptr));
    need(EVP_CIPHER_CTX_ctrl(opening_, EVP_CTRL_AEAD_SET_TAG, 16, sealed.data() + size));
    need(EVP_DecryptUpdate(opening_, nullptr, &written, associated_.data(), kAssociated));
    need(EVP_DecryptUpdate(opening_, sealed.data(), &written, sealed.data(), size));
    need(EVP_DecryptFinal_ex(opening_, sealed.data() + written, &written));
  }

 private:
  const std::uint8_t* nonce(std::uint64_t counter) {
    store_be(nonce_.data(), counter);
    return nonce_.data();
  }

  EVP_CIPHER* cipher_;
  EVP_CIPHER_CTX* sealing_ = EVP_CIPHER_CTX_new();
  EVP_CIPHER_CTX* opening_ = EVP_CIPHER_CTX_new();
  ByteArray<12> nonce_{};
  ByteArray<kAssociated> associated_{};
};

struct RoundTimes {
  double seal = 0;
  double open = 0;
};

class RecordRounds {
 public:
  RoundTimes through_session() {
    session::RecordWriter writer(kContext, key_);
    session::RecordReader reader(session::Direction::kRequest, kContext, key_);
    begin(writer, reader);
    RoundTimes times;
    for (std::size_t batch = 0; batch < kBatchesPerRound; ++batch) {
      times.seal += cpu_seconds_of([&] {
        for (std::size_t i = 0; i < kBatch; ++i)
          writer.seal(RecordType::kData, ByteView(plaintext_).first(kData), kPlaintext, record(i));
      });
      times.open += cpu_seconds_of([&] {
        for (std::size_t i = 0; i < kBatch; ++i) {
          MutableBytes piece = record(i);
          const auto opened = reader.next(piece);
          if (!opened || !*opened || (*opened)->data.size() != kData) throw std::runtime_error("a record did not open");
        }
      });
    }
    return times;
  }
  RoundTimes through_evp() {
    RawAead raw(key_);
    RoundTimes times;
    std::uint64_t counter = 0;
    for (std::size_t batch = 0; batch < kBatchesPerRound; ++batch, counter += kBatch) {
      times.seal += cpu_seconds_of([&] {
        for (std::size_t i = 0; i < kBatch; ++i)
          raw.seal(counter + i, plaintext_, record(i).subspan(session::kRecordLengthSize));
      });
      times.open += cpu_seconds_of([&] {
        for (std::size_t i = 0; i < kBatch; ++i) raw.open(counter + i, record(i).subspan(session::kRecordLengthSize));
      });
    }
    return times;
  }

 private:
  static constexpr session::StreamContext kContext{{}, 7};

  MutableBytes record(std::size_t i) { return MutableBytes(sealed_).subspan(i * kRecord, kRecord); }
  // A body starts with its head.
  static void begin(session::RecordWriter& writer, session::RecordReader& reader) {
    ByteArray<session::kRecordHeaderSize + session::kRecordOverhead> head;
    writer.seal(RecordType::kHead, {}, session::kRecordHeaderSize, head);
    MutableBytes piece(head);
    if (!reader.next(piece)) throw std::runtime_error("the head did not open");
  }

  crypto::SystemRandom random_;
  ByteArray<32> key_ = random_.bytes<32>();
  ByteArray<kPlaintext> plaintext_ = random_.bytes<kPlaintext>();
  Bytes sealed_ = Bytes(kBatch * kRecord);
};

}  // namespace

RecordSpeeds measure_records() {
  RecordRounds rounds;
  std::vector<double> seal, raw_seal, seal_ratio, open, raw_open, open_ratio;
  for (int round = -1; round < kRounds; ++round) {
    RoundTimes ours, raw;
    if (round % 2 == 0) ours = rounds.through_session();
    raw = rounds.through_evp();
    if (round % 2 != 0) ours = rounds.through_session();
    if (round < 0) continue;  // warms caches and the clock of the processor
    constexpr double kBytes = double{kPlaintext} * kBatch * kBatchesPerRound;
    seal.push_back(kBytes / ours.seal);
    raw_seal.push_back(kBytes / raw.seal);
    seal_ratio.push_back(raw.seal / ours.seal);
    open.push_back(kBytes / ours.open);
    raw_open.push_back(kBytes / raw.open);
    open_ratio.push_back(raw.open / ours.open);
  }
  return {median(seal), median(raw_seal), median(seal_ratio), median(open), median(raw_open), median(open_ratio)};
}

}  // namespace minions::bench
