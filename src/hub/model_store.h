// What --model and --mmproj name, as a file on this machine: a path, hf:OWNER/REPO[:FILE], or ollama:NAME.
#pragma once

#include "hub/hf_download.h"

namespace minions::hub {

struct ModelStoreOptions {
  HfOptions hf;
  std::vector<std::filesystem::path> ollama_stores;
};

// From the environment: HF_ENDPOINT, HF_TOKEN, OLLAMA_MODELS, XDG_CACHE_HOME and HOME. get: as getenv, null for what is
// not set.
[[nodiscard]] ModelStoreOptions store_options(const std::function<const char*(const char*)>& get);

// A path is given back as it is, whether or not it is there. hf: downloads what is not in the cache; blocks. Errors as
// those of fetch_hf_model and find_ollama_model.
[[nodiscard]] Result<std::filesystem::path> resolve_model(std::string_view name, const ModelStoreOptions& options,
                                                          ModelPart part = ModelPart::kModel);

}  // namespace minions::hub
