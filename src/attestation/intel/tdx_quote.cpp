#include "attestation/intel/tdx_quote.h"

#include <fmt/format.h>

#include "attestation/core/result.h"
#include "base/byte_io.h"
#include "base/encoding.h"
#include "crypto/hash.h"

namespace minions::attestation {
namespace {

constexpr std::uint16_t kKeyTypeEcdsaP256 = 2;
constexpr std::uint32_t kTeeTypeTdx = 0x81;
constexpr std::uint16_t kBodyTd10 = 2;
constexpr std::uint16_t kBodyTd15 = 3;
constexpr std::size_t kTd10Bytes = 584;
constexpr std::size_t kTd15Bytes = 648;
constexpr std::size_t kEnclaveReportBytes = 384;
constexpr std::uint16_t kCertificationQeReport = 6;  // report of the quoting enclave, and its own certification
constexpr std::uint16_t kCertificationPckPem = 5;    // PCK certificate chain, PEM
constexpr std::string_view kIntelQuotingEnclave = "939a7233f79c4ca9940a0db3957f0607";

template <class T>
Status require_equal(std::string_view field, T want, T found) {
  if (found == want) return {};
  return fail(ErrorCode::kUnsupported, fmt::format("tdx quote: {}: want {}, found {}", field, want, found));
}

// offset: of the bytes in `structure`.
Status require_zeros(std::string_view structure, ByteView bytes, std::size_t offset) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] == 0) continue;
    return fail(ErrorCode::kMalformed,
                fmt::format("tdx quote: {}: want zeros in the reserved bytes {} to {}, found {:#04x} at {}", structure,
                            offset, offset + bytes.size() - 1, bytes[i], offset + i));
  }
  return {};
}

// N bytes at a fixed offset of a structure whose length is known.
template <std::size_t N>
ByteArray<N> field_at(ByteView structure, std::size_t offset) {
  ByteArray<N> field;
  std::copy_n(structure.begin() + static_cast<std::ptrdiff_t>(offset), N, field.begin());
  return field;
}

template <std::size_t N>
Result<ByteArray<N>> take_array(ByteReader& reader, std::string_view field) {
  return reader.take(N, field).map([](ByteView bytes) { return field_at<N>(bytes, 0); });
}

TdBody parse_body(ByteView body) {
  TdBody out;
  out.tee_tcb_svn = field_at<16>(body, 0);
  out.mr_seam = field_at<48>(body, 16);
  out.mr_signer_seam = field_at<48>(body, 64);
  out.seam_attributes = field_at<8>(body, 112);
  out.td_attributes = load_le<std::uint64_t>(&body[120]);
  out.xfam = load_le<std::uint64_t>(&body[128]);
  out.mr_td = field_at<48>(body, 136);
  out.mr_config_id = field_at<48>(body, 184);
  out.mr_owner = field_at<48>(body, 232);
  out.mr_owner_config = field_at<48>(body, 280);
  for (std::size_t i = 0; i < out.rtmrs.size(); ++i) out.rtmrs[i] = field_at<48>(body, 328 + 48 * i);
  out.report_data = field_at<64>(body, 520);
  if (body.size() == kTd15Bytes) {
    out.tee_tcb_svn2 = field_at<16>(body, 584);
    out.mr_service_td = field_at<48>(body, 600);
  }
  return out;
}

EnclaveReport parse_enclave_report(ByteView report) {
  return {.cpu_svn = field_at<16>(report, 0),
          .misc_select = field_at<4>(report, 16),
          .attributes = field_at<16>(report, 48),
          .mr_enclave = field_at<32>(report, 64),
          .mr_signer = field_at<32>(report, 128),
          .isv_prod_id = load_le<std::uint16_t>(&report[256]),
          .isv_svn = load_le<std::uint16_t>(&report[258]),
          .report_data = field_at<64>(report, 320)};
}

// What REPORTBODY reserves (Intel SDM volume 3D, 38.15).
Status check_enclave_reserved(ByteView report) {
  for (const auto& [begin, end] :
       {std::pair{20U, 32U}, std::pair{96U, 128U}, std::pair{160U, 192U}, std::pair{262U, 304U}}) {
    MINIONS_TRY(require_zeros("qe report", report.subspan(begin, end - begin), begin));
  }
  return {};
}

