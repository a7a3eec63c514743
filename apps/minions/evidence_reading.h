// Files of evidence, read into memory for audit/evidence_files.h.
#pragma once

#include <filesystem>

#include "audit/evidence_files.h"

namespace minions::app {

// A folder's own files, not those below it; or a file with what lies beside it. kUsage: what cannot be read, is too
// much, or holds nothing that is known.
[[nodiscard]] Result<audit::EvidenceFiles> read_evidence(const std::filesystem::path& target);

}  // namespace minions::app
