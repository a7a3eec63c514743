#include "attester/sev_guest.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/log.h"

namespace minions::attester {
namespace {

using namespace sev_guest_abi;

static_assert(_IOWR('S', 0, GuestRequest) == kGetReport);
static_assert(_IOWR('S', 2, GuestRequest) == kGetExtendedReport);

constexpr std::size_t kPageBytes = 4096;
constexpr std::size_t kCertificatesBytes = 4 * kPageBytes;  // SEV_FW_BLOB_MAX_SIZE: the kernel's maximum

class KernelDevice final : public GuestDevice {
 public:
  explicit KernelDevice(int descriptor) : descriptor_(descriptor) {}
  KernelDevice(const KernelDevice&) = delete;
  KernelDevice& operator=(const KernelDevice&) = delete;
  ~KernelDevice() override { ::close(descriptor_); }
  [[nodiscard]] int control(unsigned long command, GuestRequest& request) override {
    return ::ioctl(descriptor_, command, &request) < 0 ? errno : 0;
  }

 private:
  int descriptor_;
};

struct alignas(kPageBytes) Certificates {
  std::uint8_t bytes[kCertificatesBytes];
};

std::uint64_t address_of(const void* object) { return reinterpret_cast<std::uintptr_t>(object); }

// A request refused before the firmware saw it may be repeated; one that failed there is reported.
Error request_failure(int error, const GuestRequest& request) {
  const bool busy =
      error == EAGAIN || error == EBUSY || error == EINTR || (error == EIO && request.vmm_error == kVmmBusy);
  ErrorCode code = busy ? ErrorCode::kBusy : ErrorCode::kIo;
  if (error == ETIMEDOUT) code = ErrorCode::kTimeout;
  if (error == EIO && request.vmm_error == kVmmInvalidLength) code = ErrorCode::kTooLarge;
  return {code, fmt::format("sev-guest: {}, firmware error {:#x}, host error {:#x}", std::strerror(error),
                            request.firmware_error, request.vmm_error)};
}

Result<Bytes> report_in(const ReportResponse& response) {
  ReportMessage message;
  std::memcpy(&message, response.data, sizeof message);
  if (message.status != 0)
    return fail(ErrorCode::kIo, fmt::format("sev-guest report: want status 0, found {:#x}", message.status));
  if (message.report_size != sizeof message.report) {
    return fail(ErrorCode::kMalformed,
                fmt::format("sev-guest report: want {} bytes, found {}", sizeof message.report, message.report_size));
  }
  return Bytes(std::begin(message.report), std::end(message.report));
}

class SevGuestSource final : public SnpSource {
 public:
  SevGuestSource(std::unique_ptr<GuestDevice> device, RetryPolicy patience, std::uint32_t vmpl)
      : device_(std::move(device)), patience_(std::move(patience)), vmpl_(vmpl) {}

  [[nodiscard]] Result<SnpCollection> collect(const attestation::ReportData64& data) override {
    if (extended_) {
      auto collection = with_retries(patience_, [&] { return extended(data); });
      // A host without certificates, or with more than the kernel accepts, still has a report.
      if (collection || collection.error().code == ErrorCode::kBusy) return collection;
      log::warning("no_certificates_from_host", {{"reason", log::Public{collection.error().detail}}});
      extended_ = false;
    }
    return with_retries(patience_, [&] { return plain(data); });
  }

 private:
  [[nodiscard]] ReportRequest request_for(const attestation::ReportData64& data) const {
    ReportRequest request{};
    std::copy(data.begin(), data.end(), request.user_data);
    request.vmpl = vmpl_;
    return request;
  }

  Result<Bytes> ask(unsigned long command, const void* request) {
    auto response = std::make_unique<ReportResponse>();
    GuestRequest call{};
    call.message_version = 1;
    call.request_address = address_of(request);
    call.response_address = address_of(response.get());
    if (const int error = device_->control(command, call); error != 0) return fail(request_failure(error, call));
    return report_in(*response);
  }

  Result<SnpCollection> plain(const attestation::ReportData64& data) {
    const ReportRequest request = request_for(data);
    MINIONS_TRY_ASSIGN(Bytes report, ask(kGetReport, &request));
    return SnpCollection{std::move(report), {}};
  }

  Result<SnpCollection> extended(const attestation::ReportData64& data) {
    const auto certificates = std::make_unique<Certificates>();
    ExtendedReportRequest request{};
    request.report = request_for(data);
    request.certificates_address = address_of(certificates.get());
    request.certificates_length = kCertificatesBytes;
    MINIONS_TRY_ASSIGN(Bytes report, ask(kGetExtendedReport, &request));
    return SnpCollection{std::move(report), Bytes(std::begin(certificates->bytes), std::end(certificates->bytes))};
  }

  std::unique_ptr<GuestDevice> device_;
  RetryPolicy patience_;
  std::uint32_t vmpl_;
  bool extended_ = true;
};

}  // namespace

Result<std::unique_ptr<GuestDevice>> open_sev_guest(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (descriptor < 0) {
    return fail(errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo,
                fmt::format("{}: open: {}", path.string(), std::strerror(errno)));
  }
  return std::make_unique<KernelDevice>(descriptor);
}

std::unique_ptr<SnpSource> sev_guest_source(std::unique_ptr<GuestDevice> device, RetryPolicy patience,
                                            std::uint32_t vmpl) {
  return std::make_unique<SevGuestSource>(std::move(device), std::move(patience), vmpl);
}

}  // namespace minions::attester
