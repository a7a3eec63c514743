#include "audit/evidence_case.h"

#include <fmt/format.h>

#include "attestation/azure/hcl_report.h"
#include "attestation/azure/maa.h"
#include "attestation/azure/snp.h"
#include "attestation/azure/tdx.h"
#include "attestation/core/endorsement_reading.h"
#include "attestation/nvidia/gpu.h"
#include "attestation/nvidia/nras.h"
#include "base/encoding.h"
#include "crypto/hash.h"

namespace minions::audit {
namespace {

using namespace attestation;
using Checks = Result<std::vector<Check>>;

ByteView piece_or_nothing(const EvidenceCase& evidence, Piece piece) {
  const auto found = evidence.pieces.find(piece);
  return found == evidence.pieces.end() ? ByteView() : ByteView(evidence.files[found->second].bytes);
}

Result<ByteView> piece(const EvidenceCase& evidence, Piece wanted, std::string_view what) {
  if (!evidence.pieces.contains(wanted))
    return fail(ErrorCode::kMalformed, fmt::format("{}: no file with {}", evidence.kind, what));
  return piece_or_nothing(evidence, wanted);
}

// Certificates and revocation lists of the companions and of the case's own files. A file that PEM labels as one must
// parse; other files are left as they are.
void collect(std::string_view name, ByteView bytes, AmdCollateral& into) {
  const std::string_view text = as_text(bytes);
  if (text.find("-----BEGIN X509 CRL-----") != std::string_view::npos) {
    into.add_lists(name, bytes);
  } else if (text.find("-----BEGIN CERTIFICATE-----") != std::string_view::npos) {
    into.add_certificates(name, bytes);
  } else if (auto certificate = crypto::Certificate::from_padded_der(bytes)) {
    into.certificates.push_back(*std::move(certificate));
  } else if (auto list = crypto::RevocationList::from_der(bytes)) {
    into.revocation_lists.push_back(*std::move(list));
  }
}

AmdCollateral collect(const EvidenceCase& evidence) {
  AmdCollateral out;
  for (const NamedFile& file : evidence.files) collect(file.name, file.bytes, out);
  for (const Bytes& companion : evidence.companions) collect("companion", companion, out);
  return out;
}

Result<crypto::Certificate> first_certificate(ByteView bytes) {
  if (auto chain = crypto::Certificate::from_pem(as_text(bytes))) return chain->front();
  return crypto::Certificate::from_der(bytes);
}

}  // namespace

Result<Commitment> commitment_of(const EvidenceCase& evidence) {
  Commitment out;
  const ByteView text = piece_or_nothing(evidence, Piece::kCommitment);
  if (text.empty()) return out;
  MINIONS_TRY_ASSIGN(const Json inputs, parse_strict_json(as_text(text)));
  Bytes joined;
  for (const std::string_view name : {"tls_key_fp", "hpke_key", "nonce", "gpu_evidence_hash"}) {
    if (name == "gpu_evidence_hash" && !inputs.contains(name)) continue;
    MINIONS_TRY_ASSIGN(const std::string hex, string_member(inputs, name));
    MINIONS_TRY_ASSIGN(const Digest32 part, exactly<32>(from_hex_any_case(hex)));
    if (name == "nonce") out.nonce = part;
    append(joined, part);
  }
  const Digest32 digest = crypto::sha256(joined);
  out.report_data.emplace();
  std::copy(digest.begin(), digest.end(), out.report_data->begin());
  return out;
}

namespace {

TdxCollateral tdx_collateral(const EvidenceCase& evidence) {
  // The file of that piece, whatever an alteration made of it, and all others that look like one.
  const auto entries = [&](Piece piece) {
    const auto placed = evidence.pieces.find(piece);
    TdxCollateral::Entries found;
    if (const ByteView bytes = piece_or_nothing(evidence, piece); !bytes.empty()) found.push_back(bytes);
    for (std::size_t i = 0; i < evidence.files.size(); ++i) {
      const bool is_placed = placed != evidence.pieces.end() && placed->second == i;
      if (!is_placed && has_content(piece, evidence.files[i].bytes)) found.push_back(evidence.files[i].bytes);
    }
    return found;
  };
  return {.tcb_info = entries(Piece::kTcbInfo),
          .tcb_info_issuer_chain = entries(Piece::kTcbInfoChain),
          .qe_identity = entries(Piece::kQeIdentity),
          .qe_identity_issuer_chain = entries(Piece::kQeIdentityChain),
          .pck_crl = entries(Piece::kPckCrl),
          .root_ca_crl = entries(Piece::kRootCrl)};
}

// A list, or a table by index, of hex; alone or as the member `pcrs`.
Result<std::vector<Digest32>> all_pcrs(ByteView text) {
  MINIONS_TRY_ASSIGN(const Json wrapped, parse_strict_json(fmt::format(R"({{"pcrs":{}}})", as_text(text))));
  const Json* values = &wrapped["pcrs"];
  if (values->is_object() && values->contains("pcrs")) values = &(*values)["pcrs"];
  std::vector<Digest32> out;
  for (std::size_t i = 0; i < values->size(); ++i) {
    const std::string index = std::to_string(i);
    const Json* const value = values->is_array()        ? &(*values)[i]
                              : values->contains(index) ? &(*values)[index]
                                                        : nullptr;
    if (value == nullptr || !value->is_string())
      return fail(ErrorCode::kMalformed, fmt::format("pcr values: no value of PCR {}", i));
    MINIONS_TRY_ASSIGN(const Digest32 digest, exactly<32>(from_hex_any_case(value->get<std::string>())));
    out.push_back(digest);
  }
  return out;
}

}  // namespace

Result<Bytes> selected_pcrs(const EvidenceCase& evidence) {
  MINIONS_TRY_ASSIGN(const ByteView text, piece(evidence, Piece::kPcrs, "PCR values"));
  MINIONS_TRY_ASSIGN(const std::vector<Digest32> values, all_pcrs(text));
  MINIONS_TRY_ASSIGN(const ByteView attest, piece(evidence, Piece::kTpmQuote, "a TPM quote"));
  const auto quote = TpmQuote::parse(attest);
  std::vector<std::uint8_t> selected;
  if (quote && !quote->selections.empty()) {
    selected = quote->selections.front().pcrs;
  } else {
    for (std::size_t i = 0; i < values.size(); ++i) selected.push_back(static_cast<std::uint8_t>(i));
  }
  Bytes out;
  for (const std::uint8_t pcr : selected) {
    if (pcr >= values.size()) return fail(ErrorCode::kMalformed, fmt::format("pcr values: none of PCR {}", pcr));
    append(out, values[pcr]);
  }
  return out;
}

Result<crypto::PublicKey> key_from_pem(std::string_view pem) {
  constexpr std::string_view kBegin = "-----BEGIN PUBLIC KEY-----";
  constexpr std::string_view kEnd = "-----END PUBLIC KEY-----";
  const std::size_t begin = pem.find(kBegin);
  const std::size_t end = pem.find(kEnd);
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin)
    return fail(ErrorCode::kMalformed, "public key: not in PEM");
  std::string encoded(pem.substr(begin + kBegin.size(), end - begin - kBegin.size()));
  std::erase_if(encoded, [](char c) { return c == '\n' || c == '\r' || c == ' '; });
  MINIONS_TRY_ASSIGN(const Bytes der, from_base64(encoded));
  return crypto::PublicKey::from_spki(der);
}

