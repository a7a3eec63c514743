// The attestation sections of vectors/smp2.json, read for tests.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "attestation/core/appraise.h"
#include "base/encoding.h"
#include "support/paths.h"

namespace minions::attestation {

inline const nlohmann::json& vectors() {
  static const nlohmann::json all = [] {
    std::ifstream file(test::vectors_folder() / "smp2.json");
    auto read = nlohmann::json::parse(file);
    for (const auto& [name, section] : read.items()) {
      if (section.empty()) throw std::runtime_error("no vectors in " + name);  // a loop over none would pass
    }
    return read;
  }();
  return all;
}

inline std::string text(const nlohmann::json& value) { return value.get<std::string>(); }
inline Bytes hex(const nlohmann::json& value) { return from_hex(text(value)).value(); }
template <std::size_t N>
ByteArray<N> hex_array(const nlohmann::json& value) {
  return exactly<N>(from_hex(text(value))).value();
}

inline std::string pinned_pem() { return text(vectors()["keys"]["attestor_public_pem"]); }
// What the vectors' documents are judged by: simulated evidence allowed, their operator's key pinned.
inline AppraisalPolicy simulated_policy(std::string_view more = "") {
  const auto policy = AppraisalPolicy::parse("[simulated]\nallow = true\n" + std::string(more), "test.toml");
  return policy.value().with({.trusted_attestation_pem = pinned_pem()}).value();
}

inline Nonce document_nonce() { return hex_array<32>(vectors()["document"]["nonce"]); }
inline UnixSeconds document_time() { return vectors()["document"]["now"].get<UnixSeconds>(); }

inline const Check* find_check(const AttestationResult& result, std::string_view id) {
  for (const Check& check : result.checks) {
    if (check.id == id) return &check;
  }
  return nullptr;
}

}  // namespace minions::attestation
