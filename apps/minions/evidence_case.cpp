#include "evidence_case.h"

#include <fmt/format.h>

#include "attestation/azure_snp.h"
#include "attestation/azure_tdx.h"
#include "attestation/maa.h"
#include "attestation/nras.h"
#include "attestation/nvidia_gpu.h"
#include "base/encoding.h"
#include "crypto/hash.h"

namespace minions::app {
namespace {

using namespace attestation;
using Checks = Result<std::vector<Check>>;

ByteView file_or_nothing(const EvidenceCase& evidence, std::string_view name) {
  const auto found = evidence.files.find(name);
  return found == evidence.files.end() ? ByteView() : ByteView(found->second);
}

Result<ByteView> file(const EvidenceCase& evidence, std::string_view name) {
  const auto found = evidence.files.find(name);
  if (found == evidence.files.end())
    return fail(ErrorCode::kMalformed, fmt::format("{}: no file {}", evidence.kind, name));
  return ByteView(found->second);
}

// The only file whose role begins so.
Result<ByteView> file_with_role(const EvidenceCase& evidence, std::string_view role) {
  for (const auto& [name, its_role] : evidence.roles) {
    if (its_role.starts_with(role)) return ByteView(evidence.files.at(name));
  }
  return fail(ErrorCode::kMalformed, fmt::format("{}: no file with the role {}", evidence.kind, role));
}

// Certificates and revocation lists of the companions and of the case's own .der files.
struct Collected {
  std::vector<crypto::Certificate> certificates;
  std::vector<crypto::RevocationList> revocation_lists;
};

void collect(ByteView bytes, Collected& into) {
  if (as_text(bytes).find("-----BEGIN CERTIFICATE-----") != std::string_view::npos) {
    if (auto chain = crypto::Certificate::from_pem(as_text(bytes)))
      into.certificates.insert(into.certificates.end(), chain->begin(), chain->end());
  } else if (auto certificate = crypto::Certificate::from_padded_der(bytes)) {
    into.certificates.push_back(*std::move(certificate));
  } else if (auto list = crypto::RevocationList::from_der(bytes)) {
    into.revocation_lists.push_back(*std::move(list));
  }
}

Collected collect(const EvidenceCase& evidence) {
  Collected out;
  for (const auto& [name, bytes] : evidence.files) {
    if (name.ends_with(".der")) collect(bytes, out);
  }
  for (const Bytes& companion : evidence.companions) collect(companion, out);
  return out;
}

// What REPORT_DATA commits to in the cases that state it: SHA-256(tls_key_fp || hpke_key || nonce [||
// gpu_evidence_hash]), then zeros.
struct Commitment {
  std::optional<ByteArray<64>> report_data;
  std::optional<Digest32> nonce;
};

Result<Commitment> commitment_of(const EvidenceCase& evidence) {
  Commitment out;
  const ByteView text = file_or_nothing(evidence, "report_data_inputs.json");
  if (text.empty()) return out;
  MINIONS_TRY_ASSIGN(const Json inputs, parse_strict_json(as_text(text)));
  Bytes joined;
  for (const std::string_view name : {"tls_key_fp", "hpke_key", "nonce", "gpu_evidence_hash"}) {
    if (name == "gpu_evidence_hash" && !inputs.contains(name)) continue;
    MINIONS_TRY_ASSIGN(const std::string hex, string_member(inputs, name));
    MINIONS_TRY_ASSIGN(const Digest32 part, exactly<32>(from_hex(hex)));
    if (name == "nonce") out.nonce = part;
    append(joined, part);
  }
  const Digest32 digest = crypto::sha256(joined);
  out.report_data.emplace();
  std::copy(digest.begin(), digest.end(), out.report_data->begin());
  return out;
}

TdxCollateral tdx_collateral(const EvidenceCase& evidence) {
  return {.tcb_info = file_or_nothing(evidence, "tcb_info.json"),
          .tcb_info_issuer_chain = file_or_nothing(evidence, "tcb_info_issuer_chain.pem"),
          .qe_identity = file_or_nothing(evidence, "qe_identity.json"),
          .qe_identity_issuer_chain = file_or_nothing(evidence, "qe_identity_issuer_chain.pem"),
          .pck_crl = file_or_nothing(evidence, "pck_crl.der"),
          .root_ca_crl = file_or_nothing(evidence, "root_ca_crl.der")};
}

// Of the list of all 24 values, those that the quote selects.
Result<Bytes> selected_pcrs(const EvidenceCase& evidence) {
  MINIONS_TRY_ASSIGN(const ByteView text, file(evidence, "pcrs.json"));
  MINIONS_TRY_ASSIGN(const Json object, parse_strict_json(fmt::format(R"({{"pcrs":{}}})", as_text(text))));
  MINIONS_TRY_ASSIGN(const Json* values, array_member(object, "pcrs"));
  MINIONS_TRY_ASSIGN(const ByteView attest, file(evidence, "tpm_quote.msg"));
  const auto quote = TpmQuote::parse(attest);
  std::vector<std::uint8_t> selected;
  if (quote && !quote->selections.empty()) {
    selected = quote->selections.front().pcrs;
  } else {
    for (std::size_t i = 0; i < values->size(); ++i) selected.push_back(static_cast<std::uint8_t>(i));
  }
  Bytes out;
  for (const std::uint8_t pcr : selected) {
    if (pcr >= values->size() || !(*values)[pcr].is_string())
      return fail(ErrorCode::kMalformed, fmt::format("pcrs.json: no value of PCR {}", pcr));
    MINIONS_TRY_ASSIGN(const Digest32 value, exactly<32>(from_hex((*values)[pcr].get<std::string>())));
    append(out, value);
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

Checks judge_snp(const EvidenceCase& evidence) {
  MINIONS_TRY_ASSIGN(const ByteView report, file(evidence, "report.bin"));
  MINIONS_TRY_ASSIGN(const Commitment commitment, commitment_of(evidence));
  const Collected chain = collect(evidence);
  CheckList checks(evidence.kind);
  verify_sev_snp({.report = report,
                  .certificates = chain.certificates,
                  .revocation_lists = chain.revocation_lists,
                  .report_data = commitment.report_data,
                  .rules = evidence.rules.snp,
                  .now = evidence.validation_time},
                 checks);
  return std::move(checks).take();
}

Checks judge_amd_certificate(const EvidenceCase& evidence) {
  MINIONS_TRY_ASSIGN(const ByteView bytes, file_with_role(evidence, "certificate"));
  CheckList checks(evidence.kind);
  const auto leaf = crypto::Certificate::from_der(bytes);
  if (!checks.expect("parse.certificate", leaf, "a certificate")) return std::move(checks).take();
  const Collected chain = collect(evidence);
  verify_amd_endorsement({.leaf = *leaf,
                          .certificates = chain.certificates,
                          .revocation_lists = chain.revocation_lists,
                          .now = evidence.validation_time},
                         checks);
  return std::move(checks).take();
}

Result<AzureSnpInput> azure_snp_input(const EvidenceCase& evidence, const Collected& chain) {
  MINIONS_TRY_ASSIGN(const ByteView hcl, file(evidence, "hcl_report.bin"));
  return AzureSnpInput{.hcl_report = hcl,
                       .certificates = chain.certificates,
                       .revocation_lists = chain.revocation_lists,
                       .rules = evidence.rules.snp,
                       .now = evidence.validation_time};
}

Checks judge_azure_hcl(const EvidenceCase& evidence) {
  const Collected chain = collect(evidence);
  MINIONS_TRY_ASSIGN(const AzureSnpInput input, azure_snp_input(evidence, chain));
  CheckList checks(evidence.kind);
  verify_azure_hcl(input, checks);
  return std::move(checks).take();
}

Checks judge_azure_snp(const EvidenceCase& evidence) {
  const Collected chain = collect(evidence);
  MINIONS_TRY_ASSIGN(const AzureSnpInput input, azure_snp_input(evidence, chain));
  MINIONS_TRY_ASSIGN(const ByteView quote, file(evidence, "tpm_quote.msg"));
  MINIONS_TRY_ASSIGN(const ByteView signature, file(evidence, "tpm_quote.sig"));
  MINIONS_TRY_ASSIGN(const Bytes pcrs, selected_pcrs(evidence));
  CheckList checks(evidence.kind);
  verify_azure_snp_vtpm({input, quote, signature, pcrs, std::nullopt}, checks);
  return std::move(checks).take();
}

Result<AzureTdxInput> azure_tdx_input(const EvidenceCase& evidence) {
  MINIONS_TRY_ASSIGN(const ByteView hcl, file(evidence, "hcl_report.bin"));
  MINIONS_TRY_ASSIGN(const ByteView quote, file(evidence, "td_quote.bin"));
  return AzureTdxInput{.hcl_report = hcl,
                       .td_quote = quote,
                       .collateral = tdx_collateral(evidence),
                       .rules = evidence.rules.tdx,
                       .now = evidence.validation_time};
}

Checks judge_azure_tdx_hcl(const EvidenceCase& evidence) {
  MINIONS_TRY_ASSIGN(const AzureTdxInput input, azure_tdx_input(evidence));
  CheckList checks("azure-tdx-hcl");
  verify_azure_tdx_hcl(input, checks);
  return std::move(checks).take();
}

Checks judge_azure_tdx(const EvidenceCase& evidence) {
  MINIONS_TRY_ASSIGN(const AzureTdxInput input, azure_tdx_input(evidence));
  MINIONS_TRY_ASSIGN(const ByteView quote, file(evidence, "tpm_quote.msg"));
  MINIONS_TRY_ASSIGN(const ByteView signature, file(evidence, "tpm_quote.sig"));
  MINIONS_TRY_ASSIGN(const Bytes pcrs, selected_pcrs(evidence));
  CheckList checks(evidence.kind);
  verify_azure_tdx_vtpm({input, quote, signature, pcrs, std::nullopt}, checks);
  return std::move(checks).take();
}

Checks judge_tpm_quote(const EvidenceCase& evidence) {
  MINIONS_TRY_ASSIGN(const ByteView quote, file(evidence, "tpm_quote.msg"));
  MINIONS_TRY_ASSIGN(const ByteView signature, file(evidence, "tpm_quote.sig"));
  MINIONS_TRY_ASSIGN(const Bytes pcrs, selected_pcrs(evidence));
  MINIONS_TRY_ASSIGN(const ByteView pem, file(evidence, "ak_pub.pem"));
  CheckList checks(evidence.kind);
  const auto key = key_from_pem(as_text(pem));
  if (!checks.expect("parse.key", key, "a public key")) return std::move(checks).take();
  verify_tpm_quote({.attest = quote,
                    .signature = signature,
                    .attestation_key = *key,
                    .qualifying_data = std::nullopt,
                    .pcr_values = pcrs,
                    .pcrs = evidence.rules.snp.pcrs},
                   checks);
  return std::move(checks).take();
}

Checks judge_ak_certificate(const EvidenceCase& evidence) {
  MINIONS_TRY_ASSIGN(const ByteView certificate, file(evidence, "ak_cert.der"));
  const Collected chain = collect(evidence);
  CheckList checks(evidence.kind);
  verify_azure_ak_certificate(
      {.certificate = certificate, .certificates = chain.certificates, .now = evidence.validation_time}, checks);
  return std::move(checks).take();
}

void judge_tdx_into(const EvidenceCase& evidence, ByteView quote, const Commitment& commitment, CheckList& checks) {
  static_cast<void>(verify_tdx({.quote = quote,
                                .collateral = tdx_collateral(evidence),
                                .policy = evidence.rules.tdx,
                                .now = evidence.validation_time,
                                .report_data = commitment.report_data},
                               checks));
}

Checks judge_tdx(const EvidenceCase& evidence) {
  MINIONS_TRY_ASSIGN(const ByteView quote, file(evidence, "quote.bin"));
  MINIONS_TRY_ASSIGN(const Commitment commitment, commitment_of(evidence));
  CheckList checks("tdx");
  judge_tdx_into(evidence, quote, commitment, checks);
  return std::move(checks).take();
}

std::vector<Bytes> rim_files(const EvidenceCase& evidence) {
  std::vector<Bytes> out;
  for (const auto& [name, role] : evidence.roles) {
    if (role.starts_with("RIM")) out.push_back(evidence.files.at(name));
  }
  return out;
}

void judge_gpu_into(const EvidenceCase& evidence, ByteView report, ByteView chain, const std::optional<Digest32>& nonce,
                    CheckList& checks) {
  const auto rims = verify_nvidia_rims(rim_files(evidence), evidence.validation_time);
  static_cast<void>(verify_nvidia_gpu({.report = report,
                                       .certificates = as_text(chain),
                                       .rims = rims,
                                       .nonce = nonce,
                                       .rules = evidence.rules.gpu,
                                       .now = evidence.validation_time},
                                      checks));
}

Checks judge_gpu(const EvidenceCase& evidence) {
  MINIONS_TRY_ASSIGN(const ByteView report, file(evidence, "report.bin"));
  MINIONS_TRY_ASSIGN(const ByteView chain, file(evidence, "cert_chain.pem"));
  CheckList checks("nvidia-gpu");
  judge_gpu_into(evidence, report, chain, std::nullopt, checks);
  return std::move(checks).take();
}

Checks judge_rim(const EvidenceCase& evidence) {
  MINIONS_TRY_ASSIGN(const ByteView rim, file_with_role(evidence, "RIM"));
  CheckList checks(evidence.kind);
  static_cast<void>(verify_nvidia_rim({.file = rim, .now = evidence.validation_time}, checks));
  return std::move(checks).take();
}

Status judge_nras_into(const EvidenceCase& evidence, const std::optional<Digest32>& nonce, CheckList& checks) {
  MINIONS_TRY_ASSIGN(const ByteView response, file(evidence, "nras_response.json"));
  MINIONS_TRY_ASSIGN(const ByteView keys, file(evidence, "nras_jwks.json"));
  const Result<JwkSet> set = JwkSet::parse(as_text(keys));
  verify_nras({response, set, nonce, evidence.rules.gpu, evidence.rules.jwt, evidence.validation_time}, checks);
  return {};
}

Checks judge_nras(const EvidenceCase& evidence) {
  CheckList checks("nvidia-nras");
  MINIONS_TRY(judge_nras_into(evidence, std::nullopt, checks));
  return std::move(checks).take();
}

Checks judge_maa(const EvidenceCase& evidence) {
  MINIONS_TRY_ASSIGN(const ByteView token, file(evidence, "token.jwt"));
  MINIONS_TRY_ASSIGN(const ByteView keys, file(evidence, "jwks.json"));
  std::string_view text = as_text(token);
  while (text.ends_with('\n')) text.remove_suffix(1);
  const Result<JwkSet> set = JwkSet::parse(as_text(keys));
  CheckList checks("azure-maa");
  verify_maa({.token = text,
              .keys = set,
              .nonce = std::nullopt,
              .issuer = evidence.rules.jwt.maa_issuer,
              .platform = std::nullopt,
              .rules = evidence.rules.snp,
              .jwt_rules = evidence.rules.jwt,
              .now = evidence.validation_time},
             checks);
  return std::move(checks).take();
}

Checks judge_combined(const EvidenceCase& evidence) {
  MINIONS_TRY_ASSIGN(const ByteView quote, file(evidence, "quote.bin"));
  MINIONS_TRY_ASSIGN(const ByteView report, file(evidence, "gpu_report.bin"));
  MINIONS_TRY_ASSIGN(const ByteView chain, file(evidence, "gpu_cert_chain.pem"));
  MINIONS_TRY_ASSIGN(const Commitment commitment, commitment_of(evidence));
  std::vector<Check> all;
  const auto add = [&](CheckList&& checks) {
    for (Check& check : std::move(checks).take()) all.push_back(std::move(check));
  };
  CheckList cpu("tdx");
  judge_tdx_into(evidence, quote, commitment, cpu);
  add(std::move(cpu));
  CheckList gpu("nvidia-gpu");
  judge_gpu_into(evidence, report, chain, commitment.nonce, gpu);
  add(std::move(gpu));
  CheckList nras("nvidia-nras");
  MINIONS_TRY(judge_nras_into(evidence, commitment.nonce, nras));
  add(std::move(nras));
  return all;
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
    {"tdx+gpu+nras", judge_combined},
};

}  // namespace

Result<std::vector<Check>> judge(const EvidenceCase& evidence) {
  for (const Kind& kind : kKinds) {
    if (kind.name == evidence.kind) return kind.judge(evidence);
  }
  return fail(ErrorCode::kUnsupported, fmt::format("no verifier for the kind {}", shown(evidence.kind)));
}

}  // namespace minions::app
