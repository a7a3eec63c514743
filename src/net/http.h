// HTTP/1.1 messages without their bodies, and the limits on what peers may send.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace minions::net {

inline constexpr std::size_t kMaxHeaderBytes = 16 * 1024;  // start line and all fields
inline constexpr std::size_t kMaxHeaders = 100;
inline constexpr std::size_t kMaxTargetBytes = 8 * 1024;

struct Header {
  std::string name;  // lower case when parsed
  std::string value;
};
using Headers = std::vector<Header>;

// The value of the first field with that name, given in lower case.
[[nodiscard]] std::optional<std::string_view> find(std::span<const Header> headers, std::string_view name);

struct RequestHead {
  std::string method;
  std::string target;
  Headers headers;
  std::optional<std::uint64_t> content_length;
  bool chunked = false;
  bool keep_alive = false;
  bool expect_continue = false;
  bool http_1_0 = false;

  // The target up to `?`, and the rest.
  [[nodiscard]] std::string_view path() const;
  [[nodiscard]] std::string_view query() const;
  [[nodiscard]] bool has_body() const { return chunked || content_length.value_or(0) > 0; }
};

struct ResponseHead {
  int status = 0;
  Headers headers;
  std::optional<std::uint64_t> content_length;
  bool chunked = false;
  bool keep_alive = false;
  // Neither length nor chunks: the body ends with the connection, and a truncation looks like its end.
  bool ends_with_connection = false;
};

[[nodiscard]] std::string_view reason_phrase(int status);
// The allowed characters of a field's name and value (RFC 9110 section 5.5 and 5.6.2).
[[nodiscard]] bool is_token_char(char c);
[[nodiscard]] bool is_value_char(char c);
// Refuses names that are not tokens, and values with control characters: neither can then inject a field.
[[nodiscard]] Status check_headers(std::span<const Header> headers);

}  // namespace minions::net
