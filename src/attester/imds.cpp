#include "attester/imds.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/encoding.h"
#include "crypto/certificate.h"

namespace minions::attester {
namespace {

constexpr std::string_view kName = "imds";
constexpr std::chrono::milliseconds kTime{3'000};

// This header distinguishes the request from those a browser could be made to send; IMDS refuses it without.
net::Header metadata_header() { return {"Metadata", "true"}; }

Status check_certificates(std::string_view member, const std::string& pem, std::size_t want) {
  const auto certificates = crypto::Certificate::from_pem(pem);
  if (!certificates) return fail(Error(certificates.error()).in(fmt::format("{}: {}", kName, member)));
  if (certificates->size() == want) return {};
  return fail(ErrorCode::kMalformed,
              fmt::format("{}: {}: want {} certificates, found {}", kName, member, want, certificates->size()));
}

}  // namespace

Result<AmdCertification> Imds::amd_certification() const {
  const net::FetchRequest request{
      .url = address_ + "/metadata/THIM/amd/certification", .headers = {metadata_header()}, .time = kTime};
  MINIONS_TRY_ASSIGN(const Json answer, call_json_service(access_, kName, request));
  AmdCertification out;
  MINIONS_TRY_ASSIGN(out.vcek_pem, string_member(answer, "vcekCert"));
  MINIONS_TRY_ASSIGN(out.chain_pem, string_member(answer, "certificateChain"));
  MINIONS_TRY(check_certificates("vcekCert", out.vcek_pem, 1));
  MINIONS_TRY(check_certificates("certificateChain", out.chain_pem, 2));
  return out;
}

Result<Bytes> Imds::td_quote(ByteView td_report) const {
  const net::FetchRequest request{
      .url = address_ + "/acc/tdquote",
      .method = "POST",
      .headers = {metadata_header(), {"Content-Type", "application/json"}},
      .body = to_bytes(Json{{"report", to_base64url(td_report)}}.dump()),
      .time = kTime,
  };
  MINIONS_TRY_ASSIGN(const Json answer, call_json_service(access_, kName, request));
  auto quote = base64_of_service(answer, "quote");
  if (!quote) return fail(std::move(quote).error().in(fmt::format("{}: {}", kName, request.url)));
  return quote;
}

}  // namespace minions::attester
