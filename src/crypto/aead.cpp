#include "crypto/aead.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cassert>

#include "crypto/openssl.h"
#include "crypto/secret.h"

namespace minions::crypto {
namespace {

constexpr ByteArray<4096> kZeros{};

const EVP_CIPHER* aes_256_gcm() {
  static const EVP_CIPHER* const cipher = must(EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr));
  return cipher;
}

// Feeds the cipher whole blocks: GCM falls back to a byte loop whenever a call leaves a block unfinished.
class BlockFeeder {
 public:
  BlockFeeder(EVP_CIPHER_CTX* context, std::uint8_t* out) : context_(context), out_(out) {}
  ~BlockFeeder() { wipe(pending_); }
  BlockFeeder(const BlockFeeder&) = delete;
  BlockFeeder& operator=(const BlockFeeder&) = delete;

  void feed(ByteView part) {
    if (filled_ > 0) {
      const std::size_t taken = std::min(part.size(), pending_.size() - filled_);
      std::copy_n(part.begin(), taken, pending_.begin() + static_cast<std::ptrdiff_t>(filled_));
      filled_ += taken;
      part = part.subspan(taken);
      if (filled_ < pending_.size()) return;
      encrypt(pending_);
      filled_ = 0;
    }
    const std::size_t whole = part.size() / pending_.size() * pending_.size();
    encrypt(part.first(whole));
    part = part.subspan(whole);
    std::copy(part.begin(), part.end(), pending_.begin());
    filled_ = part.size();
  }
  [[nodiscard]] std::uint8_t* finish() {
    encrypt(ByteView(pending_).first(filled_));
    return out_;
  }

 private:
  void encrypt(ByteView bytes) {
    if (bytes.empty()) return;
    int written = 0;
    must(EVP_EncryptUpdate(context_, out_, &written, bytes.data(), static_cast<int>(bytes.size())));
    out_ += written;
  }

  EVP_CIPHER_CTX* context_;
  std::uint8_t* out_;
  ByteArray<16> pending_{};
  std::size_t filled_ = 0;
};

}  // namespace

void internal::FreeCipher::operator()(evp_cipher_ctx_st* context) const { EVP_CIPHER_CTX_free(context); }

Sealer::Sealer(AeadKey key) : context_(must(EVP_CIPHER_CTX_new())) {
  must(EVP_EncryptInit_ex2(context_.get(), aes_256_gcm(), key.data(), nullptr, nullptr));
}

void Sealer::seal(AeadNonce nonce, ByteView associated, std::span<const ByteView> parts, std::size_t zero_count,
                  MutableBytes out) {
  EVP_CIPHER_CTX* const context = context_.get();
  must(EVP_EncryptInit_ex2(context, nullptr, nullptr, nonce.data(), nullptr));
  int written = 0;
  if (!associated.empty()) {
    must(EVP_EncryptUpdate(context, nullptr, &written, associated.data(), static_cast<int>(associated.size())));
  }
  BlockFeeder feeder(context, out.data());
  for (const ByteView part : parts) feeder.feed(part);
  for (std::size_t left = zero_count; left > 0;) {
    const std::size_t count = std::min(left, kZeros.size());
    feeder.feed(ByteView(kZeros).first(count));
    left -= count;
  }
  std::uint8_t* const tag = feeder.finish();
  must(EVP_EncryptFinal_ex(context, tag, &written));
  assert(tag + kAeadTagSize == out.data() + out.size());
  must(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, static_cast<int>(kAeadTagSize), tag));
}

Opener::Opener(AeadKey key) : context_(must(EVP_CIPHER_CTX_new())) {
  must(EVP_DecryptInit_ex2(context_.get(), aes_256_gcm(), key.data(), nullptr, nullptr));
}

Status Opener::open(AeadNonce nonce, ByteView associated, ByteView sealed, MutableBytes out) {
  if (sealed.size() < kAeadTagSize || out.size() != sealed.size() - kAeadTagSize)
    return fail(ErrorCode::kTampered, "authentication failed");
  EVP_CIPHER_CTX* const context = context_.get();
  must(EVP_DecryptInit_ex2(context, nullptr, nullptr, nonce.data(), nullptr));
  ByteArray<kAeadTagSize> tag;
  std::copy_n(sealed.end() - kAeadTagSize, kAeadTagSize, tag.begin());
  must(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, static_cast<int>(kAeadTagSize), tag.data()));
  int written = 0;
  if (!associated.empty()) {
    must(EVP_DecryptUpdate(context, nullptr, &written, associated.data(), static_cast<int>(associated.size())));
  }
  if (!out.empty()) must(EVP_DecryptUpdate(context, out.data(), &written, sealed.data(), static_cast<int>(out.size())));
  std::uint8_t none = 0;
  if (EVP_DecryptFinal_ex(context, &none, &written) != 1) {
    wipe(out);
    return fail(ErrorCode::kTampered, "authentication failed");
  }
  return {};
}

}  // namespace minions::crypto
