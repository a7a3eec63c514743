// Intel's collateral when a document brings several entries of a piece: each is read and verified, none is silently
// ignored, and the one that fits best is used. An error names the entry.
#pragma once

#include <nlohmann/json.hpp>

#include "attestation/intel/tdx.h"
#include "attestation/intel/tdx_collateral.h"
#include "base/time_window.h"

namespace minions::attestation {

// Of one piece. Each costs signature checks, and a document may be large.
inline constexpr std::size_t kMostTdxEntries = 16;

// The current lists of one issuer, in any order. Every entry is a list; each one with this issuer's name is signed by
// it and does not name the subject, current or not.
struct CurrentLists {
  std::vector<crypto::RevocationList> lists;

  // kTampered with the reason if one names this certificate of the same issuer.
  [[nodiscard]] Status check_not_revoked(const crypto::Certificate& certificate) const;
};
struct ListQuestion {
  const crypto::Certificate& issuer;
  const crypto::Certificate& subject;
  UnixSeconds now = 0;
};
[[nodiscard]] Result<CurrentLists> current_lists(const TdxCollateral::Entries& entries, const ListQuestion& question);

// The keys of Intel's TCB signing certificates among chains, of those that are good at this time and not revoked; or
// why there is none. Every chain can be read.
struct SignerQuestion {
  crypto::PathRules rules;
  const CurrentLists* root_lists = nullptr;      // null: none is available, which is a failure elsewhere
  std::span<const crypto::Certificate> known{};  // the root, if it was already read
};
[[nodiscard]] Result<std::vector<crypto::PublicKey>> tcb_signers(const TdxCollateral::Entries& chains,
                                                                 const SignerQuestion& question);

// The object of an entry signed by one of these keys.
struct SignedEntry {
  std::size_t index = 0;
  Json object;
};
// One for each entry; or the error of the first unsigned one.
[[nodiscard]] Result<std::vector<SignedEntry>> signed_entries(const TdxCollateral::Entries& texts,
                                                              std::string_view member,
                                                              const std::vector<crypto::PublicKey>& signers);

// What a TCB info or identity states about its own time: current through its nextUpdate.
template <class T>
TimeWindow window_of(const T& object) {
  return {object.issue_date, object.next_update + 1};
}

// The best of several: first what fits, then what is current, then the newest. Nothing if there are none.
template <class T, class Fits>
const T* best_of(const std::vector<T>& objects, UnixSeconds now, const Fits& fits) {
  const auto rank = [&](const T& object) {
    return std::tuple(fits(object), window_of(object).holds_at(now), object.evaluation_number, object.issue_date);
  };
  const auto best =
      std::max_element(objects.begin(), objects.end(), [&](const T& a, const T& b) { return rank(a) < rank(b); });
  return best == objects.end() ? nullptr : &*best;
}

}  // namespace minions::attestation
