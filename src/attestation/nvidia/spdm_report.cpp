#include "attestation/nvidia/spdm_report.h"

#include <fmt/format.h>

#include "attestation/core/result.h"
#include "base/byte_io.h"

namespace minions::attestation {
namespace {

constexpr std::uint8_t kSpdmVersion11 = 0x11;
constexpr std::uint8_t kGetMeasurements = 0xE0;
constexpr std::uint8_t kMeasurements = 0x60;
constexpr std::uint8_t kSignatureRequested = 1;
constexpr std::uint8_t kAllBlocks = 0xFF;
constexpr std::uint8_t kMostSlot = 7;
constexpr std::uint8_t kDmtfSpecification = 1;
constexpr std::uint8_t kFirmwareDigest = 1;  // DMTF measurement value type
constexpr std::uint8_t kMostIndex = 64;
constexpr std::uint8_t kOn = 0xAA;
constexpr std::uint8_t kOff = 0x55;
constexpr std::size_t kMostBytes = std::size_t{64} * 1024;

tl::unexpected<Error> malformed(std::string_view field, std::string_view what) {
  return fail(ErrorCode::kMalformed, fmt::format("spdm {}: {}", field, what));
}

Status want_byte(ByteReader& reader, std::uint8_t wanted, std::string_view field) {
  MINIONS_TRY_ASSIGN(const std::uint8_t found, reader.le<std::uint8_t>(field));
  if (found != wanted) return malformed(field, fmt::format("want {:#04x}, found {:#04x}", wanted, found));
  return {};
}

template <std::size_t N>
Result<ByteArray<N>> take_array(ByteReader& reader, std::string_view field) {
  MINIONS_TRY_ASSIGN(const ByteView bytes, reader.take(N, field));
  ByteArray<N> out;
  std::copy(bytes.begin(), bytes.end(), out.begin());
  return out;
}

// version, code, param1, param2, nonce 32, slot
Status read_request(ByteReader& reader, SpdmReport& report) {
  MINIONS_TRY(want_byte(reader, kSpdmVersion11, "request version"));
  MINIONS_TRY(want_byte(reader, kGetMeasurements, "request code"));
  MINIONS_TRY(want_byte(reader, kSignatureRequested, "request param1"));
  MINIONS_TRY(want_byte(reader, kAllBlocks, "request param2"));
  MINIONS_TRY_ASSIGN(report.request_nonce, take_array<32>(reader, "request nonce"));
  MINIONS_TRY_ASSIGN(report.request_slot, reader.le<std::uint8_t>("request slot"));
  if (report.request_slot > kMostSlot) {
    return malformed("request slot", fmt::format("want 0 to {}, found {}", kMostSlot, report.request_slot));
  }
  return {};
}

// index u8, specification u8, size u16, then type u8, value size u16, value
Status read_block(ByteReader& record, SpdmReport& report) {
  MINIONS_TRY_ASSIGN(const auto index, record.le<std::uint8_t>("block index"));
  if (index == 0 || index > kMostIndex) {
    return malformed("block index", fmt::format("want 1 to {}, found {}", kMostIndex, index));
  }
  MINIONS_TRY(want_byte(record, kDmtfSpecification, "block specification"));
  MINIONS_TRY_ASSIGN(const auto size, record.le<std::uint16_t>("block size"));
  MINIONS_TRY(want_byte(record, kFirmwareDigest, "block value type"));
  MINIONS_TRY_ASSIGN(const auto value_size, record.le<std::uint16_t>("block value size"));
  constexpr std::size_t kWanted = sizeof(SpdmReport::Measurement);
  if (value_size != kWanted || size != kWanted + 3) {
    return malformed(fmt::format("block {}", index), fmt::format("want size {} of a value of {}, found {} of {}",
                                                                 kWanted + 3, kWanted, size, value_size));
  }
  MINIONS_TRY_ASSIGN(const auto value, take_array<kWanted>(record, "block value"));
  if (!report.blocks.emplace(index, value).second)
    return malformed("block index", fmt::format("{} is there twice", index));
  return {};
}

// blocks u8, record length u24, record
Status read_record(ByteReader& reader, SpdmReport& report) {
  MINIONS_TRY_ASSIGN(const auto count, reader.le<std::uint8_t>("blocks"));
  MINIONS_TRY_ASSIGN(const ByteView length, reader.take(3, "record length"));
  const std::size_t record_bytes = std::size_t{length[0]} | std::size_t{length[1]} << 8 | std::size_t{length[2]} << 16;
  MINIONS_TRY_ASSIGN(const ByteView bytes, reader.take(record_bytes, "record"));
  ByteReader record(bytes);
  while (record.left() > 0) MINIONS_TRY(read_block(record, report));
  if (report.blocks.size() != count) {
    return malformed("blocks", fmt::format("want {} as stated, found {}", count, report.blocks.size()));
  }
  return {};
}

// type u16, size u16, data; each type once
Status read_opaque(ByteReader& reader, SpdmReport& report) {
  MINIONS_TRY_ASSIGN(const auto length, reader.le<std::uint16_t>("opaque length"));
  MINIONS_TRY_ASSIGN(const ByteView bytes, reader.take(length, "opaque data"));
  ByteReader fields(bytes);
  while (fields.left() > 0) {
    MINIONS_TRY_ASSIGN(const auto type, fields.le<std::uint16_t>("opaque type"));
    MINIONS_TRY_ASSIGN(const auto size, fields.le<std::uint16_t>("opaque size"));
    MINIONS_TRY_ASSIGN(const ByteView data, fields.take(size, "opaque field"));
    if (!report.opaque.emplace(type, to_bytes(data)).second)
      return malformed("opaque type", fmt::format("{} is there twice", type));
  }
  return {};
}

// Printable ASCII, then at least one NUL and nothing else. Empty if the field is missing.
Result<std::string> text_field(const SpdmReport& report, std::uint16_t type, std::string_view field) {
  const auto found = report.opaque.find(type);
  if (found == report.opaque.end()) return std::string();
  const std::string_view data = as_text(found->second);
  const std::string_view text = data.substr(0, data.find('\0'));
  const bool printable = std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
  if (text.empty() || text.size() == data.size() || !printable ||
      data.find_first_not_of('\0', text.size()) != data.npos) {
    return malformed(field, fmt::format("want ASCII that ends in NUL, found {}", shown(data)));
  }
  return std::string(text);
}

Result<std::optional<Bytes>> sized_field(const SpdmReport& report, std::uint16_t type, std::size_t size) {
  const auto found = report.opaque.find(type);
  if (found == report.opaque.end()) return std::nullopt;
  if (found->second.size() != size) {
    return malformed(fmt::format("opaque field {}", type),
                     fmt::format("want {} bytes, found {}", size, found->second.size()));
  }
  return found->second;
}

// The eight bytes read backwards as hex: their second half, then the last byte of the first half. 00 9f 00 96 01 00 00
// 00 is 96.00.9F.00.01.
std::string vbios_text(const ByteArray<8>& raw) {
  return fmt::format("{:02X}.{:02X}.{:02X}.{:02X}.{:02X}", raw[3], raw[2], raw[1], raw[0], raw[4]);
}

// Both versions select the reference values, so a report without them cannot be judged.
Status read_versions(SpdmReport& report) {
  MINIONS_TRY_ASSIGN(report.driver_version, text_field(report, opaque_field::kDriverVersion, "driver version"));
  if (report.driver_version.empty()) return malformed("driver version", "the report has none");
  MINIONS_TRY_ASSIGN(const auto vbios, sized_field(report, opaque_field::kVbiosVersion, sizeof report.vbios_raw));
  if (!vbios) return malformed("vbios version", "the report has none");
  std::copy(vbios->begin(), vbios->end(), report.vbios_raw.begin());
  report.vbios_version = vbios_text(report.vbios_raw);
  return {};
}

Status read_fields(SpdmReport& report) {
  MINIONS_TRY(read_versions(report));
  MINIONS_TRY_ASSIGN(report.project, text_field(report, opaque_field::kProject, "project"));
  MINIONS_TRY_ASSIGN(report.project_sku, text_field(report, opaque_field::kProjectSku, "project sku"));
  MINIONS_TRY_ASSIGN(report.chip_sku, text_field(report, opaque_field::kChipSku, "chip sku"));
  MINIONS_TRY_ASSIGN(report.chip_info, text_field(report, opaque_field::kChipInfo, "chip info"));
  MINIONS_TRY_ASSIGN(const auto fwid, sized_field(report, opaque_field::kFwid, sizeof(SpdmReport::Measurement)));
  if (fwid) std::copy(fwid->begin(), fwid->end(), report.fwid.emplace().begin());
  MINIONS_TRY_ASSIGN(const auto nvdec0, sized_field(report, opaque_field::kNvdec0Status, 1));
  if (nvdec0) {
    const std::uint8_t status = nvdec0->front();
    if (status != kOn && status != kOff) {
      return malformed("nvdec0 status", fmt::format("want {:#04x} or {:#04x}, found {:#04x}", kOn, kOff, status));
    }
    report.nvdec0_is_on = status == kOn;
  }
  MINIONS_TRY_ASSIGN(const auto feature, sized_field(report, opaque_field::kFeatureFlag, 2));
  if (feature) {
    const auto flag = load_le<std::uint16_t>(feature->data());
    if (flag > static_cast<std::uint16_t>(GpuFeature::kProtectedPcie)) {
      return malformed("feature flag", fmt::format("want 0, 1 or 2, found {}", flag));
    }
    report.feature = static_cast<GpuFeature>(flag);
  }
  return {};
}

}  // namespace

Result<SpdmReport> SpdmReport::parse(ByteView bytes) {
  if (bytes.size() > kMostBytes) return fail(ErrorCode::kTooLarge, fmt::format("spdm report: {} bytes", bytes.size()));
  SpdmReport report;
  ByteReader reader(bytes);
  MINIONS_TRY(read_request(reader, report));
  MINIONS_TRY(want_byte(reader, kSpdmVersion11, "response version"));
  MINIONS_TRY(want_byte(reader, kMeasurements, "response code"));
  MINIONS_TRY(reader.take(2, "response parameters"));  // reserved if all blocks were requested
  MINIONS_TRY(read_record(reader, report));
  MINIONS_TRY_ASSIGN(report.response_nonce, take_array<32>(reader, "response nonce"));
  MINIONS_TRY(read_opaque(reader, report));
  report.signed_bytes = to_bytes(bytes.first(reader.position()));
  MINIONS_TRY_ASSIGN(report.signature, take_array<96>(reader, "signature"));
  // Some collectors append a zero byte.
  if (reader.left() == 1) MINIONS_TRY(want_byte(reader, 0, "byte after the signature"));
  MINIONS_TRY(reader.finish("spdm report"));
  MINIONS_TRY(read_fields(report));
  return report;
}

}  // namespace minions::attestation
