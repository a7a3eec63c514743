// Keys, statement and document of tests/vectors/smp2.json: what the targets hold, and the seeds speak of.
#pragma once

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "attestation/core/appraise.h"
#include "base/encoding.h"
#include "fuzz/fuzz.h"
#include "support/paths.h"

namespace minions::fuzz {

inline const Json& vectors() {
  static const Json read = Json::parse(std::ifstream(test::vectors_folder() / "smp2.json"));
  return read;
}
inline Bytes hex(const Json& value) { return from_hex(value.get_ref<const std::string&>()).value(); }
template <std::size_t N>
ByteArray<N> hex_array(const Json& value) {
  return exactly<N>(from_hex(value.get_ref<const std::string&>())).value();
}
inline const Json& handshake_of(attestation::Suite suite) {
  for (const Json& vector : vectors()["handshakes"]) {
    if (vector["suite"] == attestation::noise_name(suite)) return vector;
  }
  std::abort();
}

// Takes simulated evidence that the vectors' attestor signed. `more` is further TOML.
inline attestation::AppraisalPolicy vector_policy(const std::string& more = "") {
  const auto policy = attestation::AppraisalPolicy::parse("[simulated]\nallow = true\n" + more, "fuzz.toml").value();
  return policy.with({.trusted_attestation_pem = vectors()["keys"]["attestor_public_pem"].get<std::string>()}).value();
}

// As the client of the vectors judges it.
inline attestation::AttestationResult appraise_as_vector_client(
    const Result<attestation::AttestationDocument>& document, const attestation::AppraisalPolicy& policy) {
  return attestation::appraise({.document = document,
                                .nonce = hex_array<32>(vectors()["document"]["nonce"]),
                                .policy = policy,
                                .now = vectors()["document"]["now"],
                                .connection = {.kind = attestation::ServerConnection::Kind::kPlainLoopback}});
}

// C of every statement that the vectors' attestor signed.
inline const std::set<Digest32>& signed_statements() {
  static const std::set<Digest32> all = [] {
    std::set<Digest32> digests = {hex_array<32>(vectors()["statement"]["C"])};
    for (const Json& vector : vectors()["negative_documents"]) {
      const auto document =
          attestation::AttestationDocument::parse(as_bytes(vector["document"].get_ref<const std::string&>()));
      if (document && document->statement) digests.insert(attestation::statement_digest(*document->statement));
    }
    return digests;
  }();
  return all;
}

inline attestation::AttestationDocument vector_document() {
  return attestation::AttestationDocument::parse(as_bytes(vectors()["document"]["bytes"].get_ref<const std::string&>()))
      .value();
}

}  // namespace minions::fuzz
