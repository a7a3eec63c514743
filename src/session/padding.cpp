#include "session/padding.h"

#include <algorithm>
#include <array>
#include <bit>

namespace minions::session {
namespace {

constexpr std::array<std::size_t, 5> kBuckets = {256, 1024, 4096, 16'384, 65'536};
constexpr std::array<std::pair<PaddingMode, std::string_view>, 4> kModes = {{{PaddingMode::kOff, "off"},
                                                                             {PaddingMode::kBucket, "bucket"},
                                                                             {PaddingMode::kTick, "tick"},
                                                                             {PaddingMode::kConstant, "constant"}}};

std::size_t next_bucket(std::size_t size, std::size_t least) {
  for (const std::size_t candidate : kBuckets) {
    if (candidate >= least && candidate >= size) return candidate;
  }
  return kBuckets.back();
}

}  // namespace

std::string_view name_of(PaddingMode mode) {
  return std::find_if(kModes.begin(), kModes.end(), [&](const auto& row) { return row.first == mode; })->second;
}

std::optional<PaddingMode> padding_mode_from(std::string_view name) {
  const auto* const row =
      std::find_if(kModes.begin(), kModes.end(), [&](const auto& each) { return each.second == name; });
  return row == kModes.end() ? std::nullopt : std::optional(row->first);
}

std::uint64_t padme(std::uint64_t x) {
  if (x < 2) return x;
  const auto e = static_cast<int>(std::bit_width(x)) - 1;
  const auto s = static_cast<int>(std::bit_width(static_cast<unsigned>(e)));
  const int last_bits = e - s;
  if (last_bits <= 0) return x;
  const std::uint64_t mask = (std::uint64_t{1} << last_bits) - 1;
  return (x + mask) & ~mask;
}

std::size_t bucket(std::size_t size) { return next_bucket(size, kBuckets.front()); }
std::size_t final_bucket(std::size_t size) { return next_bucket(size, 1024); }
std::size_t head_size(std::size_t size) { return next_bucket(size, 1024); }

std::vector<std::size_t> request_layout(std::uint64_t data_bytes) {
  if (data_bytes == 0) return {};
  const std::uint64_t records = (data_bytes + kMaxRecordData - 1) / kMaxRecordData;
  const std::uint64_t total = padme(std::max<std::uint64_t>(1024, data_bytes + kRecordHeaderSize * records));
  std::vector<std::size_t> sizes(total / kMaxPlaintext, kMaxPlaintext);
  if (const std::size_t last = total % kMaxPlaintext; last > 0) sizes.push_back(last);
  return sizes;
}

}  // namespace minions::session
