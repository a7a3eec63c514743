#include "attester/maa_client.h"

#include <fmt/format.h>

#include <charconv>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "attestation/azure/tpm_quote.h"
#include "attestation/core/jwt.h"
#include "attester/vtpm_places.h"
#include "base/encoding.h"
#include "crypto/aead.h"
#include "crypto/certificate.h"

namespace minions::attester {
namespace {

constexpr std::string_view kName = "maa";
constexpr std::string_view kPath = "/attest/AzureGuest?api-version=2020-10-01";
constexpr std::chrono::milliseconds kTime{8'000};
// The associated data of the service's AES-GCM ciphertext.
constexpr std::string_view kAssociatedData = "Transport Key";
// The PCRs that the service requires of Linux: firmware and boot.
const PcrSelection kBootPcrs = {0, 1, 2, 3, 4, 5, 6, 7};

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// The value of a line NAME=value or NAME="value" of os-release.
std::string os_release(std::string_view text, std::string_view name) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = text.substr(at, end - at);
    at = end + 1;
    if (!line.starts_with(name) || line.substr(name.size(), 1) != "=") continue;
    line.remove_prefix(name.size() + 1);
    if (line.size() >= 2 && line.front() == '"' && line.back() == '"') line = line.substr(1, line.size() - 2);
    return std::string(line);
  }
  return {};
}

Result<Bytes> bare_signature(ByteView tagged) {
  return attestation::TpmSignature::parse(tagged).map([](auto&& signature) { return std::move(signature.value); });
}

Json pcr_entries(const PcrQuote& quote) {
  Json entries = Json::array();
  for (std::size_t i = 0; i < kBootPcrs.size(); ++i)
    entries.push_back({{"Index", kBootPcrs[i]}, {"Digest", to_base64(ByteView(quote.values).subspan(32 * i, 32))}});
  return entries;
}

Result<Json> tpm_info(Tpm& tpm) {
  MINIONS_TRY_ASSIGN(const Bytes padded, tpm.read_nv(kAkCertificateIndex));
  MINIONS_TRY_ASSIGN(const auto certificate, crypto::Certificate::from_padded_der(padded));
  MINIONS_TRY_ASSIGN(const Bytes key, tpm.public_area(kAttestationKey));
  MINIONS_TRY_ASSIGN(const PcrQuote quote, tpm.quote(kAttestationKey, kBootPcrs, {}));
  MINIONS_TRY_ASSIGN(const Bytes signature, bare_signature(quote.quote.signature));
  MINIONS_TRY_ASSIGN(const TpmTransportKey transport, tpm.transport_key(kBootPcrs, kAttestationKey));
  MINIONS_TRY_ASSIGN(const Bytes certified, bare_signature(transport.certification_tag));
  return Json{{"AikCert", to_base64(certificate.der())},
              {"AikPub", to_base64(key)},
              {"PcrQuote", to_base64(quote.quote.attest)},
              {"PcrSignature", to_base64(signature)},
              {"PcrSet", kBootPcrs},
              {"PCRs", pcr_entries(quote)},
              {"EncKeyPub", to_base64(transport.public_area)},
              {"EncKeyCertifyInfo", to_base64(transport.certification)},
              {"EncKeyCertifyInfoSignature", to_base64(certified)}};
}

// The hardware's report or quote. The service's JSON nests base64 in base64.
Json isolation_info(const attestation::HclReport& report, const HardwareProof& proof) {
  std::string type = "Tdx";
  std::string encoded;
  if (const auto* certificates = std::get_if<AmdCertification>(&proof)) {
    type = "SevSnp";
    const Json snp = {{"SnpReport", to_base64url(report.hardware_report)},
                      {"VcekCertChain", to_base64(as_bytes(certificates->vcek_pem + certificates->chain_pem))}};
    encoded = to_base64(as_bytes(snp.dump()));
  } else {
    encoded = to_base64(std::get<Bytes>(proof));
  }
  return {{"Type", std::move(type)},
          {"Evidence", {{"Proof", std::move(encoded)}, {"RunTimeData", to_base64(report.runtime_data)}}}};
}

Result<Bytes> open_token(Tpm& tpm, const SealedToken& token) {
  MINIONS_TRY_ASSIGN(const crypto::SecretText key, tpm.open_with_transport_key(kBootPcrs, token.sealed_key));
  const ByteView bytes = as_bytes(key.reveal());
  if (bytes.size() != 32)
    return fail(ErrorCode::kUnsupported, fmt::format("token key: want 32 bytes, found {}", bytes.size()));
  Bytes opened(token.sealed.size() - crypto::kAeadTagSize);
  crypto::Opener opener{crypto::AeadKey(bytes)};
  MINIONS_TRY(opener.open(token.nonce, as_bytes(kAssociatedData), token.sealed, opened));
  if (const auto read = attestation::Jwt::parse(as_text(opened)); !read) return fail(Error(read.error()));
  return opened;
}

}  // namespace

