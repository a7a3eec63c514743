// Descriptors 0 to 2 of this program: its input, and its output.
#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>

#include "formats/extract_protocol.h"

namespace minions::extract {

inline constexpr std::size_t kAllOfInput = std::numeric_limits<std::size_t>::max();  // the parent has checked the size

// The input from its start, up to `limit_bytes`. kDamaged: it cannot be read.
[[nodiscard]] formats::Read<std::string> input_bytes(std::size_t limit_bytes);

// Writes all of it, or as much as the other end accepts. iostreams and printf would add a millisecond of start-up, and
// buffers that exec loses.
void say(int descriptor, std::string_view text);
// A line on descriptor 2.
void remark(formats::Remark remark, std::uint64_t number);

// From now on `new` ends the program with kOutOfMemory if memory runs out.
void stop_when_out_of_memory();

}  // namespace minions::extract
