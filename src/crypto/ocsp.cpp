#include "crypto/ocsp.h"

#include <fmt/format.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

#include "crypto/openssl.h"

namespace minions::crypto {
namespace {

constexpr std::size_t kMostResponseBytes = 64 * 1024;

using Id = OpensslPtr<OCSP_CERTID, OCSP_CERTID_free>;
using Parsed = OpensslPtr<X509, X509_free>;

// From its bytes: those of a Certificate stay its own. Whoever sends it may find one that only our reader takes.
Result<Parsed> parsed(const Certificate& certificate) {
  const unsigned char* at = certificate.der().data();
  Parsed read(d2i_X509(nullptr, &at, static_cast<long>(certificate.der().size())));
  if (read == nullptr)
    return fail(ErrorCode::kMalformed, fmt::format("{}: {}", certificate.subject_name(), last_reason()));
  return read;
}

Result<Id> certificate_id(const Certificate& certificate, const Certificate& issuer) {
  MINIONS_TRY_ASSIGN(const Parsed subject, parsed(certificate));
  MINIONS_TRY_ASSIGN(const Parsed above, parsed(issuer));
  Id id(OCSP_cert_to_id(EVP_sha384(), subject.get(), above.get()));
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

struct Response {
  OpensslPtr<OCSP_BASICRESP, OCSP_BASICRESP_free> basic;

  static Result<Response> parse(ByteView der) {
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
    Response out{decltype(Response::basic)(OCSP_response_get1_basic(response.get()))};
    if (out.basic == nullptr) return fail(ErrorCode::kMalformed, "ocsp response: no answer in it: " + last_reason());
    return out;
  }
};

// The certificate whose key signed, out of the response or the issuer.
Result<Certificate> signer_of(const Response& response, const OcspQuestion& question) {
  const OpensslPtr<STACK_OF(X509), [](STACK_OF(X509) * stack) { sk_X509_free(stack); }> candidates(
      must(sk_X509_new_null()));
  MINIONS_TRY_ASSIGN(const Parsed issuer, parsed(question.issuer));
  must(sk_X509_push(candidates.get(), issuer.get()) > 0 ? 1 : 0);
  // The signature alone: what the signer is worth is judged below.
  const bool good = OCSP_basic_verify(response.basic.get(), candidates.get(), nullptr, OCSP_NOVERIFY) == 1;
  if (!good) return tampered("its signature does not verify: " + last_reason());
  X509* signer = nullptr;
  if (OCSP_resp_get0_signer(response.basic.get(), &signer, candidates.get()) != 1) return tampered("it has no signer");
  unsigned char* der = nullptr;
  const int length = i2d_X509(signer, &der);
  if (length <= 0) openssl_failed();
  auto certificate = Certificate::from_der({der, static_cast<std::size_t>(length)});
  OPENSSL_free(der);
  return certificate;
}

Status judge_signer(const Certificate& signer, const OcspQuestion& question) {
  if (signer.der() == question.issuer.der()) return {};
  MINIONS_TRY_ASSIGN(const Parsed certificate, parsed(signer));
  const bool for_ocsp = (X509_get_extension_flags(certificate.get()) & EXFLAG_XKUSAGE) != 0 &&
                        (X509_get_extended_key_usage(certificate.get()) & XKU_OCSP_SIGN) != 0;
  if (!for_ocsp) return tampered(fmt::format("{} may not sign answers", signer.subject_name()));
  std::vector<Certificate> others(question.others.begin(), question.others.end());
  others.push_back(question.issuer);
  const auto path = verify_path(signer, others, question.rules);
  if (!path) return fail(Error(path.error()).in("ocsp response: signer"));
  return {};
}

OcspAnswer::Status status_of(int status) {
  switch (status) {
    case V_OCSP_CERTSTATUS_GOOD: return OcspAnswer::Status::kGood;
    case V_OCSP_CERTSTATUS_REVOKED: return OcspAnswer::Status::kRevoked;
    default: return OcspAnswer::Status::kUnknown;
  }
}

}  // namespace

Result<Bytes> ocsp_request(const Certificate& certificate, const Certificate& issuer) {
  MINIONS_TRY_ASSIGN(Id id, certificate_id(certificate, issuer));
  const OpensslPtr<OCSP_REQUEST, OCSP_REQUEST_free> request(must(OCSP_REQUEST_new()));
  must(OCSP_request_add0_id(request.get(), id.release()));
  unsigned char* der = nullptr;
  const int length = i2d_OCSP_REQUEST(request.get(), &der);
  if (length <= 0) openssl_failed();
  Bytes bytes(der, der + length);
  OPENSSL_free(der);
  return bytes;
}

Result<OcspAnswer> verify_ocsp_response(ByteView der, const OcspQuestion& question) {
  MINIONS_TRY_ASSIGN(const Response response, Response::parse(der));
  MINIONS_TRY_ASSIGN(const Id id, certificate_id(question.certificate, question.issuer));
  int status = 0;
  ASN1_GENERALIZEDTIME* this_update = nullptr;
  ASN1_GENERALIZEDTIME* next_update = nullptr;
  const bool found =
      OCSP_resp_find_status(response.basic.get(), id.get(), &status, nullptr, nullptr, &this_update, &next_update) == 1;
  ERR_clear_error();
  if (!found) return fail(ErrorCode::kNotFound, "ocsp response: it speaks of other certificates");
  MINIONS_TRY_ASSIGN(const Certificate signer, signer_of(response, question));
  MINIONS_TRY(judge_signer(signer, question));
  return OcspAnswer{status_of(status), seconds_of(this_update), seconds_of(next_update)};
}

}  // namespace minions::crypto
