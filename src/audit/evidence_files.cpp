#include "audit/evidence_files.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "attestation/azure/hcl_report.h"
#include "attestation/azure/maa.h"
#include "attestation/core/expectation.h"
#include "attestation/core/jwt.h"
#include "attestation/core/trust_vector.h"
#include "attestation/nvidia/spdm_report.h"
#include "attestation/policy/rule_coverage.h"
#include "base/encoding.h"
#include "base/json.h"

namespace minions::audit {
namespace {

using attestation::Check;
using attestation::EvidenceItem;
using attestation::Outcome;
namespace evidence_type = attestation::evidence_type;
namespace evidence_piece = attestation::evidence_piece;
using Indices = std::vector<std::size_t>;

// The DER of each block of revocation lists in PEM, and whatever else is there. Nothing if there is no list, or one
// that cannot be decoded.
std::vector<Bytes> lists_of_pem(std::string_view text) {
  constexpr std::string_view kBegin = "-----BEGIN X509 CRL-----";
  constexpr std::string_view kEnd = "-----END X509 CRL-----";
  std::vector<Bytes> lists;
  std::string rest;
  std::size_t taken = 0;
  for (std::size_t begin = text.find(kBegin); begin != std::string_view::npos; begin = text.find(kBegin, taken)) {
    const std::size_t end = text.find(kEnd, begin);
    if (end == std::string_view::npos) return {};
    rest += text.substr(taken, begin - taken);
    taken = end + kEnd.size();
    std::string encoded(text.substr(begin + kBegin.size(), end - begin - kBegin.size()));
    std::erase_if(encoded, [](char c) { return c == '\n' || c == '\r' || c == ' ' || c == '\t'; });
    auto der = from_base64(encoded);
    if (!der) return {};
    lists.push_back(*std::move(der));
  }
  if (lists.empty()) return {};
  rest += text.substr(taken);
  if (rest.find("-----BEGIN ") != std::string::npos) lists.push_back(to_bytes(as_bytes(rest)));
  return lists;
}

bool signed_by_leaf(const attestation::SpdmReport& report, ByteView pem) {
  const auto chain = crypto::Certificate::from_pem(as_text(pem));
  if (!chain || !chain->front().public_key()) return false;
  return chain->front().public_key()->verify_ecdsa(crypto::HashAlgorithm::kSha384, report.signed_bytes,
                                                   report.signature);
}

bool knows_key_of(ByteView key_set, std::string_view token) {
  const auto keys = attestation::JwkSet::parse(as_text(key_set));
  const auto parsed = attestation::Jwt::parse(token);
  return keys && parsed && keys->find(parsed->key_id) != nullptr;
}

// Of the overall token, which comes first.
std::string nras_token(ByteView response) {
  const Json array = parse_json(as_text(response));
  const bool good =
      array.is_array() && !array.empty() && array[0].is_array() && array[0].size() == 2 && array[0][1].is_string();
  return good ? array[0][1].get<std::string>() : std::string();
}

std::string_view trimmed(ByteView bytes) {
  std::string_view text = as_text(bytes);
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

Bytes copy(ByteView bytes) { return to_bytes(bytes); }

}  // namespace

Result<EvidenceFiles> EvidenceFiles::sorted(std::vector<NamedFile> files, std::optional<std::string> named,
                                            std::vector<std::string> not_read) {
  EvidenceFiles out;
  out.named_ = std::move(named);
  out.not_read_ = std::move(not_read);
  for (NamedFile& file : files) out.take(std::move(file));
  out.sort();
  if (out.evidence_.empty() && out.partial_.empty() && out.malformed_.empty())
    return fail(ErrorCode::kUsage, "no attestation document, log or evidence that is known");
  return out;
}

// Converts lists in PEM to DER, so that both forms are treated alike from here on.
void EvidenceFiles::take(NamedFile file) {
  std::vector<Bytes> lists = lists_of_pem(as_text(file.bytes));
  if (lists.empty()) lists.push_back(std::move(file.bytes));
  for (Bytes& each : lists) {
    unused_.insert(case_.files.size());
    case_.files.push_back({file.name, "", std::move(each)});
  }
}

Indices EvidenceFiles::all(Piece piece) const {
  Indices out;
  for (std::size_t i = 0; i < case_.files.size(); ++i) {
    if (has_form(piece, case_.files[i])) out.push_back(i);
  }
  return out;
}

bool EvidenceFiles::concerns(const Indices& files) const {
  return !named_ ||
         std::any_of(files.begin(), files.end(), [&](std::size_t file) { return case_.files[file].name == *named_; });
}

bool EvidenceFiles::has(std::string_view type) const {
  return std::any_of(evidence_.begin(), evidence_.end(), [&](const EvidenceItem& item) { return item.type == type; });
}

void EvidenceFiles::add_item(EvidenceItem item, const Indices& files) {
  if (!concerns(files)) return;
  for (const std::size_t file : files) use(file);
  evidence_.push_back(std::move(item));
}

void EvidenceFiles::add_partial(std::string_view kind, const Indices& files) {
  if (!concerns(files)) return;
  Partial partial{std::string(kind), case_.pieces};
  for (const std::size_t file : files) {
    use(file);
    if (const auto piece = piece_of(case_.files[file])) partial.pieces[*piece] = file;
  }
  partial_.push_back(std::move(partial));
}

void EvidenceFiles::sort() {
  assign_pieces(case_);
  std::erase_if(case_.pieces, [&](const auto& each) { return !has_form(each.first, case_.files[each.second]); });
  sort_cpu();
  sort_gpus();
  sort_tokens();
  sort_endorsements();
}

void EvidenceFiles::sort_azure(std::size_t hcl) {
  const auto report = attestation::HclReport::parse(bytes(hcl));
  const bool quoted = case_.pieces.contains(Piece::kTdQuote);
  const bool tdx = report ? report->td_report.has_value() : quoted;
  const auto first = [&](Piece piece) { return case_.pieces.at(piece); };
  if (const auto key = all(Piece::kPublicKey); !key.empty()) {
    public_key_ = key.front();
    use(key.front());
  }
  if (tdx && !quoted) return;
  Indices files = {hcl};
  if (tdx) files.push_back(first(Piece::kTdQuote));
  const bool with_vtpm = case_.pieces.contains(Piece::kTpmQuote) && case_.pieces.contains(Piece::kTpmSignature) &&
                         case_.pieces.contains(Piece::kPcrs);
  if (!with_vtpm) return add_partial(tdx ? evidence_piece::kAzureTdxHcl : evidence_piece::kAzureHcl, files);
  for (const Piece piece : {Piece::kTpmQuote, Piece::kTpmSignature, Piece::kPcrs}) files.push_back(first(piece));
  const std::string_view type = tdx ? evidence_type::kAzureTdxVtpm : evidence_type::kAzureSnpVtpm;
  auto pcrs = selected_pcrs(case_);
  if (!pcrs && !concerns(files)) return;
  if (!pcrs) {
    malformed_[fmt::format("evidence.{}.parse.pcrs", type)] = pcrs.error().detail;
    for (const std::size_t file : files) use(file);
    return;
  }
  EvidenceItem item{std::string(type), {}};
  item.data["hcl_report"] = copy(bytes(hcl));
  if (tdx) item.data["td_quote"] = copy(bytes(first(Piece::kTdQuote)));
  item.data["tpm_quote"] = copy(bytes(first(Piece::kTpmQuote)));
  item.data["tpm_signature"] = copy(bytes(first(Piece::kTpmSignature)));
  item.data["pcrs"] = *std::move(pcrs);
  add_item(std::move(item), files);
}

void EvidenceFiles::sort_cpu() {
  if (const auto hcl = all(Piece::kHclReport); !hcl.empty()) sort_azure(hcl.front());
  for (const std::size_t report : all(Piece::kSnpReport))
    add_item({std::string(evidence_type::kSevSnp), {{"report", copy(bytes(report))}}}, {report});
  for (const std::size_t quote : all(Piece::kTdQuote)) {
    if (!unused_.contains(quote)) continue;  // next to an HCL report
    add_item({std::string(evidence_type::kTdx), {{"quote", copy(bytes(quote))}}}, {quote});
  }
  const bool alone = all(Piece::kHclReport).empty();
  const auto& pieces = case_.pieces;
  if (alone && pieces.contains(Piece::kTpmQuote) && pieces.contains(Piece::kTpmSignature) &&
      pieces.contains(Piece::kPcrs) && pieces.contains(Piece::kPublicKey)) {
    add_partial(evidence_piece::kTpmQuote, {pieces.at(Piece::kTpmQuote), pieces.at(Piece::kTpmSignature),
                                            pieces.at(Piece::kPcrs), pieces.at(Piece::kPublicKey)});
  }
  if (const auto certificates = all(Piece::kAkCertificate); !certificates.empty()) {
    add_partial("azure-ak-cert", {pieces.at(Piece::kAkCertificate)});
    for (const std::size_t issuer : certificates) use(issuer);
  }
}

// Each report with the chain whose leaf signed it; if none did, with the first, so that its checks report it.
void EvidenceFiles::sort_gpus() {
  const Indices chains = all(Piece::kGpuChain);
  for (const std::size_t report : all(Piece::kGpuReport)) {
    const auto parsed = attestation::SpdmReport::parse(bytes(report));
    if (chains.empty()) {
      if (!concerns({report})) continue;
      malformed_["evidence.nvidia-gpu.parse.certificates"] =
          "none beside " + attestation::shown(case_.files[report].name);
      use(report);
      continue;
    }
    const auto signer = std::find_if(chains.begin(), chains.end(), [&](std::size_t chain) {
      return parsed && signed_by_leaf(*parsed, bytes(chain));
    });
    const std::size_t chain = signer == chains.end() ? chains.front() : *signer;
    add_item(
        {std::string(evidence_type::kNvidiaGpu), {{"report", copy(bytes(report))}, {"cert_chain", copy(bytes(chain))}}},
        {report, chain});
  }
  if (has(evidence_type::kNvidiaGpu)) return;
  for (const std::size_t rim : all(Piece::kRim)) add_partial("nvidia-rim", {rim});
}

void EvidenceFiles::sort_tokens() {
  const Indices sets = all(Piece::kKeySet);
  const auto choose = [&](const std::string& service, std::string_view token) {
    if (sets.empty()) return;
    const auto knows =
        std::find_if(sets.begin(), sets.end(), [&](std::size_t set) { return knows_key_of(bytes(set), token); });
    const std::size_t set = knows == sets.end() ? sets.front() : *knows;
    key_set_files_[service] = set;
  };
  for (const std::size_t response : all(Piece::kNrasResponse)) {
    add_item({std::string(evidence_type::kNvidiaNras), {{"response", copy(bytes(response))}}}, {response});
    choose("nras", nras_token(bytes(response)));
  }
  for (const std::size_t token : all(Piece::kToken)) {
    const std::string_view text = trimmed(bytes(token));
    add_item({std::string(evidence_type::kAzureMaa), {{"token", copy(as_bytes(text))}}}, {token});
    choose("maa", text);
  }
}

void EvidenceFiles::endorse(std::string_view name, const Indices& files) {
  for (const std::size_t file : files) {
    auto& entries = endorsements_[std::string(name)];
    const auto padded = crypto::Certificate::from_padded_der(bytes(file));
    entries.push_back(padded ? padded->der() : copy(bytes(file)));
    use(file);
  }
}

void EvidenceFiles::sort_endorsements() {
  const auto judges = [&](std::initializer_list<std::string_view> kinds) {
    return std::any_of(kinds.begin(), kinds.end(), [&](std::string_view kind) {
      return has(kind) || std::any_of(partial_.begin(), partial_.end(),
                                      [&](const Partial& partial) { return partial.kind == kind; });
    });
  };
  if (judges({evidence_type::kSevSnp, evidence_type::kAzureSnpVtpm, "azure-hcl"})) {
    endorse(attestation::endorsement::kCertificates, all(Piece::kAmdCertificate));
    endorse(attestation::endorsement::kRevocationLists, all(Piece::kAmdList));
  }
  if (judges({evidence_type::kTdx, evidence_type::kAzureTdxVtpm, "azure-tdx-hcl+quote"})) {
    endorse("tcb_info", all(Piece::kTcbInfo));
    endorse("qe_identity", all(Piece::kQeIdentity));
    endorse("pck_crl", all(Piece::kPckCrl));
    endorse("root_ca_crl", all(Piece::kRootCrl));
    // Nothing in a chain shows which of the two it belongs to.
    endorse("tcb_info_issuer_chain", all(Piece::kTcbInfoChain));
    endorse("qe_identity_issuer_chain", all(Piece::kQeIdentityChain));
  }
  if (has(evidence_type::kNvidiaGpu)) {
    endorse(attestation::endorsement::kRims, all(Piece::kRim));
    endorse(attestation::endorsement::kOcsp, all(Piece::kOcspAnswer));
  }
  const bool cpu = has(evidence_type::kSevSnp) || has(evidence_type::kTdx);
  if (!cpu) return;
  for (const Piece piece : {Piece::kCommitment, Piece::kGpuCommitment}) {
    const bool committed =
        case_.pieces.contains(Piece::kCommitment) && (piece == Piece::kCommitment || has(evidence_type::kNvidiaGpu));
    if (committed && case_.pieces.contains(piece)) use(case_.pieces.at(piece));
  }
}

void EvidenceFiles::note_key_sets(const std::set<std::string>& services) {
  for (const std::string& service : services) {
    const auto found = key_set_files_.find(service);
    if (found == key_set_files_.end()) continue;
    use(found->second);
    replaced_[found->second] = fmt::format("--jwks {} stands in its place", service);
  }
}

}  // namespace minions::audit
