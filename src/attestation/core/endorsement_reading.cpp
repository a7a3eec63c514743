#include "attestation/core/endorsement_reading.h"

#include "attestation/core/verifier.h"

namespace minions::attestation {
namespace {

template <class T>
void take(Result<std::vector<T>> read, std::string_view name, std::vector<T>& into, std::vector<std::string>& unread) {
  if (!read) {
    unread.push_back(fmt::format("{}: {}", name, read.error().detail));
    return;
  }
  // Only one of equal entries: each is verified against each, and anyone can send many copies.
  for (T& one : *read) {
    const bool known =
        std::any_of(into.begin(), into.end(), [&](const T& other) { return equal(other.der(), one.der()); });
    if (!known) into.push_back(std::move(one));
  }
}

}  // namespace

std::span<const Bytes> entries_of(const Endorsements& endorsements, std::string_view name) {
  const auto found = endorsements.find(name);
  return found == endorsements.end() ? std::span<const Bytes>() : std::span<const Bytes>(found->second);
}

void AmdCollateral::add_certificates(std::string_view name, ByteView bytes) {
  take(crypto::Certificate::read(bytes), name, certificates, unread);
}

void AmdCollateral::add_lists(std::string_view name, ByteView bytes) {
  take(crypto::RevocationList::read(bytes), name, revocation_lists, unread);
}

AmdCollateral AmdCollateral::of(const Endorsements& endorsements) {
  AmdCollateral out;
  const auto each = [&](std::string_view name, void (AmdCollateral::*add)(std::string_view, ByteView)) {
    const std::span<const Bytes> entries = entries_of(endorsements, name);
    if (entries.size() > kMostAmdEntries) {
      out.unread.push_back(fmt::format("{}: {} entries, want at most {}", name, entries.size(), kMostAmdEntries));
      return;
    }
    std::size_t index = 0;
    for (const Bytes& entry : entries) (out.*add)(fmt::format("{}[{}]", name, index++), entry);
  };
  each(endorsement::kCertificates, &AmdCollateral::add_certificates);
  each(endorsement::kRevocationLists, &AmdCollateral::add_lists);
  return out;
}

void check_all_read(const std::vector<std::string>& unread, CheckList& checks) {
  for (const std::string& each : unread)
    checks.expect("parse.endorsements", false, "endorsements in PEM or DER that can be read", each);
}

}  // namespace minions::attestation
