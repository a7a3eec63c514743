// Intel TDX quotes, versions 4 and 5 (Intel TDX DCAP Quoting Library API, appendix A.3): the decoder, and the
// signatures that lead from Intel's root to the body. All integers are little-endian; key and signature halves are
// big-endian. Uses no collateral and no policy.
#pragma once

#include "attestation/policy/policy.h"
#include "base/time.h"
#include "crypto/certificate.h"

namespace minions::attestation {

inline constexpr std::size_t kTdxQuoteLimitBytes = std::size_t{64} * 1024;

// Bits of TdBody::td_attributes.
namespace td_attribute {
inline constexpr std::uint64_t kDebug = 1;  // bit 0: the host reads and writes the guest's memory
inline constexpr std::uint64_t kSeptVeDisable = std::uint64_t{1} << 28;  // no #VE on pages that the host took away
inline constexpr std::uint64_t kMigratable = std::uint64_t{1} << 29;     // a migration TD may move it elsewhere
// With ICSSD (16), LASS (27), PKS (30), KL (31), TPA (62) and PERFMON (63): the bits that Intel's modules know. All
// others must be zero, above all bits 1 to 7: any of them opens the guest to its host.
inline constexpr std::uint64_t kKnown = kDebug | kSeptVeDisable | kMigratable | std::uint64_t{1} << 16 |
                                        std::uint64_t{1} << 27 | std::uint64_t{1} << 30 | std::uint64_t{1} << 31 |
                                        std::uint64_t{1} << 62 | std::uint64_t{1} << 63;
}  // namespace td_attribute

// Bits of TdBody::xfam, those of XCR0 and IA32_XSS.
namespace xfam {
inline constexpr std::uint64_t kFixed1 = 0x3;  // x87 and SSE: every TD has them
// AVX (2), AVX-512 (5 to 7), PT (8), PKRU (9), CET (11, 12), UINTR (14), LBR (15), AMX (17, 18), APX (19)
inline constexpr std::uint64_t kKnown = kFixed1 | 0x6DBE4 | std::uint64_t{1} << 19;
}  // namespace xfam

// What the TDX module measured: TD report body 1.0 (584 bytes), and 1.5 (648 bytes) with two more fields.
struct TdBody {
  ByteArray<16> tee_tcb_svn{};   // [0] module minor SVN, [1] module major version, [2] SEAM loader SVN
  Measurement mr_seam{};         // of the TDX module
  Measurement mr_signer_seam{};  // zero: Intel
  ByteArray<8> seam_attributes{};
  std::uint64_t td_attributes = 0;
  std::uint64_t xfam = 0;  // CPU features the guest may use
  Measurement mr_td{};     // MRTD: the initial contents of the guest
  Measurement mr_config_id{};
  Measurement mr_owner{};
  Measurement mr_owner_config{};
  std::array<Measurement, 4> rtmrs{};         // extended while the guest runs
  ByteArray<64> report_data{};                // the guest's own
  std::optional<ByteArray<16>> tee_tcb_svn2;  // 1.5: of the module running now
  std::optional<Measurement> mr_service_td;   // 1.5
};

// SGX report of the quoting enclave, 384 bytes.
struct EnclaveReport {
  ByteArray<16> cpu_svn{};
  ByteArray<4> misc_select{};
  ByteArray<16> attributes{};
  Digest32 mr_enclave{};
  Digest32 mr_signer{};
  std::uint16_t isv_prod_id = 0;
  std::uint16_t isv_svn = 0;
  ByteArray<64> report_data{};
};

struct TdxQuote {
  std::uint16_t version = 0;  // 4 or 5
  ByteArray<20> user_data{};
  std::uint16_t body_type = 0;  // 2: TD 1.0, 3: TD 1.5; always 2 in version 4
  TdBody body;
  Bytes signed_part;                // header and body as received
  ByteArray<64> signature{};        // r || s by attestation_key over signed_part
  ByteArray<64> attestation_key{};  // X || Y, P-256
  EnclaveReport qe_report;
  Bytes qe_report_bytes;
  ByteArray<64> qe_report_signature{};  // r || s by the PCK
  Bytes qe_auth_data;
  std::string pck_chain_pem;       // leaf, its CA, root
  std::size_t trailing_bytes = 0;  // after the signature data: signed by nobody, used for nothing

  // kMalformed or kUnsupported with field, expected and found.
  [[nodiscard]] static Result<TdxQuote> parse(ByteView quote);
};

// The path of the provisioning certification key: its holder signs for one platform at one TCB.
struct PckChain {
  crypto::Certificate leaf;
  crypto::Certificate ca;
  crypto::Certificate root;
};
// kTampered unless it is Intel's path of three certificates to one of rules.roots.
[[nodiscard]] Result<PckChain> verify_pck_chain(std::string_view pem, const crypto::PathRules& rules);

// The list covers this certificate and does not name it.
[[nodiscard]] Status check_not_revoked(const crypto::RevocationList& list, const crypto::Certificate& certificate);

// Each is kTampered, with the reason. They are meaningful only in this order: the PCK signs the report of the quoting
// enclave, whose report data names the attestation key, which signs the quote.
[[nodiscard]] Status verify_qe_report(const TdxQuote& quote, const crypto::Certificate& pck);
[[nodiscard]] Status verify_attestation_key(const TdxQuote& quote);
[[nodiscard]] Status verify_quote_signature(const TdxQuote& quote);

}  // namespace minions::attestation
