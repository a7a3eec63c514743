// One case of an evidence manifest: files in memory, as captured or altered, and what a verifier must say about them.
#pragma once

#include <map>
#include <nlohmann/json.hpp>

#include "attestation/core/anchors.h"
#include "attestation/core/check_list.h"
#include "attestation/policy/policy.h"
#include "base/json.h"
#include "evidence_piece.h"

namespace minions::app {

struct EvidenceCase {
  std::string id;
  std::string kind;
  UnixSeconds validation_time = 0;
  bool accept = false;
  std::vector<std::string> groups;  // of the first failing check, one of these; empty: any
  attestation::PolicyRules rules;
  attestation::TrustAnchors anchors{};
  // Names are unique within a case. Files whose `use` says not used are not here.
  std::vector<NamedFile> files;
  // Which of them is what. Settled by assign_pieces() before a mutation can hide it.
  std::map<Piece, std::size_t> pieces;
  std::vector<std::size_t> rims;
  std::vector<Bytes> companions;
  // What the evidence was asked with, where the manifest states it.
  std::optional<Digest32> gpu_nonce;
  std::optional<Bytes> qualifying_data;
};

void assign_pieces(EvidenceCase& evidence);

// Alters a file as a mutation of the manifest says: xor, set, truncate, append, insert, delete, replace,
// swap-device-tokens or alg-none.
[[nodiscard]] Status mutate(EvidenceCase& to, const Json& mutation);

// What REPORT_DATA commits to in the cases that state it: SHA-256(tls_key_fp || hpke_key || nonce [||
// gpu_evidence_hash]), then zeros.
struct Commitment {
  std::optional<ByteArray<64>> report_data;
  std::optional<Digest32> nonce;
};
[[nodiscard]] Result<Commitment> commitment_of(const EvidenceCase& evidence);
// Where the case has the bytes whose digest the commitment states: they must be those, and hold this GPU's report.
[[nodiscard]] Status check_gpu_commitment(const EvidenceCase& evidence, ByteView report,
                                          attestation::CheckList& checks);
// Of the list of all 24 values, those that the quote selects.
[[nodiscard]] Result<Bytes> selected_pcrs(const EvidenceCase& evidence);
[[nodiscard]] Result<crypto::PublicKey> key_from_pem(std::string_view pem);

// The checks of the kind's verifier. kUnsupported: an unknown kind. kMalformed: the case lacks a file of its kind.
[[nodiscard]] Result<std::vector<attestation::Check>> judge(const EvidenceCase& evidence);

}  // namespace minions::app
