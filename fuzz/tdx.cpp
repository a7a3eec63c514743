// What a TDX platform and Intel's service send: quotes, TCB info, the identity of the quoting enclave, and the
// extension of PCK certificates. The first byte says which.
#include "attestation/intel/tdx.h"

#include <nlohmann/json.hpp>

#include "attestation/intel/tdx_collateral.h"
#include "attestation/intel/tdx_tcb.h"
#include "fuzz/fuzz.h"

namespace minions::fuzz {
namespace {

using namespace attestation;

constexpr std::size_t kFixedCertification = 384 + 64 + 2 + 6;  // around the authentication data and the certificates

void check_quote(ByteView input) {
  const TdxRules policy;
  CheckList checks("tdx");
  const auto body = verify_tdx({.quote = input, .collateral = {}, .policy = policy}, checks);
  require(!body && checks.any_failed(), "nothing is signed under Intel's root before 2018");
  const auto quote = TdxQuote::parse(input);
  if (!quote) return;
  require(quote->signed_part.size() == (quote->version == 4     ? 632U
                                        : quote->body_type == 2 ? 638U
                                                                : 702U),
          "header and body have a fixed size");
  require(quote->signed_part.size() + 4 + 64 + 64 + 6 + kFixedCertification + quote->qe_auth_data.size() +
                  quote->pck_chain_pem.size() + quote->trailing_bytes ==
              input.size(),
          "every byte of a quote belongs to one field");
  require(quote->body.mr_service_td.has_value() == (quote->body_type == 3), "body 3 has the fields of TD 1.5");
}

void check_standing(const TcbStanding& standing) {
  require(!name_of(standing.status).empty(), "every status has a name");
  for (const std::string& id : standing.advisories) require(id.size() <= 32, "advisories are short");
}

void check_tcb_info(const Json& object, ByteView input) {
  const auto info = TcbInfo::parse(object);
  if (!info) return;
  PckExtension pck;
  TdBody body;
  std::copy_n(input.begin(), std::min<std::size_t>(input.size(), 16), pck.components.begin());
  std::copy_n(input.rbegin(), std::min<std::size_t>(input.size(), 16), body.tee_tcb_svn.begin());
  if (const auto standing = platform_standing(*info, pck, body)) check_standing(*standing);
  for (const PlatformTcbLevel& level : info->levels) check_standing(level.standing);
  const auto module = identify_module(*info, body);
  if (module) require((*module)->mr_signer == body.mr_signer_seam, "a module is known by its signer");
}

void check_identity(const Json& object) {
  const auto identity = QeIdentity::parse(object);
  if (!identity) return;
  TcbStatus status = TcbStatus::kUpToDate;
  for (const IsvTcbLevel& level : identity->levels) {
    status = worst(status, level.standing.status);
    require(!name_of(status).empty(), "the union of two statuses has a name");
  }
}

void check_json(std::uint8_t choice, ByteView input) {
  const auto object = parse_strict_json(as_text(input));
  if (!object) return;
  if (choice == 1) {
    check_tcb_info(*object, input);
  } else {
    check_identity(*object);
  }
}

}  // namespace
}  // namespace minions::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace minions;
  ByteView input(data, size);
  const std::uint8_t choice = fuzz::take_byte(input) % 4;
  if (choice == 0) fuzz::check_quote(input);
  if (choice == 1 || choice == 2) fuzz::check_json(choice, input);
  if (choice == 3) (void)attestation::PckExtension::parse(input);
  return 0;
}
