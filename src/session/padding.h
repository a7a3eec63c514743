// What sizes reveal (docs/protocol.md section 8). Sizes are of record plaintexts in bytes: u8 type, u32 length, data,
// zeros.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace minions::session {

enum class PaddingMode { kOff, kBucket, kTick, kConstant };
[[nodiscard]] std::string_view name_of(PaddingMode mode);
[[nodiscard]] std::optional<PaddingMode> padding_mode_from(std::string_view name);

inline constexpr std::size_t kRecordHeaderSize = 5;  // type and data length
inline constexpr std::size_t kMaxPlaintext = 65'536;
inline constexpr std::size_t kMaxRecordData = kMaxPlaintext - kRecordHeaderSize;
inline constexpr std::size_t kMaxHeadData = 16'000;
inline constexpr std::size_t kRequestTrailerSize = 256;

// PADMÉ (Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and Communication with PURBs", 2019).
[[nodiscard]] std::uint64_t padme(std::uint64_t x);
// The next of 256, 1,024, 4,096, 16,384, 65,536. size is at most 65,536.
[[nodiscard]] std::size_t bucket(std::size_t size);
// The last record of a reply: the next bucket from 1,024 on, so that success, error and usage look alike.
[[nodiscard]] std::size_t final_bucket(std::size_t size);
// A request's head: the next of 1,024, 4,096, 16,384.
[[nodiscard]] std::size_t head_size(std::size_t size);
// The plaintext sizes of the data and filler records of a request with `data_bytes` of data.
[[nodiscard]] std::vector<std::size_t> request_layout(std::uint64_t data_bytes);

}  // namespace minions::session
