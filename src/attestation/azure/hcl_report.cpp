#include "attestation/azure/hcl_report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "attestation/policy/rule_checks.h"
#include "base/byte_io.h"
#include "base/encoding.h"
#include "crypto/hash.h"

namespace minions::attestation {
namespace {

constexpr std::size_t kRequestDataOffset = 0x4C0;
constexpr std::size_t kRequestHeaderSize = 20;

tl::unexpected<Error> malformed(std::string_view field, std::string_view want, std::string_view found) {
  return fail(ErrorCode::kMalformed, fmt::format("{}: want {}, found {}", field, want, found));
}

Status expect_u32(ByteReader& reader, std::string_view field, std::uint32_t want) {
  MINIONS_TRY_ASSIGN(const auto found, reader.le<std::uint32_t>(field));
  if (found != want) return malformed(field, std::to_string(want), std::to_string(found));
  return {};
}

// offset: of the bytes within the decoded data.
Status expect_zeros(ByteView bytes, std::string_view field, std::size_t offset) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] != 0) return malformed(field, "zeros", fmt::format("{:#04x} at {:#x}", bytes[i], offset + i));
  }
  return {};
}

template <std::size_t N>
ByteArray<N> array_at(ByteView bytes, std::size_t offset) {
  ByteArray<N> out;
  std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(offset), N, out.begin());
  return out;
}

// What precedes the hardware report.
Status read_header(ByteReader& reader, HclHeader& header) {
  constexpr std::uint32_t kAttestationRequest = 2;
  MINIONS_TRY_ASSIGN(const ByteView magic, reader.take(4, "signature"));
  if (as_text(magic) != "HCLA") return malformed("signature", "HCLA", shown(as_text(magic)));
  MINIONS_TRY_ASSIGN(header.version, reader.le<std::uint32_t>("version"));
  if (header.version != 1 && header.version != 2) return malformed("version", "1 or 2", std::to_string(header.version));
  MINIONS_TRY_ASSIGN(header.report_size, reader.le<std::uint32_t>("report size"));
  MINIONS_TRY(expect_u32(reader, "request type", kAttestationRequest));
  MINIONS_TRY(expect_u32(reader, "status", 0));
  MINIONS_TRY_ASSIGN(const ByteView reserved, reader.take(12, "reserved"));
  return expect_zeros(reserved, "reserved", reader.position() - reserved.size());
}

Result<HclHeader::Hardware> read_hardware(ByteReader& reader) {
  MINIONS_TRY_ASSIGN(const auto type, reader.le<std::uint32_t>("report type"));
  if (type == 2) return HclHeader::Hardware::kSnp;
  if (type == 4) return HclHeader::Hardware::kTdx;
  return malformed("report type", "2 (SNP) or 4 (TDX)", std::to_string(type));
}

Result<crypto::HashAlgorithm> read_hash(ByteReader& reader) {
  MINIONS_TRY_ASSIGN(const auto type, reader.le<std::uint32_t>("hash type"));
  if (type == 1) return crypto::HashAlgorithm::kSha256;
  if (type == 2) return crypto::HashAlgorithm::kSha384;
  if (type == 3) return crypto::HashAlgorithm::kSha512;
  return malformed("hash type", "1, 2 or 3", std::to_string(type));
}

// What follows it: the runtime data and its own header.
Result<ByteView> read_request_data(ByteReader& reader, HclHeader& header) {
  MINIONS_TRY_ASSIGN(header.data_size, reader.le<std::uint32_t>("data size"));
  if (header.report_size != std::uint64_t{kRequestDataOffset} + header.data_size) {
    return malformed("report size", fmt::format("{} and a data size of {}", kRequestDataOffset, header.data_size),
                     std::to_string(header.report_size));
  }
  MINIONS_TRY(expect_u32(reader, "data version", 1));
  MINIONS_TRY_ASSIGN(header.hardware, read_hardware(reader));
  MINIONS_TRY_ASSIGN(header.hash, read_hash(reader));
  MINIONS_TRY_ASSIGN(const auto variable_size, reader.le<std::uint32_t>("variable size"));
  if (header.data_size != std::uint64_t{kRequestHeaderSize} + variable_size) {
    return malformed("data size", fmt::format("{} and a variable size of {}", kRequestHeaderSize, variable_size),
                     std::to_string(header.data_size));
  }
  return reader.take(variable_size, "runtime data");
}

