// Tokens and key sets of services that exist in these tests alone.
#pragma once

#include <memory>
#include <string>

#include "base/json.h"

struct evp_pkey_st;

namespace minions::attestation {

class TokenKey {
 public:
  enum class Kind { kEcP384, kEcP256, kRsa };
  TokenKey(Kind kind, std::string id);

  [[nodiscard]] const std::string& id() const { return id_; }
  // As one key of a set.
  [[nodiscard]] Json jwk() const;
  // In the kind's own algorithm; the header says `algorithm` and this key's id, whatever they are.
  [[nodiscard]] std::string sign(const std::string& algorithm, const Json& claims) const;
  [[nodiscard]] std::string sign_raw(const std::string& header, const std::string& claims) const;

 private:
  Kind kind_;
  std::string id_;
  std::shared_ptr<evp_pkey_st> key_;
};

[[nodiscard]] std::string key_set(std::initializer_list<const TokenKey*> keys);

}  // namespace minions::attestation
