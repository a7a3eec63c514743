#include "attestation/synthetic_nvidia.h"

#include <gtest/gtest.h>
#include <openssl/asn1.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "attestation/nvidia/spdm_report.h"
#include "attestation/nvidia/xml_signature.h"
#include "base/byte_io.h"
#include "base/encoding.h"
#include "crypto/hash.h"

namespace minions::attestation::nvidia {
namespace {

void need(bool fine, const char* what) {
  if (!fine) throw std::runtime_error(std::string("synthetic evidence: ") + what);
}

void add_extension(X509* certificate, const std::string& oid, const Bytes& der) {
  const std::unique_ptr<ASN1_OBJECT, decltype(&ASN1_OBJECT_free)> object(OBJ_txt2obj(oid.c_str(), 1), ASN1_OBJECT_free);
  const std::unique_ptr<ASN1_OCTET_STRING, decltype(&ASN1_OCTET_STRING_free)> data(ASN1_OCTET_STRING_new(),
                                                                                   ASN1_OCTET_STRING_free);
  ASN1_OCTET_STRING_set(data.get(), der.data(), static_cast<int>(der.size()));
  const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> extension(
      X509_EXTENSION_create_by_OBJ(nullptr, object.get(), 0, data.get()), X509_EXTENSION_free);
  need(extension && X509_add_ext(certificate, extension.get(), -1) == 1, "extension");
}

void add_constraints(X509* certificate, bool is_ca) {
  const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> extension(
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_basic_constraints, is_ca ? "critical,CA:TRUE" : "critical,CA:FALSE"),
      X509_EXTENSION_free);
  need(extension && X509_add_ext(certificate, extension.get(), -1) == 1, "constraints");
}

template <class Encode, class Object>
Bytes encoded(Encode encode, Object* object) {
  unsigned char* der = nullptr;
  const int length = encode(object, &der);
  need(length > 0, "encoding");
  Bytes bytes(der, der + length);
  OPENSSL_free(der);
  return bytes;
}

void append_le(Bytes& to, std::size_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) to.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}
std::size_t plus(std::size_t value, int error) { return value + static_cast<std::size_t>(error); }

Bytes der_value(std::uint8_t tag, const Bytes& contents) {
  Bytes out = {tag};
  if (contents.size() >= 0x80) out.push_back(0x81);
  out.push_back(static_cast<std::uint8_t>(contents.size()));
  append(out, contents);
  return out;
}
Bytes joined(std::initializer_list<Bytes> parts) {
  Bytes out;
  for (const Bytes& part : parts) append(out, part);
  return out;
}
Bytes der_fwid(const Bytes& fwid) {
  const Bytes sha384 = {0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02};
  return der_value(0x30, joined({sha384, der_value(0x04, fwid)}));
}

constexpr char kRootOpen[] = R"(<SoftwareIdentity xmlns="http://standards.iso.org/iso/19770/-2/2015/schema.xsd")"
                             R"( xmlns:n="http://www.w3.org/2001/04/xmlenc#sha384")";
constexpr char kRootClose[] = "</SoftwareIdentity>";

// A leaf, unless it is to be issued in another way.
Identity::Options issued_by(const Identity& issuer, Identity::Options options) {
  if (options.issuer == nullptr) options.issuer = &issuer;
  return options;
}

}  // namespace

Identity::Identity(const std::string& name, const Options& options)
    : key_(EVP_EC_gen(options.curve), EVP_PKEY_free), certificate_(X509_new(), X509_free) {
  X509* const certificate = certificate_.get();
  X509_set_version(certificate, X509_VERSION_3);
  static long serial = 0;
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
  ASN1_TIME_set(X509_getm_notBefore(certificate), options.not_before);
  ASN1_TIME_set(X509_getm_notAfter(certificate), options.not_after);
  X509_set_pubkey(certificate, key_.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  const Identity& issuer = options.issuer != nullptr ? *options.issuer : *this;
  X509_set_issuer_name(certificate, X509_get_subject_name(issuer.certificate_.get()));
  add_constraints(certificate, options.is_ca);
  for (const auto& [oid, der] : options.extensions) add_extension(certificate, oid, der);
  need(X509_sign(certificate, issuer.key_.get(), EVP_sha384()) > 0, "certificate");
}

Bytes Identity::sign(ByteView message) const {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  Bytes der(256);
  std::size_t length = der.size();
  need(EVP_DigestSignInit(context.get(), nullptr, EVP_sha384(), nullptr, key_.get()) == 1 &&
           EVP_DigestSign(context.get(), der.data(), &length, message.data(), message.size()) == 1,
       "signature");
  const unsigned char* at = der.data();
  const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> signature(
      d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(length)), ECDSA_SIG_free);
  const int half = (EVP_PKEY_get_bits(key_.get()) + 7) / 8;
  Bytes raw(static_cast<std::size_t>(2 * half));
  need(BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), raw.data(), half) == half &&
           BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), raw.data() + half, half) == half,
       "r and s");
  return raw;
}

