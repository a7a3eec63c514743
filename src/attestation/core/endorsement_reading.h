// Certificates and revocation lists among endorsements, in PEM or DER. What cannot be read is named: whoever needs it
// fails, for what is present is used or refused.
#pragma once

#include "attestation/core/check_list.h"
#include "attestation/core/evidence.h"
#include "crypto/certificate.h"

namespace minions::attestation {

// Under one name. Each costs time, and a document may be large.
inline constexpr std::size_t kMostAmdEntries = 64;

// The entries under a name; none where there is no such name.
[[nodiscard]] std::span<const Bytes> entries_of(const Endorsements& endorsements, std::string_view name);

// Those that a chain of AMD's is made of.
struct AmdCollateral {
  std::vector<crypto::Certificate> certificates;
  std::vector<crypto::RevocationList> revocation_lists;
  std::vector<std::string> unread;  // "revocation_lists[0]: ..."

  [[nodiscard]] static AmdCollateral of(const Endorsements& endorsements);

  // Says in `unread` what one that cannot be read is, by this name.
  void add_certificates(std::string_view name, ByteView bytes);
  void add_lists(std::string_view name, ByteView bytes);
};

// parse.endorsements, failing, for each; no check where there is none.
void check_all_read(const std::vector<std::string>& unread, CheckList& checks);

}  // namespace minions::attestation
