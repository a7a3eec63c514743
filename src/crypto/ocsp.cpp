#include "crypto/ocsp.h"

#include <fmt/format.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

#include "crypto/openssl.h"

namespace minions::crypto {
namespace {

constexpr std::size_t kMostResponseBytes = 64 * 1024;

using Id = OpensslPtr<OCSP_CERTID, OCSP_CERTID_free>;
// A sender may find an input that only our reader accepts.
Result<X509*> library_form(const Certificate& certificate) {
  X509* const form = certificate.library_form();
  if (form == nullptr) return fail(ErrorCode::kMalformed, certificate.subject_name() + ": OpenSSL does not read it");
  return form;
}

Result<Id> certificate_id(const Certificate& certificate, const Certificate& issuer, const EVP_MD* hash) {
  MINIONS_TRY_ASSIGN(X509* const subject, library_form(certificate));
  MINIONS_TRY_ASSIGN(X509* const above, library_form(issuer));
  Id id(OCSP_cert_to_id(hash, subject, above));
  if (id == nullptr)
    return fail(ErrorCode::kMalformed,
                fmt::format("{}: no OCSP identifier: {}", certificate.subject_name(), last_reason()));
  return id;
}

UnixSeconds seconds_of(const ASN1_GENERALIZEDTIME* time) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return 0;
  return timegm(&parts);
}

tl::unexpected<Error> tampered(std::string_view what) {
  return fail(ErrorCode::kTampered, fmt::format("ocsp response: {}", what));
}

// The certificate whose key signed, from the response or the issuer.
Result<Certificate> signer_of(OCSP_BASICRESP* response, const OcspQuestion& question) {
  const OpensslPtr<STACK_OF(X509), [](STACK_OF(X509) * stack) { sk_X509_free(stack); }> candidates(
      must(sk_X509_new_null()));
  MINIONS_TRY_ASSIGN(X509* const issuer, library_form(question.issuer));
  must(sk_X509_push(candidates.get(), issuer) > 0 ? 1 : 0);
  // Only the signature: the signer's authority is judged below.
  const bool good = OCSP_basic_verify(response, candidates.get(), nullptr, OCSP_NOVERIFY) == 1;
  if (!good) return tampered("its signature does not verify: " + last_reason());
  X509* signer = nullptr;
  if (OCSP_resp_get0_signer(response, &signer, candidates.get()) != 1) return tampered("it has no signer");
  unsigned char* der = nullptr;
  const int length = i2d_X509(signer, &der);
  if (length <= 0) openssl_failed();
  auto certificate = Certificate::from_der({der, static_cast<std::size_t>(length)});
  OPENSSL_free(der);
  return certificate;
}

bool is_for_ocsp(const Certificate& signer) {
  X509* const form = signer.library_form();
  return form != nullptr && (X509_get_extension_flags(form) & EXFLAG_XKUSAGE) != 0 &&
         (X509_get_extended_key_usage(form) & XKU_OCSP_SIGN) != 0;
}

// Issued directly by this authority.
Status check_issued_by(const Certificate& signer, const Certificate& authority, UnixSeconds now) {
  const Digest32 pin = authority.sha256();
  MINIONS_TRY(verify_path(signer, {&authority, 1}, {.roots = {&pin, 1}, .now = now}));
  return {};
}

// A signer issued by the certificate in question, or below it, would vouch for itself.
Status judge_signer(const Certificate& signer, const OcspQuestion& question) {
  if (signer.der() == question.issuer.der()) return {};
  if (!is_for_ocsp(signer)) return tampered(fmt::format("{} may not sign answers", signer.subject_name()));
  if (Status leaf = check_end_entity(signer); !leaf) return fail(std::move(leaf).error().in("ocsp response: signer"));
  if (check_issued_by(signer, question.root, question.now)) return {};
  Status issued = check_issued_by(signer, question.issuer, question.now);
  if (issued) return {};
  auto error = tampered(fmt::format("signer: want {} or one that it or the root delegated, found {} of {}: {}",
                                    question.issuer.subject_name(), signer.subject_name(), signer.issuer_name(),
                                    issued.error().detail));
  return fail(std::move(error).value().because(issued.error().cause));
}

OcspAnswer::Status status_of(int status, int reason) {
  switch (status) {
    case V_OCSP_CERTSTATUS_GOOD: return OcspAnswer::Status::kGood;
    case V_OCSP_CERTSTATUS_REVOKED:
      return reason == OCSP_REVOKED_STATUS_CERTIFICATEHOLD ? OcspAnswer::Status::kOnHold : OcspAnswer::Status::kRevoked;
    default: return OcspAnswer::Status::kUnknown;
  }
}

// Accepts any hash for naming the certificate: an answer that uses another hash is valid too.
bool is_about(const OCSP_SINGLERESP* single, const OcspQuestion& question, const ASN1_INTEGER* serial) {
  const OCSP_CERTID* const theirs = OCSP_SINGLERESP_get0_id(single);
  ASN1_OBJECT* algorithm = nullptr;
  ASN1_INTEGER* their_serial = nullptr;
  // The library's getter does not modify it.
  if (OCSP_id_get0_info(nullptr, &algorithm, nullptr, &their_serial, const_cast<OCSP_CERTID*>(theirs)) != 1)
    return false;
  // Cheap, and enough for nearly all: a response may have thousands of answers.
  if (ASN1_INTEGER_cmp(serial, their_serial) != 0) return false;
  const EVP_MD* const hash = EVP_get_digestbyobj(algorithm);
  if (hash == nullptr) return false;
  const auto ours = certificate_id(question.certificate, question.issuer, hash);
  return ours && OCSP_id_cmp(ours->get(), theirs) == 0;
}

// What it states, signed or not.
std::optional<OcspAnswer> find_answer(OCSP_BASICRESP* response, const OcspQuestion& question) {
  std::optional<OcspAnswer> worst;
  const auto form = library_form(question.certificate);
  if (!form) return worst;
  const ASN1_INTEGER* const serial = X509_get0_serialNumber(*form);
  for (int i = 0; i < OCSP_resp_count(response); ++i) {
    OCSP_SINGLERESP* const single = OCSP_resp_get0(response, i);
    if (!is_about(single, question, serial)) continue;
    int reason = -1;
    ASN1_GENERALIZEDTIME* this_update = nullptr;
    ASN1_GENERALIZEDTIME* next_update = nullptr;
    const int status = OCSP_single_get0_status(single, &reason, nullptr, &this_update, &next_update);
    const OcspAnswer answer{status_of(status, reason), seconds_of(this_update), seconds_of(next_update)};
    if (!worst || answer.status > worst->status) worst = answer;
  }
  ERR_clear_error();
  return worst;
}

}  // namespace

