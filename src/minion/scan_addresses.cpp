#include <algorithm>

#include "minion/data_scanners.h"

namespace minions::minion {
namespace scanning {

bool word_at(std::string_view text, std::size_t at, std::string_view word) {
  if (at + word.size() > text.size() || !stands_alone(text, at, at + word.size())) return false;
  return std::equal(word.begin(), word.end(), text.begin() + static_cast<std::ptrdiff_t>(at),
                    [](char a, char b) { return a == lower(b); });
}

bool word_before(std::string_view text, std::size_t at, std::size_t reach, const std::vector<std::string_view>& words) {
  const std::size_t from = at > reach ? at - reach : 0;
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) {
    for (std::size_t i = from; i + word.size() <= at; ++i) {
      if (word_at(text, i, word)) return true;
    }
    return false;
  });
}

}  // namespace scanning

namespace {

using namespace scanning;

bool is_mail_local(char c) {
  return is_word(c) || std::string_view(".!#$%&'*+/=?^_`{|}~-").find(c) != std::string_view::npos;
}
bool is_host(char c) { return is_word(c) || c == '-' || c == '.'; }

// A name with a dot in it and letters at its end.
std::size_t host_end(std::string_view text, std::size_t begin) {
  std::size_t end = begin;
  while (end < text.size() && is_host(text[end])) ++end;
  while (end > begin && (text[end - 1] == '.' || text[end - 1] == '-')) --end;
  const std::string_view host = text.substr(begin, end - begin);
  const std::size_t point = host.rfind('.');
  if (point == std::string_view::npos || point == 0 || host.size() - point < 3 || is_digit(host[point + 1]))
    return begin;
  return end;
}

void scan_mail(std::string_view text, std::vector<DataSpan>& to) {
  for (std::size_t at = text.find('@'); at != std::string_view::npos; at = text.find('@', at + 1)) {
    std::size_t begin = at;
    while (begin > 0 && is_mail_local(text[begin - 1])) --begin;
    while (begin < at && !is_word(text[begin])) ++begin;
    const std::size_t end = host_end(text, at + 1);
    if (begin < at && end > at + 1) to.push_back({begin, end, DataKind::kEmail});
  }
}

std::size_t ipv4_end(std::string_view text, std::size_t begin) {
  std::size_t at = begin;
  for (int part = 0; part < 4; ++part) {
    std::size_t digits = 0;
    unsigned value = 0;
    while (at < text.size() && is_digit(text[at]) && digits < 4) {
      value = value * 10 + static_cast<unsigned>(text[at++] - '0');
      ++digits;
    }
    if (digits == 0 || digits > 3 || value > 255) return begin;
    if (part < 3 && (at == text.size() || text[at++] != '.')) return begin;
  }
  const bool goes_on =
      at < text.size() && (is_word(text[at]) || (text[at] == '.' && at + 1 < text.size() && is_digit(text[at + 1])));
  return goes_on ? begin : at;
}

bool is_hex(char c) { return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'f'); }

// RFC 4291 section 2.2: eight groups, or fewer with one "::". At least two groups, so that "::" in code does not count.
std::size_t ipv6_end(std::string_view text, std::size_t begin) {
  std::size_t at = begin;
  int groups = 0;
  int gaps = 0;
  while (at < text.size()) {
    std::size_t digits = 0;
    while (at + digits < text.size() && is_hex(text[at + digits]) && digits < 5) ++digits;
    if (digits > 4) return begin;
    if (digits > 0) ++groups;
    at += digits;
    if (at + 1 < text.size() && text[at] == ':' && text[at + 1] == ':') {
      if (++gaps > 1) return begin;
      at += 2;
    } else if (at + 1 < text.size() && text[at] == ':' && is_hex(text[at + 1]) && digits > 0) {
      ++at;
    } else {
      break;
    }
  }
  const bool whole = (gaps == 0 && groups == 8) || (gaps == 1 && groups >= 2 && groups <= 7);
  if (!whole || (at < text.size() && (is_word(text[at]) || text[at] == ':'))) return begin;
  return at;
}

void scan_ip(std::string_view text, std::vector<DataSpan>& to) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool inside = i > 0 && (is_word(text[i - 1]) || text[i - 1] == '.' || text[i - 1] == ':');
    if (inside || !(is_hex(text[i]) || text[i] == ':')) continue;
    std::size_t end = is_digit(text[i]) ? ipv4_end(text, i) : i;
    if (end == i) end = ipv6_end(text, i);
    if (end > i) to.push_back({i, end, DataKind::kIpAddress});
  }
}

constexpr std::string_view kSecretParameters[] = {
    "access_token", "api_key", "apikey", "auth",      "code",  "credential",      "jwt",
    "key",          "pass",    "passwd", "password",  "pwd",   "secret",          "session",
    "sessionid",    "sid",     "sig",    "signature", "token", "x-amz-signature", "x-amz-credential"};

bool is_secret_parameter(std::string_view name) {
  return std::any_of(std::begin(kSecretParameters), std::end(kSecretParameters), [&](std::string_view secret) {
    return name.size() == secret.size() &&
           std::equal(name.begin(), name.end(), secret.begin(), [](char a, char b) { return lower(a) == b; });
  });
}

// A path part as in links that grant access: long, with both letters and digits.
bool looks_random(std::string_view part) {
  constexpr std::size_t kLong = 20;
  if (part.size() < kLong) return false;
  const bool plain =
      std::all_of(part.begin(), part.end(), [](char c) { return is_alnum(c) || c == '_' || c == '-' || c == '='; });
  return plain && std::any_of(part.begin(), part.end(), is_digit) &&
         std::any_of(part.begin(), part.end(), [](char c) { return is_upper(c) || is_lower(c); });
}

bool has_secret(std::string_view url) {
  const std::size_t authority = url.find("://") + 3;
  const std::size_t path = std::min(url.find_first_of("/?#", authority), url.size());
  if (url.substr(authority, path - authority).find('@') != std::string_view::npos) return true;
  for (std::size_t at = path; at < url.size();) {
    const std::size_t end = std::min(url.find_first_of("/?#&;", at + 1), url.size());
    const std::string_view part = url.substr(at + 1, end - at - 1);
    const std::size_t equals = part.find('=');
    if (equals != std::string_view::npos && is_secret_parameter(part.substr(0, equals))) return true;
    if (looks_random(equals == std::string_view::npos ? part : part.substr(equals + 1))) return true;
    at = end;
  }
  return false;
}

void scan_urls(std::string_view text, std::vector<DataSpan>& to) {
  for (std::size_t at = text.find("://"); at != std::string_view::npos; at = text.find("://", at + 3)) {
    std::size_t begin = at;
    while (begin > 0 && (is_alnum(text[begin - 1]) || text[begin - 1] == '+')) --begin;
    std::size_t end = at + 3;
    while (end < text.size() && text[end] > ' ' &&
           std::string_view("\"<>`{}|\\^").find(text[end]) == std::string_view::npos)
      ++end;
    while (end > at + 3 && std::string_view(".,;:!?)]'").find(text[end - 1]) != std::string_view::npos) --end;
    if (begin < at && end > at + 3 && has_secret(text.substr(begin, end - begin)))
      to.push_back({begin, end, DataKind::kUrl});
  }
}

}  // namespace

void scan_addresses(std::string_view text, std::vector<DataSpan>& to) {
  scan_mail(text, to);
  scan_ip(text, to);
  scan_urls(text, to);
}

}  // namespace minions::minion
