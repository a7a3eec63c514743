// AMD's endorsement of a key that signs SEV-SNP reports: the certificate of a VCEK (one chip at one TCB) or a VLEK (one
// cloud provider at one TCB), and its chain to a pinned ARK. AMD publications 57230 (VCEK) and 57640 (VLEK).
#pragma once

#include "attestation/amd/snp_report.h"
#include "attestation/core/check_list.h"
#include "attestation/core/roots.h"
#include "attestation/policy/policy.h"
#include "crypto/certificate.h"

namespace minions::attestation {

inline constexpr std::array kAmdRoots = {roots::kAmdMilan, roots::kAmdGenoa, roots::kAmdTurin};

// What the extensions of a VCEK's or VLEK's certificate state (1.3.6.1.4.1.3704.1).
struct AmdEndorsement {
  SnpReport::SigningKey kind = SnpReport::SigningKey::kVcek;
  std::uint64_t struct_version = 0;  // 1 on Turin
  std::string product_name;          // "Milan-B0"
  SnpProduct product = SnpProduct::kMilan;
  SnpTcb tcb{};        // laid out as the product's reports do
  Bytes hwid;          // VCEK: 64 bytes, 8 on Turin
  std::string csp_id;  // VLEK: the cloud provider
  crypto::PublicKey key;

  [[nodiscard]] static Result<AmdEndorsement> parse(const crypto::Certificate& certificate);
  // Whether a certificate claims to be one: it has the product's extension.
  [[nodiscard]] static bool is_one(const crypto::Certificate& certificate);
};

struct AmdChainInput {
  const crypto::Certificate& leaf;
  // Of any origin: ASK or ASVK, and ARK, in any order. Missing ones are built in (attestation/amd/certificates.h).
  std::span<const crypto::Certificate> certificates;
  // The ARK's list names revoked ASKs and ASVKs. A missing list is as the rule states, a stale one is a failure.
  std::span<const crypto::RevocationList> revocation_lists;
  Rule<CrlMode> crl{CrlMode::kIfAvailable};
  UnixSeconds now = 0;
  std::span<const Digest32> roots = kAmdRoots;
};

// The leaf chains to a pinned ARK over the ASK (VCEK) or ASVK (VLEK) of its product. Checks: chain.path, chain.product,
// chain.revocation.
bool verify_amd_chain(const AmdChainInput& input, const AmdEndorsement& endorsement, CheckList& checks);

// A certificate alone: parse.certificate, then its chain.
void verify_amd_endorsement(const AmdChainInput& input, CheckList& checks);

}  // namespace minions::attestation
