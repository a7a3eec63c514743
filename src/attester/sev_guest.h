// Reports through /dev/sev-guest, if the kernel is too old for configfs-tsm (Documentation/virt/coco/sev-guest.rst).
// The structures are those of the kernel's linux/sev-guest.h, declared here because old headers lack them or name them
// differently.
#pragma once

#include <filesystem>

#include "attester/retry.h"
#include "attester/snp.h"

namespace minions::attester {

namespace sev_guest_abi {

struct ReportRequest {
  std::uint8_t user_data[64];
  std::uint32_t vmpl;
  std::uint8_t reserved[28];  // zero
};
static_assert(sizeof(ReportRequest) == 96 && offsetof(ReportRequest, vmpl) == 64);

struct ExtendedReportRequest {
  ReportRequest report;
  std::uint64_t certificates_address;
  std::uint32_t certificates_length;  // whole pages
};
static_assert(sizeof(ExtendedReportRequest) == 112 && offsetof(ExtendedReportRequest, certificates_address) == 96 &&
              offsetof(ExtendedReportRequest, certificates_length) == 104);

// Contains MSG_REPORT_RSP of the firmware: status, size, reserved, report.
struct ReportResponse {
  std::uint8_t data[4000];
};
static_assert(sizeof(ReportResponse) == 4000);

struct ReportMessage {
  std::uint32_t status;  // 0: good
  std::uint32_t report_size;
  std::uint8_t reserved[24];
  std::uint8_t report[attestation::SnpReport::kSize];
};
static_assert(offsetof(ReportMessage, report) == 0x20 && sizeof(ReportMessage) == 0x20 + 0x4A0 &&
              sizeof(ReportMessage) <= sizeof(ReportResponse));

struct GuestRequest {
  std::uint8_t message_version;  // 1
  std::uint64_t request_address;
  std::uint64_t response_address;
  std::uint32_t firmware_error;
  std::uint32_t vmm_error;
};
static_assert(sizeof(GuestRequest) == 32 && offsetof(GuestRequest, request_address) == 8 &&
              offsetof(GuestRequest, response_address) == 16 && offsetof(GuestRequest, firmware_error) == 24 &&
              offsetof(GuestRequest, vmm_error) == 28);

// _IOWR('S', 0, GuestRequest) and _IOWR('S', 2, GuestRequest)
inline constexpr unsigned long kGetReport = 0xC0205300;
inline constexpr unsigned long kGetExtendedReport = 0xC0205302;

inline constexpr std::uint32_t kVmmInvalidLength = 1;
inline constexpr std::uint32_t kVmmBusy = 2;

}  // namespace sev_guest_abi

// The device; tests simulate it. 0, or the errno.
class GuestDevice {
 public:
  virtual ~GuestDevice() = default;
  [[nodiscard]] virtual int control(unsigned long command, sev_guest_abi::GuestRequest& request) = 0;
};
[[nodiscard]] Result<std::unique_ptr<GuestDevice>> open_sev_guest(const std::filesystem::path& path);

// Requests certificates too, and does without them if the host has none. Repeats a throttled request within `patience`.
// vmpl: of the guest.
[[nodiscard]] std::unique_ptr<SnpSource> sev_guest_source(std::unique_ptr<GuestDevice> device,
                                                          RetryPolicy patience = {}, std::uint32_t vmpl = 0);

}  // namespace minions::attester