// 48 bytes.
Status parse_header(ByteReader& reader, TdxQuote& quote) {
  MINIONS_TRY_ASSIGN(quote.version, reader.le<std::uint16_t>("version"));
  if (quote.version != 4 && quote.version != 5)
    return fail(ErrorCode::kUnsupported, fmt::format("tdx quote: version: want 4 or 5, found {}", quote.version));
  MINIONS_TRY_ASSIGN(const auto key_type, reader.le<std::uint16_t>("attestation key type"));
  MINIONS_TRY(require_equal("attestation key type", kKeyTypeEcdsaP256, key_type));
  MINIONS_TRY_ASSIGN(const auto tee_type, reader.le<std::uint32_t>("tee type"));
  MINIONS_TRY(require_equal("tee type", kTeeTypeTdx, tee_type));
  const std::size_t reserved_at = reader.position();
  MINIONS_TRY_ASSIGN(const ByteView reserved, reader.take(4, "reserved"));
  MINIONS_TRY(require_zeros("header", reserved, reserved_at));
  MINIONS_TRY_ASSIGN(const ByteView vendor, reader.take(16, "qe vendor"));
  MINIONS_TRY(require_equal("qe vendor", std::string(kIntelQuotingEnclave), to_hex(vendor)));
  MINIONS_TRY_ASSIGN(quote.user_data, take_array<20>(reader, "user data"));
  return {};
}

// Version 5 states type and size of the body in 6 bytes before it.
Result<std::size_t> parse_body_size(ByteReader& reader, TdxQuote& quote) {
  quote.body_type = kBodyTd10;
  if (quote.version == 4) return kTd10Bytes;
  MINIONS_TRY_ASSIGN(quote.body_type, reader.le<std::uint16_t>("body type"));
  if (quote.body_type != kBodyTd10 && quote.body_type != kBodyTd15)
    return fail(ErrorCode::kUnsupported, fmt::format("tdx quote: body type: want 2 or 3, found {}", quote.body_type));
  const std::size_t want = quote.body_type == kBodyTd10 ? kTd10Bytes : kTd15Bytes;
  MINIONS_TRY_ASSIGN(const auto size, reader.le<std::uint32_t>("body size"));
  MINIONS_TRY(require_equal("body size", want, std::size_t{size}));
  return want;
}

Result<ByteView> take_certification(ByteReader& reader, std::uint16_t want_type) {
  MINIONS_TRY_ASSIGN(const auto type, reader.le<std::uint16_t>("certification data type"));
  MINIONS_TRY(require_equal("certification data type", want_type, type));
  MINIONS_TRY_ASSIGN(const auto size, reader.le<std::uint32_t>("certification data size"));
  return reader.take(size, "certification data");
}

Status parse_qe_certification(ByteView data, TdxQuote& quote) {
  ByteReader reader(data);
  MINIONS_TRY_ASSIGN(const ByteView report, reader.take(kEnclaveReportBytes, "qe report"));
  MINIONS_TRY(check_enclave_reserved(report));
  quote.qe_report = parse_enclave_report(report);
  quote.qe_report_bytes = to_bytes(report);
  MINIONS_TRY_ASSIGN(quote.qe_report_signature, take_array<64>(reader, "qe report signature"));
  MINIONS_TRY_ASSIGN(const auto auth_length, reader.le<std::uint16_t>("qe authentication data length"));
  MINIONS_TRY_ASSIGN(const ByteView auth_data, reader.take(auth_length, "qe authentication data"));
  quote.qe_auth_data = to_bytes(auth_data);
  MINIONS_TRY_ASSIGN(const ByteView pem, take_certification(reader, kCertificationPckPem));
  quote.pck_chain_pem = as_text(pem);
  return reader.finish("qe certification data");
}

Status parse_signature_data(ByteView data, TdxQuote& quote) {
  ByteReader reader(data);
  MINIONS_TRY_ASSIGN(quote.signature, take_array<64>(reader, "signature"));
  MINIONS_TRY_ASSIGN(quote.attestation_key, take_array<64>(reader, "attestation key"));
  MINIONS_TRY_ASSIGN(const ByteView certification, take_certification(reader, kCertificationQeReport));
  MINIONS_TRY(reader.finish("signature data"));
  return parse_qe_certification(certification, quote);
}