// The only key of this name, or nothing.
Result<const Json*> key_named(const Json& keys, std::string_view name) {
  const Json* found = nullptr;
  for (const Json& key : keys) {
    MINIONS_TRY_ASSIGN(const std::string id, string_member(key, "kid"));
    if (id != name) continue;
    if (found != nullptr) return malformed(name, "one key", "two");
    found = &key;
  }
  if (found == nullptr) return malformed(name, "a key", "none");
  return found;
}

Result<crypto::PublicKey> rsa_key(const Json& jwk) {
  MINIONS_TRY_ASSIGN(const std::string type, string_member(jwk, "kty"));
  if (type != "RSA") return malformed("kty", "RSA", shown(type));
  MINIONS_TRY_ASSIGN(const Bytes modulus, base64url_member(jwk, "n"));
  MINIONS_TRY_ASSIGN(const Bytes exponent, base64url_member(jwk, "e"));
  if (exponent != Bytes{1, 0, 1})
    return malformed("e", "65537", to_hex(ByteView(exponent).first(std::min<std::size_t>(exponent.size(), 8))));
  return crypto::PublicKey::from_rsa(modulus, exponent);
}

// Members that not every version of the paravisor writes.
Status read_optional(const Json& object, std::string_view name, std::optional<bool>& to) {
  if (!object.contains(name)) return {};
  MINIONS_TRY_ASSIGN(to, bool_member(object, name));
  return {};
}
Status read_optional(const Json& object, std::string_view name, std::optional<std::string>& to) {
  if (!object.contains(name)) return {};
  MINIONS_TRY_ASSIGN(to, string_member(object, name));
  return {};
}

Status read_configuration(const Json& object, HclRuntime& runtime) {
  constexpr std::string_view kName = "vm-configuration";
  if (!object.contains(kName)) return {};
  MINIONS_TRY_ASSIGN(const Json* configuration, object_member(object, kName));
  MINIONS_TRY(read_optional(*configuration, "vmUniqueId", runtime.vm_unique_id));
  MINIONS_TRY(read_optional(*configuration, "secure-boot", runtime.secure_boot));
  MINIONS_TRY(read_optional(*configuration, "tpm-enabled", runtime.tpm_enabled));
  MINIONS_TRY(read_optional(*configuration, "console-enabled", runtime.console_enabled));
  MINIONS_TRY(read_optional(*configuration, "tpm-persisted", runtime.tpm_persisted));
  return read_optional(*configuration, "root-cert-thumbprint", runtime.root_cert_thumbprint);
}

// Hex of either case.
Status read_user_data(const Json& object, HclRuntime& runtime) {
  std::optional<std::string> hex;
  MINIONS_TRY(read_optional(object, "user-data", hex));
  if (!hex) return {};
  std::transform(hex->begin(), hex->end(), hex->begin(),
                 [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c; });
  auto bytes = exactly<64>(from_hex(*hex));
  if (!bytes) return fail(std::move(bytes).error().in("user-data"));
  runtime.user_data = *bytes;
  return {};
}

// Of a TDREPORT, most of which nobody signs here: in its header, after the parts of TEE_TCB_INFO (TEE_TCB_SVN2 the
// last) and of TDINFO (SERVTD_HASH the last).
Status check_reserved(ByteView report) {
  for (const auto& [begin, end] :
       {std::pair{3U, 16U}, std::pair{192U, 224U}, std::pair{400U, 512U}, std::pair{960U, 1024U}}) {
    MINIONS_TRY(expect_zeros(report.subspan(begin, end - begin), "tdreport reserved", begin));
  }
  return {};
}

template <class Hash>
ByteArray<64> padded(const Hash& hash) {
  ByteArray<64> out{};
  std::copy(hash.begin(), hash.end(), out.begin());
  return out;
}

Result<HclReport> read_report(ByteView bytes) {
  ByteReader reader(bytes);
  HclHeader header;
  MINIONS_TRY(read_header(reader, header));
  MINIONS_TRY_ASSIGN(const ByteView hardware_report, reader.take(HclReport::kHardwareReportSize, "hardware report"));
  MINIONS_TRY_ASSIGN(const ByteView runtime_data, read_request_data(reader, header));
  MINIONS_TRY(expect_zeros(bytes.subspan(reader.position()), "bytes after the report", reader.position()));
  std::optional<TdReport> td_report;
  if (header.hardware == HclHeader::Hardware::kTdx) {
    MINIONS_TRY_ASSIGN(td_report, TdReport::parse(hardware_report.first(TdReport::kSize)));
    MINIONS_TRY(expect_zeros(hardware_report.subspan(TdReport::kSize), "bytes after the TDREPORT", TdReport::kSize));
  }
  MINIONS_TRY_ASSIGN(HclRuntime runtime, HclRuntime::parse(as_text(runtime_data)));
  return HclReport{.header = header,
                   .hardware_report = array_at<HclReport::kHardwareReportSize>(hardware_report, 0),
                   .td_report = td_report,
                   .runtime_data = to_bytes(runtime_data),
                   .runtime = std::move(runtime)};
}

}  // namespace

