// The part of NVIDIA's Management Library (libnvidia-ml.so.1) that attestation needs, declared from its reference
// manual (NVML API Reference Guide, "Confidential Computing" and "Device Queries"). Shared with the fake of the tests.
#pragma once

#include <cstddef>
#include <cstdint>

namespace minions::attester::nvml {

using Device = void*;
using Return = int;

inline constexpr Return kSuccess = 0;
inline constexpr Return kNotSupported = 3;
inline constexpr Return kDriverNotLoaded = 9;
inline constexpr Return kTimeout = 10;
inline constexpr Return kInUse = 19;

inline constexpr unsigned kNameBytes = 96;     // NVML_DEVICE_NAME_V2_BUFFER_SIZE
inline constexpr unsigned kVersionBytes = 80;  // NVML_SYSTEM_DRIVER_VERSION_BUFFER_SIZE

// nvmlConfComputeSystemState_t
struct SystemState {
  unsigned environment;     // 0 none, 1 simulation, 2 production
  unsigned cc_feature;      // 0 off, 1 on
  unsigned dev_tools_mode;  // 0 off, 1 on: profilers and debuggers see inside
};
static_assert(sizeof(SystemState) == 12);

// nvmlSystemConfComputeSettings_v1_t
struct SystemSettings {
  unsigned version;  // kSystemSettingsVersion
  unsigned environment;
  unsigned cc_feature;
  unsigned dev_tools_mode;
  unsigned multi_gpu_mode;  // 0 none, 1 protected PCIe, 2 encrypted NVLink
};
static_assert(sizeof(SystemSettings) == 20);
inline constexpr unsigned kSystemSettingsVersion = unsigned{sizeof(SystemSettings)} | 1U << 24;

// nvmlConfComputeGpuCertificate_t
struct GpuCertificate {
  unsigned chain_size;
  unsigned attestation_chain_size;
  unsigned char chain[0x1000];
  unsigned char attestation_chain[0x1400];  // PEM, leaf first
};
static_assert(sizeof(GpuCertificate) == 8 + 0x1000 + 0x1400 && offsetof(GpuCertificate, attestation_chain) == 0x1008);

// nvmlConfComputeGpuAttestationReport_t
struct GpuAttestationReport {
  unsigned cec_report_present;
  unsigned report_size;
  unsigned cec_report_size;
  unsigned char nonce[0x20];     // in
  unsigned char report[0x2000];  // SPDM request || response
  unsigned char cec_report[0x1000];
};
static_assert(sizeof(GpuAttestationReport) == 12 + 0x20 + 0x2000 + 0x1000 &&
              offsetof(GpuAttestationReport, report) == 44);

// Exported by the library under the names next to them.
struct Functions {
  Return (*init)();                     // nvmlInit_v2
  Return (*shutdown)();                 // nvmlShutdown
  const char* (*error_string)(Return);  // nvmlErrorString
  // nvmlSystemGetDriverVersion, -ConfComputeState, -ConfComputeSettings (null if older than driver 550)
  Return (*driver_version)(char* text, unsigned length);
  Return (*system_state)(SystemState* state);
  Return (*system_settings)(SystemSettings* settings);
  // nvmlDeviceGetCount_v2, -HandleByIndex_v2, -Name
  Return (*device_count)(unsigned* count);
  Return (*device_by_index)(unsigned index, Device* device);
  Return (*device_name)(Device device, char* text, unsigned length);
  // nvmlDeviceGetConfComputeGpuCertificate, -ConfComputeGpuAttestationReport
  Return (*certificate)(Device device, GpuCertificate* certificate);
  Return (*attestation_report)(Device device, GpuAttestationReport* report);
};

}  // namespace minions::attester::nvml
