#include "session/noise.h"

#include "base/byte_io.h"
#include "crypto/aead.h"
#include "crypto/hash.h"

namespace minions::session {
namespace {

using Tokens = std::span<const NoiseToken>;
constexpr std::size_t kDhSize = 32;

constexpr std::array kE = {NoiseToken::kE};
constexpr std::array kE_EE = {NoiseToken::kE, NoiseToken::kEE};
constexpr std::array kE_ES = {NoiseToken::kE, NoiseToken::kES};
constexpr std::array kE_EE_S_ES = {NoiseToken::kE, NoiseToken::kEE, NoiseToken::kS, NoiseToken::kES};
constexpr std::array kE_ES_E1 = {NoiseToken::kE, NoiseToken::kES, NoiseToken::kE1};
constexpr std::array kE_EE_EKEM1 = {NoiseToken::kE, NoiseToken::kEE, NoiseToken::kEkem1};

constexpr std::array<Tokens, 2> kMessagesNN = {kE, kE_EE};
constexpr std::array<Tokens, 2> kMessagesNK = {kE_ES, kE_EE};
constexpr std::array<Tokens, 2> kMessagesNX = {kE, kE_EE_S_ES};
constexpr std::array<Tokens, 2> kMessagesNKhfs = {kE_ES_E1, kE_EE_EKEM1};

// Chapter 4.3, HKDF with two outputs.
std::pair<crypto::SecretArray<32>, crypto::SecretArray<32>> hkdf2(ByteView chaining_key, ByteView input) {
  static constexpr std::uint8_t kOne = 1;
  static constexpr std::uint8_t kTwo = 2;
  const auto temporary = crypto::hmac_sha256(chaining_key, {input});
  auto first = crypto::hmac_sha256(temporary.reveal(), {ByteView(&kOne, 1)});
  auto second = crypto::hmac_sha256(temporary.reveal(), {first.reveal(), ByteView(&kTwo, 1)});
  return {std::move(first), std::move(second)};
}

// Chapter 12.4: four zero bytes, then n.
ByteArray<12> nonce_of(std::uint64_t n) {
  ByteArray<12> nonce{};
  store_be(nonce.data() + 4, n);
  return nonce;
}

Digest32 initial_hash(std::string_view name) {
  Digest32 h{};
  if (name.size() > h.size()) return crypto::sha256(as_bytes(name));
  std::copy(name.begin(), name.end(), h.begin());
  return h;
}

}  // namespace

const NoisePattern kNoiseNN = {"Noise_NN_25519_AESGCM_SHA256", false, kMessagesNN};
const NoisePattern kNoiseNK = {"Noise_NK_25519_AESGCM_SHA256", true, kMessagesNK};
const NoisePattern kNoiseNX = {"Noise_NX_25519_AESGCM_SHA256", false, kMessagesNX};
const NoisePattern kNoiseNKhfs = {"Noise_NKhfs_25519+MLKEM768_AESGCM_SHA256", true, kMessagesNKhfs};

NoiseSymmetricState::NoiseSymmetricState(std::string_view protocol_name) : h_(initial_hash(protocol_name)) {
  ck_ = crypto::SecretArray<32>(h_);
}

void NoiseSymmetricState::mix_key(ByteView input) {
  auto [chaining_key, key] = hkdf2(ck_.reveal(), input);
  ck_ = std::move(chaining_key);
  key_ = std::move(key);
  n_ = 0;
}

void NoiseSymmetricState::mix_hash(ByteView data) { h_ = crypto::sha256({h_, data}); }

void NoiseSymmetricState::encrypt_and_hash(ByteView plaintext, Bytes& out) {
  const std::size_t start = out.size();
  if (key_) {
    out.resize(start + plaintext.size() + crypto::kAeadTagSize);
    crypto::Sealer(key_->reveal()).seal(nonce_of(n_++), h_, std::array{plaintext}, 0, MutableBytes(out).subspan(start));
  } else {
    append(out, plaintext);
  }
  mix_hash(ByteView(out).subspan(start));
}

Result<Bytes> NoiseSymmetricState::decrypt_and_hash(ByteView ciphertext) {
  Bytes plaintext;
  if (key_) {
    if (ciphertext.size() < crypto::kAeadTagSize) return fail(ErrorCode::kMalformed, "noise message is too short");
    plaintext.resize(ciphertext.size() - crypto::kAeadTagSize);
    MINIONS_TRY(crypto::Opener(key_->reveal()).open(nonce_of(n_++), h_, ciphertext, plaintext));
  } else {
    plaintext = to_bytes(ciphertext);
  }
  mix_hash(ciphertext);
  return plaintext;
}

std::pair<crypto::SecretArray<32>, crypto::SecretArray<32>> NoiseSymmetricState::split() {
  return hkdf2(ck_.reveal(), {});
}

NoiseHandshake::NoiseHandshake(const NoisePattern& pattern, const NoiseConfig& config, crypto::Random& random)
    : pattern_(pattern),
      role_(config.role),
      random_(random),
      symmetric_(pattern.name),
      static_(config.local_static),
      remote_static_(config.remote_static) {
  symmetric_.mix_hash(config.prologue);
  if (pattern.responder_static_known) {
    symmetric_.mix_hash(role_ == NoiseRole::kInitiator ? ByteView(*remote_static_) : ByteView(static_->public_key()));
  }
}

Result<Bytes> NoiseHandshake::write_message(ByteView payload) {
  Bytes out;
  for (const NoiseToken token : pattern_.messages[next_]) MINIONS_TRY(write_token(token, out));
  symmetric_.encrypt_and_hash(payload, out);
  ++next_;
  return out;
}

Result<Bytes> NoiseHandshake::read_message(ByteView message) {
  ByteReader in(message);
  for (const NoiseToken token : pattern_.messages[next_]) MINIONS_TRY(read_token(token, in));
  MINIONS_TRY_ASSIGN(Bytes payload, symmetric_.decrypt_and_hash(in.take(in.left(), "payload").value()));
  ++next_;
  return payload;
}

Status NoiseHandshake::write_token(NoiseToken token, Bytes& out) {
  switch (token) {
    case NoiseToken::kE:
      ephemeral_ = crypto::X25519KeyPair::generate(random_);
      append(out, ephemeral_->public_key());
      symmetric_.mix_hash(ephemeral_->public_key());
      return {};
    case NoiseToken::kS: symmetric_.encrypt_and_hash(static_->public_key(), out); return {};
    case NoiseToken::kE1:
      kem_ = crypto::MlKemKeyPair::generate(random_);
      symmetric_.encrypt_and_hash(kem_->public_key(), out);
      return {};
    case NoiseToken::kEkem1: {
      MINIONS_TRY_ASSIGN(const auto encapsulated, crypto::mlkem_encapsulate(remote_kem_, random_));
      symmetric_.encrypt_and_hash(encapsulated.ciphertext, out);
      symmetric_.mix_key(encapsulated.secret.reveal());
      return {};
    }
    case NoiseToken::kEE:
    case NoiseToken::kES:
    case NoiseToken::kSE:
    case NoiseToken::kSS: return mix_dh(token);
  }
  return fail(ErrorCode::kInternal, "unknown noise token");
}

Status NoiseHandshake::read_token(NoiseToken token, ByteReader& in) {
  const std::size_t tag = symmetric_.has_key() ? crypto::kAeadTagSize : 0;
  switch (token) {
    case NoiseToken::kE: {
      MINIONS_TRY_ASSIGN(const ByteView key, in.take(kDhSize, "ephemeral key"));
      std::copy(key.begin(), key.end(), remote_ephemeral_.emplace().begin());
      symmetric_.mix_hash(key);
      return {};
    }
    case NoiseToken::kS: {
      MINIONS_TRY_ASSIGN(const ByteView sealed, in.take(kDhSize + tag, "static key"));
      MINIONS_TRY_ASSIGN(const Bytes key, symmetric_.decrypt_and_hash(sealed));
      std::copy(key.begin(), key.end(), remote_static_.emplace().begin());
      return {};
    }
    case NoiseToken::kE1: {
      MINIONS_TRY_ASSIGN(const ByteView sealed, in.take(crypto::kMlKemPublicSize + tag, "encapsulation key"));
      MINIONS_TRY_ASSIGN(remote_kem_, symmetric_.decrypt_and_hash(sealed));
      return {};
    }
    case NoiseToken::kEkem1: {
      MINIONS_TRY_ASSIGN(const ByteView sealed, in.take(crypto::kMlKemCiphertextSize + tag, "kem ciphertext"));
      MINIONS_TRY_ASSIGN(const Bytes ciphertext, symmetric_.decrypt_and_hash(sealed));
      crypto::MlKemCiphertext fixed;
      std::copy(ciphertext.begin(), ciphertext.end(), fixed.begin());
      const auto secret = kem_->decapsulate(fixed);
      symmetric_.mix_key(secret.reveal());
      return {};
    }
    case NoiseToken::kEE:
    case NoiseToken::kES:
    case NoiseToken::kSE:
    case NoiseToken::kSS: return mix_dh(token);
  }
  return fail(ErrorCode::kInternal, "unknown noise token");
}

// The first letter is the initiator's key, the second the responder's (chapter 7.1).
Status NoiseHandshake::mix_dh(NoiseToken token) {
  const bool initiator = role_ == NoiseRole::kInitiator;
  const bool first_static = token == NoiseToken::kSE || token == NoiseToken::kSS;
  const bool second_static = token == NoiseToken::kES || token == NoiseToken::kSS;
  const bool own_static = initiator ? first_static : second_static;
  const bool peer_static = initiator ? second_static : first_static;
  const crypto::X25519KeyPair& own = own_static ? *static_ : *ephemeral_;
  const crypto::X25519Public& peer = peer_static ? *remote_static_ : *remote_ephemeral_;
  MINIONS_TRY_ASSIGN(const auto shared, own.derive(peer));
  symmetric_.mix_key(shared.reveal());
  return {};
}

}  // namespace minions::session
