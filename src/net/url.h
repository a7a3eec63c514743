// http and https addresses as users write them, parsed strictly: no user info, query or fragment.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace minions::net {

enum class Scheme { kHttp, kHttps };

struct Url {
  Scheme scheme = Scheme::kHttp;
  std::string host;  // lower case; IPv6 without brackets
  std::uint16_t port = 0;
  std::string base_path;  // empty, or `/...` without a slash at the end

  // For the Host header: brackets around IPv6, the port unless it is the scheme's default.
  [[nodiscard]] std::string authority() const;
  // scheme://authority, without the path: what may share a connection.
  [[nodiscard]] std::string origin() const;

  [[nodiscard]] static Result<Url> parse(std::string_view text);
};

// localhost, 127.0.0.0/8 or ::1, judging by the text alone.
[[nodiscard]] bool is_loopback_host(std::string_view host);

}  // namespace minions::net
