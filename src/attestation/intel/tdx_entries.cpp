#include "attestation/intel/tdx_entries.h"

#include <fmt/format.h>

#include "attestation/core/result.h"
#include "attestation/intel/tdx_quote.h"

namespace minions::attestation {
namespace {

using crypto::Certificate;
using crypto::PublicKey;
using crypto::RevocationList;

// Which of several; a single one needs no number.
Error at_entry(Error error, const TdxCollateral::Entries& entries, std::size_t index) {
  return entries.size() == 1 ? std::move(error) : std::move(error).in(fmt::format("entry {}", index));
}

Status check_number(const TdxCollateral::Entries& entries) {
  if (entries.empty()) return fail(not_served());
  if (entries.size() <= kMostTdxEntries) return {};
  return fail(ErrorCode::kTooLarge, fmt::format("{} entries, want at most {}", entries.size(), kMostTdxEntries));
}

Result<std::vector<RevocationList>> read_lists(const TdxCollateral::Entries& entries) {
  MINIONS_TRY(check_number(entries));
  std::vector<RevocationList> out;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    auto lists = RevocationList::read(entries[i]);
    if (!lists) return fail(at_entry(std::move(lists).error(), entries, i));
    out.insert(out.end(), lists->begin(), lists->end());
  }
  return out;
}

Result<PublicKey> tcb_signer(ByteView pem, const SignerQuestion& question) {
  MINIONS_TRY_ASSIGN(const Certificate signer, verify_tcb_signer(as_text(pem), question.rules, question.known));
  if (question.root_lists != nullptr) MINIONS_TRY(question.root_lists->check_not_revoked(signer));
  return signer.public_key();
}

Result<Json> signed_by_any(ByteView text, std::string_view member, const std::vector<PublicKey>& signers) {
  Result<Json> object = fail(ErrorCode::kNotFound, "no signer");
  for (const PublicKey& signer : signers) {
    object = verify_signed_object(as_text(text), member, signer);
    if (object) break;
  }
  return object;
}

}  // namespace

Status CurrentLists::check_not_revoked(const Certificate& certificate) const {
  for (const RevocationList& list : lists) MINIONS_TRY(attestation::check_not_revoked(list, certificate));
  return {};
}

Result<CurrentLists> current_lists(const TdxCollateral::Entries& entries, const ListQuestion& question) {
  MINIONS_TRY_ASSIGN(std::vector<RevocationList> lists, read_lists(entries));
  CurrentLists out;
  std::string stale;
  for (RevocationList& list : lists) {
    if (!list.same_issuer_as(question.subject)) continue;  // of another authority of Intel's
    if (!list.signed_by(question.issuer))
      return fail(ErrorCode::kTampered,
                  fmt::format("a list of {} that its key did not sign", shown(list.issuer_name())));
    MINIONS_TRY(check_not_revoked(list, question.subject));
    const TimeWindow window{list.this_update(), list.next_update() + 1};  // through its nextUpdate
    if (window.holds_at(question.now)) {
      out.lists.push_back(std::move(list));
    } else {
      stale = window.against(question.now);
    }
  }
  if (!out.lists.empty()) return out;
  if (!stale.empty()) return fail(Error{ErrorCode::kTampered, "a list for " + stale}.because(Cause::kTime));
  return fail(ErrorCode::kTampered,
              fmt::format("a list of {}, which says nothing about {}", shown(lists.front().issuer_name()),
                          shown(question.subject.subject_name())));
}

Result<std::vector<PublicKey>> tcb_signers(const TdxCollateral::Entries& chains, const SignerQuestion& question) {
  MINIONS_TRY(check_number(chains));
  std::vector<PublicKey> keys;
  std::optional<Error> first;
  for (std::size_t i = 0; i < chains.size(); ++i) {
    auto key = tcb_signer(chains[i], question);
    if (key) {
      keys.push_back(*std::move(key));
      continue;
    }
    // An expired one next to a good one is superseded; one that is not a chain is a fault.
    Error error = at_entry(std::move(key).error(), chains, i);
    if (error.code != ErrorCode::kTampered) return fail(std::move(error));
    if (!first) first = std::move(error);
  }
  if (keys.empty()) return fail(*std::move(first));
  return keys;
}

Result<std::vector<SignedEntry>> signed_entries(const TdxCollateral::Entries& texts, std::string_view member,
                                                const std::vector<PublicKey>& signers) {
  MINIONS_TRY(check_number(texts));
  std::vector<SignedEntry> out;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    auto object = signed_by_any(texts[i], member, signers);
    if (!object) return fail(at_entry(std::move(object).error(), texts, i));
    out.push_back({i, *std::move(object)});
  }
  return out;
}

}  // namespace minions::attestation
