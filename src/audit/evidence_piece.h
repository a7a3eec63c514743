// What a file of evidence is: recognised first by its content, then by its role in a manifest, then by its name.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace minions::audit {

enum class Piece {
  kSnpReport,
  kHclReport,
  kTdQuote,
  kTpmQuote,
  kTpmSignature,
  kPcrs,
  kPublicKey,      // PEM, not a certificate
  kAkCertificate,  // of a vTPM's key
  kTcbInfo,
  kTcbInfoChain,
  kQeIdentity,
  kQeIdentityChain,
  kPckCrl,
  kRootCrl,
  kGpuReport,
  kGpuChain,
  kRim,
  kNrasResponse,
  kKeySet,
  kToken,          // a JWT of Azure's service
  kCommitment,     // what REPORT_DATA is the digest of
  kGpuCommitment,  // the bytes whose digest is part of it
  kOcspAnswer,
  kAmdCertificate,  // one or more, of AMD's authorities or chips
  kAmdList,
};
inline constexpr Piece kPieces[] = {
    Piece::kSnpReport,    Piece::kHclReport,     Piece::kTdQuote,    Piece::kTpmQuote,
    Piece::kTpmSignature, Piece::kPcrs,          Piece::kPublicKey,  Piece::kAkCertificate,
    Piece::kTcbInfo,      Piece::kTcbInfoChain,  Piece::kQeIdentity, Piece::kQeIdentityChain,
    Piece::kPckCrl,       Piece::kRootCrl,       Piece::kGpuReport,  Piece::kGpuChain,
    Piece::kRim,          Piece::kNrasResponse,  Piece::kKeySet,     Piece::kToken,
    Piece::kCommitment,   Piece::kGpuCommitment, Piece::kOcspAnswer, Piece::kAmdCertificate,
    Piece::kAmdList};

struct NamedFile {
  std::string name;  // without its folder
  std::string role;  // empty: nothing is stated
  Bytes bytes;
};

// The file that fits best, by its index in `files`; nothing if none fits.
[[nodiscard]] std::optional<std::size_t> find_piece(Piece piece, const std::vector<NamedFile>& files);
// A GPU has several.
[[nodiscard]] std::vector<std::size_t> find_rims(const std::vector<NamedFile>& files);
// For messages: "a GPU report".
[[nodiscard]] std::string_view name_of(Piece piece);
// Whether the content alone shows it.
[[nodiscard]] bool has_content(Piece piece, ByteView bytes);
// Whether a file is that piece; a signature, which has no form of its own, goes by its name.
[[nodiscard]] bool has_form(Piece piece, const NamedFile& file);
[[nodiscard]] std::optional<Piece> piece_of(const NamedFile& file);

}  // namespace minions::audit
