// The report of the paravisor on Azure (host compatibility layer), which the vTPM keeps at NV 0x01400001. It holds the
// hardware's report and the runtime data whose digest is the hardware's REPORT_DATA, and so vouches for the vTPM's
// attestation key. Integers are little-endian. Decodes, and checks the digest; the hardware report is verified
// elsewhere.
#pragma once

#include <optional>

#include "attestation/core/check_list.h"
#include "attestation/policy/policy.h"
#include "base/json.h"
#include "crypto/public_key.h"

namespace minions::attestation {

// TDREPORT_STRUCT (Intel TDX Module ABI): like a quote's body, but bound to its machine by a MAC that nobody else can
// check.
struct TdReport {
  static constexpr std::size_t kSize = 1024;

  std::uint8_t subtype = 0;
  std::uint8_t version = 0;
  ByteArray<16> cpu_svn{};
  ByteArray<48> tee_tcb_info_hash{};
  ByteArray<48> tee_info_hash{};
  ByteArray<64> report_data{};
  ByteArray<32> mac{};
  ByteArray<239> tee_tcb_info{};
  ByteArray<512> td_info{};
  // Of td_info:
  ByteArray<8> attributes{};
  ByteArray<8> xfam{};
  ByteArray<48> mrtd{};
  ByteArray<48> mrconfigid{};
  ByteArray<48> mrowner{};
  ByteArray<48> mrownerconfig{};
  std::array<ByteArray<48>, 4> rtmrs{};

  [[nodiscard]] static Result<TdReport> parse(ByteView bytes);
  // Both hashes in its header are those of tee_tcb_info and td_info.
  [[nodiscard]] bool hashes_hold() const;
};

// The runtime data. Its JSON is hashed unchanged.
struct HclRuntime {
  crypto::PublicKey attestation_key;  // HCLAkPub: the vTPM signs its quotes with it
  std::vector<std::string> key_ids{};
  std::optional<std::string> vm_unique_id{};
  std::optional<bool> secure_boot{};
  std::optional<bool> tpm_enabled{};
  std::optional<bool> console_enabled{};
  std::optional<bool> tpm_persisted{};
  std::optional<std::string> root_cert_thumbprint{};
  std::optional<ByteArray<64>> user_data{};  // what was written to NV 0x01400002 before

  [[nodiscard]] static Result<HclRuntime> parse(std::string_view json);
};

struct HclHeader {
  enum class Hardware { kSnp = 2, kTdx = 4 };
  std::uint32_t version = 0;      // 1 or 2
  std::uint32_t report_size = 0;  // without the zeros that pad the NV index
  std::uint32_t data_size = 0;    // of the request data: the runtime data and 20 bytes before it
  Hardware hardware = Hardware::kSnp;
  crypto::HashAlgorithm hash = crypto::HashAlgorithm::kSha256;
};

struct HclReport {
  static constexpr std::size_t kHardwareReportSize = 0x4A0;

  HclHeader header;
  ByteArray<kHardwareReportSize> hardware_report{};
  std::optional<TdReport> td_report;  // exactly on TDX
  Bytes runtime_data;                 // the JSON
  HclRuntime runtime;

  [[nodiscard]] static Result<HclReport> parse(ByteView bytes);
  // The required REPORT_DATA of the hardware: the digest of the runtime data, then zeros.
  [[nodiscard]] ByteArray<64> expected_report_data() const;
};

// The key named HCLAkPub among JSON Web Keys: the vTPM's, as stated by the runtime data and by tokens about the
// machine.
[[nodiscard]] Result<crypto::PublicKey> vtpm_key_of(const Json& keys);

// binding.runtime_data: the hardware's REPORT_DATA, from a verified report or quote, is the digest of the runtime data.
// This makes the attestation key that of this guest's vTPM.
bool check_hcl_binding(const HclReport& report, const ByteArray<64>& report_data, CheckList& checks);

// policy.secure_boot: as stated by the paravisor in the runtime data, which must be bound.
void check_hcl_rules(const HclReport& report, const Rule<bool>& require_secure_boot, CheckList& checks);

}  // namespace minions::attestation
