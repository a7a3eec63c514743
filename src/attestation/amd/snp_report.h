// The attestation report that AMD SEV-SNP firmware signs (SEV Secure Nested Paging Firmware ABI, publication 56860,
// ATTESTATION_REPORT), decoded. Verifies nothing.
#pragma once

#include <optional>
#include <span>

#include "base/bytes.h"
#include "base/result.h"

namespace minions::attestation {

enum class SnpProduct { kMilan, kGenoa, kTurin };
[[nodiscard]] std::string_view name_of(SnpProduct product);  // as AMD's certificates write it

// Security patch levels of a platform's firmware, one byte each; which byte is which depends on the product.
using SnpTcb = ByteArray<8>;
enum class SnpTcbComponent { kFmc, kBootloader, kTee, kSnp, kMicrocode };
[[nodiscard]] std::string_view name_of(SnpTcbComponent component);
[[nodiscard]] std::optional<SnpTcbComponent> snp_tcb_component_named(std::string_view name);
// The byte's position, or nothing if the product has no such component.
[[nodiscard]] std::optional<std::size_t> snp_tcb_offset(SnpProduct product, SnpTcbComponent component);
[[nodiscard]] std::string snp_tcb_text(SnpProduct product, const SnpTcb& tcb);

// Bits that policies name.
struct NamedBit {
  std::string_view name;
  unsigned bit;
};
[[nodiscard]] std::span<const NamedBit> snp_platform_info_bits();  // of PLATFORM_INFO: the host's settings
[[nodiscard]] std::span<const NamedBit> snp_guest_policy_bits();   // of POLICY, besides those named below

struct SnpReport {
  static constexpr std::size_t kSize = 0x4A0;
  static constexpr std::size_t kSignedSize = 0x2A0;  // the signature covers the bytes before this

  enum class SigningKey { kVcek = 0, kVlek = 1 };
  struct Policy {
    std::uint64_t raw = 0;
    [[nodiscard]] std::uint8_t abi_minor() const { return static_cast<std::uint8_t>(raw); }
    [[nodiscard]] std::uint8_t abi_major() const { return static_cast<std::uint8_t>(raw >> 8); }
    [[nodiscard]] bool smt() const { return bit(16); }
    [[nodiscard]] bool migration_agent() const { return bit(18); }
    [[nodiscard]] bool debug() const { return bit(19); }
    [[nodiscard]] bool bit(unsigned n) const { return (raw >> n & 1) != 0; }
  };
  // MaskChipId: the host has its firmware omit the chip's id.
  [[nodiscard]] bool chip_id_is_masked() const { return chip_id == ByteArray<64>{}; }

  struct KeyInfo {
    bool author_key_enabled = false;
    bool chip_key_masked = false;
    SigningKey signing_key = SigningKey::kVcek;
  };
  struct Cpuid {  // from version 3 on
    std::uint8_t family = 0;
    std::uint8_t model = 0;
    std::uint8_t stepping = 0;
  };
  struct FirmwareVersion {
    std::uint8_t build = 0;
    std::uint8_t minor = 0;
    std::uint8_t major = 0;
    auto operator<=>(const FirmwareVersion& other) const {
      return std::array{major, minor, build} <=> std::array{other.major, other.minor, other.build};
    }
    bool operator==(const FirmwareVersion&) const = default;
    [[nodiscard]] std::string to_text() const;  // "1.55.29"
  };

  std::uint32_t version = 0;
  std::uint32_t guest_svn = 0;
  Policy policy;
  ByteArray<16> family_id{};
  ByteArray<16> image_id{};
  std::uint32_t vmpl = 0;  // privilege level of the requester, 0 to 3; 0 is the most privileged
  SnpTcb current_tcb{};
  std::uint64_t platform_info = 0;
  KeyInfo key_info;
  ByteArray<64> report_data{};
  ByteArray<48> measurement{};
  ByteArray<32> host_data{};
  ByteArray<48> id_key_digest{};
  ByteArray<48> author_key_digest{};
  ByteArray<32> report_id{};
  ByteArray<32> report_id_ma{};
  SnpTcb reported_tcb{};
  std::optional<Cpuid> cpuid;
  std::optional<SnpProduct> product;  // from cpuid
  ByteArray<64> chip_id{};
  SnpTcb committed_tcb{};
  FirmwareVersion current_firmware;
  FirmwareVersion committed_firmware;
  SnpTcb launch_tcb{};
  std::optional<std::uint64_t> launch_mitigations;   // from version 5 on: fixes in place at launch,
  std::optional<std::uint64_t> current_mitigations;  // and now, one bit each
  Bytes signed_bytes;
  ByteArray<96> signature{};  // ECDSA P-384: r || s, big-endian

  // Versions 2 to 5, exactly kSize bytes, zero where the version has no field.
  [[nodiscard]] static Result<SnpReport> parse(ByteView bytes);
};

}  // namespace minions::attestation
