// Intel's collateral where a document brings more than one entry of a piece: each is read and verified, none is passed
// over in silence, and the one that fits best is used. An error names the entry.
#pragma once

#include <nlohmann/json.hpp>

#include "attestation/intel/tdx.h"
#include "attestation/intel/tdx_collateral.h"
#include "base/time_window.h"

namespace minions::attestation {

// Of one piece. Each costs signature checks, and a document may be large.
inline constexpr std::size_t kMostTdxEntries = 16;

// The lists of one issuer that are current, in any order. Every entry is a list; each that this issuer's name is on is
// signed by it and does not name the subject, current or not.
struct CurrentLists {
  std::vector<crypto::RevocationList> lists;

  // kTampered with the reason where one names this certificate of the same issuer.
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
  const CurrentLists* root_lists = nullptr;      // null: none is at hand, which is a failure elsewhere
  std::span<const crypto::Certificate> known{};  // the root, where it was read before
};
[[nodiscard]] Result<std::vector<crypto::PublicKey>> tcb_signers(const TdxCollateral::Entries& chains,
                                                                 const SignerQuestion& question);

// The object of an entry that one of these keys signed.
struct SignedEntry {
  std::size_t index = 0;
  Json object;
};
// One for each entry; or the error of the first that nobody signed.
[[nodiscard]] Result<std::vector<SignedEntry>> signed_entries(const TdxCollateral::Entries& texts,
                                                              std::string_view member,
                                                              const std::vector<crypto::PublicKey>& signers);

// What a TCB info or identity says of its own time: current through its nextUpdate.
template <class T>
TimeWindow window_of(const T& object) {
  return {object.issue_date, object.next_update + 1};
}

// The best of several: first what fits, then what is current, then the newest. Nothing of none.
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
