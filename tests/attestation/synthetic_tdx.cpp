#include "attestation/synthetic_tdx.h"

#include <sstream>

#include "crypto/hash.h"

namespace minions::attestation::tdx {
namespace {

template <std::unsigned_integral T>
void append_le(Bytes& to, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) to.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}
void put(Bytes& to, std::size_t offset, ByteView field) {
  std::copy(field.begin(), field.end(), to.begin() + static_cast<std::ptrdiff_t>(offset));
}
template <std::unsigned_integral T>
void put_le(Bytes& to, std::size_t offset, T value) {
  Bytes bytes;
  append_le(bytes, value);
  put(to, offset, bytes);
}

// 1.2.840.113741.1.13.1 and what is below it.
Bytes pck_identifier(const std::string& below) {
  Bytes out = {0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d, 0x01};
  std::istringstream parts(below);
  for (std::string part; std::getline(parts, part, '.');) out.push_back(static_cast<std::uint8_t>(std::stoi(part)));
  return der_value(0x06, out);
}

Bytes der_integer(std::uint16_t value) {
  Bytes bytes = {0, static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)};
  while (bytes.size() > 1 && bytes[0] == 0 && bytes[1] < 0x80) bytes.erase(bytes.begin());
  return der_value(0x02, bytes);
}

Bytes body_bytes(const TdBody& body, std::uint16_t type) {
  Bytes out(type == 2 ? 584 : 648);
  put(out, 0, body.tee_tcb_svn);
  put(out, 16, body.mr_seam);
  put(out, 64, body.mr_signer_seam);
  put(out, 112, body.seam_attributes);
  put_le(out, 120, body.td_attributes);
  put_le(out, 128, body.xfam);
  put(out, 136, body.mr_td);
  put(out, 184, body.mr_config_id);
  put(out, 232, body.mr_owner);
  put(out, 280, body.mr_owner_config);
  for (std::size_t i = 0; i < 4; ++i) put(out, 328 + 48 * i, body.rtmrs[i]);
  put(out, 520, body.report_data);
  if (type == 3) {
    put(out, 584, body.tee_tcb_svn2.value_or(ByteArray<16>{}));
    put(out, 600, body.mr_service_td.value_or(Measurement{}));
  }
  return out;
}

Bytes report_bytes(const EnclaveReport& report, ByteView report_data) {
  Bytes out(384);
  put(out, 0, report.cpu_svn);
  put(out, 16, report.misc_select);
  put(out, 48, report.attributes);
  put(out, 64, report.mr_enclave);
  put(out, 128, report.mr_signer);
  put_le(out, 256, report.isv_prod_id);
  put_le(out, 258, report.isv_svn);
  put(out, 320, report_data);
  return out;
}

Bytes signed_part(const Platform& platform) {
  Bytes out;
  append_le(out, platform.version);
  append_le(out, std::uint16_t{2});
  append_le(out, std::uint32_t{0x81});
  append_le(out, std::uint32_t{0});
  append(out, from_hex("939a7233f79c4ca9940a0db3957f0607").value());
  append(out, Bytes(20, 0x55));
  const Bytes body = body_bytes(platform.body, platform.body_type);
  if (platform.version == 5) {
    append_le(out, platform.body_type);
    append_le(out, static_cast<std::uint32_t>(body.size()));
  }
  append(out, body);
  platform.change_signed_part(out);
  return out;
}

Bytes quote_bytes(const Platform& platform, const std::string& chain) {
  const Bytes key = platform.attestation_key->point();
  ByteArray<64> bound{};
  const Digest32 digest = crypto::sha256({key, platform.auth_data});
  std::copy(digest.begin(), digest.end(), bound.begin());
  const Bytes report = report_bytes(platform.qe, platform.qe_report_data.value_or(bound));
  Bytes certification = report;
  append(certification, platform.qe_report_signer->sign(report));
  append_le(certification, static_cast<std::uint16_t>(platform.auth_data.size()));
  append(certification, platform.auth_data);
  append_le(certification, std::uint16_t{5});
  append_le(certification, static_cast<std::uint32_t>(chain.size()));
  append(certification, chain);
  platform.change_certification(certification);

  Bytes quote = signed_part(platform);
  Bytes signature = platform.quote_signer->sign(quote);
  append(signature, key);
  append_le(signature, std::uint16_t{6});
  append_le(signature, static_cast<std::uint32_t>(certification.size()));
  append(signature, certification);
  append_le(quote, static_cast<std::uint32_t>(signature.size()));
  append(quote, signature);
  return quote;
}

nlohmann::ordered_json svns(const ByteArray<16>& values) {
  auto list = nlohmann::ordered_json::array();
  for (const std::uint8_t value : values) list.push_back({{"svn", value}, {"category", "a ] } \" , category"}});
  return list;
}

