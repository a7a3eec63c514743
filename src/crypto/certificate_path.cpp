#include <fmt/format.h>

#include <algorithm>

#include "base/time_window.h"
#include "crypto/certificate.h"

namespace minions::crypto {
namespace {

constexpr std::size_t kMostInPath = 10;

tl::unexpected<Error> untrusted(const Certificate& certificate, std::string_view why) {
  return fail(ErrorCode::kTampered, fmt::format("{}: {}", certificate.subject_name(), why));
}

struct Link {
  Certificate certificate;
  X509PathExtensions extensions;
  bool is_root = false;

  [[nodiscard]] TimeWindow validity() const { return {certificate.not_before(), certificate.not_after()}; }
};

// Whether it may be the issuer, by names and key identifiers.
bool may_have_issued(const Link& issuer, const Link& subject) {
  if (!equal(issuer.certificate.fields().subject, subject.certificate.fields().issuer)) return false;
  const auto& key = issuer.extensions.subject_key_id;
  const auto& wanted = subject.extensions.authority_key_id;
  return !key || !wanted || equal(*key, *wanted);
}

// Prefers a root, then a certificate that is valid now.
const Link* find_issuer(const Link& subject, std::span<const Link> candidates, UnixSeconds now) {
  const Link* best = nullptr;
  const auto rank = [&](const Link& link) { return (link.is_root ? 2 : 0) + (link.validity().holds_at(now) ? 1 : 0); };
  for (const Link& candidate : candidates) {
    if (!may_have_issued(candidate, subject)) continue;
    if (best == nullptr || rank(candidate) > rank(*best)) best = &candidate;
  }
  return best;
}

// What a certificate must satisfy at this place, above this many others.
Status check_place(const Link& link, std::size_t place, UnixSeconds now) {
  const TimeWindow validity = link.validity();
  if (!validity.holds_at(now)) {
    auto error = untrusted(
        link.certificate,
        fmt::format("{}: {}", now < validity.from ? "certificate is not yet valid" : "certificate has expired",
                    validity.against(now)));
    return fail(std::move(error).value().because(Cause::kTime));
  }
  if (const auto& key = link.certificate.public_key(); !key) return untrusted(link.certificate, key.error().detail);
  if (place == 0) return {};
  if (!link.extensions.is_ca) return untrusted(link.certificate, "not a certificate authority");
  if (!link.extensions.allows(X509PathExtensions::kCertSign))
    return untrusted(link.certificate, "its key may not sign certificates");
  // RFC 5280 section 4.2.1.9: counts those between it and the leaf.
  if (link.extensions.path_length && place - 1 > *link.extensions.path_length)
    return untrusted(link.certificate, "path length constraint exceeded");
  return {};
}

Result<Link> link_of(const Certificate& certificate) {
  auto extensions = X509PathExtensions::parse(certificate.fields());
  if (!extensions) return untrusted(certificate, extensions.error().detail);
  return Link{certificate, *std::move(extensions)};
}

// Those that can stand in a path; the others are ignored.
Result<std::vector<Link>> candidates_of(std::span<const Certificate> others, const PathRules& rules) {
  std::vector<Link> candidates;
  bool any_root = false;
  for (const Certificate& other : others) {
    const bool is_root = std::find(rules.roots.begin(), rules.roots.end(), other.sha256()) != rules.roots.end();
    any_root = any_root || is_root;
    auto link = link_of(other);
    if (!link) continue;
    link->is_root = is_root;
    candidates.push_back(*std::move(link));
  }
  if (!any_root) return fail(ErrorCode::kTampered, "no certificate of the chain is a pinned root");
  return candidates;
}

Result<std::vector<Link>> find_path(const Certificate& leaf, std::span<const Certificate> others,
                                    const PathRules& rules) {
  MINIONS_TRY_ASSIGN(const std::vector<Link> candidates, candidates_of(others, rules));
  MINIONS_TRY_ASSIGN(Link first, link_of(leaf));
  std::vector<Link> path = {std::move(first)};
  while (!path.back().is_root) {
    // It may have the key of a root, but it is not the pinned one.
    const X509Certificate& fields = path.back().certificate.fields();
    if (equal(fields.subject, fields.issuer)) return untrusted(path.back().certificate, "self-issued and not pinned");
    const Link* const issuer = find_issuer(path.back(), candidates, rules.now);
    if (issuer == nullptr) return untrusted(path.back().certificate, "no certificate of its issuer");
    if (path.size() == kMostInPath) return untrusted(leaf, fmt::format("no path of {} to a root", kMostInPath));
    path.push_back(*issuer);
  }
  return path;
}

}  // namespace

Result<std::vector<Certificate>> read_path(const Certificate& leaf, std::span<const Certificate> others,
                                           const PathRules& rules) {
  MINIONS_TRY_ASSIGN(const std::vector<Link> path, find_path(leaf, others, rules));
  for (std::size_t place = path.size(); place-- > 0;) MINIONS_TRY(check_place(path[place], place, rules.now));
  // From the root down: no signature is verified with a key that is not yet trusted.
  for (std::size_t place = path.size() - 1; place-- > 0;) {
    const Certificate& certificate = path[place].certificate;
    if (!verify_signature(certificate.fields().is_signed, *path[place + 1].certificate.public_key()))
      return untrusted(certificate, "certificate signature failure");
  }
  std::vector<Certificate> certificates;
  for (const Link& link : path) certificates.push_back(link.certificate);
  return certificates;
}

Result<std::vector<Certificate>> verify_path(const Certificate& leaf, std::span<const Certificate> others,
                                             const PathRules& rules) {
  MINIONS_TRY_ASSIGN(auto path, read_path(leaf, others, rules));
  if (const Status agrees = check_path_by_library(path, rules.now); !agrees) {
    return untrusted(leaf, fmt::format("our reader accepts the path to {}, OpenSSL does not: {}",
                                       path.back().subject_name(), agrees.error().detail));
  }
  return path;
}

Status check_end_entity(const Certificate& certificate) {
  MINIONS_TRY_ASSIGN(const Link link, link_of(certificate));
  if (link.extensions.is_ca) return untrusted(certificate, "want a leaf, found a certificate authority");
  if (!link.extensions.allows(X509PathExtensions::kDigitalSignature))
    return untrusted(certificate, "its key may not sign data");
  return {};
}

}  // namespace minions::crypto
