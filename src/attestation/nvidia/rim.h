// Reference integrity manifests (RIM) of NVIDIA GPUs: a SWID tag (ISO 19770-2) with the measurements that a driver or a
// VBIOS gives, signed by its vendor. Only the bytes that the signature covers are read.
#pragma once

#include <map>

#include "attestation/core/check_list.h"
#include "attestation/core/roots.h"
#include "base/time.h"
#include "crypto/certificate.h"

namespace minions::attestation {

inline constexpr Digest32 kNvidiaRimRoots[] = {roots::kNvidiaRim};

using CertificatePath = std::vector<crypto::Certificate>;  // the signer's certificate first, the pinned root last

struct RimInput {
  ByteView file;  // a SWID tag, XML
  UnixSeconds now;
  std::span<const Digest32> roots = kNvidiaRimRoots;  // SHA-256 of DER
  // Already verified at this time under these roots: their CAs are not verified again.
  std::span<const CertificatePath> known{};
};

struct NvidiaRim {
  // What it describes: a driver's version has decimal numbers ("550.144.03"), a VBIOS's five hex pairs
  // ("96.00.9F.00.01").
  enum class Kind { kDriver, kVbios };

  Kind kind = Kind::kDriver;
  std::string version;  // Meta colloquialVersion: what a report must state
  std::string tag_id, name, tag_version;
  std::string product, edition;
  // The active measurements by RIM index, one less than the SPDM index: the allowed values of each.
  std::map<std::uint8_t, std::vector<Bytes>> measurements;
  CertificatePath path;  // of a verified one

  // From canonical bytes that a signature covers.
  [[nodiscard]] static Result<NvidiaRim> parse(ByteView canonical);
};

[[nodiscard]] std::string_view name_of(NvidiaRim::Kind kind);

// Judges a RIM alone: parse, signature, chain, and whether it has the content of a RIM (group rim). Returns it if all
// is good.
std::optional<NvidiaRim> verify_nvidia_rim(const RimInput& input, CheckList& checks);

// The same for each file, once for all the GPUs that are compared with them. The error of a bad one is its first
// failing check.
[[nodiscard]] std::vector<Result<NvidiaRim>> verify_nvidia_rims(std::span<const Bytes> files, UnixSeconds now,
                                                                std::span<const Digest32> roots = kNvidiaRimRoots);

}  // namespace minions::attestation
