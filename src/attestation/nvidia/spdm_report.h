// What a GPU signs: the GET_MEASUREMENTS request and the MEASUREMENTS response to it (SPDM 1.1, DSP0274), with the
// vendor's own fields in the response's opaque data. Reads bytes and judges their form; verifies nothing.
#pragma once

#include <map>
#include <optional>

#include "base/bytes.h"
#include "base/result.h"

namespace minions::attestation {

// Types of NVIDIA's opaque fields, those that are read.
namespace opaque_field {
inline constexpr std::uint16_t kDriverVersion = 3;
inline constexpr std::uint16_t kVbiosVersion = 6;
inline constexpr std::uint16_t kNvdec0Status = 11;
inline constexpr std::uint16_t kChipSku = 15;
inline constexpr std::uint16_t kProject = 17;
inline constexpr std::uint16_t kProjectSku = 18;
inline constexpr std::uint16_t kFwid = 20;
inline constexpr std::uint16_t kChipInfo = 35;
inline constexpr std::uint16_t kFeatureFlag = 36;
}  // namespace opaque_field

// How the confidential mode spans GPUs.
enum class GpuFeature : std::uint8_t {
  kSinglePassthrough = 0,
  kMultiPassthrough = 1,
  kProtectedPcie = 2,
};

struct SpdmReport {
  using Measurement = ByteArray<48>;  // SHA-384

  // request (37 bytes) || response, with one zero byte after it at most.
  [[nodiscard]] static Result<SpdmReport> parse(ByteView bytes);

  ByteArray<32> request_nonce{};               // the verifier's
  std::uint8_t request_slot = 0;               // of the certificate chain
  ByteArray<32> response_nonce{};              // the device's own
  std::map<std::uint8_t, Measurement> blocks;  // by SPDM index, 1 to 64

  std::string driver_version;         // "550.90.07"
  ByteArray<8> vbios_raw{};           // in the byte order of the report
  std::string vbios_version;          // "96.00.9F.00.01"
  std::optional<bool> nvdec0_is_on;   // the first video decoder
  std::optional<Measurement> fwid;    // of the firmware that holds the key; drivers before 550 omit it
  std::string project, project_sku;   // "1010", "0200"; empty if the report has none
  std::string chip_sku, chip_info;    // "882", "GB100-..."; the same
  std::optional<GpuFeature> feature;  // omitted by older drivers

  std::map<std::uint16_t, Bytes> opaque;  // every field by type, including unknown ones

  Bytes signed_bytes;         // request || response without the signature
  ByteArray<96> signature{};  // ECDSA P-384, r || s big-endian
};

}  // namespace minions::attestation