Bytes Identity::answer(const Identity& subject, const Identity& issuer, const OcspParts& parts) const {
  const std::unique_ptr<OCSP_BASICRESP, decltype(&OCSP_BASICRESP_free)> basic(OCSP_BASICRESP_new(),
                                                                              OCSP_BASICRESP_free);
  OCSP_CERTID* const id =
      OCSP_cert_to_id(parts.sha1_id ? EVP_sha1() : EVP_sha384(), subject.certificate_.get(), issuer.certificate_.get());
  const auto time = [](UnixSeconds seconds) {
    return std::unique_ptr<ASN1_TIME, decltype(&ASN1_TIME_free)>(ASN1_GENERALIZEDTIME_set(nullptr, seconds),
                                                                 ASN1_TIME_free);
  };
  const auto this_update = time(parts.this_update);
  const auto next_update = time(parts.next_update);
  const bool revoked = parts.status == V_OCSP_CERTSTATUS_REVOKED;
  need(id != nullptr &&
           OCSP_basic_add1_status(basic.get(), id, parts.status, parts.reason, revoked ? this_update.get() : nullptr,
                                  this_update.get(), next_update.get()) != nullptr,
       "ocsp status");
  OCSP_CERTID_free(id);
  need(OCSP_basic_sign(basic.get(), certificate_.get(), key_.get(), EVP_sha384(), nullptr, 0) == 1, "ocsp signature");
  const std::unique_ptr<OCSP_RESPONSE, decltype(&OCSP_RESPONSE_free)> response(
      OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic.get()), OCSP_RESPONSE_free);
  return encoded(i2d_OCSP_RESPONSE, response.get());
}

Bytes Identity::der() const { return encoded(i2d_X509, certificate_.get()); }
Bytes Identity::spki() const { return encoded(i2d_PUBKEY, key_.get()); }
Digest32 Identity::sha256() const { return crypto::sha256(der()); }
std::string Identity::pem() const {
  return "-----BEGIN CERTIFICATE-----\n" + [&] {
    const std::string base64 = to_base64(der());
    std::string lines;
    for (std::size_t i = 0; i < base64.size(); i += 64) lines += base64.substr(i, 64) + "\n";
    return lines;
  }() + "-----END CERTIFICATE-----\n";
}

ReportParts::ReportParts() {
  for (std::uint8_t index = 1; index <= 64; ++index) blocks.push_back({index, Bytes(48, index)});
  opaque = {{opaque_field::kDriverVersion, to_bytes(std::string_view("550.1.02\0", 9))},
            {opaque_field::kVbiosVersion, {0x00, 0x9f, 0x00, 0x96, 0x01, 0x00, 0x00, 0x00}},
            {opaque_field::kNvdec0Status, {0x55}},
            {opaque_field::kProject, to_bytes(std::string_view("1010\0", 5))},
            {opaque_field::kFwid, Bytes(48, 0x77)},
            {opaque_field::kFeatureFlag, {2, 0}},
            {999, {1, 2, 3}}};
}

void ReportParts::drop_opaque(std::uint16_t type) {
  opaque.erase(std::remove_if(opaque.begin(), opaque.end(), [&](const auto& field) { return field.first == type; }),
               opaque.end());
}
void ReportParts::set_opaque(std::uint16_t type, const Bytes& data) {
  drop_opaque(type);
  opaque.emplace_back(type, data);
}

