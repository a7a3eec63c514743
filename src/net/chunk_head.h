// The part of a chunked body between two chunks' data, checked before it is complete: what no further byte can make
// valid is refused at once, not when the sender's time is up (RFC 9112 section 7.1).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace minions::net {

inline constexpr std::size_t kMaxChunkExtension = 256;
inline constexpr std::size_t kMaxTrailerBytes = 3 * 1024;

enum class ChunkPlace { kFirst, kAfterData };  // after data a line end comes first

// What is wrong with these bytes as the beginning of a chunk's head: size line, and the trailer section after a size of
// 0. Nothing: they are one, or can still become one.
[[nodiscard]] std::optional<std::string> broken_chunk_head(std::string_view bytes, ChunkPlace place);

// A line feed without its carriage return, or the reverse: a head with one never ends, or ends elsewhere for other
// parsers.
[[nodiscard]] bool has_bare_line_end(std::string_view bytes);

}  // namespace minions::net
