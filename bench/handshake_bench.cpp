#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <memory>
#include <stdexcept>

#include "attestation/core/appraise.h"
#include "attester/batch.h"
#include "attester/simulated.h"
#include "measuring.h"
#include "session/client_session.h"
#include "session/handshake.h"
#include "session_bench.h"

namespace minions::bench {
namespace {

using attestation::Suite;

constexpr UnixSeconds kNow = 1'790'000'000;
constexpr int kHandshakesPerRound = 50;
constexpr int kRounds = 31;
constexpr std::size_t kHelloPad = 64;

void need(int ok) {
  if (ok != 1) throw std::runtime_error("raw EVP call failed");
}

// A statement with its keys, and its appraisal as a client makes it.
struct Server {
  explicit Server(Suite suite)
      : epoch(
            attester::EpochFactory::make({.software = {"minionsd", "0", "00"}}).value().epoch(1, kNow, random).value()),
        verified(appraised(suite)) {}

  [[nodiscard]] attestation::VerifiedStatement appraised(Suite suite) {
    attester::SimulatedAttester attester;
    const auto key = crypto::P384PrivateKey::generate();
    const auto evidence = attester::collect_for_epoch(epoch, attester).value();
    const std::string json = attester::AttestedBatch::collect(evidence, {}, attester, key).value().full();
    const auto document = attestation::AttestationDocument::parse(as_bytes(json));
    const std::string demand = suite == Suite::kHybrid ? "hybrid" : "classical";
    const auto policy = attestation::AppraisalPolicy::parse(
                            "[freshness]\nmode = \"cached\"\n[session]\nsuite = \"" + demand + "\"\n", "bench.toml")
                            .value()
                            .with({.simulated = attestation::PolicyFlags::Simulated::kAllow,
                                   .trusted_attestation_pem = key.public_key().to_pem()})
                            .value();
    const auto result = attestation::appraise(
        {.document = document,
         .nonce = std::nullopt,
         .policy = policy,
         .now = kNow + 5,
         .connection = {.kind = attestation::ServerConnection::Kind::kPlainLoopback, .leaf_spki_sha256 = {}}});
    if (!result.statement) throw std::runtime_error(result.to_text());
    return *result.statement;
  }

