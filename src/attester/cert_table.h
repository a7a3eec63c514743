// The table of certificates that a host of SEV-SNP guests supplies with a report (GHCB specification, SNP Extended
// Guest Request): entries of GUID, offset and length, a zero entry, then the certificates. The host wrote it: bytes are
// checked here, and certificates where they are used.
#pragma once

#include "base/bytes.h"
#include "base/result.h"

namespace minions::attester {

enum class AmdCertificate { kVcek, kVlek, kAsk, kArk };
[[nodiscard]] std::string_view name_of(AmdCertificate kind);

struct CertTableEntry {
  AmdCertificate kind;
  ByteView bytes;  // within the table
};

// Those of the four kinds, in their order; ignores others. An empty or all-zero table has none. kMalformed if an entry
// reaches outside or appears twice, or the zero entry is missing.
[[nodiscard]] Result<std::vector<CertTableEntry>> parse_cert_table(ByteView table);

}  // namespace minions::attester
