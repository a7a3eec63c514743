#include "net/address.h"

#include <algorithm>
#include <array>

namespace minions::net {
namespace {

namespace ip = boost::asio::ip;

constexpr std::size_t kLimitBytes = 8;  // of IPv6: a /64
constexpr std::size_t kLongestText = 64;

std::optional<IpAddress> parse_address(std::string_view text) {
  // A zone (%eth0) is meaningful only on its writer's machine.
  if (text.empty() || text.size() > kLongestText || text.find('%') != std::string_view::npos) return std::nullopt;
  boost::system::error_code error;
  const auto address = ip::make_address(std::string(text), error);
  if (error) return std::nullopt;
  return plain_address(address);
}

// At most `most`, decimal digits only.
std::optional<unsigned> parse_number(std::string_view digits, unsigned most) {
  if (digits.empty() || digits.size() > 5) return std::nullopt;
  unsigned number = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + static_cast<unsigned>(c - '0');
  }
  return number <= most ? std::optional(number) : std::nullopt;
}

// Bit by bit is fast enough for a handful of ranges, and the same for both families.
template <class Bytes>
bool share_bits(const Bytes& a, const Bytes& b, unsigned bits) {
  for (unsigned i = 0; i < bits; ++i) {
    const unsigned mask = 0x80U >> (i % 8);
    if ((a[i / 8] & mask) != (b[i / 8] & mask)) return false;
  }
  return true;
}

}  // namespace

bool is_loopback(const IpAddress& address) { return plain_address(address).is_loopback(); }

IpAddress plain_address(const IpAddress& address) {
  if (!address.is_v6()) return address;
  const ip::address_v6 v6 = address.to_v6();
  if (v6.is_v4_mapped()) return ip::make_address_v4(ip::v4_mapped, v6);
  return ip::address_v6(v6.to_bytes());
}

std::string limit_name(const IpAddress& address) {
  const IpAddress plain = plain_address(address);
  if (plain.is_v4()) return plain.to_string();
  ip::address_v6::bytes_type bytes = plain.to_v6().to_bytes();
  std::fill(bytes.begin() + kLimitBytes, bytes.end(), std::uint8_t{0});
  return ip::address_v6(bytes).to_string() + "/64";
}

std::optional<IpAddress> parse_forwarded(std::string_view entry) {
  if (entry.starts_with('[')) {
    const std::size_t end = entry.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view rest = entry.substr(end + 1);
    if (!rest.empty() && (rest.front() != ':' || !parse_number(rest.substr(1), 65'535))) return std::nullopt;
    const std::string_view inside = entry.substr(1, end - 1);
    return inside.find(':') == std::string_view::npos ? std::nullopt : parse_address(inside);
  }
  const std::size_t colon = entry.find(':');
  if (colon == std::string_view::npos || entry.find(':', colon + 1) != std::string_view::npos)
    return parse_address(entry);
  if (!parse_number(entry.substr(colon + 1), 65'535)) return std::nullopt;
  return parse_address(entry.substr(0, colon));
}

Result<AddressRange> AddressRange::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto base = parse_address(text.substr(0, slash));
  if (!base) return fail(ErrorCode::kUsage, "want an IP address or ADDR/BITS, found " + std::string(text));
  const unsigned all = base->is_v4() ? 32 : 128;
  if (slash == std::string_view::npos) return AddressRange(*base, all);
  const auto bits = parse_number(text.substr(slash + 1), all);
  if (!bits) {
    return fail(ErrorCode::kUsage,
                "want 0 to " + std::to_string(all) + " bits after the slash, found " + std::string(text));
  }
  return AddressRange(*base, *bits);
}

bool AddressRange::contains(const IpAddress& address) const {
  const IpAddress plain = plain_address(address);
  if (plain.is_v4() != base_.is_v4()) return false;
  if (plain.is_v4()) return share_bits(plain.to_v4().to_bytes(), base_.to_v4().to_bytes(), bits_);
  return share_bits(plain.to_v6().to_bytes(), base_.to_v6().to_bytes(), bits_);
}

}  // namespace minions::net
