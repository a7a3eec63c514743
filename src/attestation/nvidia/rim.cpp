#include "attestation/nvidia/rim.h"

#include <fmt/format.h>

#include <charconv>

#include "attestation/nvidia/xml_signature.h"
#include "base/encoding.h"

namespace minions::attestation {
namespace {

constexpr std::string_view kSwidNs = "http://standards.iso.org/iso/19770/-2/2015/schema.xsd";
constexpr std::string_view kHashNs = "http://www.w3.org/2001/04/xmlenc#sha384";
constexpr unsigned kMostIndex = 63;         // SPDM index 64
constexpr unsigned kMostAlternatives = 64;  // of one measurement; the most seen is 4
constexpr unsigned kMostValueBytes = 64;
constexpr std::size_t kMostFiles = 64;

tl::unexpected<Error> malformed(std::string_view what) {
  return fail(ErrorCode::kMalformed, fmt::format("rim: {}", what));
}

Result<std::string> text_attribute(const XmlElement& element, std::string_view name, std::string_view ns = "") {
  const std::string* found = element.attribute(name, ns);
  if (found == nullptr) return malformed(fmt::format("{} without {}", element.name, name));
  return *found;
}

// Decimal digits only, from least to most.
Result<unsigned> number_attribute(const XmlElement& element, std::string_view name, unsigned least, unsigned most) {
  MINIONS_TRY_ASSIGN(const std::string text, text_attribute(element, name));
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < least || value > most) {
    return malformed(fmt::format("{} of {}: want {} to {}, found {}", name, element.name, least, most, shown(text)));
  }
  return value;
}

// Examines only the children of that name; requires exactly one.
Result<const XmlElement*> only_child(const XmlElement& parent, std::string_view name) {
  const XmlElement* found = nullptr;
  for (const XmlElement& child : parent.children) {
    if (!child.is(name, kSwidNs)) continue;
    if (found != nullptr) return malformed(fmt::format("{} is there twice", name));
    found = &child;
  }
  if (found == nullptr) return malformed(fmt::format("{} is missing", name));
  return found;
}

std::vector<std::string_view> dotted(std::string_view text) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t dot = text.find('.');
    parts.push_back(text.substr(0, dot));
    if (dot == text.npos) return parts;
    text.remove_prefix(dot + 1);
  }
}

Result<NvidiaRim::Kind> kind_of(std::string_view version) {
  const auto all = [](std::string_view part, std::string_view alphabet) {
    return !part.empty() && part.find_first_not_of(alphabet) == part.npos;
  };
  const auto parts = dotted(version);
  const auto is_pair = [&](std::string_view part) { return part.size() == 2 && all(part, "0123456789ABCDEF"); };
  const auto is_number = [&](std::string_view part) { return part.size() <= 5 && all(part, "0123456789"); };
  if (parts.size() == 5 && std::all_of(parts.begin(), parts.end(), is_pair)) return NvidiaRim::Kind::kVbios;
  if (parts.size() >= 2 && parts.size() <= 4 && std::all_of(parts.begin(), parts.end(), is_number)) {
    return NvidiaRim::Kind::kDriver;
  }
  return malformed(fmt::format("colloquialVersion {} is neither a driver's nor a VBIOS's", shown(version)));
}

// Hash0 to Hash(n-1), n being `alternatives`, each of `size` bytes.
Result<std::vector<Bytes>> read_alternatives(const XmlElement& resource) {
  MINIONS_TRY_ASSIGN(const unsigned count, number_attribute(resource, "alternatives", 1, kMostAlternatives));
  MINIONS_TRY_ASSIGN(const unsigned size, number_attribute(resource, "size", 1, kMostValueBytes));
  const auto hashes = std::count_if(resource.attributes.begin(), resource.attributes.end(),
                                    [](const XmlElement::Attribute& attribute) { return attribute.ns == kHashNs; });
  if (hashes != static_cast<std::ptrdiff_t>(count)) {
    return malformed(fmt::format("want {} hashes as stated, found {}", count, hashes));
  }
  std::vector<Bytes> values;
  for (unsigned i = 0; i < count; ++i) {
    MINIONS_TRY_ASSIGN(const std::string text, text_attribute(resource, fmt::format("Hash{}", i), kHashNs));
    const auto value = from_hex(text);
    if (!value || value->size() != size) {
      return malformed(fmt::format("Hash{}: want {} bytes in lower-case hex, found {}", i, size, shown(text)));
    }
    values.push_back(*value);
  }
  return values;
}

Status read_payload(const XmlElement& payload, NvidiaRim& rim) {
  std::vector<bool> seen(kMostIndex + 1);
  for (const XmlElement& resource : payload.children) {
    if (!resource.is("Resource", kSwidNs)) return malformed(fmt::format("{} in Payload", shown(resource.name)));
    MINIONS_TRY_ASSIGN(const unsigned index, number_attribute(resource, "index", 0, kMostIndex));
    if (seen[index]) return malformed(fmt::format("index {} is there twice", index));
    seen[index] = true;
    auto values = read_alternatives(resource);
    if (!values) return fail(std::move(values).error().in(fmt::format("rim index {}", index)));
    const std::string* active = resource.attribute("active");
    if (active != nullptr && *active == "False") continue;
    rim.measurements.emplace(static_cast<std::uint8_t>(index), *std::move(values));
  }
  // With nothing to compare, everything would match.
  if (rim.measurements.empty()) return malformed("no active measurement");
  return {};
}