nlohmann::ordered_json level(const ByteArray<16>& sgx, unsigned pce_svn, const ByteArray<16>& td,
                             std::string_view status) {
  return {{"tcb", {{"sgxtcbcomponents", svns(sgx)}, {"pcesvn", pce_svn}, {"tdxtcbcomponents", svns(td)}}},
          {"tcbDate", "2024-03-13T00:00:00Z"},
          {"tcbStatus", status}};
}

nlohmann::ordered_json isv_level(unsigned svn, std::string_view status) {
  return {{"tcb", {{"isvsvn", svn}}}, {"tcbDate", "2024-03-13T00:00:00Z"}, {"tcbStatus", status}};
}

nlohmann::ordered_json module_identity() {
  return {
      {"mrsigner", std::string(96, '0')}, {"attributes", "0000000000000000"}, {"attributesMask", "FFFFFFFFFFFFFFFF"}};
}

nlohmann::ordered_json default_tcb_info() {
  nlohmann::ordered_json module = module_identity();
  module["id"] = "TDX_01";
  module["tcbLevels"] = {isv_level(4, "UpToDate"), isv_level(2, "OutOfDate")};
  const ByteArray<16> better = {7, 7, 2, 2, 3, 1, 0, 3};
  const ByteArray<16> worse = {6, 6, 2, 2, 3, 1, 0, 3};
  nlohmann::ordered_json old = level(worse, 11, {3, 0, 6}, "OutOfDate");
  old["advisoryIDs"] = {"INTEL-SA-00960", "INTEL-SA-00982"};
  return {{"id", "TDX"},
          {"version", 3},
          {"issueDate", "2025-08-01T00:00:00Z"},
          {"nextUpdate", "2025-08-31T00:00:00Z"},
          {"fmspc", "00806F050000"},
          {"pceId", "0000"},
          {"tcbType", 0},
          {"tcbEvaluationDataNumber", 17},
          {"tdxModule", module_identity()},
          {"tdxModuleIdentities", {module}},
          {"tcbLevels", {level(better, 11, {5, 0, 7}, "UpToDate"), old}}};
}

nlohmann::ordered_json default_qe_identity() {
  return {{"id", "TD_QE"},
          {"version", 2},
          {"issueDate", "2025-08-01T00:00:00Z"},
          {"nextUpdate", "2025-08-31T00:00:00Z"},
          {"tcbEvaluationDataNumber", 17},
          {"miscselect", "00000000"},
          {"miscselectMask", "FFFFFFFF"},
          {"attributes", "11000000000000000000000000000000"},
          {"attributesMask", "FBFFFFFFFFFFFFFF0000000000000000"},
          {"mrsigner", std::string(64, 'C')},
          {"isvprodid", 2},
          {"tcbLevels", {isv_level(4, "UpToDate"), isv_level(3, "OutOfDate")}}};
}

// Made once: what a key is plays no role in the tests.
const SigningKey& shared_key(std::size_t index) {
  static const std::array<SigningKey, 5> keys;
  return keys.at(index);
}

}  // namespace

Bytes der_value(std::uint8_t tag, ByteView contents) {
  Bytes out = {tag};
  if (contents.size() >= 0x80) {
    out.push_back(0x82);
    out.push_back(static_cast<std::uint8_t>(contents.size() >> 8));
    if (contents.size() < 0x100) {
      out[1] = 0x81;
      out.pop_back();
    }
  }
  out.push_back(static_cast<std::uint8_t>(contents.size()));
  append(out, contents);
  return out;
}

PckItems tcb_items(const PckExtension& pck) {
  PckItems items;
  for (std::size_t i = 0; i < pck.components.size(); ++i)
    items.emplace_back("2." + std::to_string(i + 1), der_integer(pck.components[i]));
  items.emplace_back("2.17", der_integer(pck.pce_svn));
  items.emplace_back("2.18", der_value(0x04, pck.cpu_svn));
  return items;
}

PckItems pck_items(const PckExtension& pck, const PckItems& tcb) {
  return {{"1", der_value(0x04, pck.ppid)},
          {"2", pck_der(tcb)},
          {"3", der_value(0x04, pck.pce_id)},
          {"4", der_value(0x04, pck.fmspc)},
          {"5", der_value(0x0a, Bytes{pck.sgx_type})}};
}

Bytes pck_der(const PckItems& items) {
  Bytes contents;
  for (const auto& [below, value] : items) {
    Bytes item = pck_identifier(below);
    append(item, value);
    append(contents, der_value(0x30, item));
  }
  return der_value(0x30, contents);
}