Bytes ReportParts::encode() const {
  Bytes record;
  for (const Block& block : blocks) {
    append(record, Bytes{block.index, block.specification});
    append_le(record, plus(block.value.size() + 3, block.size_error), 2);
    record.push_back(block.type);
    append_le(record, block.value.size(), 2);
    append(record, block.value);
  }
  Bytes fields;
  for (const auto& [type, data] : opaque) {
    append_le(fields, type, 2);
    append_le(fields, data.size(), 2);
    append(fields, data);
  }
  Bytes out = joined({request_head, nonce, {slot}, response_head});
  append_le(out, plus(blocks.size(), count_error), 1);
  append_le(out, plus(record.size(), record_error), 3);
  append(out, record);
  append(out, Bytes(32, 0x5A));
  append_le(out, plus(fields.size(), opaque_error), 2);
  append(out, fields);
  return out;
}

Bytes composite_device_id(const Bytes& fwid) {
  return der_value(0x30, joined({{0x02, 0x01, 0x01}, der_value(0x30, {0x05, 0x00}), der_fwid(fwid)}));
}
Bytes dice_tcb_info(const Bytes& fwid, std::uint8_t flags) {
  const Bytes fwids = joined({der_fwid(fwid), der_fwid(Bytes(48, 0))});
  return der_value(0x30, joined({der_value(0x80, {'N'}),
                                 {0x83, 0x01, 0x01},
                                 der_value(0xa6, fwids),
                                 der_value(0x87, {0, flags, 0, 0, 1}),
                                 {0x89, 0x01, 0}}));
}

RimSigner::RimSigner(const Identity::Options& leaf)
    : root_("RIM root", {}),
      ca_("RIM CA", {.issuer = &root_}),
      leaf_("RIM signer", issued_by(ca_, leaf)),
      roots_({root_.sha256()}) {}

std::vector<Bytes> RimSigner::answers(const Identity::OcspParts& about_signer,
                                      const Identity::OcspParts& about_ca) const {
  return {ca_.answer(leaf_, ca_, about_signer), root_.answer(ca_, root_, about_ca)};
}

std::string RimSigner::signature(const std::string& document, const Edit& edit) const {
  const auto element = [](std::string_view name, std::string_view algorithm) {
    return fmt::format(R"(<ds:{0} Algorithm="{1}"></ds:{0}>)", name, algorithm);
  };
  std::string info = element("CanonicalizationMethod", xml_algorithm::kC14n11) +
                     element("SignatureMethod", xml_algorithm::kEcdsaSha384) +
                     R"(<ds:Reference URI=""><ds:Transforms>)" + element("Transform", xml_algorithm::kEnveloped) +
                     element("Transform", xml_algorithm::kC14n11) + "</ds:Transforms>" +
                     element("DigestMethod", xml_algorithm::kSha384) + "<ds:DigestValue>" +
                     to_base64(crypto::sha384({as_bytes(document)})) + "</ds:DigestValue></ds:Reference>";
  if (edit) info = edit(info);
  // In canonical form the element bears the namespaces that the document around it declares.
  const std::string canonical =
      R"(<ds:SignedInfo xmlns="http://standards.iso.org/iso/19770/-2/2015/schema.xsd")"
      R"( xmlns:ds="http://www.w3.org/2000/09/xmldsig#" xmlns:n="http://www.w3.org/2001/04/xmlenc#sha384">)" +
      info + "</ds:SignedInfo>";
  std::string certificates;
  for (const Identity* identity : {&leaf_, &ca_, &root_})
    certificates += "<ds:X509Certificate>" + to_base64(identity->der()) + "\n</ds:X509Certificate>";
  return R"(<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo>)" + info +
         "</ds:SignedInfo><ds:SignatureValue>" + to_base64(leaf_.sign(as_bytes(canonical))) +
         "</ds:SignatureValue><ds:KeyInfo><ds:X509Data>" + certificates + "</ds:X509Data></ds:KeyInfo></ds:Signature>";
}

std::string RimSigner::sign(const std::string& document, const Edit& edit) const {
  std::string out = document;
  return out.insert(out.rfind(kRootClose), signature(document, edit));
}

