#include "models/llama_model.h"

namespace minions::models {

Result<LoadedModel> load_llama_model(const LlamaOptions&) {
  return fail(
      ErrorCode::kUnsupported,
      "--model: this minionsd was built without llama.cpp: run scripts/llama and build again, or serve the model "
      "with another program and give --upstream URL");
}

}  // namespace minions::models
