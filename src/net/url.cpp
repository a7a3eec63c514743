#include "net/url.h"

#include <algorithm>
#include <charconv>
#include <iterator>

#include "net/address.h"

namespace minions::net {
namespace {

namespace asio = boost::asio;

bool is_host_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

bool is_path_char(char c) {
  return c > ' ' && c < 0x7f && std::string_view("\"<>\\^`{|}?#").find(c) == std::string_view::npos;
}

// RFC 1123 names and IPv4 addresses.
Status check_host(std::string_view host) {
  if (host.empty()) return fail(ErrorCode::kUsage, "url: no host");
  if (host.size() > 253) return fail(ErrorCode::kUsage, "url: host is longer than 253 characters");
  if (!std::all_of(host.begin(), host.end(), is_host_char) || host.front() == '-' || host.front() == '.' ||
      host.find("..") != std::string_view::npos) {
    return fail(ErrorCode::kUsage, "url: host is neither a name nor an address");
  }
  // Resolvers accept 127.1, 0x7f.1 or 017700000001 as addresses; here an address has four decimal parts.
  const std::string_view last = host.substr(host.rfind('.') + 1);
  if (!last.empty() && last.front() >= '0' && last.front() <= '9') {
    boost::system::error_code error;
    asio::ip::make_address_v4(std::string(host), error);
    if (error) return fail(ErrorCode::kUsage, "url: host is neither a name nor an address");
  }
  return {};
}

Result<std::uint16_t> parse_port(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value == 0 || value > 65535) {
    return fail(ErrorCode::kUsage, "url: port is not 1 to 65535");
  }
  return static_cast<std::uint16_t>(value);
}

}  // namespace

std::string Url::authority() const {
  std::string text = host.find(':') == std::string::npos ? host : "[" + host + "]";
  if (port != (scheme == Scheme::kHttps ? 443 : 80)) text += ":" + std::to_string(port);
  return text;
}

std::string Url::origin() const { return (scheme == Scheme::kHttps ? "https://" : "http://") + authority(); }

Result<Url> Url::parse(std::string_view text) {
  Url url;
  std::string_view rest = text;
  // Schemes are the same in either case (RFC 3986 section 3.1).
  const auto skip = [&rest](std::string_view prefix) {
    if (rest.size() < prefix.size()) return false;
    const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a | 0x20) : a) == b; };
    if (!std::equal(prefix.begin(), prefix.end(), rest.begin(), [&](char b, char a) { return same(a, b); }))
      return false;
    rest.remove_prefix(prefix.size());
    return true;
  };
  if (skip("https://")) {
    url.scheme = Scheme::kHttps;
  } else if (!skip("http://")) {
    return fail(ErrorCode::kUsage, "url: does not start with http:// or https://");
  }
  url.port = url.scheme == Scheme::kHttps ? 443 : 80;

  const std::size_t slash = std::min(rest.find_first_of("/?#"), rest.size());
  std::string_view authority = rest.substr(0, slash);
  std::string_view path = rest.substr(slash);
  if (authority.find('@') != std::string_view::npos) return fail(ErrorCode::kUsage, "url: user info is not allowed");

  std::string_view host;
  if (authority.substr(0, 1) == "[") {
    const std::size_t end = authority.find(']');
    if (end == std::string_view::npos) return fail(ErrorCode::kUsage, "url: no ] after the IPv6 address");
    host = authority.substr(1, end - 1);
    authority.remove_prefix(end + 1);
    boost::system::error_code error;
    const auto address = asio::ip::make_address_v6(std::string(host), error);
    if (error || host.find('%') != std::string_view::npos)
      return fail(ErrorCode::kUsage, "url: not an IPv6 address in []");
    url.host = address.to_string();
  } else {
    host = authority.substr(0, authority.find(':'));
    authority.remove_prefix(host.size());
    std::transform(host.begin(), host.end(), std::back_inserter(url.host),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
    MINIONS_TRY(check_host(url.host));
  }
  if (!authority.empty()) {
    if (authority.front() != ':') return fail(ErrorCode::kUsage, "url: unexpected text after the host");
    MINIONS_TRY_ASSIGN(url.port, parse_port(authority.substr(1)));
  }
  if (path.find_first_of("?#") != std::string_view::npos) {
    return fail(ErrorCode::kUsage, "url: a query or fragment is not allowed");
  }
  if (!std::all_of(path.begin(), path.end(), is_path_char)) {
    return fail(ErrorCode::kUsage, "url: a character in the path is not allowed");
  }
  while (!path.empty() && path.back() == '/') path.remove_suffix(1);
  url.base_path = path;
  return url;
}

bool is_loopback_host(std::string_view host) {
  if (host == "localhost") return true;
  boost::system::error_code error;
  const auto address = asio::ip::make_address(std::string(host), error);
  return !error && is_loopback(address);
}

}  // namespace minions::net
