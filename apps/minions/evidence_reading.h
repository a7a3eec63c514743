// Files of evidence, read into memory for audit/evidence_files.h.
#pragma once

#include <filesystem>

#include "audit/evidence_files.h"

namespace minions::app {

// A folder's own files, not those below it; or a file with its neighbours. kUsage: unreadable, too much, or nothing
// recognised.
[[nodiscard]] Result<audit::EvidenceFiles> read_evidence(const std::filesystem::path& target);

}  // namespace minions::app
