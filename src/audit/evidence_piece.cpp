#include "audit/evidence_piece.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "attestation/amd/snp_report.h"
#include "base/byte_io.h"
#include "base/json.h"
#include "crypto/certificate.h"

namespace minions::audit {
namespace {

using crypto::Certificate;
using crypto::RevocationList;

bool contains(ByteView bytes, std::string_view text) { return as_text(bytes).find(text) != std::string_view::npos; }

bool begins(ByteView bytes, std::initializer_list<std::uint8_t> with) {
  return bytes.size() >= with.size() && std::equal(with.begin(), with.end(), bytes.begin());
}

bool is_json(ByteView bytes, char first) {
  const std::size_t at = as_text(bytes).find_first_not_of(" \t\r\n");
  return at != std::string_view::npos && as_text(bytes)[at] == first;
}

bool is_snp_report(ByteView bytes) {
  return bytes.size() == attestation::SnpReport::kSize && bytes[0] >= 2 && bytes[0] <= 15 && bytes[1] == 0 &&
         bytes[2] == 0 && bytes[3] == 0 && bytes[0x34] == 1;
}

// Version, ECDSA with P-256, TDX.
bool is_td_quote(ByteView bytes) {
  return bytes.size() > 632 && bytes[1] == 0 && bytes[2] == 2 && bytes[3] == 0 &&
         load_le<std::uint32_t>(bytes.data() + 4) == 0x81;
}

bool is_pcrs(ByteView bytes) {
  const Json values = parse_json(as_text(bytes));
  const Json list = values.is_object() && values.contains("pcrs") ? values["pcrs"] : values;
  return (list.is_array() || list.is_object()) && !list.empty() &&
         std::all_of(list.begin(), list.end(),
                     [](const Json& value) { return value.is_string() && value.get<std::string>().size() == 64; });
}

std::optional<Certificate> first_certificate(ByteView bytes) {
  if (auto chain = Certificate::from_pem(as_text(bytes))) return chain->front();
  if (auto one = Certificate::from_padded_der(bytes)) return *std::move(one);
  return std::nullopt;
}

bool subject_contains(ByteView bytes, std::string_view text) {
  const auto certificate = first_certificate(bytes);
  return certificate && certificate->subject_name().find(text) != std::string::npos;
}

bool is_ak_certificate(ByteView bytes) {
  const auto certificate = first_certificate(bytes);
  return certificate && certificate->issuer_name().find("Virtual TPM") != std::string::npos;
}

bool is_list_of(ByteView bytes, std::string_view issuer) {
  const auto lists = RevocationList::read(bytes);
  return lists && lists->front().issuer_name().find(issuer) != std::string::npos;
}

bool is_token(ByteView bytes) {
  const std::string_view text = as_text(bytes);
  return text.starts_with("eyJ") && std::count(text.begin(), text.end(), '.') == 2;
}

// A SEQUENCE that begins with responseStatus, an ENUMERATED (RFC 6960 section 4.2.1).
bool is_ocsp_answer(ByteView bytes) {
  if (bytes.size() < 5 || bytes[0] != 0x30) return false;
  const std::size_t length_bytes = bytes[1] < 0x80 ? 0 : bytes[1] & 0x7f;
  const std::size_t at = 2 + length_bytes;
  return length_bytes <= 4 && bytes.size() > at + 2 && bytes[at] == 0x0a && bytes[at + 1] == 1;
}

bool is_amd_certificate(ByteView bytes) {
  const auto certificate = first_certificate(bytes);
  if (!certificate) return false;
  const std::string issuer = certificate->issuer_name();
  return issuer.starts_with("ARK-") || issuer.starts_with("SEV-");
}

bool is_amd_list(ByteView bytes) {
  const auto list = RevocationList::from_der(bytes);
  return list && (list->issuer_name().starts_with("ARK-") || list->issuer_name().starts_with("SEV-"));
}

// How a piece is recognised, from the surest sign to the weakest.
struct Signs {
  Piece piece;
  bool (*content)(ByteView bytes);
  std::initializer_list<std::string_view> role;  // any of these appears in it, in lower case
  std::initializer_list<std::string_view> name;
};

const Signs kSigns[] = {
    {Piece::kSnpReport, is_snp_report, {"evidence", "report"}, {"report"}},
    {Piece::kHclReport,
     [](ByteView b) {
       return begins(b, {'H', 'C', 'L', 'A'});
     },
     {"hcl", "0x01400001"},
     {"hcl"}},
    {Piece::kTdQuote, is_td_quote, {"evidence", "tdx quote", "td quote"}, {"quote.bin", "td_quote"}},
    {Piece::kTpmQuote,
     [](ByteView b) {
       return begins(b, {0xFF, 0x54, 0x43, 0x47, 0x80, 0x18});
     },
     {"tpms_attest"},
     {"tpm_quote.msg", ".msg", "attest"}},
    {Piece::kTpmSignature,
     [](ByteView) { return false; },
     {"signature", "rsassa", "rsapss", "ecdsa"},
     {"tpm_quote.sig", ".sig", "signature"}},
    {Piece::kPcrs, is_pcrs, {"pcr "}, {"pcr"}},
    {Piece::kPublicKey,
     [](ByteView b) { return contains(b, "-----BEGIN PUBLIC KEY-----"); },
     {"ak public key", "hclakpub"},
     {"ak_pub", "pub.pem"}},
    {Piece::kAkCertificate, is_ak_certificate, {"ak certificate"}, {"ak_cert"}},
    {Piece::kTcbInfo, [](ByteView b) { return contains(b, "\"tcbInfo\""); }, {"tcb info"}, {"tcb_info.json"}},
    {Piece::kTcbInfoChain,
     [](ByteView b) { return subject_contains(b, "SGX TCB Signing"); },
     {},
     {"tcb_info_issuer", "tcb"}},
    {Piece::kQeIdentity,
     [](ByteView b) { return contains(b, "\"enclaveIdentity\""); },
     {"qe identity"},
     {"qe_identity.json"}},
    {Piece::kQeIdentityChain,
     [](ByteView b) { return subject_contains(b, "SGX TCB Signing"); },
     {},
     {"qe_identity_issuer", "qe"}},
    {Piece::kPckCrl, [](ByteView b) { return is_list_of(b, "SGX PCK"); }, {"pck crl", "pck platform"}, {"pck_crl"}},
    {Piece::kRootCrl,
     [](ByteView b) { return is_list_of(b, "SGX Root"); },
     {"root crl", "root ca crl"},
     {"root_ca_crl"}},
    {Piece::kGpuReport,
     [](ByteView b) {
       return begins(b, {0x11, 0xE0});
     },
     {"spdm", "evidence"},
     {"report.bin"}},
    {Piece::kGpuChain,
     [](ByteView b) { return subject_contains(b, " GSP "); },
     {"device certificate chain", "certificate chain, leaf first"},
     {"cert_chain"}},
    {Piece::kRim, [](ByteView b) { return contains(b, "SoftwareIdentity"); }, {"rim"}, {"rim", ".swidtag"}},
    {Piece::kNrasResponse,
     [](ByteView b) { return is_json(b, '[') && contains(b, "\"JWT\""); },
     {"nras"},
     {"nras_response"}},
    {Piece::kKeySet, [](ByteView b) { return is_json(b, '{') && contains(b, "\"keys\""); }, {"jwks"}, {"jwks"}},
    {Piece::kToken, is_token, {"token", "evidence"}, {".jwt", "token"}},
    {Piece::kGpuCommitment,
     [](ByteView b) { return is_json(b, '{') && contains(b, "\"evidences\""); },
     {"gpu_evidence_hash"},
     {"gpu_evidence"}},
    {Piece::kCommitment,
     [](ByteView b) { return contains(b, "\"tls_key_fp\""); },
     {"commits to"},
     {"report_data_inputs"}},
    {Piece::kOcspAnswer, is_ocsp_answer, {}, {}},
    {Piece::kAmdCertificate, is_amd_certificate, {}, {}},
    {Piece::kAmdList, is_amd_list, {}, {}},
};

const Signs& signs_of(Piece piece) {
  return *std::find_if(std::begin(kSigns), std::end(kSigns), [&](const Signs& signs) { return signs.piece == piece; });
}

bool any_within(const std::string& text, std::initializer_list<std::string_view> parts) {
  std::string lower = text;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return std::any_of(parts.begin(), parts.end(),
                     [&](std::string_view part) { return lower.find(part) != std::string::npos; });
}

// Content that belongs to another kind outweighs a role or a name.
bool is_something_else(Piece piece, ByteView bytes) {
  return std::any_of(std::begin(kSigns), std::end(kSigns),
                     [&](const Signs& signs) { return signs.piece != piece && signs.content(bytes); });
}

int fit(const Signs& signs, const NamedFile& file) {
  const bool content = signs.content(file.bytes);
  const bool role = any_within(file.role, signs.role);
  const bool name = any_within(file.name, signs.name);
  if (!content && is_something_else(signs.piece, file.bytes)) return 0;
  return (content ? 8 : 0) + (name ? 2 : 0) + (role ? 1 : 0);
}

}  // namespace

std::string_view name_of(Piece piece) {
  switch (piece) {
    case Piece::kSnpReport: return "an SEV-SNP report";
    case Piece::kHclReport: return "an HCL report";
    case Piece::kTdQuote: return "a TDX quote";
    case Piece::kTpmQuote: return "a TPM quote";
    case Piece::kTpmSignature: return "a signature of a TPM quote";
    case Piece::kPcrs: return "PCR values";
    case Piece::kPublicKey: return "a public key";
    case Piece::kAkCertificate: return "a certificate of a vTPM's key";
    case Piece::kTcbInfo: return "TCB info";
    case Piece::kTcbInfoChain:
    case Piece::kQeIdentityChain: return "a chain of Intel's signer";
    case Piece::kQeIdentity: return "a quoting enclave's identity";
    case Piece::kPckCrl:
    case Piece::kRootCrl: return "a revocation list of Intel's";
    case Piece::kGpuReport: return "a GPU report";
    case Piece::kGpuChain: return "a GPU's certificate chain";
    case Piece::kRim: return "reference values of a GPU";
    case Piece::kNrasResponse: return "an answer of NRAS";
    case Piece::kKeySet: return "a key set";
    case Piece::kToken: return "a token";
    case Piece::kCommitment: return "what report data commits to";
    case Piece::kGpuCommitment: return "GPU evidence that is committed to";
    case Piece::kOcspAnswer: return "an OCSP answer";
    case Piece::kAmdCertificate: return "a certificate of AMD's";
    case Piece::kAmdList: return "a revocation list of AMD's";
  }
  return "";
}

bool has_content(Piece piece, ByteView bytes) { return signs_of(piece).content(bytes); }

std::optional<std::size_t> find_piece(Piece piece, const std::vector<NamedFile>& files) {
  const Signs& signs = signs_of(piece);
  std::optional<std::size_t> best;
  int best_fit = 0;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const int fits = fit(signs, files[i]);
    if (fits > best_fit) {
      best = i;
      best_fit = fits;
    }
  }
  return best;
}

std::vector<std::size_t> find_rims(const std::vector<NamedFile>& files) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (has_content(Piece::kRim, files[i].bytes) || files[i].role.starts_with("RIM")) out.push_back(i);
  }
  return out;
}

bool has_form(Piece piece, const NamedFile& file) {
  if (piece != Piece::kTpmSignature) return has_content(piece, file.bytes);
  // Bytes without a form of their own: only the name identifies them.
  const bool known =
      std::any_of(std::begin(kPieces), std::end(kPieces), [&](Piece each) { return has_content(each, file.bytes); });
  return !known && (file.name.ends_with(".sig") || file.name.find("signature") != std::string::npos);
}

std::optional<Piece> piece_of(const NamedFile& file) {
  for (const Piece piece : kPieces) {
    if (has_form(piece, file)) return piece;
  }
  return std::nullopt;
}

}  // namespace minions::audit
