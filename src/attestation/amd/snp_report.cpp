#include "attestation/amd/snp_report.h"

#include <fmt/format.h>

#include "base/byte_io.h"

namespace minions::attestation {
namespace {

using Component = SnpTcbComponent;

constexpr std::array kComponents = {Component::kFmc, Component::kBootloader, Component::kTee, Component::kSnp,
                                    Component::kMicrocode};

tl::unexpected<Error> malformed(std::string_view field, std::string_view want, std::string_view found) {
  return fail(ErrorCode::kMalformed, fmt::format("snp report: {}: want {}, found {}", field, want, found));
}

bool all_zero(ByteView bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

template <std::size_t N>
ByteArray<N> array_at(ByteView bytes, std::size_t offset) {
  ByteArray<N> out;
  std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(offset), N, out.begin());
  return out;
}
std::uint32_t u32_at(ByteView bytes, std::size_t offset) { return load_le<std::uint32_t>(bytes.data() + offset); }
std::uint64_t u64_at(ByteView bytes, std::size_t offset) { return load_le<std::uint64_t>(bytes.data() + offset); }

Result<SnpReport::Policy> read_policy(ByteView bytes) {
  constexpr unsigned kReservedOne = 17;
  constexpr unsigned kFirstReserved = 26;
  const SnpReport::Policy policy{u64_at(bytes, 0x08)};
  if (!policy.bit(kReservedOne) || policy.raw >> kFirstReserved != 0) {
    return malformed("POLICY", "bit 17 set and bits 26 to 63 clear", fmt::format("{:#x}", policy.raw));
  }
  return policy;
}

Result<SnpReport::KeyInfo> read_key_info(ByteView bytes) {
  const std::uint32_t raw = u32_at(bytes, 0x48);
  const std::uint32_t signing_key = raw >> 2 & 7;
  if (signing_key > 1) return malformed("SIGNING_KEY", "0 (VCEK) or 1 (VLEK)", std::to_string(signing_key));
  if (raw >> 5 != 0) return malformed("KEY_INFO", "bits 5 to 31 clear", fmt::format("{:#x}", raw));
  return SnpReport::KeyInfo{.author_key_enabled = (raw & 1) != 0,
                            .chip_key_masked = (raw & 2) != 0,
                            .signing_key = static_cast<SnpReport::SigningKey>(signing_key)};
}

Result<SnpProduct> product_of(const SnpReport::Cpuid& cpuid) {
  if (cpuid.family == 0x19 && cpuid.model <= 0x0F) return SnpProduct::kMilan;
  // Bergamo and Siena (0xA0 to 0xAF) have Genoa's roots.
  if (cpuid.family == 0x19 && (cpuid.model >> 4 == 0x1 || cpuid.model >> 4 == 0xA)) return SnpProduct::kGenoa;
  if (cpuid.family == 0x1A && cpuid.model <= 0x11) return SnpProduct::kTurin;
  return malformed("CPUID", "Milan, Genoa or Turin",
                   fmt::format("family {:#04x} model {:#04x}", cpuid.family, cpuid.model));
}

// What is in no field of the report's version. Firmware writes zeros there; a value would belong to an unknown layout.
struct Reserved {
  std::size_t begin;
  std::size_t end;
  std::uint32_t from_version;
  std::uint32_t to_version;
};
constexpr Reserved kReserved[] = {
    {0x41, 0x48, 2, 5},                                                // of PLATFORM_INFO
    {0x4C, 0x50, 2, 5},   {0x188, 0x1A0, 2, 2}, {0x18B, 0x1A0, 3, 5},  // CPUID is between them from version 3 on
    {0x1EB, 0x1EC, 2, 5}, {0x1EF, 0x1F0, 2, 5},                        // after the firmware versions
    {0x1F8, 0x2A0, 2, 4}, {0x208, 0x2A0, 5, 5},                        // the mitigation vectors precede it
};

Status check_reserved(ByteView bytes, std::uint32_t version) {
  for (const Reserved& reserved : kReserved) {
    if (version < reserved.from_version || version > reserved.to_version) continue;
    for (std::size_t i = reserved.begin; i < reserved.end; ++i) {
      if (bytes[i] == 0) continue;
      return malformed("reserved bytes", fmt::format("zeros from {:#05x} to {:#05x}", reserved.begin, reserved.end - 1),
                       fmt::format("{:#04x} at {:#05x}", bytes[i], i));
    }
  }
  constexpr std::uint8_t kReservedPlatformInfo = 1 << 6;
  if ((bytes[0x40] & kReservedPlatformInfo) != 0)
    return malformed("PLATFORM_INFO", "bit 6 clear", fmt::format("{:#04x}", bytes[0x40]));
  return {};
}

SnpReport::FirmwareVersion firmware_at(ByteView bytes, std::size_t offset) {
  return {.build = bytes[offset], .minor = bytes[offset + 1], .major = bytes[offset + 2]};
}

// r and s: 72 bytes each, little-endian, of which P-384 needs 48.
Result<ByteArray<96>> read_signature(ByteView bytes) {
  constexpr std::size_t kHalf = 48;
  constexpr std::size_t kField = 72;
  const ByteView area = bytes.subspan(SnpReport::kSignedSize);
  if (!all_zero(area.subspan(kHalf, kField - kHalf)) || !all_zero(area.subspan(kField + kHalf))) {
    return malformed("SIGNATURE", "zeros after each half of 48 bytes", "others");
  }
  ByteArray<2 * kHalf> r_s{};
  std::reverse_copy(area.begin(), area.begin() + kHalf, r_s.begin());
  std::reverse_copy(area.begin() + kField, area.begin() + kField + kHalf, r_s.begin() + kHalf);
  return r_s;
}

}  // namespace

std::string_view name_of(SnpProduct product) {
  switch (product) {
    case SnpProduct::kMilan: return "Milan";
    case SnpProduct::kGenoa: return "Genoa";
    case SnpProduct::kTurin: return "Turin";
  }
  return "";
}

std::string_view name_of(SnpTcbComponent component) {
  switch (component) {
    case Component::kFmc: return "fmc";
    case Component::kBootloader: return "bootloader";
    case Component::kTee: return "tee";
    case Component::kSnp: return "snp";
    case Component::kMicrocode: return "microcode";
  }
  return "";
}

std::optional<SnpTcbComponent> snp_tcb_component_named(std::string_view name) {
  for (const Component component : kComponents) {
    if (name_of(component) == name) return component;
  }
  return std::nullopt;
}

std::optional<std::size_t> snp_tcb_offset(SnpProduct product, SnpTcbComponent component) {
  const bool turin = product == SnpProduct::kTurin;
  switch (component) {
    case Component::kFmc: return turin ? std::optional<std::size_t>(0) : std::nullopt;
    case Component::kBootloader: return turin ? 1 : 0;
    case Component::kTee: return turin ? 2 : 1;
    case Component::kSnp: return turin ? 3 : 6;
    case Component::kMicrocode: return 7;
  }
  return std::nullopt;
}

std::string snp_tcb_text(SnpProduct product, const SnpTcb& tcb) {
  std::string text;
  for (const Component component : kComponents) {
    if (const auto offset = snp_tcb_offset(product, component)) {
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name_of(component), tcb[*offset]);
    }
  }
  return text;
}

