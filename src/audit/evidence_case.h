// Files in memory that are evidence of one kind, and what the kind's verifier reports about them.
#pragma once

#include <map>
#include <nlohmann/json.hpp>

#include "attestation/core/anchors.h"
#include "attestation/core/check_list.h"
#include "attestation/policy/policy.h"
#include "audit/evidence_piece.h"
#include "base/json.h"

namespace minions::audit {

struct EvidenceCase {
  std::string kind;
  UnixSeconds validation_time = 0;
  attestation::PolicyRules rules;
  attestation::TrustAnchors anchors{};
  // Names are unique within a case. Files whose `use` is "not used" are not here.
  std::vector<NamedFile> files;
  // Which of them is what. Settled by assign_pieces() before a mutation can hide it.
  std::map<Piece, std::size_t> pieces;
  std::vector<std::size_t> rims;
  std::vector<Bytes> companions;
  // What the evidence was requested with, if known.
  std::optional<Digest32> gpu_nonce;
  std::optional<Bytes> qualifying_data;
};

void assign_pieces(EvidenceCase& evidence);

// What REPORT_DATA commits to in the cases that state it: SHA-256(tls_key_fp || hpke_key || nonce [||
// gpu_evidence_hash]), then zeros.
struct Commitment {
  std::optional<ByteArray<64>> report_data;
  std::optional<Digest32> nonce;
};
[[nodiscard]] Result<Commitment> commitment_of(const EvidenceCase& evidence);
// If the case has the bytes whose digest the commitment states: they must match it, and hold this GPU's report.
[[nodiscard]] Status check_gpu_commitment(const EvidenceCase& evidence, ByteView report,
                                          attestation::CheckList& checks);
// From the list of all 24 values, those that the quote selects.
[[nodiscard]] Result<Bytes> selected_pcrs(const EvidenceCase& evidence);
[[nodiscard]] Result<crypto::PublicKey> key_from_pem(std::string_view pem);

// The checks of the kind's verifier. kUnsupported: an unknown kind. kMalformed: the case lacks a file of its kind.
[[nodiscard]] Result<std::vector<attestation::Check>> judge(const EvidenceCase& evidence);

}  // namespace minions::audit