Result<SealedToken> SealedToken::parse(const Json& answer) {
  MINIONS_TRY_ASSIGN(const Bytes text, base64_of_service(answer, "token"));
  MINIONS_TRY_ASSIGN(const Json envelope, parse_strict_json(as_text(text), {.bytes = std::size_t{1} << 20}));
  MINIONS_TRY_ASSIGN(const Json* parameters, object_member(envelope, "EncryptionParams"));
  SealedToken out;
  MINIONS_TRY_ASSIGN(out.sealed_key, base64_of_service(envelope, "EncryptedInnerKey"));
  MINIONS_TRY_ASSIGN(out.nonce, exactly<12>(base64_of_service(*parameters, "Iv")));
  MINIONS_TRY_ASSIGN(const auto tag, exactly<16>(base64_of_service(envelope, "AuthenticationData")));
  MINIONS_TRY_ASSIGN(out.sealed, base64_of_service(envelope, "Jwt"));
  append(out.sealed, tag);
  return out;
}

GuestSystem GuestSystem::read(const std::filesystem::path& root) {
  GuestSystem system;
  const std::string text = text_of(root / "etc/os-release");
  system.distribution = os_release(text, "NAME");
  const std::string version = os_release(text, "VERSION_ID");
  const auto major = std::from_chars(version.data(), version.data() + version.size(), system.version_major);
  if (major.ec == std::errc() && major.ptr != version.data() + version.size())
    std::from_chars(major.ptr + 1, version.data() + version.size(), system.version_minor);
  system.boot_log = to_bytes(text_of(root / "sys/kernel/security/tpm0/binary_bios_measurements"));
  return system;
}

Result<Bytes> MaaClient::token(Tpm& tpm, const attestation::HclReport& report, const HardwareProof& proof,
                               std::string_view nonce) const {
  const GuestSystem system = GuestSystem::read("/");
  MINIONS_TRY_ASSIGN(Json tpm_part, tpm_info(tpm));
  const Json info = {{"AttestationProtocolVersion", "2.0"},
                     {"OSType", to_base64(as_bytes("Linux"))},
                     {"OSDistro", to_base64(as_bytes(system.distribution))},
                     {"OSVersionMajor", system.version_major},
                     {"OSVersionMinor", system.version_minor},
                     {"OSBuild", to_base64(as_bytes("NotApplication"))},
                     {"TcgLogs", to_base64(system.boot_log)},
                     {"ClientPayload", {{"nonce", to_base64(as_bytes(nonce))}}},
                     {"TpmInfo", std::move(tpm_part)},
                     {"IsolationInfo", isolation_info(report, proof)}};
  const net::FetchRequest request{
      .url = address_ + std::string(kPath),
      .method = "POST",
      .headers = {{"Content-Type", "application/json"}},
      .body = to_bytes(Json{{"AttestationInfo", to_base64url(as_bytes(info.dump()))}}.dump()),
      .time = kTime,
  };
  MINIONS_TRY_ASSIGN(const Json answer, call_json_service(access_, kName, request));
  auto token = SealedToken::parse(answer).and_then([&](const SealedToken& sealed) { return open_token(tpm, sealed); });
  if (!token) return fail(std::move(token).error().in(fmt::format("{}: {}", kName, request.url)));
  return token;
}

}  // namespace minions::attester
