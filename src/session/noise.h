// The Noise Protocol Framework, revision 34, for interactive patterns over X25519, AES-256-GCM and SHA-256, with the
// KEM tokens e1 and ekem1 of the hybrid forward secrecy extension (ML-KEM-768). Chapters 5 and 7 of the specification,
// as a table of patterns and one interpreter. No I/O, no state after split().
#pragma once

#include <optional>

#include "base/byte_io.h"
#include "base/result.h"
#include "crypto/mlkem.h"
#include "crypto/random.h"
#include "crypto/secret.h"
#include "crypto/x25519.h"

namespace minions::session {

enum class NoiseToken { kE, kS, kEE, kES, kSE, kSS, kE1, kEkem1 };

struct NoisePattern {
  std::string_view name;  // full protocol name
  bool responder_static_known;
  std::span<const std::span<const NoiseToken>> messages;  // initiator's first
};
extern const NoisePattern kNoiseNN;
extern const NoisePattern kNoiseNK;
extern const NoisePattern kNoiseNX;
extern const NoisePattern kNoiseNKhfs;

enum class NoiseRole { kInitiator, kResponder };

// Chapter 5.2: ck, h and the cipher of a handshake.
class NoiseSymmetricState {
 public:
  explicit NoiseSymmetricState(std::string_view protocol_name);

  void mix_key(ByteView input);
  void mix_hash(ByteView data);
  void encrypt_and_hash(ByteView plaintext, Bytes& out);
  [[nodiscard]] Result<Bytes> decrypt_and_hash(ByteView ciphertext);
  // The keys for the initiator's and for the responder's messages.
  [[nodiscard]] std::pair<crypto::SecretArray<32>, crypto::SecretArray<32>> split();

  [[nodiscard]] const Digest32& hash() const { return h_; }
  [[nodiscard]] bool has_key() const { return key_.has_value(); }

 private:
  crypto::SecretArray<32> ck_;
  Digest32 h_;
  std::optional<crypto::SecretArray<32>> key_;
  std::uint64_t n_ = 0;
};

struct NoiseConfig {
  NoiseRole role;
  ByteView prologue;
  const crypto::X25519KeyPair* local_static =
      nullptr;  // outlives the handshake; required if the pattern sends or knows it
  std::optional<crypto::X25519Public> remote_static = std::nullopt;
};

class NoiseHandshake {
 public:
  NoiseHandshake(const NoisePattern& pattern, const NoiseConfig& config, crypto::Random& random);

  // This side's next message. Fails if the peer's keys are bad.
  [[nodiscard]] Result<Bytes> write_message(ByteView payload);
  // The payload of the peer's next message. kMalformed: too short; kTampered: anything else.
  [[nodiscard]] Result<Bytes> read_message(ByteView message);

  [[nodiscard]] bool complete() const { return next_ == pattern_.messages.size(); }
  [[nodiscard]] const Digest32& hash() const { return symmetric_.hash(); }
  [[nodiscard]] std::pair<crypto::SecretArray<32>, crypto::SecretArray<32>> split() && { return symmetric_.split(); }

 private:
  [[nodiscard]] Status write_token(NoiseToken token, Bytes& out);
  [[nodiscard]] Status read_token(NoiseToken token, ByteReader& in);
  [[nodiscard]] Status mix_dh(NoiseToken token);

  const NoisePattern& pattern_;
  NoiseRole role_;
  crypto::Random& random_;
  NoiseSymmetricState symmetric_;
  const crypto::X25519KeyPair* static_;
  std::optional<crypto::X25519KeyPair> ephemeral_;
  std::optional<crypto::X25519Public> remote_static_;
  std::optional<crypto::X25519Public> remote_ephemeral_;
  std::optional<crypto::MlKemKeyPair> kem_;  // initiator: own key
  Bytes remote_kem_;                         // responder: the initiator's encapsulation key
  std::size_t next_ = 0;
};

}  // namespace minions::session