std::string signed_json(std::string_view name, const std::string& object, const SigningKey& signer) {
  return "{\"" + std::string(name) + "\":" + object + ",\"signature\":\"" + to_hex(signer.sign(as_bytes(object))) +
         "\"}";
}

Bytes td_report(const TdBody& body) {
  constexpr std::size_t kTcbInfo = 256, kTcbInfoSize = 239, kTdInfo = 512;
  constexpr std::size_t kTcbInfoUsed = 144;  // TEE_TCB_SVN2 the last; the rest is reserved
  Bytes out(1024);
  out[0] = 0x81;
  put(out, 128, body.report_data);
  put(out, kTcbInfo, Bytes(kTcbInfoUsed, 0x31));
  put_le(out, kTdInfo, body.td_attributes);
  put_le(out, kTdInfo + 8, body.xfam);
  put(out, kTdInfo + 16, body.mr_td);
  put(out, kTdInfo + 64, body.mr_config_id);
  put(out, kTdInfo + 112, body.mr_owner);
  put(out, kTdInfo + 160, body.mr_owner_config);
  for (std::size_t i = 0; i < 4; ++i) put(out, kTdInfo + 208 + 48 * i, body.rtmrs[i]);
  put(out, 32, crypto::sha384({ByteView(out).subspan(kTcbInfo, kTcbInfoSize)}));
  put(out, 80, crypto::sha384({ByteView(out).subspan(kTdInfo)}));
  return out;
}

Platform::Platform()
    : tcb_info(default_tcb_info()),
      qe_identity(default_qe_identity()),
      root_key(&shared_key(0)),
      ca_key(&shared_key(1)),
      pck_key(&shared_key(2)),
      signer_key(&shared_key(3)),
      attestation_key(&shared_key(4)),
      ca_issuer(root_key),
      leaf_issuer(ca_key),
      signer_issuer(root_key),
      qe_report_signer(pck_key),
      quote_signer(attestation_key),
      tcb_info_signer(signer_key),
      qe_identity_signer(signer_key),
      root_crl_signer(root_key),
      pck_crl_signer(ca_key) {
  body.tee_tcb_svn = {8, 1, 8};
  body.td_attributes = td_attribute::kSeptVeDisable;
  body.xfam = 0xe7;
  body.mr_td.fill(0x11);
  for (std::size_t i = 0; i < 4; ++i) body.rtmrs[i].fill(static_cast<std::uint8_t>(0x20 + i));
  body.report_data.fill(0x77);
  qe.attributes = {0x15, 0, 0, 0, 0, 0, 0, 0, 0xe7};
  qe.mr_signer.fill(0xcc);
  qe.isv_prod_id = 2;
  qe.isv_svn = 6;
  pck.ppid.fill(0x99);
  pck.components = {8, 8, 2, 2, 4, 1, 0, 6};
  pck.pce_svn = 11;
  pck.cpu_svn = pck.components;
  pck.fmspc = {0x00, 0x80, 0x6f, 0x05, 0x00, 0x00};
  pck.sgx_type = 1;
}

TdxEvidence Platform::evidence() const {
  const IssuedCertificate root_certificate = certify(root, *root_key, root.name, *root_key);
  const std::string ca_pem = certify(ca, *ca_key, root.name, *ca_issuer).pem;
  CertificateParts leaf_parts = leaf;
  const Bytes extension = pck_extension.value_or(pck_der(pck_items(pck, tcb_items(pck))));
  if (!extension.empty()) leaf_parts.extensions[PckExtension::kOid] = extension;
  const std::string leaf_pem = certify(leaf_parts, *pck_key, ca.name, *leaf_issuer).pem;
  const std::string signer_pem = certify(signer, *signer_key, root.name, *signer_issuer).pem;
  const Bytes issuer_chain = to_bytes(signer_pem + root_certificate.pem);

  TdxEvidence out;
  out.quote = quote_bytes(*this, leaf_pem + ca_pem + root_certificate.pem);
  out.collateral["tcb_info"] = {to_bytes(signed_json("tcbInfo", tcb_info.dump(), *tcb_info_signer))};
  out.collateral["tcb_info_issuer_chain"] = {issuer_chain};
  out.collateral["qe_identity"] = {to_bytes(signed_json("enclaveIdentity", qe_identity.dump(), *qe_identity_signer))};
  out.collateral["qe_identity_issuer_chain"] = {issuer_chain};
  out.collateral["root_ca_crl"] = {revocation_list(root_crl, root.name, *root_crl_signer)};
  out.collateral["pck_crl"] = {revocation_list(pck_crl, ca.name, *pck_crl_signer)};
  out.now = kNow;
  out.roots = {root_certificate.sha256};
  return out;
}

}  // namespace minions::attestation::tdx