Result<Bytes> ocsp_request(const Certificate& certificate, const Certificate& issuer) {
  MINIONS_TRY_ASSIGN(Id id, certificate_id(certificate, issuer, EVP_sha384()));
  const OpensslPtr<OCSP_REQUEST, OCSP_REQUEST_free> request(must(OCSP_REQUEST_new()));
  must(OCSP_request_add0_id(request.get(), id.release()));
  unsigned char* der = nullptr;
  const int length = i2d_OCSP_REQUEST(request.get(), &der);
  if (length <= 0) openssl_failed();
  Bytes bytes(der, der + length);
  OPENSSL_free(der);
  return bytes;
}

Result<OcspResponse> OcspResponse::parse(ByteView der) {
  if (der.size() > kMostResponseBytes)
    return fail(ErrorCode::kTooLarge, fmt::format("ocsp response: {} bytes", der.size()));
  const unsigned char* at = der.data();
  const OpensslPtr<OCSP_RESPONSE, OCSP_RESPONSE_free> response(
      d2i_OCSP_RESPONSE(nullptr, &at, static_cast<long>(der.size())));
  if (response == nullptr || at != der.data() + der.size())
    return fail(ErrorCode::kMalformed, "ocsp response: not one in DER: " + last_reason());
  const int status = OCSP_response_status(response.get());
  if (status != OCSP_RESPONSE_STATUS_SUCCESSFUL)
    return fail(ErrorCode::kMalformed, fmt::format("ocsp response: status {}", OCSP_response_status_str(status)));
  std::shared_ptr<OCSP_BASICRESP> basic(OCSP_response_get1_basic(response.get()), OCSP_BASICRESP_free);
  if (basic == nullptr) return fail(ErrorCode::kMalformed, "ocsp response: no answer in it: " + last_reason());
  return OcspResponse(std::move(basic));
}

bool OcspResponse::speaks_of(const OcspQuestion& question) const {
  return find_answer(basic_.get(), question).has_value();
}

Result<OcspAnswer> OcspResponse::about(const OcspQuestion& question) const {
  const auto answer = find_answer(basic_.get(), question);
  if (!answer) return fail(ErrorCode::kNotFound, "ocsp response: it speaks of other certificates");
  MINIONS_TRY_ASSIGN(const Certificate signer, signer_of(basic_.get(), question));
  MINIONS_TRY(judge_signer(signer, question));
  return *answer;
}

}  // namespace minions::crypto
