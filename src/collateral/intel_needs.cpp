#include "collateral/intel_needs.h"

#include <fmt/format.h>

#include "attestation/tdx.h"
#include "attestation/tdx_collateral.h"
#include "base/encoding.h"
#include "collateral/reply.h"

namespace minions::collateral {
namespace {

ByteView first_of(const attestation::Endorsements& endorsements, std::string_view name) {
  const auto found = endorsements.find(name);
  return found == endorsements.end() || found->second.empty() ? ByteView() : ByteView(found->second.front());
}

// What has run out is asked for anew.
bool has_current_json(const NeedsInput& input, std::string_view name) {
  const ByteView json = first_of(input.endorsements, name);
  return !json.empty() && input.now <= json_next_update(as_text(json));
}
bool has_current_list(const NeedsInput& input, std::string_view name) {
  const ByteView der = first_of(input.endorsements, name);
  return !der.empty() && input.now <= list_next_update(der);
}

struct SignedJson {
  std::string_view name;
  std::string_view what;
  std::string path;
  std::string_view header;
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
  if (!quote) return;  // its verifier says why
  const auto chain = crypto::Certificate::from_pem(quote->pck_chain_pem);
  const auto extension = chain ? chain->front().extension(attestation::PckExtension::kOid) : std::nullopt;
  const auto pck = extension ? attestation::PckExtension::parse(*extension)
                             : Result<attestation::PckExtension>(fail(ErrorCode::kMalformed, "no extension"));
  if (!pck) return;
  const std::string fmspc = to_hex(pck->fmspc);
  const SignedJson pieces[] = {
      {"tcb_info", "Intel TCB info", "/tdx/certification/v4/tcb?fmspc=" + fmspc, "tcb-info-issuer-chain"},
      {"qe_identity", "Intel QE identity", "/tdx/certification/v4/qe/identity", "sgx-enclave-identity-issuer-chain"},
  };
  for (const SignedJson& piece : pieces) {
    if (!has_current_json(input, piece.name) ||
        first_of(input.endorsements, fmt::format("{}_issuer_chain", piece.name)).empty())
      needs.push_back(need_of(piece, input.sources));
  }
  const bool processor = chain->front().issuer_name().find("Processor") != std::string::npos;
  if (!has_current_list(input, "pck_crl")) {
    needs.push_back(list("pck_crl", "Intel revocation list of the PCK CA",
                         fmt::format("{}/sgx/certification/v4/pckcrl?ca={}&encoding=der", input.sources.intel,
                                     processor ? "processor" : "platform")));
  }
  if (!has_current_list(input, "root_ca_crl")) {
    needs.push_back(
        list("root_ca_crl", "Intel revocation list of the root CA", input.sources.intel_root + "/IntelSGXRootCA.der"));
  }
}

}  // namespace minions::collateral