// The signer under the CA of a known path, at the same position: everything above it holds.
std::optional<CertificatePath> known_path(const std::vector<crypto::Certificate>& certificates, const RimInput& input) {
  for (const CertificatePath& known : input.known) {
    if (known.size() < 2) continue;
    const crypto::Certificate& authority = known[1];
    const bool is_there = std::any_of(certificates.begin() + 1, certificates.end(),
                                      [&](const auto& each) { return each.der() == authority.der(); });
    if (!is_there) continue;
    const Digest32 pin = authority.sha256();
    auto path = crypto::verify_path(certificates.front(), {&authority, 1}, {.roots = {&pin, 1}, .now = input.now});
    if (!path || path->size() != 2) continue;
    path->insert(path->end(), known.begin() + 2, known.end());
    return *std::move(path);
  }
  return std::nullopt;
}

Result<CertificatePath> signer_path(const std::vector<crypto::Certificate>& certificates, const RimInput& input) {
  if (auto path = known_path(certificates, input)) {
    MINIONS_TRY(crypto::check_end_entity(path->front()));
    return *std::move(path);
  }
  MINIONS_TRY_ASSIGN(auto path, crypto::verify_path(certificates.front(), std::span(certificates).subspan(1),
                                                    {.roots = input.roots, .now = input.now}));
  MINIONS_TRY(crypto::check_end_entity(path.front()));
  return path;
}

}  // namespace

std::string_view name_of(NvidiaRim::Kind kind) {
  switch (kind) {
    case NvidiaRim::Kind::kDriver: return "driver";
    case NvidiaRim::Kind::kVbios: return "vbios";
  }
  return "";
}

Result<NvidiaRim> NvidiaRim::parse(ByteView canonical) {
  MINIONS_TRY_ASSIGN(const XmlElement root, parse_xml(canonical));
  if (!root.is("SoftwareIdentity", kSwidNs)) return malformed(fmt::format("{} is no SWID tag", shown(root.name)));
  NvidiaRim rim;
  MINIONS_TRY_ASSIGN(rim.name, text_attribute(root, "name"));
  MINIONS_TRY_ASSIGN(rim.tag_id, text_attribute(root, "tagId"));
  MINIONS_TRY_ASSIGN(rim.tag_version, text_attribute(root, "version"));
  MINIONS_TRY_ASSIGN(const XmlElement* const meta, only_child(root, "Meta"));
  MINIONS_TRY_ASSIGN(rim.version, text_attribute(*meta, "colloquialVersion"));
  MINIONS_TRY_ASSIGN(rim.kind, kind_of(rim.version));
  MINIONS_TRY_ASSIGN(rim.product, text_attribute(*meta, "product"));
  MINIONS_TRY_ASSIGN(rim.edition, text_attribute(*meta, "edition"));
  MINIONS_TRY_ASSIGN(const XmlElement* const payload, only_child(root, "Payload"));
  MINIONS_TRY(read_payload(*payload, rim));
  return rim;
}

std::optional<NvidiaRim> verify_nvidia_rim(const RimInput& input, CheckList& checks) {
  const auto verified = verify_enveloped_signature(input.file);
  const bool is_readable = verified || verified.error().code == ErrorCode::kTampered;
  const std::string fault = verified ? "" : verified.error().detail;
  const bool is_parsed =
      checks.expect("parse", is_readable, "a SWID tag with one enveloped signature", is_readable ? "good" : fault);
  if (!is_parsed) return std::nullopt;
  const bool is_signed = checks.expect("signature", verified.has_value(),
                                       "the signer's ECDSA P-384 over all of the document", verified ? "good" : fault);
  if (!is_signed) return std::nullopt;
  const auto& certificates = verified->certificates;
  auto path = signer_path(certificates, input);
  const bool is_chained = checks.expect("chain", path, "a leaf's path to NVIDIA's root for RIMs, valid now",
                                        path ? fmt::format("{} certificates, the signer's until {}", path->size(),
                                                           to_iso8601(certificates.front().not_after()))
                                             : "");
  if (!is_chained) return std::nullopt;
  auto rim = NvidiaRim::parse(verified->canonical);
  const bool is_rim =
      checks.expect("rim", rim, "measurements of a driver or a VBIOS",
                    rim ? fmt::format("{} of {} {}", rim->measurements.size(), name_of(rim->kind), rim->version) : "");
  if (!is_rim) return std::nullopt;
  rim->path = *std::move(path);
  return *std::move(rim);
}

std::vector<Result<NvidiaRim>> verify_nvidia_rims(std::span<const Bytes> files, UnixSeconds now,
                                                  std::span<const Digest32> roots) {
  std::vector<Result<NvidiaRim>> rims;
  if (files.size() > kMostFiles) {
    rims.emplace_back(fail(ErrorCode::kTooLarge, fmt::format("{} RIMs, want {} at most", files.size(), kMostFiles)));
    return rims;
  }
  std::vector<CertificatePath> known;
  for (const Bytes& file : files) {
    CheckList checks("nvidia-gpu");
    auto rim = verify_nvidia_rim({.file = file, .now = now, .roots = roots, .known = known}, checks);
    if (rim) {
      known.push_back(rim->path);
      rims.emplace_back(*std::move(rim));
    } else {
      const Check& failed = checks.checks().back();
      const Cause cause = failed.side == Side::kClock ? Cause::kTime : Cause::kOther;
      rims.emplace_back(fail(Error{ErrorCode::kRefused, failed.found}.because(cause)));
    }
  }
  return rims;
}

}  // namespace minions::attestation
