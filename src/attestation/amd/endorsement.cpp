#include "attestation/amd/endorsement.h"

#include <fmt/format.h>

#include "attestation/amd/certificates.h"
#include "base/time_window.h"
#include "crypto/der.h"

namespace minions::attestation {
namespace {

using crypto::Certificate;
using crypto::DerReader;
using SigningKey = SnpReport::SigningKey;

constexpr std::string_view kOidPrefix = "1.3.6.1.4.1.3704.1.";
constexpr std::string_view kProductOid = "2";
constexpr std::string_view kHwidOid = "4";
constexpr std::string_view kCspIdOid = "5";

std::optional<Bytes> extension(const Certificate& certificate, std::string_view oid) {
  return certificate.extension(fmt::format("{}{}", kOidPrefix, oid));
}

tl::unexpected<Error> malformed(std::string_view field, std::string_view want, std::string_view found) {
  return fail(ErrorCode::kMalformed, fmt::format("amd certificate: {}: want {}, found {}", field, want, found));
}

Result<std::uint64_t> integer(const Certificate& certificate, std::string_view oid, std::string_view field) {
  const auto value = extension(certificate, oid);
  if (!value) return malformed(field, fmt::format("extension {}{}", kOidPrefix, oid), "none");
  DerReader reader(*value);
  MINIONS_TRY_ASSIGN(const std::uint64_t number, reader.integer(field));
  MINIONS_TRY(reader.finish(field));
  return number;
}

Result<std::string> ia5_string(const Certificate& certificate, std::string_view oid, std::string_view field) {
  const auto value = extension(certificate, oid);
  if (!value) return malformed(field, fmt::format("extension {}{}", kOidPrefix, oid), "none");
  DerReader reader(*value);
  MINIONS_TRY_ASSIGN(const ByteView text, reader.take(crypto::der_tag::kIa5String, field));
  MINIONS_TRY(reader.finish(field));
  return std::string(as_text(text));
}

Result<SnpProduct> product_of(std::string_view name) {
  const std::string_view line = name.substr(0, name.find('-'));  // "Milan-B0": the stepping follows
  for (const SnpProduct product : {SnpProduct::kMilan, SnpProduct::kGenoa, SnpProduct::kTurin}) {
    if (line == name_of(product)) return product;
  }
  return malformed("product", "Milan, Genoa or Turin", shown(name));
}

// The position of an extension's value in a TCB.
struct SplExtension {
  std::string_view oid;
  std::string_view field;
  std::size_t offset;
  bool required;
};
constexpr SplExtension kMilanSpls[] = {{"3.1", "bootloader SPL", 0, true}, {"3.2", "TEE SPL", 1, true},
                                       {"3.4", "SPL 4", 2, false},         {"3.5", "SPL 5", 3, false},
                                       {"3.6", "SPL 6", 4, false},         {"3.7", "SPL 7", 5, false},
                                       {"3.3", "SNP SPL", 6, true},        {"3.8", "microcode SPL", 7, true}};
constexpr SplExtension kTurinSpls[] = {{"3.9", "FMC SPL", 0, true}, {"3.1", "bootloader SPL", 1, true},
                                       {"3.2", "TEE SPL", 2, true}, {"3.3", "SNP SPL", 3, true},
                                       {"3.5", "SPL 5", 4, false},  {"3.6", "SPL 6", 5, false},
                                       {"3.7", "SPL 7", 6, false},  {"3.8", "microcode SPL", 7, true}};

Result<SnpTcb> read_tcb(const Certificate& certificate, SnpProduct product) {
  SnpTcb tcb{};
  const auto spls = product == SnpProduct::kTurin ? std::span(kTurinSpls) : std::span(kMilanSpls);
  for (const SplExtension& spl : spls) {
    if (!spl.required && !extension(certificate, spl.oid)) continue;
    MINIONS_TRY_ASSIGN(const std::uint64_t value, integer(certificate, spl.oid, spl.field));
    if (value > 0xFF) return malformed(spl.field, "at most 255", std::to_string(value));
    tcb[spl.offset] = static_cast<std::uint8_t>(value);
  }
  return tcb;
}

// AMD writes the bytes directly or wraps them in an OCTET STRING.
Result<Bytes> read_hwid(ByteView value, SnpProduct product) {
  const std::size_t want = product == SnpProduct::kTurin ? 8 : 64;
  if (value.size() == want) return to_bytes(value);
  DerReader reader(value);
  const auto wrapped = reader.take(crypto::der_tag::kOctetString, "HWID");
  if (!wrapped || !reader.at_end() || wrapped->size() != want)
    return malformed("HWID", fmt::format("{} bytes", want), fmt::format("{}", value.size()));
  return to_bytes(*wrapped);
}

// What the lists state against a path. A stale list still revokes, but does not clear.
class Revocation {
 public:
  Revocation(const std::vector<Certificate>& path, const AmdChainInput& input)
      : path_(path), now_(input.now), crl_(input.crl) {}

  // A list from this issuer.
  void read(const crypto::RevocationList& list, const Certificate& issuer) {
    ++lists_;
    if (!list.signed_by(issuer)) {
      objection_ = fmt::format("a list that {} did not sign", shown(issuer.subject_name()));
      return;
    }
    for (const Certificate& certificate : path_) {
      if (list.lists(certificate)) objection_ = fmt::format("{} is revoked", shown(certificate.subject_name()));
    }
    const TimeWindow window{list.this_update(), list.next_update()};
    const bool current = window.holds_at(now_);
    any_current_ = any_current_ || current;
    if (!current) stale_ = fmt::format("a list for {}", window.against(now_));
  }

