// What a check of the appraisal requires; met or not.
#pragma once

#include "attestation/core/result.h"

namespace minions::attestation {

struct Expectation {
  std::string id;
  std::string expected;
  std::string source = "built-in";

  [[nodiscard]] Check pass(std::string found) const { return {id, Outcome::kPass, expected, std::move(found), source}; }
  [[nodiscard]] Check failed(std::string found, std::optional<Side> side = std::nullopt) const {
    return {id, Outcome::kFail, expected, std::move(found), source, side};
  }
  [[nodiscard]] Check waived(std::string reason) const {
    return {id, Outcome::kWaived, expected, "", std::move(reason)};
  }
};

}  // namespace minions::attestation
