// How verifiers of evidence record what they judged. Each check's id is `evidence.TYPE.GROUP` or
// `evidence.TYPE.GROUP.WHAT`: the group shows which of the questions below was answered.
#pragma once

#include <fmt/format.h>

#include "attestation/core/result.h"

namespace minions::attestation {

// The questions about a piece of evidence.
namespace check_group {
inline constexpr std::string_view kParse = "parse";          // is it what it claims to be, byte for byte?
inline constexpr std::string_view kSignature = "signature";  // did the presented key sign it?
inline constexpr std::string_view kChain = "chain";          // does the key chain to a pinned root, now, unrevoked?
inline constexpr std::string_view kBinding = "binding";      // do its parts, and the values it must carry, belong
                                                             // together?
inline constexpr std::string_view kTcb = "tcb";              // is the platform's firmware up to date?
inline constexpr std::string_view kRim = "rim";              // does the device run what its vendor published?
inline constexpr std::string_view kPolicy = "policy";        // is it what this policy requires?
}  // namespace check_group

class CheckList {
 public:
  // type: of the evidence, as evidence_type names it.
  explicit CheckList(std::string_view type) : prefix_(fmt::format("evidence.{}.", type)) {}

  // name: GROUP or GROUP.WHAT. Returns whether it passed, so that a verifier can stop when nothing more can be judged.
  // side: of a failure, if it differs from its row of check_table.h.
  bool expect(std::string_view name, bool good, std::string expected, std::string found,
              std::string source = "built-in", std::optional<Side> side = std::nullopt) {
    checks_.push_back({prefix_ + std::string(name), good ? Outcome::kPass : Outcome::kFail, std::move(expected),
                       std::move(found), std::move(source), side});
    return good;
  }
  // A failure to read or to verify, from its error.
  template <class T>
  bool expect(std::string_view name, const Result<T>& result, std::string expected,
              std::string found_if_good = "good") {
    if (result) return expect(name, true, std::move(expected), std::move(found_if_good));
    return expect(name, false, std::move(expected), result.error().detail, "built-in", side_of(result.error()));
  }
  void waive(std::string_view name, std::string expected, std::string reason) {
    checks_.push_back({prefix_ + std::string(name), Outcome::kWaived, std::move(expected), "", std::move(reason)});
  }

  [[nodiscard]] bool any_failed() const {
    return std::any_of(checks_.begin(), checks_.end(),
                       [](const Check& check) { return check.outcome == Outcome::kFail; });
  }
  [[nodiscard]] const std::vector<Check>& checks() const { return checks_; }
  [[nodiscard]] std::vector<Check> take() && { return std::move(checks_); }

 private:
  std::string prefix_;
  std::vector<Check> checks_;
};

}  // namespace minions::attestation
