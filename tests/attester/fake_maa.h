// Microsoft Azure Attestation as a guest meets it: reads a request, and answers with a token encrypted to the key of
// the vTPM that the request names. For tests; judges only what the real service could not do without.
#pragma once

#include "attestation/synthetic_token.h"
#include "base/json.h"
#include "base/time.h"

namespace minions::attester {

struct FakeMaa {
  attestation::TokenKey key{attestation::TokenKey::Kind::kRsa, "instance"};
  std::size_t inner_key_bytes = 32;
  std::string associated_data = "Transport Key";
  UnixSeconds now = 0;

  // The guest's own JSON inside a request's body.
  [[nodiscard]] static Json attestation_info(ByteView request_body);
  // The body of the answer. The token's client payload is the guest's.
  [[nodiscard]] Json answer(ByteView request_body) const;
};

}  // namespace minions::attester