Result<TdReport> TdReport::parse(ByteView bytes) {
  constexpr std::uint8_t kTdx = 0x81;
  constexpr std::size_t kTdInfo = 512;
  if (bytes.size() != kSize) return malformed("tdreport", fmt::format("{} bytes", kSize), std::to_string(bytes.size()));
  if (bytes[0] != kTdx) return malformed("tdreport type", "0x81", fmt::format("{:#04x}", bytes[0]));
  MINIONS_TRY(check_reserved(bytes));
  TdReport report;
  report.subtype = bytes[1];
  report.version = bytes[2];
  report.cpu_svn = array_at<16>(bytes, 16);
  report.tee_tcb_info_hash = array_at<48>(bytes, 32);
  report.tee_info_hash = array_at<48>(bytes, 80);
  report.report_data = array_at<64>(bytes, 128);
  report.mac = array_at<32>(bytes, 224);
  report.tee_tcb_info = array_at<239>(bytes, 256);
  report.td_info = array_at<512>(bytes, kTdInfo);
  report.attributes = array_at<8>(bytes, kTdInfo);
  report.xfam = array_at<8>(bytes, kTdInfo + 8);
  report.mrtd = array_at<48>(bytes, kTdInfo + 16);
  report.mrconfigid = array_at<48>(bytes, kTdInfo + 64);
  report.mrowner = array_at<48>(bytes, kTdInfo + 112);
  report.mrownerconfig = array_at<48>(bytes, kTdInfo + 160);
  for (std::size_t i = 0; i < report.rtmrs.size(); ++i) report.rtmrs[i] = array_at<48>(bytes, kTdInfo + 208 + 48 * i);
  return report;
}

bool TdReport::hashes_hold() const {
  return crypto::sha384({tee_tcb_info}) == tee_tcb_info_hash && crypto::sha384({td_info}) == tee_info_hash;
}

Result<crypto::PublicKey> vtpm_key_of(const Json& keys) {
  MINIONS_TRY_ASSIGN(const Json* key, key_named(keys, "HCLAkPub"));
  return rsa_key(*key);
}

Result<HclRuntime> HclRuntime::parse(std::string_view json) {
  MINIONS_TRY_ASSIGN(const Json object, parse_strict_json(json));
  MINIONS_TRY_ASSIGN(const Json* keys, array_member(object, "keys"));
  MINIONS_TRY_ASSIGN(crypto::PublicKey attestation_key, vtpm_key_of(*keys));
  HclRuntime runtime{.attestation_key = std::move(attestation_key)};
  for (const Json& each : *keys) runtime.key_ids.push_back(each["kid"].get<std::string>());
  MINIONS_TRY(read_configuration(object, runtime));
  MINIONS_TRY(read_user_data(object, runtime));
  return runtime;
}

Result<HclReport> HclReport::parse(ByteView bytes) {
  auto report = read_report(bytes);
  if (!report) return fail(std::move(report).error().in("hcl report"));
  return report;
}

ByteArray<64> HclReport::expected_report_data() const {
  switch (header.hash) {
    case crypto::HashAlgorithm::kSha256: return padded(crypto::sha256(runtime_data));
    case crypto::HashAlgorithm::kSha384: return padded(crypto::sha384({runtime_data}));
    case crypto::HashAlgorithm::kSha512: return crypto::sha512({runtime_data});
  }
  return {};
}

bool check_hcl_binding(const HclReport& report, const ByteArray<64>& report_data, CheckList& checks) {
  const ByteArray<64> expected = report.expected_report_data();
  return checks.expect("binding.runtime_data", report_data == expected, to_hex(expected), to_hex(report_data));
}

void check_hcl_rules(const HclReport& report, const Rule<bool>& require_secure_boot, CheckList& checks) {
  check_protection({"policy.secure_boot", "secure boot", report.runtime.secure_boot, require_secure_boot}, checks);
}

}  // namespace minions::attestation