namespace {

Checks judge_snp(const EvidenceCase& evidence) {
  MINIONS_TRY_ASSIGN(const ByteView report, piece(evidence, Piece::kSnpReport, "an SNP report"));
  MINIONS_TRY_ASSIGN(const Commitment commitment, commitment_of(evidence));
  const AmdCollateral chain = collect(evidence);
  CheckList checks(evidence.kind);
  check_all_read(chain.unread, checks);
  verify_sev_snp({.report = report,
                  .certificates = chain.certificates,
                  .revocation_lists = chain.revocation_lists,
                  .report_data = commitment.report_data,
                  .rules = evidence.rules.snp,
                  .now = evidence.validation_time,
                  .roots = evidence.anchors.amd},
                 checks);
  return std::move(checks).take();
}

Checks judge_amd_certificate(const EvidenceCase& evidence) {
  // The first is judged; the others are its issuers.
  if (evidence.files.empty()) return fail(ErrorCode::kMalformed, fmt::format("{}: no file", evidence.kind));
  CheckList checks(evidence.kind);
  const auto leaf = first_certificate(evidence.files.front().bytes);
  if (!checks.expect("parse.certificate", leaf, "a certificate")) return std::move(checks).take();
  const AmdCollateral chain = collect(evidence);
  check_all_read(chain.unread, checks);
  verify_amd_endorsement({.leaf = *leaf,
                          .certificates = chain.certificates,
                          .revocation_lists = chain.revocation_lists,
                          .crl = evidence.rules.snp.crl,
                          .now = evidence.validation_time,
                          .roots = evidence.anchors.amd},
                         checks);
  return std::move(checks).take();
}

Result<AzureSnpInput> azure_snp_input(const EvidenceCase& evidence, const AmdCollateral& chain) {
  MINIONS_TRY_ASSIGN(const ByteView hcl, piece(evidence, Piece::kHclReport, "an HCL report"));
  return AzureSnpInput{.hcl_report = hcl,
                       .certificates = chain.certificates,
                       .revocation_lists = chain.revocation_lists,
                       .rules = evidence.rules.snp,
                       .now = evidence.validation_time,
                       .roots = evidence.anchors.amd};
}

Checks judge_azure_hcl(const EvidenceCase& evidence) {
  const AmdCollateral chain = collect(evidence);
  MINIONS_TRY_ASSIGN(const AzureSnpInput input, azure_snp_input(evidence, chain));
  CheckList checks(evidence.kind);
  check_all_read(chain.unread, checks);
  verify_azure_hcl(input, checks);
  return std::move(checks).take();
}

Checks judge_azure_snp(const EvidenceCase& evidence) {
  const AmdCollateral chain = collect(evidence);
  MINIONS_TRY_ASSIGN(const AzureSnpInput input, azure_snp_input(evidence, chain));
  MINIONS_TRY_ASSIGN(const ByteView quote, piece(evidence, Piece::kTpmQuote, "a TPM quote"));
  MINIONS_TRY_ASSIGN(const ByteView signature, piece(evidence, Piece::kTpmSignature, "its signature"));
  MINIONS_TRY_ASSIGN(const Bytes pcrs, selected_pcrs(evidence));
  CheckList checks(evidence.kind);
  check_all_read(chain.unread, checks);
  verify_azure_snp_vtpm({input, quote, signature, pcrs, evidence.qualifying_data}, checks);
  return std::move(checks).take();
}

Result<AzureTdxInput> azure_tdx_input(const EvidenceCase& evidence) {
  MINIONS_TRY_ASSIGN(const ByteView hcl, piece(evidence, Piece::kHclReport, "an HCL report"));
  MINIONS_TRY_ASSIGN(const ByteView quote, piece(evidence, Piece::kTdQuote, "a TDX quote"));
  return AzureTdxInput{.hcl_report = hcl,
                       .td_quote = quote,
                       .collateral = tdx_collateral(evidence),
                       .rules = evidence.rules.tdx,
                       .now = evidence.validation_time,
                       .roots = evidence.anchors.intel};
}

Checks judge_azure_tdx_hcl(const EvidenceCase& evidence) {
  MINIONS_TRY_ASSIGN(const AzureTdxInput input, azure_tdx_input(evidence));
  CheckList checks("azure-tdx-hcl");
  verify_azure_tdx_hcl(input, checks);
  return std::move(checks).take();
}

Checks judge_azure_tdx(const EvidenceCase& evidence) {
  MINIONS_TRY_ASSIGN(const AzureTdxInput input, azure_tdx_input(evidence));
  MINIONS_TRY_ASSIGN(const ByteView quote, piece(evidence, Piece::kTpmQuote, "a TPM quote"));
  MINIONS_TRY_ASSIGN(const ByteView signature, piece(evidence, Piece::kTpmSignature, "its signature"));
  MINIONS_TRY_ASSIGN(const Bytes pcrs, selected_pcrs(evidence));
  CheckList checks(evidence.kind);
  verify_azure_tdx_vtpm({input, quote, signature, pcrs, evidence.qualifying_data}, checks);
  return std::move(checks).take();
}

Checks judge_tpm_quote(const EvidenceCase& evidence) {
  MINIONS_TRY_ASSIGN(const ByteView quote, piece(evidence, Piece::kTpmQuote, "a TPM quote"));
  MINIONS_TRY_ASSIGN(const ByteView signature, piece(evidence, Piece::kTpmSignature, "its signature"));
  MINIONS_TRY_ASSIGN(const Bytes pcrs, selected_pcrs(evidence));
  MINIONS_TRY_ASSIGN(const ByteView pem, piece(evidence, Piece::kPublicKey, "a public key"));
  CheckList checks(evidence.kind);
  const auto key = key_from_pem(as_text(pem));
  if (!checks.expect("parse.key", key, "a public key")) return std::move(checks).take();
  verify_tpm_quote({.attest = quote,
                    .signature = signature,
                    .attestation_key = *key,
                    .qualifying_data = evidence.qualifying_data,
                    .pcr_values = pcrs,
                    .pcrs = evidence.rules.snp.pcrs},
                   checks);
  return std::move(checks).take();
}

Checks judge_ak_certificate(const EvidenceCase& evidence) {
  MINIONS_TRY_ASSIGN(const ByteView certificate, piece(evidence, Piece::kAkCertificate, "a certificate"));
  const AmdCollateral chain = collect(evidence);
  CheckList checks(evidence.kind);
  check_all_read(chain.unread, checks);
  std::optional<crypto::PublicKey> key;
  if (evidence.pieces.contains(Piece::kHclReport)) {
    MINIONS_TRY_ASSIGN(const ByteView bytes, piece(evidence, Piece::kHclReport, "an HCL report"));
    MINIONS_TRY_ASSIGN(attestation::HclReport report, attestation::HclReport::parse(bytes));
    key = std::move(report.runtime.attestation_key);
  } else if (evidence.pieces.contains(Piece::kPublicKey)) {
    MINIONS_TRY_ASSIGN(const ByteView pem, piece(evidence, Piece::kPublicKey, "a public key"));
    MINIONS_TRY_ASSIGN(key, key_from_pem(as_text(pem)));
  }
  verify_azure_ak_certificate({.certificate = certificate,
                               .certificates = chain.certificates,
                               .attestation_key = key ? &*key : nullptr,
                               .now = evidence.validation_time},
                              checks);
  return std::move(checks).take();
}

void judge_tdx_into(const EvidenceCase& evidence, ByteView quote, const Commitment& commitment, CheckList& checks) {
  static_cast<void>(verify_tdx({.quote = quote,
                                .collateral = tdx_collateral(evidence),
                                .policy = evidence.rules.tdx,
                                .now = evidence.validation_time,
                                .report_data = commitment.report_data,
                                .roots = evidence.anchors.intel},
                               checks));
}

Checks judge_tdx(const EvidenceCase& evidence) {
  MINIONS_TRY_ASSIGN(const ByteView quote, piece(evidence, Piece::kTdQuote, "a TDX quote"));
  MINIONS_TRY_ASSIGN(const Commitment commitment, commitment_of(evidence));
  CheckList checks("tdx");
  judge_tdx_into(evidence, quote, commitment, checks);
  return std::move(checks).take();
}

std::vector<Bytes> rim_files(const EvidenceCase& evidence) {
  std::vector<Bytes> out;
  for (const std::size_t rim : evidence.rims) out.push_back(evidence.files[rim].bytes);
  return out;
}

void judge_gpu_into(const EvidenceCase& evidence, ByteView report, ByteView chain, const std::optional<Digest32>& nonce,
                    CheckList& checks) {
  const auto rims = verify_nvidia_rims(rim_files(evidence), evidence.validation_time, evidence.anchors.nvidia_rim);
  OcspAnswers no_answers({}, evidence.validation_time);
  static_cast<void>(verify_nvidia_gpu({.report = report,
                                       .certificates = as_text(chain),
                                       .rims = rims,
                                       .ocsp = no_answers,
                                       .nonce = nonce,
                                       .rules = evidence.rules.gpu,
                                       .now = evidence.validation_time,
                                       .leeway_s = evidence.rules.leeway_s.value,
                                       .roots = evidence.anchors.nvidia_device},
                                      checks));
}

Checks judge_gpu(const EvidenceCase& evidence) {
  MINIONS_TRY_ASSIGN(const ByteView report, piece(evidence, Piece::kGpuReport, "a GPU report"));
  MINIONS_TRY_ASSIGN(const ByteView chain, piece(evidence, Piece::kGpuChain, "a certificate chain"));
  CheckList checks("nvidia-gpu");
  judge_gpu_into(evidence, report, chain, evidence.gpu_nonce, checks);
  return std::move(checks).take();
}

Checks judge_rim(const EvidenceCase& evidence) {
  MINIONS_TRY_ASSIGN(const ByteView rim, piece(evidence, Piece::kRim, "a RIM"));
  CheckList checks(evidence.kind);
  static_cast<void>(
      verify_nvidia_rim({.file = rim, .now = evidence.validation_time, .roots = evidence.anchors.nvidia_rim}, checks));
  return std::move(checks).take();
}

Status judge_nras_into(const EvidenceCase& evidence, const std::optional<Digest32>& nonce, CheckList& checks) {
  MINIONS_TRY_ASSIGN(const ByteView response, piece(evidence, Piece::kNrasResponse, "an answer of NRAS"));
  MINIONS_TRY_ASSIGN(const ByteView keys, piece(evidence, Piece::kKeySet, "a key set"));
  const Result<JwkSet> set = JwkSet::parse(as_text(keys));
  verify_nras({.response = response,
               .keys = set,
               .nonce = nonce,
               .rules = evidence.rules.gpu,
               .jwt_rules = evidence.rules.jwt,
               .now = evidence.validation_time,
               .leeway_s = evidence.rules.leeway_s.value},
              checks);
  return {};
}

Checks judge_nras(const EvidenceCase& evidence) {
  CheckList checks("nvidia-nras");
  MINIONS_TRY(judge_nras_into(evidence, evidence.gpu_nonce, checks));
  return std::move(checks).take();
}

// A key set belongs to one instance: if its role names the instance, it does not apply to tokens of others.
OptionalRule<std::string> issuer_of_keys(const EvidenceCase& evidence) {
  constexpr std::string_view kHost = ".attest.azure.net";
  const std::string& role = evidence.files[evidence.pieces.at(Piece::kKeySet)].role;
  const std::size_t begin = role.find("https://");
  const std::size_t end = begin == std::string::npos ? begin : role.find(kHost, begin);
  if (end == std::string::npos) return std::nullopt;
  return Rule<std::string>{role.substr(begin, end + kHost.size() - begin), "the key set's instance"};
}

Checks judge_maa(const EvidenceCase& evidence) {
  MINIONS_TRY_ASSIGN(const ByteView token, piece(evidence, Piece::kToken, "a token"));
  MINIONS_TRY_ASSIGN(const ByteView keys, piece(evidence, Piece::kKeySet, "a key set"));
  std::string_view text = as_text(token);
  while (text.ends_with('\n')) text.remove_suffix(1);
  const Result<JwkSet> set = JwkSet::parse(as_text(keys));
  CheckList checks("azure-maa");
  verify_maa({.token = text,
              .keys = set,
              .nonce = std::nullopt,
              .issuer = evidence.rules.jwt.maa_issuer ? evidence.rules.jwt.maa_issuer : issuer_of_keys(evidence),
              .platform = std::nullopt,
              .rules = evidence.rules.snp,
              .jwt_rules = evidence.rules.jwt,
              .now = evidence.validation_time,
              .require_secure_boot = evidence.rules.snp.require_secure_boot,
              .require_secure_boot_tdx = evidence.rules.tdx.require_secure_boot,
              .allow_debug_tdx = evidence.rules.tdx.allow_debug,
              .leeway_s = evidence.rules.leeway_s.value},
             checks);
  return std::move(checks).take();
}

}  // namespace