std::span<const NamedBit> snp_platform_info_bits() {
  static constexpr NamedBit kBits[] = {
      {"smt", 0}, {"tsme", 1}, {"ecc", 2}, {"rapl_dis", 3}, {"ciphertext_hiding", 4}, {"alias_check", 5}, {"tio", 7}};
  return kBits;
}

std::span<const NamedBit> snp_guest_policy_bits() {
  static constexpr NamedBit kBits[] = {{"single_socket", 20}, {"cxl_allow", 21},         {"mem_aes_256_xts", 22},
                                       {"rapl_dis", 23},      {"ciphertext_hiding", 24}, {"page_swap_disable", 25}};
  return kBits;
}

std::string SnpReport::FirmwareVersion::to_text() const { return fmt::format("{}.{}.{}", major, minor, build); }

Result<SnpReport> SnpReport::parse(ByteView bytes) {
  if (bytes.size() != kSize) return malformed("length", std::to_string(kSize), std::to_string(bytes.size()));
  SnpReport report;
  report.version = u32_at(bytes, 0x00);
  if (report.version < 2 || report.version > 5) return malformed("VERSION", "2 to 5", std::to_string(report.version));
  constexpr std::uint32_t kEcdsaP384Sha384 = 1;
  if (const std::uint32_t algorithm = u32_at(bytes, 0x34); algorithm != kEcdsaP384Sha384)
    return malformed("SIGNATURE_ALGO", "1", std::to_string(algorithm));
  report.vmpl = u32_at(bytes, 0x30);
  if (report.vmpl > 3) return malformed("VMPL", "0 to 3", std::to_string(report.vmpl));
  MINIONS_TRY_ASSIGN(report.policy, read_policy(bytes));
  MINIONS_TRY_ASSIGN(report.key_info, read_key_info(bytes));
  if (report.version >= 3) {
    report.cpuid = Cpuid{.family = bytes[0x188], .model = bytes[0x189], .stepping = bytes[0x18A]};
    MINIONS_TRY_ASSIGN(report.product, product_of(*report.cpuid));
  }
  MINIONS_TRY(check_reserved(bytes, report.version));
  MINIONS_TRY_ASSIGN(report.signature, read_signature(bytes));
  report.guest_svn = u32_at(bytes, 0x04);
  report.family_id = array_at<16>(bytes, 0x10);
  report.image_id = array_at<16>(bytes, 0x20);
  report.current_tcb = array_at<8>(bytes, 0x38);
  report.platform_info = u64_at(bytes, 0x40);
  report.report_data = array_at<64>(bytes, 0x50);
  report.measurement = array_at<48>(bytes, 0x90);
  report.host_data = array_at<32>(bytes, 0xC0);
  report.id_key_digest = array_at<48>(bytes, 0xE0);
  report.author_key_digest = array_at<48>(bytes, 0x110);
  report.report_id = array_at<32>(bytes, 0x140);
  report.report_id_ma = array_at<32>(bytes, 0x160);
  report.reported_tcb = array_at<8>(bytes, 0x180);
  report.chip_id = array_at<64>(bytes, 0x1A0);
  report.committed_tcb = array_at<8>(bytes, 0x1E0);
  report.current_firmware = firmware_at(bytes, 0x1E8);
  report.committed_firmware = firmware_at(bytes, 0x1EC);
  report.launch_tcb = array_at<8>(bytes, 0x1F0);
  if (report.version >= 5) {
    report.launch_mitigations = u64_at(bytes, 0x1F8);
    report.current_mitigations = u64_at(bytes, 0x200);
  }
  report.signed_bytes = to_bytes(bytes.first(kSignedSize));
  return report;
}

}  // namespace minions::attestation
