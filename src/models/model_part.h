// The files that a model may have.
#pragma once

namespace minions::models {

enum class ModelPart {
  kModel,      // the language model
  kProjector,  // what turns pictures into its embeddings; mmproj-*.gguf
};

}  // namespace minions::models