  crypto::SystemRandom random;
  attester::EpochPointer epoch;
  attestation::VerifiedStatement verified;
};

void shake_hands(Server& server, const crypto::X25519KeyPair& noise_key) {
  auto client = session::ClientHandshake::start(server.verified, session::client_hello_json("minions/0", kHelloPad),
                                                server.random)
                    .value();
  session::SessionParameters parameters;
  parameters.session = server.random.bytes<16>();
  const auto accepted = session::accept_handshake(
      {server.epoch->statement(), server.epoch->digest(), noise_key, parameters}, client.request(), server.random);
  const auto session = std::move(client).finish(accepted.value().message_2);
  if (!session || session->parameters().session != parameters.session) throw std::runtime_error("handshake failed");
}

template <auto free_function>
struct Free {
  template <class T>
  void operator()(T* object) const {
    free_function(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Free<EVP_PKEY_CTX_free>>;

// What the messages need and nothing else, each operation as cheap as the library has it: algorithms fetched once,
// contexts reused, private keys kept as the library's objects. Peers' public keys come as bytes, as they do on the
// wire.
class Primitives {
 public:
  void run(Suite suite) {
    const bool hybrid = suite == Suite::kHybrid;
    const Key client = generate(x25519_);
    const Key server = generate(x25519_);
    for (const EVP_PKEY* peer : {static_.get(), server.get()}) derive(client.get(), peer);  // es, ee of the client
    derive(static_.get(), client.get());                                                    // es of the server
    derive(server.get(), client.get());                                                     // ee of the server
    if (hybrid) exchange_kem();

    // Each side: name (if longer than a hash), prologue, static key, two ephemeral keys, two payloads; e1 and ekem1.
    const std::size_t small_hashes = hybrid ? 5 : 4;
    for (int side = 0; side < 2; ++side) {
      for (std::size_t i = 0; i < small_hashes; ++i) hash(32);
      hash(kHelloSize);
      hash(kParametersSize);
      const int mixed_keys = hybrid ? 3 : 2;
      for (int i = 0; i < (mixed_keys + 1) * 3; ++i) authenticate();  // HKDF with two outputs, split() included
      if (!hybrid) continue;
      hash(1200);
      hash(1104);
    }
    for (const std::size_t size : {kHelloSize, kParametersSize}) encrypt_and_decrypt(size);
    if (!hybrid) return;
    for (const std::size_t size : {std::size_t{1184}, std::size_t{1088}}) encrypt_and_decrypt(size);
  }

 private:
  static constexpr std::size_t kHelloSize = 100;
  static constexpr std::size_t kParametersSize = 180;

  static KeyContext generator(const char* name) {
    KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, name, nullptr));
    need(EVP_PKEY_keygen_init(context.get()));
    return context;
  }
  static Key generate(const KeyContext& generator) {
    EVP_PKEY* key = nullptr;
    need(EVP_PKEY_generate(generator.get(), &key));
    return Key(key);
  }
  void derive(EVP_PKEY* own, const EVP_PKEY* peer) {
    std::size_t size = 32;
    need(EVP_PKEY_get_raw_public_key(peer, buffer_.data(), &size));
    const Key other(EVP_PKEY_new_raw_public_key_ex(nullptr, "X25519", nullptr, buffer_.data(), size));
    const KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, own, nullptr));
    need(EVP_PKEY_derive_init(context.get()));
    need(EVP_PKEY_derive_set_peer_ex(context.get(), other.get(), 0));
    need(EVP_PKEY_derive(context.get(), buffer_.data(), &size));
  }
  void exchange_kem() {
    const Key own = generate(kem_);
    ByteArray<1184> public_key;
    std::size_t size = public_key.size();
    need(EVP_PKEY_get_octet_string_param(own.get(), OSSL_PKEY_PARAM_PUB_KEY, public_key.data(), size, &size));
    const Key other(EVP_PKEY_new_raw_public_key_ex(nullptr, "ML-KEM-768", nullptr, public_key.data(), size));
    const KeyContext sender(EVP_PKEY_CTX_new_from_pkey(nullptr, other.get(), nullptr));
    ByteArray<1088> ciphertext;
    std::size_t ciphertext_size = ciphertext.size();
    std::size_t secret_size = 32;
    need(EVP_PKEY_encapsulate_init(sender.get(), nullptr));
    need(EVP_PKEY_encapsulate(sender.get(), ciphertext.data(), &ciphertext_size, buffer_.data(), &secret_size));
    const KeyContext receiver(EVP_PKEY_CTX_new_from_pkey(nullptr, own.get(), nullptr));
    need(EVP_PKEY_decapsulate_init(receiver.get(), nullptr));
    need(EVP_PKEY_decapsulate(receiver.get(), buffer_.data(), &secret_size, ciphertext.data(), ciphertext_size));
  }
  void hash(std::size_t size) {
    need(EVP_DigestInit_ex2(digest_.get(), sha256_.get(), nullptr));
    need(EVP_DigestUpdate(digest_.get(), digest_out_.data(), digest_out_.size()));
    need(EVP_DigestUpdate(digest_.get(), buffer_.data(), size));
    need(EVP_DigestFinal_ex(digest_.get(), digest_out_.data(), nullptr));
  }
  void authenticate() {
    std::size_t size = 32;
    need(EVP_MAC_init(hmac_.get(), digest_out_.data(), digest_out_.size(), nullptr));
    need(EVP_MAC_update(hmac_.get(), buffer_.data(), 33));
    need(EVP_MAC_final(hmac_.get(), digest_out_.data(), &size, size));
  }
  void encrypt_and_decrypt(std::size_t size) {
    const ByteArray<12> nonce{};
    const auto count = static_cast<int>(size);
    int written = 0;
    std::uint8_t none = 0;
    EVP_CIPHER_CTX* const context = cipher_.get();
    need(EVP_EncryptInit_ex2(context, aes_.get(), digest_out_.data(), nonce.data(), nullptr));
    need(EVP_EncryptUpdate(context, nullptr, &written, digest_out_.data(), 32));
    need(EVP_EncryptUpdate(context, buffer_.data(), &written, buffer_.data(), count));
    need(EVP_EncryptFinal_ex(context, &none, &written));
    need(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, 16, tag_.data()));
    need(EVP_DecryptInit_ex2(context, aes_.get(), digest_out_.data(), nonce.data(), nullptr));
    need(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, 16, tag_.data()));
    need(EVP_DecryptUpdate(context, nullptr, &written, digest_out_.data(), 32));
    need(EVP_DecryptUpdate(context, buffer_.data(), &written, buffer_.data(), count));
    need(EVP_DecryptFinal_ex(context, &none, &written));
  }
  static EVP_MAC_CTX* new_hmac() {
    const std::unique_ptr<EVP_MAC, Free<EVP_MAC_free>> mac(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
    EVP_MAC_CTX* const context = EVP_MAC_CTX_new(mac.get());
    char name[] = "SHA256";
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
                                     OSSL_PARAM_construct_end()};
    need(EVP_MAC_CTX_set_params(context, parameters));
    return context;
  }

  KeyContext x25519_ = generator("X25519");
  KeyContext kem_ = generator("ML-KEM-768");
  Key static_ = generate(x25519_);
  std::unique_ptr<EVP_MD, Free<EVP_MD_free>> sha256_{EVP_MD_fetch(nullptr, "SHA256", nullptr)};
  std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>> digest_{EVP_MD_CTX_new()};
  std::unique_ptr<EVP_MAC_CTX, Free<EVP_MAC_CTX_free>> hmac_{new_hmac()};
  std::unique_ptr<EVP_CIPHER, Free<EVP_CIPHER_free>> aes_{EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr)};
  std::unique_ptr<EVP_CIPHER_CTX, Free<EVP_CIPHER_CTX_free>> cipher_{EVP_CIPHER_CTX_new()};
  ByteArray<2048> buffer_{};
  Digest32 digest_out_{};
  ByteArray<16> tag_{};
};

}  // namespace

HandshakeCost measure_handshake(Suite suite) {
  Server server(suite);
  const auto noise_key = server.epoch->noise_key();
  Primitives primitives;
  const auto ours = [&] {
    return cpu_seconds_of([&] {
      for (int i = 0; i < kHandshakesPerRound; ++i) shake_hands(server, *noise_key);
    });
  };
  const auto raw = [&] {
    return cpu_seconds_of([&] {
      for (int i = 0; i < kHandshakesPerRound; ++i) primitives.run(suite);
    });
  };
  std::vector<double> both_sides, sums, ratios;
  for (int round = -1; round < kRounds; ++round) {
    const double first = round % 2 == 0 ? ours() : raw();
    const double second = round % 2 == 0 ? raw() : ours();
    if (round < 0) continue;
    const double handshake = round % 2 == 0 ? first : second;
    const double sum = round % 2 == 0 ? second : first;
    both_sides.push_back(handshake / kHandshakesPerRound * 1e6);
    sums.push_back(sum / kHandshakesPerRound * 1e6);
    ratios.push_back(handshake / sum);
  }
  return {median(both_sides), median(sums), median(ratios)};
}

}  // namespace minions::bench
