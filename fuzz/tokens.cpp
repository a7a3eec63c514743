// Tokens of attestation services and the key sets that verify them. The first byte says which.
#include "attestation/azure/maa.h"
#include "attestation/core/jwt.h"
#include "attestation/nvidia/nras.h"
#include "fuzz/fuzz.h"

namespace minions::fuzz {
namespace {

using namespace attestation;

// No key at all: whatever is made up must fail.
const Result<JwkSet>& no_keys() {
  static const Result<JwkSet> keys = JwkSet::parse(R"({"keys":[]})");
  return keys;
}

void check_token(std::string_view text) {
  const auto token = Jwt::parse(text);
  if (!token) return;
  require(std::count(text.begin(), text.end(), '.') == 2, "a token has three parts");
  require(text.starts_with(token->signing_input + '.'), "what is signed is what came");
  for (const JwtAlgorithm algorithm : {JwtAlgorithm::kEs384, JwtAlgorithm::kRs256})
    require(!verify_jwt(*token, algorithm, *no_keys()), "no token is good without a key");
  require(shown_claim(token->claims, "iss").size() < 512, "what is shown of a claim is short");
  (void)check_jwt_times(token->claims, 1790000000, 0);
}

void check_keys(std::string_view text) {
  const auto keys = JwkSet::parse(text);
  if (!keys) return;
  const auto token = Jwt::parse("eyJhbGciOiJFUzM4NCIsImtpZCI6ImEifQ.e30.AAAA");
  if (token) require(!verify_jwt(*token, JwtAlgorithm::kEs384, *keys), "three zero bytes are no signature");
}

void check_nras(ByteView input) {
  CheckList checks("nvidia-nras");
  verify_nras({.response = input, .keys = no_keys(), .nonce = {}, .rules = {}, .jwt_rules = {}, .now = 1790000000},
              checks);
  require(checks.any_failed(), "no answer of NRAS is accepted without its keys");
}

void check_maa(std::string_view text) {
  CheckList checks("azure-maa");
  verify_maa({.token = text,
              .keys = no_keys(),
              .nonce = {},
              .issuer = {},
              .platform = {},
              .rules = {},
              .jwt_rules = {},
              .now = 1790000000},
             checks);
  require(checks.any_failed(), "no token of MAA is accepted without its keys");
}

}  // namespace
}  // namespace minions::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace minions;
  ByteView input(data, size);
  const std::uint8_t choice = fuzz::take_byte(input) % 4;
  if (choice == 0) fuzz::check_token(as_text(input));
  if (choice == 1) fuzz::check_keys(as_text(input));
  if (choice == 2) fuzz::check_nras(input);
  if (choice == 3) fuzz::check_maa(as_text(input));
  return 0;
}
