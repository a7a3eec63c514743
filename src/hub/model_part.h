// The files that a model may have.
#pragma once

namespace minions::hub {

enum class ModelPart {
  kModel,      // the language model
  kProjector,  // what turns pictures into its embeddings; mmproj-*.gguf
};

}  // namespace minions::hub
