// What a Hugging Face repository states about itself, and which of its files make up a model. No network.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "hub/model_part.h"

namespace minions::hub {

struct RepositoryFile {
  std::string path;
  std::uint64_t size = 0;
  Digest32 sha256{};
};

struct Repository {
  std::string commit;                 // 40 hex digits
  std::vector<RepositoryFile> files;  // GGUF files with a published SHA-256
};

// OWNER/REPO: letters, digits, . _ - and one slash.
[[nodiscard]] Status check_repository_name(std::string_view name);
// The reply of GET /api/models/OWNER/REPO/revision/main?blobs=true. kBackend: not such a reply.
[[nodiscard]] Result<Repository> parse_repository(std::string_view json);
// The files of the named model or projector, in order: several if it was split. Without a name the repository's only
// one, or the only one whose name holds the usual kind of weights: Q4_K_M for models, F16 for projectors. kNotFound, or
// kUsage with the names to choose from.
[[nodiscard]] Result<std::vector<RepositoryFile>> choose_files(const Repository& repository, std::string_view name,
                                                               ModelPart part = ModelPart::kModel);

}  // namespace minions::hub
