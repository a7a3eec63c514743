#include "llama/model.h"

namespace minions::llama {

Result<LoadedModel> load_llama_model(const LlamaOptions&) {
  return fail(
      ErrorCode::kUnsupported,
      "this program was built without llama.cpp: run scripts/llama and build again with -DMINIONS_LLAMA=auto, or "
      "serve the model with another program (minionsd --upstream URL, minions run --worker openai:URL#MODEL)");
}

}  // namespace minions::llama
