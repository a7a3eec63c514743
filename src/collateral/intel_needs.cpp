#include "collateral/intel_needs.h"

#include <fmt/format.h>

#include "attestation/intel/tdx_entries.h"
#include "attestation/intel/tdx_quote.h"
#include "base/encoding.h"

namespace minions::collateral {
namespace {

using attestation::TdxCollateral;

// What is available, and where its paths end.
struct AtHand {
  TdxCollateral collateral;
  crypto::PathRules rules;
};

template <class T, class Fits>
bool has_signed(const TdxCollateral::Entries& texts, const TdxCollateral::Entries& chains,
                Result<T> (*verify)(std::string_view, const crypto::PublicKey&), const AtHand& at_hand,
                const Fits& fits) {
  const auto signers = attestation::tcb_signers(chains, {.rules = at_hand.rules});
  if (!signers || texts.size() > attestation::kMostTdxEntries) return false;
  return std::any_of(texts.begin(), texts.end(), [&](ByteView text) {
    return std::any_of(signers->begin(), signers->end(), [&](const crypto::PublicKey& signer) {
      const auto object = verify(as_text(text), signer);
      return object && fits(*object) && attestation::window_of(*object).holds_at(at_hand.rules.now);
    });
  });
}

// A signed and current list: the verifier sees whom it names.
bool has_list(const TdxCollateral::Entries& entries, const crypto::Certificate& issuer, UnixSeconds now) {
  if (entries.size() > attestation::kMostTdxEntries) return false;
  return std::any_of(entries.begin(), entries.end(), [&](ByteView entry) {
    const auto lists = crypto::RevocationList::read(entry);
    return lists && std::any_of(lists->begin(), lists->end(), [&](const crypto::RevocationList& list) {
             return TimeWindow{list.this_update(), list.next_update() + 1}.holds_at(now) && list.signed_by(issuer);
           });
  });
}

struct SignedJson {
  std::string_view name;
  std::string_view what;
  std::string path;
  std::string_view header;
  bool is_at_hand;
};

Need need_of(const SignedJson& piece, const Sources& sources) {
  Need need;
  need.kind = Need::Kind::kSignedJson;
  need.what = piece.what;
  need.url = sources.intel + piece.path;
  need.endorsement = piece.name;
  need.chain_header = piece.header;
  need.chain_endorsement = fmt::format("{}_issuer_chain", piece.name);
  return need;
}

Need list(std::string_view name, std::string what, std::string url) {
  Need need;
  need.kind = Need::Kind::kRevocationList;
  need.what = std::move(what);
  need.url = std::move(url);
  need.endorsement = name;
  return need;
}

}  // namespace

void add_intel_needs(const attestation::EvidenceItem& item, const NeedsInput& input, std::vector<Need>& needs) {
  const bool azure = item.type == attestation::evidence_type::kAzureTdxVtpm;
  const auto bytes = item.part(azure ? "td_quote" : "quote");
  const auto quote = bytes ? attestation::TdxQuote::parse(*bytes) : fail(bytes.error());
  if (!quote) return;  // its verifier reports why
  const auto chain = crypto::Certificate::from_pem(quote->pck_chain_pem);
  const auto extension = chain ? chain->front().extension(attestation::PckExtension::kOid) : std::nullopt;
  const auto pck = extension ? attestation::PckExtension::parse(*extension)
                             : Result<attestation::PckExtension>(fail(ErrorCode::kMalformed, "no extension"));
  if (!pck) return;
  const std::string fmspc = to_hex(pck->fmspc);
  const attestation::TrustAnchors anchors = input.anchors();
  const crypto::PathRules rules{.roots = anchors.intel, .now = input.now};
  const auto pck_path = attestation::verify_pck_chain(quote->pck_chain_pem, rules);
  // Under a root other than the pinned one nothing verifies, so nothing counts as available.
  const AtHand at_hand{pck_path ? TdxCollateral::of(input.endorsements) : TdxCollateral{}, rules};
  const TdxCollateral& there = at_hand.collateral;
  const bool has_info = has_signed<attestation::TcbInfo>(
      there.tcb_info, there.tcb_info_issuer_chain, attestation::verify_tcb_info, at_hand,
      [&](const attestation::TcbInfo& info) { return info.fmspc == pck->fmspc && info.pce_id == pck->pce_id; });
  const bool has_identity = has_signed<attestation::QeIdentity>(there.qe_identity, there.qe_identity_issuer_chain,
                                                                attestation::verify_qe_identity, at_hand,
                                                                [](const attestation::QeIdentity&) { return true; });
  const SignedJson pieces[] = {
      {"tcb_info", "Intel TCB info", "/tdx/certification/v4/tcb?fmspc=" + fmspc, "tcb-info-issuer-chain", has_info},
      {"qe_identity", "Intel QE identity", "/tdx/certification/v4/qe/identity", "sgx-enclave-identity-issuer-chain",
       has_identity},
  };
  for (const SignedJson& piece : pieces) {
    if (!piece.is_at_hand) needs.push_back(need_of(piece, input.sources));
  }
  const bool processor = chain->front().issuer_name().find("Processor") != std::string::npos;
  if (!pck_path || !has_list(there.pck_crl, pck_path->ca, input.now)) {
    needs.push_back(list("pck_crl", "Intel revocation list of the PCK CA",
                         fmt::format("{}/sgx/certification/v4/pckcrl?ca={}&encoding=der", input.sources.intel,
                                     processor ? "processor" : "platform")));
  }
  if (!pck_path || !has_list(there.root_ca_crl, pck_path->root, input.now)) {
    needs.push_back(
        list("root_ca_crl", "Intel revocation list of the root CA", input.sources.intel_root + "/IntelSGXRootCA.der"));
  }
}

}  // namespace minions::collateral
