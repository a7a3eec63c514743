// Noise messages: a request to a server with a fixed key, message 2 to a client that waits for it, and payloads that an
// honest peer encrypts, so that what lies behind the decryption is reached, too.
#include "session/handshake.h"

#include "fuzz/vectors.h"
#include "session/client_session.h"

namespace minions::fuzz {
namespace {

using attestation::Suite;
using session::ClientHandshake;

// Given bytes first, then a count: the same in every run.
class FixedRandom final : public crypto::Random {
 public:
  explicit FixedRandom(Bytes first = {}) : first_(std::move(first)) {}
  void fill(MutableBytes out) override {
    for (std::uint8_t& byte : out) {
      byte = at_ < first_.size() ? first_[at_] : static_cast<std::uint8_t>(at_);
      ++at_;
    }
  }

 private:
  Bytes first_;
  std::size_t at_ = 0;
};

struct Server {
  Bytes bytes = to_bytes(vectors()["statement"]["bytes"].get_ref<const std::string&>());
  attestation::Statement statement = attestation::Statement::parse(bytes).value();
  Digest32 digest = attestation::statement_digest(bytes);
  crypto::X25519KeyPair key = crypto::X25519KeyPair::from_private(hex_array<32>(vectors()["keys"]["noise_private"]));
  session::SessionParameters parameters =
      session::SessionParameters::parse(vectors()["handshakes"][0]["payload_2"].get_ref<const std::string&>()).value();

  [[nodiscard]] Result<session::AcceptedSession> answer(ByteView body) const {
    FixedRandom random;
    return session::accept_handshake({statement, digest, key, parameters}, body, random);
  }
};

const Server& server() {
  static const Server fixed;
  return fixed;
}

const attestation::VerifiedStatement& verified(Suite suite) {
  const auto judge = [](const std::string& name) {
    return appraise_as_vector_client(vector_document(), vector_policy("[session]\nsuite = \"" + name + "\"\n"))
        .statement.value();
  };
  static const attestation::VerifiedStatement hybrid = judge("hybrid");
  static const attestation::VerifiedStatement classical = judge("classical");
  return suite == Suite::kHybrid ? hybrid : classical;
}

void request_to_server(ByteView body) {
  const auto accepted = server().answer(body);
  if (!accepted) return;
  require(session::statement_named_in(body).has_value(), "an accepted request names a statement");
  require(accepted->secrets.k_c2s.has_value() && accepted->secrets.k_s2c.has_value() && accepted->secrets.h.has_value(),
          "an accepted session has its keys");
  const auto again = server().answer(body);
  require(again && again->message_2 == accepted->message_2, "the same request and randomness give the same answer");
}

// The client of the vectors.
void message_2_to_client(Suite suite, ByteView message_2) {
  const Json& vector = handshake_of(suite);
  Bytes first = hex(vectors()["keys"]["client_ephemeral_private"]);
  if (vector.contains("kem_seed")) append(first, hex(vector["kem_seed"]));
  FixedRandom random(std::move(first));
  auto client =
      ClientHandshake::start(verified(suite), vector["payload_1"].get_ref<const std::string&>(), random).value();
  const bool genuine = equal(message_2, hex(vector["message_2"]));
  const auto session = std::move(client).finish(message_2);
  require(session.has_value() == genuine, "a client takes the one message 2 of its server, and no other");
}

void payload_to_server(Suite suite, std::string_view hello) {
  FixedRandom random;
  auto client = ClientHandshake::start(verified(suite), hello, random).value();
  const auto accepted = server().answer(client.request());
  const bool good = hello.size() <= 4096 && session::check_client_hello(hello);
  require(accepted.has_value() == good, "an honest request is taken exactly when its payload is good");
  if (!accepted) return;
  const auto session = std::move(client).finish(accepted->message_2);
  require(session.has_value(), "the client takes the server's answer");
  require(equal(session->channel_binding(), accepted->secrets.h.reveal()), "both sides bind to the same handshake");
  require(session->parameters().to_json() == server().parameters.to_json(), "the client learns the parameters");
}

// What a server with the key, but with a will of its own, can make a client read.
void payload_to_client(Suite suite, ByteView payload) {
  FixedRandom random;
  auto client = ClientHandshake::start(verified(suite), "{}", random).value();
  constexpr std::size_t kMessageAt = 33;  // behind C and the suite's index
  session::NoiseHandshake responder(session::noise_pattern(suite),
                                    {.role = session::NoiseRole::kResponder,
                                     .prologue = session::handshake_prologue(server().digest),
                                     .local_static = &server().key},
                                    random);
  require(responder.read_message(ByteView(client.request()).subspan(kMessageAt)).has_value(),
          "the responder reads message 1");
  const auto session = std::move(client).finish(responder.write_message(payload).value());
  const auto parameters = session::SessionParameters::parse(as_text(payload));
  require(session.has_value() == parameters.has_value(), "a client's session opens exactly to good parameters");
  if (session) require(session->parameters().to_json() == parameters->to_json(), "and has just those");
}

}  // namespace
}  // namespace minions::fuzz

// First byte: bit 0 the suite (set: classical), bits 1 and 2 which of the four.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace minions;
  constexpr std::size_t kLimit = 8192;  // twice what a payload may be
  if (size > kLimit) return 0;
  ByteView input(data, size);
  const std::uint8_t choice = fuzz::take_byte(input);
  const auto suite = (choice & 1) != 0 ? attestation::Suite::kClassical : attestation::Suite::kHybrid;
  switch (choice >> 1 & 3) {
    case 0: fuzz::request_to_server(input); break;
    case 1: fuzz::message_2_to_client(suite, input); break;
    case 2: fuzz::payload_to_server(suite, as_text(input)); break;
    case 3: fuzz::payload_to_client(suite, input); break;
  }
  return 0;
}
