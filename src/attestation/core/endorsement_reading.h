// Certificates and revocation lists among endorsements, in PEM or DER. Names what cannot be read: the check that needs
// it fails, because what is present is used or refused.
#pragma once

#include "attestation/core/check_list.h"
#include "attestation/core/evidence.h"
#include "crypto/certificate.h"

namespace minions::attestation {

// Under one name. Each costs time, and a document may be large.
inline constexpr std::size_t kMostAmdEntries = 64;

// The entries under a name; none if there is no such name.
[[nodiscard]] std::span<const Bytes> entries_of(const Endorsements& endorsements, std::string_view name);

// The members of an AMD chain.
struct AmdCollateral {
  std::vector<crypto::Certificate> certificates;
  std::vector<crypto::RevocationList> revocation_lists;
  std::vector<std::string> unread;  // "revocation_lists[0]: ..."

  [[nodiscard]] static AmdCollateral of(const Endorsements& endorsements);

  // Records in `unread` an unreadable entry, under this name.
  void add_certificates(std::string_view name, ByteView bytes);
  void add_lists(std::string_view name, ByteView bytes);
};

// parse.endorsements, failing, for each; no check if there is none.
void check_all_read(const std::vector<std::string>& unread, CheckList& checks);

}  // namespace minions::attestation
