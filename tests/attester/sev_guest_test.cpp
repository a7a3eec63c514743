#include "attester/sev_guest.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>
#include <deque>

#include "attester/temporary_directory.h"

#if __has_include(<linux/sev-guest.h>)
#include <linux/sev-guest.h>
#include <sys/ioctl.h>
static_assert(sizeof(snp_report_req) == sizeof(minions::attester::sev_guest_abi::ReportRequest));
static_assert(sizeof(snp_report_resp) == sizeof(minions::attester::sev_guest_abi::ReportResponse));
static_assert(sizeof(snp_ext_report_req) == sizeof(minions::attester::sev_guest_abi::ExtendedReportRequest));
static_assert(sizeof(snp_guest_request_ioctl) == sizeof(minions::attester::sev_guest_abi::GuestRequest));
static_assert(SNP_GET_REPORT == minions::attester::sev_guest_abi::kGetReport);
static_assert(SNP_GET_EXT_REPORT == minions::attester::sev_guest_abi::kGetExtendedReport);
#endif

namespace minions::attester {
namespace {

using namespace sev_guest_abi;

struct Played {
  struct Failure {
    int error;
    std::uint32_t vmm_error = 0;
  };
  std::deque<Failure> failures;
  std::uint32_t status = 0;
  std::uint32_t size = attestation::SnpReport::kSize;
  std::string certificates = "table";
  std::vector<unsigned long> commands;
  std::vector<std::uint32_t> vmpls;
};

// Answers with a report that holds the request's data at its place.
class PlayedDevice final : public GuestDevice {
 public:
  explicit PlayedDevice(Played& played) : played_(played) {}
  [[nodiscard]] int control(unsigned long command, GuestRequest& request) override {
    played_.commands.push_back(command);
    EXPECT_EQ(request.message_version, 1);
    if (!played_.failures.empty()) {
      const Played::Failure failure = played_.failures.front();
      played_.failures.pop_front();
      request.vmm_error = failure.vmm_error;
      return failure.error;
    }
    const auto* asked = reinterpret_cast<const ReportRequest*>(request.request_address);
    played_.vmpls.push_back(asked->vmpl);
    for (const std::uint8_t byte : asked->reserved) EXPECT_EQ(byte, 0);
    if (command == kGetExtendedReport) {
      const auto* extended = reinterpret_cast<const ExtendedReportRequest*>(request.request_address);
      EXPECT_EQ(extended->certificates_address % 4096, 0U);
      EXPECT_EQ(extended->certificates_length, 16384U);
      std::memcpy(reinterpret_cast<void*>(extended->certificates_address), played_.certificates.data(),
                  played_.certificates.size());
    }
    ReportMessage message{};
    message.status = played_.status;
    message.report_size = played_.size;
    std::memcpy(message.report + 0x50, asked->user_data, 64);
    std::memcpy(reinterpret_cast<void*>(request.response_address), &message, sizeof message);
    return 0;
  }

 private:
  Played& played_;
};

class SevGuest : public testing::Test {
 protected:
  [[nodiscard]] Result<SnpCollection> collect(std::uint32_t vmpl = 0) {
    return sev_guest_source(std::make_unique<PlayedDevice>(played),
                            {.attempts = 3, .pause = [this](std::chrono::milliseconds) { ++pauses; }}, vmpl)
        ->collect(data);
  }
  Played played;
  attestation::ReportData64 data{1, 2, 3};
  int pauses = 0;
};

TEST_F(SevGuest, GivesReportAndCertificates) {
  const SnpCollection got = collect(1).value();
  ASSERT_EQ(got.report.size(), 1184U);
  EXPECT_TRUE(equal(ByteView(got.report).subspan(0x50, 64), data));
  ASSERT_EQ(got.certificate_table.size(), 16384U);
  EXPECT_EQ(as_text(ByteView(got.certificate_table).first(5)), "table");
  EXPECT_EQ(played.commands, std::vector<unsigned long>{kGetExtendedReport});
  EXPECT_EQ(played.vmpls, std::vector<std::uint32_t>{1});
}

TEST_F(SevGuest, DoesWithoutCertificatesWhereTheHostHasNone) {
  for (const Played::Failure& failure : {Played::Failure{EIO, kVmmInvalidLength}, Played::Failure{ENOTTY}}) {
    played.commands.clear();
    played.failures = {failure};
    EXPECT_TRUE(collect().value().certificate_table.empty());
    EXPECT_EQ(played.commands, (std::vector<unsigned long>{kGetExtendedReport, kGetReport}));
  }
}

TEST_F(SevGuest, RepeatsAThrottledRequestWithinABound) {
  for (const Played::Failure& failure :
       {Played::Failure{EAGAIN}, Played::Failure{EBUSY}, Played::Failure{EINTR}, Played::Failure{EIO, kVmmBusy}}) {
    pauses = 0;
    played.failures = {failure, failure};
    EXPECT_TRUE(collect());
    EXPECT_EQ(pauses, 2);
    played.failures = {failure, failure, failure};
    EXPECT_EQ(collect().error().code, ErrorCode::kBusy);
  }
}

TEST_F(SevGuest, SaysWhatTheFirmwareRefuses) {
  played.failures = {{EIO}, {EIO, 5}};
  const Error refused = collect().error();
  EXPECT_EQ(refused.code, ErrorCode::kIo);
  EXPECT_NE(refused.detail.find("host error 0x5"), std::string::npos) << refused.detail;
  played.failures = {{ETIMEDOUT}, {ETIMEDOUT}};
  EXPECT_EQ(collect().error().code, ErrorCode::kTimeout);
}

TEST_F(SevGuest, RefusesAnAnswerOfAnotherStatusOrSize) {
  played.status = 0x16;
  EXPECT_NE(collect().error().detail.find("0x16"), std::string::npos);
  played.status = 0;
  for (const std::uint32_t size : {0U, 1183U, 1185U, 0xFFFFFFFFU}) {
    played.size = size;
    EXPECT_EQ(collect().error().code, ErrorCode::kMalformed) << size;
  }
}

TEST(SevGuestDevice, IsNoOtherFile) {
  const TemporaryDirectory directory;
  EXPECT_EQ(open_sev_guest(directory.path() / "none").error().code, ErrorCode::kNotFound);
  write_file(directory.path() / "file", "");
  auto device = open_sev_guest(directory.path() / "file").value();
  EXPECT_FALSE(sev_guest_source(std::move(device), {.attempts = 1})->collect({}));  // ENOTTY
}

}  // namespace
}  // namespace minions::attester
