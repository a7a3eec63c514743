// What Intel publishes about its platforms (Provisioning Certification Service, API version 4): TCB info, identity of
// the TD quoting enclave, and the SGX extension of PCK certificates. Signatures cover the exact bytes of the JSON
// object. Judges no quote.
#pragma once

#include "attestation/policy/policy.h"
#include "base/json.h"
#include "base/time.h"
#include "crypto/certificate.h"

namespace minions::attestation {

// The error of a missing piece.
[[nodiscard]] Error not_served();

// Bits, so that the state of several parts is their union.
enum class TcbStatus : std::uint8_t {
  kUpToDate = 0,
  kSwHardeningNeeded = 1,
  kConfigurationNeeded = 2,
  kConfigurationAndSwHardeningNeeded = 3,
  kOutOfDate = 4,
  kOutOfDateConfigurationNeeded = 6,
  kRevoked = 8,
  // For a TD that was launched under a module now out of date, since replaced by an up-to-date one. Found by Intel's
  // verifier (TDRelaunchCheck); no level has it.
  kTdRelaunchAdvised = 16,
  kTdRelaunchAdvisedConfigurationNeeded = 18,
};
[[nodiscard]] std::string_view name_of(TcbStatus status);  // as Intel spells it
[[nodiscard]] std::optional<TcbStatus> tcb_status_named(std::string_view name);

// What Intel states about one TCB level.
struct TcbStanding {
  TcbStatus status = TcbStatus::kRevoked;
  UnixSeconds date = 0;                 // no weakness known by then is open at this level
  std::vector<std::string> advisories;  // INTEL-SA-...
};

// The level of an enclave or of a TDX module.
struct IsvTcbLevel {
  std::uint16_t isv_svn = 0;  // at least
  TcbStanding standing;
};
struct PlatformTcbLevel {
  ByteArray<16> sgx_components{};  // each at least
  std::uint16_t pce_svn = 0;
  ByteArray<16> tdx_components{};
  TcbStanding standing;
};

struct TdxModuleIdentity {
  std::string id;  // TDX_ and the major version in two hex digits; empty for modules of version 0
  Measurement mr_signer{};
  ByteArray<8> attributes{};
  ByteArray<8> attributes_mask{};
  std::vector<IsvTcbLevel> levels;  // best first; none for version 0, which tdx_components cover
};

struct TcbInfo {
  UnixSeconds issue_date = 0;
  UnixSeconds next_update = 0;
  ByteArray<6> fmspc{};  // the family of platforms
  ByteArray<2> pce_id{};
  std::uint64_t evaluation_number = 0;
  TdxModuleIdentity module_0;
  std::vector<TdxModuleIdentity> modules;
  std::vector<PlatformTcbLevel> levels;  // best first

  // The value of `tcbInfo`: id TDX, version 3.
  [[nodiscard]] static Result<TcbInfo> parse(const Json& object);
};

struct QeIdentity {
  UnixSeconds issue_date = 0;
  UnixSeconds next_update = 0;
  std::uint64_t evaluation_number = 0;
  ByteArray<4> misc_select{};
  ByteArray<4> misc_select_mask{};
  ByteArray<16> attributes{};
  ByteArray<16> attributes_mask{};
  Digest32 mr_signer{};
  std::uint16_t isv_prod_id = 0;
  std::vector<IsvTcbLevel> levels;

  // The value of `enclaveIdentity`: id TD_QE, version 2.
  [[nodiscard]] static Result<QeIdentity> parse(const Json& object);
};

// Extension 1.2.840.113741.1.13.1 of a PCK certificate: the platform, and the TCB of its key.
struct PckExtension {
  static constexpr const char* kOid = "1.2.840.113741.1.13.1";

  ByteArray<16> ppid{};        // .1
  ByteArray<16> components{};  // .2.1 to .2.16: SVNs of the parts of the SGX TCB
  std::uint16_t pce_svn = 0;   // .2.17
  ByteArray<16> cpu_svn{};     // .2.18
  ByteArray<2> pce_id{};       // .3
  ByteArray<6> fmspc{};        // .4
  std::uint8_t sgx_type = 0;   // .5: 0 standard, 1 scalable

  // Items beyond these are skipped.
  [[nodiscard]] static Result<PckExtension> parse(ByteView extension);
};

// The certificate of Intel's key for TCB info and identities: a leaf of that name directly under a pinned root. An
// empty text is missing. `known` is used besides the chain's own certificates: what was already read is not decoded
// again.
[[nodiscard]] Result<crypto::Certificate> verify_tcb_signer(std::string_view pem, const crypto::PathRules& rules,
                                                            std::span<const crypto::Certificate> known = {});

// {MEMBER:{...},"signature":"hex of r || s"}: the object, if the signer signed its bytes. kTampered if not, kMalformed
// if the text does not have this form. An empty text is missing.
[[nodiscard]] Result<Json> verify_signed_object(std::string_view json, std::string_view member,
                                                const crypto::PublicKey& signer);

// {"tcbInfo":{...},"signature":"hex of r || s"}: signed, and of the right kind. The caller judges the time windows.
[[nodiscard]] Result<TcbInfo> verify_tcb_info(std::string_view json, const crypto::PublicKey& signer);
// {"enclaveIdentity":{...},"signature":"hex of r || s"}
[[nodiscard]] Result<QeIdentity> verify_qe_identity(std::string_view json, const crypto::PublicKey& signer);

}  // namespace minions::attestation
