#include "attestation/nvidia/spdm_report.h"

#include <gtest/gtest.h>

#include "attestation/nvidia_evidence.h"

namespace minions::attestation::nvidia {
namespace {

Result<SpdmReport> parse(const ReportParts& parts, std::size_t signature_bytes = 96) {
  Bytes bytes = parts.encode();
  bytes.resize(bytes.size() + signature_bytes, 0x33);
  return SpdmReport::parse(bytes);
}

// The names of the manifest for the opaque fields that SpdmReport does not give a name.
std::uint16_t type_of(const std::string& name) {
  static const std::map<std::string, std::uint16_t> types = {{"DRIVER_VERSION", 3},
                                                             {"VBIOS_VERSION", 6},
                                                             {"NVDEC0_STATUS", 11},
                                                             {"CHIP_SKU", 15},
                                                             {"PROJECT", 17},
                                                             {"PROJECT_SKU", 18},
                                                             {"FWID", 20},
                                                             {"PROTECTED_PCIE_STATUS", 21},
                                                             {"OPAQUE_DATA_VERSION", 34},
                                                             {"FEATURE_FLAG", 36}};
  const auto found = types.find(name);
  return found == types.end() ? 0 : found->second;
}

void expect_fields(const SpdmReport& report, const Json& expected) {
  EXPECT_EQ(to_hex(report.request_nonce), expected["req"]["nonce"]);
  EXPECT_EQ(report.request_slot, expected["req"]["slot"]);
  EXPECT_EQ(to_hex(report.response_nonce), expected["resp"]["nonce"]);
  EXPECT_EQ(report.blocks.size(), expected["resp"]["blocks"]);
  EXPECT_EQ(report.driver_version, expected["driver"]);
  EXPECT_EQ(to_hex(report.vbios_raw), expected["vbios_raw"]);
  EXPECT_EQ(report.vbios_version, expected["vbios"]);
  EXPECT_EQ(report.project, expected["project"]);
  EXPECT_EQ(report.project_sku, expected["project_sku"]);
  EXPECT_EQ(report.chip_sku, expected["chip_sku"]);
  EXPECT_EQ(report.chip_info, expected["chip_info"].is_null() ? Json("") : expected["chip_info"]);
  EXPECT_EQ(report.fwid ? Json(to_hex(*report.fwid)) : Json(), expected["fwid"]);
  ASSERT_TRUE(report.nvdec0_is_on);
  EXPECT_EQ(*report.nvdec0_is_on, expected["nvdec0"] == "aa");
  if (!expected.contains("ops")) return;  // not of every case
  for (const auto& [name, value] : expected["ops"].items()) {
    const auto found = report.opaque.find(type_of(name));
    if (type_of(name) != 0 && value.get<std::string>().rfind("len", 0) != 0) {
      ASSERT_NE(found, report.opaque.end()) << name;
      EXPECT_EQ(to_hex(found->second), value) << name;
    }
  }
}

TEST(SpdmReport, ReadsTheFieldsOfTheGenuineReports) {
  const auto all = manifest();
  if (!all) GTEST_SKIP() << "the genuine evidence is not beside this clone";
  int read = 0;
  for (const Json& entry : (*all)["cases"]) {
    if (entry["kind"] != "nvidia-gpu-spdm" && entry["id"] != "combined-tdx-gpu-nras") continue;
    SCOPED_TRACE(entry["id"]);
    ++read;
    const auto report = SpdmReport::parse(GenuineGpu(entry).report);
    ASSERT_TRUE(report) << report.error().detail;
    expect_fields(*report, entry["expected"].contains("gpu") ? entry["expected"]["gpu"] : entry["expected"]);
  }
  EXPECT_GE(read, 9);
}

TEST(SpdmReport, ReadsItsFields) {
  ReportParts parts;
  parts.set_opaque(opaque_field::kChipInfo, to_bytes(std::string_view("GB100-A\0\0", 9)));
  const auto report = parse(parts);
  ASSERT_TRUE(report) << report.error().detail;
  EXPECT_EQ(report->request_nonce[0], 0xA5);
  EXPECT_EQ(report->response_nonce[31], 0x5A);
  EXPECT_EQ(report->blocks.size(), 64u);
  EXPECT_EQ(report->blocks.at(64)[47], 64);
  EXPECT_EQ(report->driver_version, "550.1.02");
  EXPECT_EQ(report->vbios_version, "96.00.9F.00.01");
  EXPECT_EQ(report->project, "1010");
  EXPECT_EQ(report->project_sku, "");
  EXPECT_EQ(report->chip_info, "GB100-A");
  EXPECT_EQ(report->nvdec0_is_on, false);
  EXPECT_EQ(report->feature, GpuFeature::kProtectedPcie);
  EXPECT_EQ((*report->fwid)[0], 0x77);
  EXPECT_EQ(report->opaque.at(999), (Bytes{1, 2, 3})) << "unknown types are passed over";
  EXPECT_EQ(report->signed_bytes, parts.encode());
  EXPECT_EQ(report->signature[95], 0x33);
}

TEST(SpdmReport, RefusesEveryTruncationAndAllButOneZeroByteAfterIt) {
  Bytes bytes = ReportParts().encode();
  bytes.resize(bytes.size() + 96, 0x33);
  for (std::size_t length = 0; length < bytes.size(); ++length)
    ASSERT_FALSE(SpdmReport::parse(ByteView(bytes).first(length))) << length;
  EXPECT_TRUE(SpdmReport::parse(bytes));
  bytes.push_back(0);
  EXPECT_TRUE(SpdmReport::parse(bytes)) << "some collectors leave it there";
  bytes.back() = 1;
  EXPECT_FALSE(SpdmReport::parse(bytes));
  bytes.back() = 0;
  bytes.push_back(0);
  EXPECT_FALSE(SpdmReport::parse(bytes));
  EXPECT_EQ(SpdmReport::parse(Bytes(65 * 1024)).error().code, ErrorCode::kTooLarge);
}

TEST(SpdmReport, RefusesOtherRequestsAndResponses) {
  for (std::size_t at = 0; at < 4; ++at) {
    ReportParts parts;
    parts.request_head[at] ^= 2;
    EXPECT_FALSE(parse(parts)) << at;
  }
  for (std::size_t at = 0; at < 2; ++at) {
    ReportParts parts;
    parts.response_head[at] ^= 2;
    EXPECT_FALSE(parse(parts)) << at;
  }
  ReportParts parts;
  parts.slot = 7;
  EXPECT_TRUE(parse(parts));
  parts.slot = 8;
  EXPECT_FALSE(parse(parts));
}

TEST(SpdmReport, RefusesBlocksThatBreakTheirForm) {
  const auto refused = [](const std::function<void(ReportParts&)>& change) {
    ReportParts parts;
    change(parts);
    return !parse(parts);
  };
  EXPECT_TRUE(refused([](ReportParts& parts) { parts.blocks[3].index = 0; }));
  EXPECT_TRUE(refused([](ReportParts& parts) { parts.blocks[3].index = 65; }));
  EXPECT_TRUE(refused([](ReportParts& parts) {
    parts.blocks[3].index = 5;
    parts.count_error = -1;
  })) << "an index twice, counted once";
  EXPECT_TRUE(refused([](ReportParts& parts) { parts.blocks[3].specification = 2; }));
  EXPECT_TRUE(refused([](ReportParts& parts) { parts.blocks[3].type = 0; }));
  EXPECT_TRUE(refused([](ReportParts& parts) { parts.blocks[3].size_error = 1; }));
  EXPECT_TRUE(refused([](ReportParts& parts) { parts.blocks[3].size_error = -1; }));
  EXPECT_TRUE(refused([](ReportParts& parts) { parts.blocks[3].value.pop_back(); }));
  EXPECT_TRUE(refused([](ReportParts& parts) { parts.blocks[3].value.push_back(0); }));
  EXPECT_TRUE(refused([](ReportParts& parts) { parts.count_error = 1; }));
  EXPECT_TRUE(refused([](ReportParts& parts) { parts.count_error = -1; }));
  EXPECT_TRUE(refused([](ReportParts& parts) { parts.record_error = 1; }));
  EXPECT_TRUE(refused([](ReportParts& parts) { parts.record_error = -1; }));
  EXPECT_TRUE(refused([](ReportParts& parts) { parts.opaque_error = 1; }));
  EXPECT_TRUE(refused([](ReportParts& parts) { parts.opaque_error = -1; }));
}

TEST(SpdmReport, RefusesOpaqueFieldsThatBreakTheirForm) {
  const auto refused = [](std::uint16_t type, const Bytes& data) {
    ReportParts parts;
    parts.set_opaque(type, data);
    return !parse(parts);
  };
  const auto text = [](std::string_view value) { return to_bytes(value); };
  EXPECT_TRUE(refused(opaque_field::kDriverVersion, text("550.1.02"))) << "no NUL";
  EXPECT_TRUE(refused(opaque_field::kDriverVersion, text(std::string_view("\0", 1)))) << "nothing before the NUL";
  EXPECT_TRUE(refused(opaque_field::kDriverVersion, text(std::string_view("55\0x\0", 5)))) << "text after the NUL";
  EXPECT_TRUE(refused(opaque_field::kDriverVersion, text(std::string_view("55\x1b[2J\0", 7))));
  EXPECT_TRUE(refused(opaque_field::kProject, text("1010")));
  EXPECT_TRUE(refused(opaque_field::kChipSku, text(std::string_view("8\xff\0", 3))));
  EXPECT_TRUE(refused(opaque_field::kVbiosVersion, Bytes(7)));
  EXPECT_TRUE(refused(opaque_field::kVbiosVersion, Bytes(9)));
  EXPECT_TRUE(refused(opaque_field::kNvdec0Status, {0x00}));
  EXPECT_TRUE(refused(opaque_field::kNvdec0Status, {0x55, 0x55}));
  EXPECT_TRUE(refused(opaque_field::kFwid, Bytes(32)));
  EXPECT_TRUE(refused(opaque_field::kFeatureFlag, {3, 0}));
  EXPECT_TRUE(refused(opaque_field::kFeatureFlag, {0, 1}));
  EXPECT_FALSE(refused(opaque_field::kFeatureFlag, {0, 0}));
  EXPECT_FALSE(refused(1000, {}));

  ReportParts twice;
  twice.opaque.push_back(twice.opaque.front());
  EXPECT_FALSE(parse(twice));
  for (const std::uint16_t type : {opaque_field::kDriverVersion, opaque_field::kVbiosVersion}) {
    ReportParts without;
    without.drop_opaque(type);
    EXPECT_FALSE(parse(without)) << type;
  }
}

}  // namespace
}  // namespace minions::attestation::nvidia
