#include "attester/azure_machine.h"

#include <fmt/format.h>

#include "base/encoding.h"
#include "crypto/hash.h"

namespace minions::attester {
namespace {

using attestation::HclReport;
using attestation::TdReport;

constexpr std::size_t kNvIndexBytes = 2048;

std::string runtime_data(ByteView modulus) {
  return fmt::format(R"({{"keys":[{{"kid":"HCLAkPub","key_ops":["sign"],"kty":"RSA","e":"AQAB","n":"{}"}}],)"
                     R"("vm-configuration":{{"secure-boot":true,"tpm-enabled":true,"vmUniqueId":"X"}},)"
                     R"("user-data":"{}"}})",
                     to_base64url(modulus), std::string(128, '0'));
}

void put(Bytes& to, std::size_t offset, ByteView bytes) {
  std::copy(bytes.begin(), bytes.end(), to.begin() + static_cast<std::ptrdiff_t>(offset));
}

void append_u32(Bytes& to, std::size_t value) {
  for (unsigned i = 0; i < 4; ++i) to.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

Bytes little_endian(std::uint64_t value) {
  Bytes out;
  for (unsigned i = 0; i < 8; ++i) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  return out;
}

}  // namespace

std::string pem_of(const crypto::Certificate& certificate) {
  const std::string base64 = to_base64(certificate.der());
  std::string pem = "-----BEGIN CERTIFICATE-----\n";
  for (std::size_t at = 0; at < base64.size(); at += 64) pem += base64.substr(at, 64) + "\n";
  return pem + "-----END CERTIFICATE-----\n";
}

AzureSnpMachine::AzureSnpMachine(UnixSeconds now) {
  using attestation::synthetic_snp::kDay;
  for (auto* certificate : {&platform.ark, &platform.ask, &platform.leaf}) {
    certificate->not_before = now - kDay;
    certificate->not_after = now + kDay;
  }
  certificates = platform.certificates();
}

Bytes AzureSnpMachine::hcl_report(ByteView attestation_key_modulus) const {
  attestation::synthetic_snp::Paravisor paravisor{.platform = platform, .size = kNvIndexBytes};
  paravisor.runtime_json = runtime_data(attestation_key_modulus);
  return paravisor.report();
}

std::string AzureSnpMachine::imds_certification() const {
  return nlohmann::json{{"vcekCert", pem_of(certificates[0])},
                        {"tcbm", "DB18000000000004"},
                        {"certificateChain", pem_of(certificates[1]) + pem_of(certificates[2])},
                        {"cacheControl", "86400"}}
      .dump();
}

Bytes AzureTdxMachine::hcl_report(ByteView attestation_key_modulus) {
  const std::string runtime = runtime_data(attestation_key_modulus);
  const Digest32 digest = crypto::sha256(as_bytes(runtime));
  platform.body.report_data = {};
  std::copy(digest.begin(), digest.end(), platform.body.report_data.begin());
  evidence = platform.evidence();
  Bytes out = to_bytes(std::string_view("HCLA"));
  for (const std::size_t value : {std::size_t{2}, 0x4C0 + 20 + runtime.size(), std::size_t{2}}) append_u32(out, value);
  out.resize(0x20);
  append(out, td_report());
  out.resize(0x20 + HclReport::kHardwareReportSize);
  for (const std::size_t value : {20 + runtime.size(), std::size_t{1}, std::size_t{4}, std::size_t{1}, runtime.size()})
    append_u32(out, value);
  append(out, runtime);
  out.resize(kNvIndexBytes);
  return out;
}

Bytes AzureTdxMachine::td_report() const {
  const attestation::TdBody& body = platform.body;
  Bytes info(512);
  put(info, 0, little_endian(body.td_attributes));
  put(info, 8, little_endian(body.xfam));
  put(info, 16, body.mr_td);
  for (std::size_t i = 0; i < body.rtmrs.size(); ++i) put(info, 208 + 48 * i, body.rtmrs[i]);
  Bytes tcb_info(144, 0x5A);  // TEE_TCB_SVN2 the last; the rest is reserved
  tcb_info.resize(239);
  Bytes out(TdReport::kSize);
  out[0] = 0x81;
  put(out, 32, crypto::sha384({tcb_info}));
  put(out, 80, crypto::sha384({info}));
  put(out, 128, body.report_data);
  put(out, 256, tcb_info);
  put(out, 512, info);
  return out;
}

}  // namespace minions::attester