  bool judge(CheckList& checks) const {
    constexpr std::string_view kName = "chain.revocation";
    std::string want = fmt::format("no revocation by a list that is current at {}", to_iso8601(now_));
    if (lists_ == 0 && crl_.value == CrlMode::kRequire)
      return checks.expect(kName, false, std::move(want), "no list of this chain", crl_.source, Side::kService);
    if (lists_ == 0) {
      checks.waive(
          kName, std::move(want),
          fmt::format("no revocation list of this chain is at hand, and crl = if-available ({})", crl_.source));
      return true;
    }
    if (objection_) return checks.expect(kName, false, std::move(want), *objection_);
    return checks.expect(kName, any_current_, std::move(want),
                         any_current_ ? fmt::format("none in {} lists", lists_) : stale_, crl_.source, Side::kClock);
  }

 private:
  const std::vector<Certificate>& path_;
  UnixSeconds now_;
  const Rule<CrlMode>& crl_;
  std::size_t lists_ = 0;
  bool any_current_ = false;
  std::string stale_;
  std::optional<std::string> objection_;
};

bool check_revocation(const AmdChainInput& input, const std::vector<Certificate>& path, CheckList& checks) {
  Revocation revocation(path, input);
  // The root issued itself and the certificate below it: both have the same list.
  for (std::size_t i = 0; i + 1 < path.size(); ++i) {
    for (const crypto::RevocationList& list : input.revocation_lists) {
      if (list.same_issuer_as(path[i])) revocation.read(list, path[i + 1]);
    }
  }
  return revocation.judge(checks);
}

}  // namespace

bool AmdEndorsement::is_one(const Certificate& certificate) { return extension(certificate, kProductOid).has_value(); }

Result<AmdEndorsement> AmdEndorsement::parse(const Certificate& certificate) {
  MINIONS_TRY_ASSIGN(const std::uint64_t struct_version, integer(certificate, "1", "struct version"));
  MINIONS_TRY_ASSIGN(std::string product_name, ia5_string(certificate, kProductOid, "product"));
  MINIONS_TRY_ASSIGN(const SnpProduct product, product_of(product_name));
  const std::uint64_t want_version = product == SnpProduct::kTurin ? 1 : 0;
  if (struct_version != want_version)
    return malformed("struct version", std::to_string(want_version), std::to_string(struct_version));
  MINIONS_TRY_ASSIGN(const SnpTcb tcb, read_tcb(certificate, product));
  const auto hwid_value = extension(certificate, kHwidOid);
  const bool is_vlek = extension(certificate, kCspIdOid).has_value();
  if (is_vlek == hwid_value.has_value())
    return malformed("kind", "an HWID (VCEK) or a CSP id (VLEK)", is_vlek ? "both" : "neither");
  Bytes hwid;
  std::string csp_id;
  if (is_vlek) {
    MINIONS_TRY_ASSIGN(csp_id, ia5_string(certificate, kCspIdOid, "CSP id"));
  } else {
    MINIONS_TRY_ASSIGN(hwid, read_hwid(*hwid_value, product));
  }
  MINIONS_TRY_ASSIGN(crypto::PublicKey key, certificate.public_key());
  if (key.curve() != crypto::Curve::kP384) return malformed("key", "P-384", "another");
  return AmdEndorsement{.kind = is_vlek ? SigningKey::kVlek : SigningKey::kVcek,
                        .struct_version = struct_version,
                        .product_name = std::move(product_name),
                        .product = product,
                        .tcb = tcb,
                        .hwid = std::move(hwid),
                        .csp_id = std::move(csp_id),
                        .key = std::move(key)};
}

bool verify_amd_chain(const AmdChainInput& input, const AmdEndorsement& endorsement, CheckList& checks) {
  const auto certificates = with_built_in_chain(input.certificates, endorsement.product, input.roots);
  const auto path = crypto::verify_path(input.leaf, certificates, {.roots = input.roots, .now = input.now});
  if (!checks.expect("chain.path", path, fmt::format("a path to a pinned ARK, valid at {}", to_iso8601(input.now)),
                     path ? shown(path->back().subject_name()) : ""))
    return false;
  const std::string_view product = name_of(endorsement.product);
  const std::string_view signer = endorsement.kind == SigningKey::kVlek ? "SEV-VLEK" : "SEV";
  const std::string want = fmt::format("{}-{}, ARK-{}", signer, product, product);
  std::string found;
  for (std::size_t i = 1; i < path->size(); ++i) found += (i == 1 ? "" : ", ") + (*path)[i].subject_name();
  if (!checks.expect("chain.product", found == want, want, shown(found))) return false;
  return check_revocation(input, *path, checks);
}

void verify_amd_endorsement(const AmdChainInput& input, CheckList& checks) {
  const auto endorsement = AmdEndorsement::parse(input.leaf);
  if (!checks.expect("parse.certificate", endorsement, "a VCEK's or VLEK's certificate")) return;
  verify_amd_chain(input, *endorsement, checks);
}

}  // namespace minions::attestation