std::string RimParts::document() const {
  std::string out = fmt::format(R"({} name="TEST" tagId="tag" version="1.0">)"
                                R"(<Meta colloquialVersion="{}" edition="GPU" product="TEST"></Meta><Payload>)",
                                kRootOpen, version);
  for (const auto& [index, resource] : resources) {
    out += fmt::format(R"(<Resource active="{}" alternatives="{}" index="{}" name="M_{}" size="48" type="Measurement")",
                       resource.active, resource.values.size(), index, index);
    for (std::size_t i = 0; i < resource.values.size(); ++i)
      out += fmt::format(R"( n:Hash{}="{}")", i, resource.values[i]);
    out += "></Resource>";
  }
  return out + "</Payload>" + kRootClose;
}

RimParts rim_of(const std::string& version, const std::vector<int>& indices) {
  RimParts rim;
  rim.version = version;
  for (const int index : indices) {
    rim.resources[index] = {"True", {std::string(96, '0'), to_hex(Bytes(48, static_cast<std::uint8_t>(index + 1)))}};
  }
  rim.resources[63] = {"False", {std::string(96, '0')}};
  return rim;
}

std::string costly_xml() {
  std::string xml = "<SoftwareIdentity xmlns=\"http://standards.iso.org/iso/19770-2/2015/schema.xsd\"";
  for (int i = 0; i < 60; ++i) xml += fmt::format(" xmlns:n{0}=\"urn:{0}\"", i);
  xml += ">";
  for (int i = 0; i < 2000; ++i) xml += "<n0:a n1:b=\"\" n2:b=\"\">                    </n0:a>";
  return xml + "</SoftwareIdentity>";
}

Gpu::Gpu() : leaf_extensions({{"2.23.133.5.4.1", composite_device_id(fwid)}}) {
  nonce.emplace().fill(0xA5);
  rules.ocsp.value = OcspMode::kOff;
  rims = {signer.sign(rim_of("550.1.02", {7, 21, 35}).document()),
          signer.sign(rim_of("96.00.9F.00.01", {0, 1, 9}).document())};
}

std::string Gpu::failure() {
  const Identity root("device root", {});
  const Identity other_root("device root", {});
  const Identity ca("device ca", {.issuer = &root});
  const Identity leaf("TEST A01 GSP FMC LF",
                      {.issuer = &ca, .is_ca = false, .not_after = leaf_not_after, .extensions = leaf_extensions});
  Bytes bytes = report.encode();
  append(bytes, leaf.sign(bytes));
  if (after_signing) after_signing(bytes);
  const std::vector<Digest32> roots = {(foreign_root ? other_root : root).sha256()};
  std::vector<Bytes> files;
  for (const std::string& rim : rims) files.push_back(to_bytes(rim));
  const auto verified = verify_nvidia_rims(files, now, signer.roots());
  const std::string pem = leaf.pem() + ca.pem() + root.pem() + chain_suffix;
  std::vector<Bytes> answers = ocsp ? ocsp(leaf, ca, root) : std::vector<Bytes>();
  const std::vector<Bytes> about_rims = rim_answers.value_or(ocsp ? signer.answers() : std::vector<Bytes>());
  answers.insert(answers.end(), about_rims.begin(), about_rims.end());
  OcspAnswers at_hand(answers, now);
  CheckList list("nvidia-gpu");
  key = verify_nvidia_gpu({.report = bytes,
                           .certificates = pem,
                           .rims = verified,
                           .ocsp = at_hand,
                           .nonce = nonce,
                           .rules = rules,
                           .now = now,
                           .leeway_s = leeway_s,
                           .roots = roots,
                           .token = token},
                          list);
  spki = leaf.spki();
  checks = std::move(list).take();
  return first_failure(checks);
}

const Check& Gpu::check(std::string_view name) const {
  for (const Check& check : checks) {
    if (check.id == "evidence.nvidia-gpu." + std::string(name)) return check;
  }
  ADD_FAILURE() << "no check " << name << " in\n" << to_text(checks);
  static const Check none;
  return none;
}

std::string first_failure(const std::vector<Check>& checks) {
  for (const Check& check : checks) {
    if (check.outcome == Outcome::kFail) return check.id.substr(check.id.find('.', check.id.find('.') + 1) + 1);
  }
  return checks.empty() ? "nothing judged" : "accepted";
}

std::string to_text(const std::vector<Check>& checks) {
  std::string text;
  for (const Check& check : checks) text += std::string(name_of(check.outcome)) + "  " + check.to_text() + "\n";
  return text;
}

}  // namespace minions::attestation::nvidia