Status check_gpu_commitment(const EvidenceCase& evidence, ByteView report, CheckList& checks) {
  const ByteView text = piece_or_nothing(evidence, Piece::kGpuCommitment);
  if (text.empty()) return {};
  MINIONS_TRY_ASSIGN(const ByteView commitment, piece(evidence, Piece::kCommitment, "a commitment"));
  MINIONS_TRY_ASSIGN(const Json inputs, parse_strict_json(as_text(commitment)));
  MINIONS_TRY_ASSIGN(const std::string stated, string_member(inputs, "gpu_evidence_hash"));
  const std::string found = to_hex(crypto::sha256(text));
  if (!checks.expect("binding.gpu_evidence", found == stated, stated, found)) return {};
  const bool holds = as_text(text).find(to_base64(report)) != std::string_view::npos;
  checks.expect("binding.gpu_report", holds, "this GPU's report among the evidence that is committed to",
                holds ? "it is" : "another");
  return {};
}

namespace {

// Evidence of several kinds about one machine: "tdx+gpu+nras".
struct Combined {
  const EvidenceCase& evidence;
  Commitment commitment;
  std::vector<Check> checks{};

  void add(CheckList&& more) {
    for (Check& check : std::move(more).take()) checks.push_back(std::move(check));
  }
  Status add(Checks more) {
    if (!more) return fail(std::move(more).error());
    for (Check& check : *more) checks.push_back(std::move(check));
    return {};
  }
  Status judge_gpu();
  Status judge(std::string_view part);
};

Status Combined::judge_gpu() {
  MINIONS_TRY_ASSIGN(const ByteView report, piece(evidence, Piece::kGpuReport, "a GPU report"));
  MINIONS_TRY_ASSIGN(const ByteView chain, piece(evidence, Piece::kGpuChain, "a certificate chain"));
  CheckList gpu("nvidia-gpu");
  judge_gpu_into(evidence, report, chain, commitment.nonce ? commitment.nonce : evidence.gpu_nonce, gpu);
  MINIONS_TRY(check_gpu_commitment(evidence, report, gpu));
  add(std::move(gpu));
  return {};
}

Status Combined::judge(std::string_view part) {
  if (part == "tdx") return add(judge_tdx(evidence));
  if (part == "snp" || part == "sev-snp") return add(judge_snp(evidence));
  if (part == "gpu") return judge_gpu();
  if (part == "maa") return add(judge_maa(evidence));
  if (part != "nras") return fail(ErrorCode::kUnsupported, fmt::format("no verifier for the kind {}", shown(part)));
  CheckList nras("nvidia-nras");
  MINIONS_TRY(judge_nras_into(evidence, commitment.nonce ? commitment.nonce : evidence.gpu_nonce, nras));
  add(std::move(nras));
  return {};
}

Checks judge_combined(const EvidenceCase& evidence) {
  MINIONS_TRY_ASSIGN(const Commitment commitment, commitment_of(evidence));
  Combined combined{evidence, commitment};
  std::string_view rest = evidence.kind;
  while (!rest.empty()) {
    const std::string_view part = rest.substr(0, rest.find('+'));
    MINIONS_TRY(combined.judge(part));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
  }
  return std::move(combined.checks);
}

struct Kind {
  std::string_view name;
  Checks (*judge)(const EvidenceCase&);
};
constexpr Kind kKinds[] = {
    {"sev-snp", judge_snp},
    {"amd-vcek-cert", judge_amd_certificate},
    {"azure-snp-vtpm", judge_azure_snp},
    {"azure-hcl", judge_azure_hcl},
    {"azure-tdx-vtpm", judge_azure_tdx},
    {"azure-tdx-hcl+quote", judge_azure_tdx_hcl},
    {"tpm2-quote", judge_tpm_quote},
    {"azure-ak-cert", judge_ak_certificate},
    {"tdx-quote", judge_tdx},
    {"nvidia-gpu-spdm", judge_gpu},
    {"nvidia-rim", judge_rim},
    {"nvidia-nras-eat", judge_nras},
    {"azure-maa-jwt", judge_maa},
};

}  // namespace

void assign_pieces(EvidenceCase& evidence) {
  for (const Piece each : kPieces) {
    if (const auto found = find_piece(each, evidence.files)) evidence.pieces[each] = *found;
  }
  evidence.rims = find_rims(evidence.files);
}

Result<std::vector<Check>> judge(const EvidenceCase& evidence) {
  for (const Kind& kind : kKinds) {
    if (kind.name == evidence.kind) return kind.judge(evidence);
  }
  if (evidence.kind.find('+') != std::string::npos) return judge_combined(evidence);
  return fail(ErrorCode::kUnsupported, fmt::format("no verifier for the kind {}", shown(evidence.kind)));
}

}  // namespace minions::audit
