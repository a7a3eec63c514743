// The files that a model may consist of.
#pragma once

namespace minions::hub {

enum class ModelPart {
  kModel,      // the language model
  kProjector,  // turns pictures into the model's embeddings; mmproj-*.gguf
};

}  // namespace minions::hub
