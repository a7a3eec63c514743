// Models that the user's Ollama has already fetched, read from its store on disk. Runs no program and uses no network.
#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "base/result.h"
#include "hub/model_part.h"

namespace minions::hub {

// NAME[:TAG], OWNER/NAME[:TAG] or HOST/OWNER/NAME[:TAG], as `ollama list` shows it; TAG defaults to latest. Returns the
// path of the GGUF file, its digest checked. Uses the first store that has the name. kUsage: an impossible name;
// kNotFound: no store has it, or it has no projector; kMalformed: an invalid manifest; kTampered: a file whose digest
// differs from its name.
[[nodiscard]] Result<std::filesystem::path> find_ollama_model(std::string_view name,
                                                              std::span<const std::filesystem::path> stores,
                                                              ModelPart part = ModelPart::kModel);

}  // namespace minions::hub
