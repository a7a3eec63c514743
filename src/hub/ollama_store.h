// Models that the user's Ollama has already fetched, read from its store on disk. Asks no program and no network.
#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "base/result.h"
#include "hub/model_part.h"

namespace minions::hub {

// NAME[:TAG], OWNER/NAME[:TAG] or HOST/OWNER/NAME[:TAG], as `ollama list` shows it; TAG is latest where none is given.
// The path of the GGUF file, its digest checked. The first store that has the name is taken. kUsage: no such name can
// be; kNotFound: no store has it, or it has no projector; kMalformed: a manifest that is none; kTampered: a file with
// another digest than its name.
[[nodiscard]] Result<std::filesystem::path> find_ollama_model(std::string_view name,
                                                              std::span<const std::filesystem::path> stores,
                                                              ModelPart part = ModelPart::kModel);

}  // namespace minions::hub
