// Resolves --model and --mmproj to a file on this machine: a path, hf:OWNER/REPO[:FILE], or ollama:NAME.
#pragma once

#include "hub/hf_download.h"

namespace minions::hub {

struct ModelStoreOptions {
  HfOptions hf;
  std::vector<std::filesystem::path> ollama_stores;
};

// From the environment: HF_ENDPOINT, HF_TOKEN, OLLAMA_MODELS, XDG_CACHE_HOME and HOME. get: like getenv, null for an
// unset variable.
[[nodiscard]] ModelStoreOptions store_options(const std::function<const char*(const char*)>& get);

// Returns a path unchanged, whether or not it exists. hf: downloads what is not in the cache; blocks. Errors as in
// fetch_hf_model and find_ollama_model.
[[nodiscard]] Result<std::filesystem::path> resolve_model(std::string_view name, const ModelStoreOptions& options,
                                                          ModelPart part = ModelPart::kModel);

}  // namespace minions::hub