Result<TdxQuote> parse_quote(ByteView bytes) {
  ByteReader reader(bytes);
  TdxQuote quote;
  MINIONS_TRY(parse_header(reader, quote));
  MINIONS_TRY_ASSIGN(const std::size_t body_bytes, parse_body_size(reader, quote));
  MINIONS_TRY_ASSIGN(const ByteView body, reader.take(body_bytes, "td report body"));
  quote.body = parse_body(body);
  quote.signed_part = to_bytes(bytes.first(reader.position()));
  MINIONS_TRY_ASSIGN(const auto length, reader.le<std::uint32_t>("signature data length"));
  MINIONS_TRY_ASSIGN(const ByteView data, reader.take(length, "signature data"));
  MINIONS_TRY(parse_signature_data(data, quote));
  quote.trailing_bytes = reader.left();  // some providers pad quotes to a fixed size
  return quote;
}

// Intel issues other certificates under the same root: only these names make a PCK path.
Status check_pck_names(const crypto::Certificate& leaf, const crypto::Certificate& ca) {
  if (leaf.subject_name() != "Intel SGX PCK Certificate") {
    return fail(ErrorCode::kTampered,
                fmt::format("leaf: want Intel SGX PCK Certificate, found {}", shown(leaf.subject_name())));
  }
  if (ca.subject_name() != "Intel SGX PCK Platform CA" && ca.subject_name() != "Intel SGX PCK Processor CA") {
    return fail(ErrorCode::kTampered,
                fmt::format("issuer: want Intel SGX PCK Platform CA, found {}", shown(ca.subject_name())));
  }
  return {};
}

}  // namespace

Result<TdxQuote> TdxQuote::parse(ByteView quote) {
  if (quote.size() > kTdxQuoteLimitBytes) {
    return fail(ErrorCode::kTooLarge,
                fmt::format("tdx quote: {} bytes, at most {} are taken", quote.size(), kTdxQuoteLimitBytes));
  }
  return parse_quote(quote);
}

Result<PckChain> verify_pck_chain(std::string_view pem, const crypto::PathRules& rules) {
  MINIONS_TRY_ASSIGN(const auto certificates, crypto::Certificate::from_pem(pem));
  MINIONS_TRY_ASSIGN(auto path, crypto::verify_path(certificates.front(), std::span(certificates).subspan(1), rules));
  if (path.size() != 3) {
    return fail(ErrorCode::kTampered, fmt::format("want a path of 3 certificates, found one of {}", path.size()));
  }
  MINIONS_TRY(check_pck_names(path[0], path[1]));
  return PckChain{std::move(path[0]), std::move(path[1]), std::move(path[2])};
}

Status check_not_revoked(const crypto::RevocationList& list, const crypto::Certificate& certificate) {
  if (!list.same_issuer_as(certificate)) {
    return fail(ErrorCode::kTampered, fmt::format("the list of {} says nothing about {}", shown(list.issuer_name()),
                                                  shown(certificate.subject_name())));
  }
  if (list.lists(certificate)) {
    return fail(ErrorCode::kTampered, fmt::format("{} with serial number {} is revoked",
                                                  shown(certificate.subject_name()), to_hex(certificate.serial())));
  }
  return {};
}

Status verify_qe_report(const TdxQuote& quote, const crypto::Certificate& pck) {
  MINIONS_TRY_ASSIGN(const crypto::PublicKey key, pck.public_key());
  if (key.verify_ecdsa(crypto::HashAlgorithm::kSha256, quote.qe_report_bytes, quote.qe_report_signature)) return {};
  return fail(ErrorCode::kTampered, "not signed by the PCK");
}

Status verify_attestation_key(const TdxQuote& quote) {
  const Digest32 digest = crypto::sha256({quote.attestation_key, quote.qe_auth_data});
  ByteArray<64> want{};
  std::copy(digest.begin(), digest.end(), want.begin());
  if (quote.qe_report.report_data == want) return {};
  return fail(ErrorCode::kTampered,
              fmt::format("report data {}, want {}", to_hex(quote.qe_report.report_data), to_hex(want)));
}

Status verify_quote_signature(const TdxQuote& quote) {
  MINIONS_TRY_ASSIGN(const auto key, crypto::PublicKey::from_point(crypto::Curve::kP256, quote.attestation_key));
  if (key.verify_ecdsa(crypto::HashAlgorithm::kSha256, quote.signed_part, quote.signature)) return {};
  return fail(ErrorCode::kTampered, "not signed by the attestation key");
}

}  // namespace minions::attestation
