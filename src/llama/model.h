// A GGUF file as a model of this process, through llama.cpp: /v1/models, /v1/chat/completions and /v1/completions.
// Several requests share the work of one thread, senders are served in turn, and what was already read of a
// conversation is not read again. A build without llama.cpp has the functions and reports its absence.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "llama/prompt_slots.h"
#include "openai/in_process_model.h"

namespace minions::llama {

enum class WeightsHash { kComputed, kLeftOut };

struct LlamaOptions {
  std::string path;
  std::string projector_path = {};              // a GGUF that turns pictures into the model's input; empty: none
  std::optional<std::uint32_t> picture_tokens;  // maximum, for models whose pictures take tokens according to their
                                                // size
  std::string id = {};                          // empty: the file's name without .gguf
  std::optional<std::uint32_t> context_tokens;  // of each request; absent: what the model was made for, at most 8,192
  std::uint32_t parallel = 4;                   // requests computed at once; each has its own context
  std::int32_t gpu_layers = -1;                 // -1: all of them, if the build has a GPU's code
  std::uint32_t threads = 0;                    // 0: compute_threads()
  PromptSharing sharing = PromptSharing::kWithinSession;
  std::chrono::milliseconds turn{5'000};  // the minimum time an answer continues while a sender with none waits for it
  WeightsHash hash = WeightsHash::kComputed;
  std::stop_token stop = {};  // aborts loading
};

struct LoadedModel {
  std::unique_ptr<openai::InProcessModel> model;
  std::string id;                    // as the options say
  std::string weights_sha256;        // hex, of the bytes used in computing; empty: left out
  std::string projector_sha256;      // the same for the projector; empty: there is none either
  std::uint64_t context_tokens = 0;  // of each request
  enum class Processor { kCpu, kGpu } processor = Processor::kGpu;  // what may compute it
};

// Each file is hashed into memory that nobody can write, and the model is created from that: the hash covers what
// computes, whatever happens to the file. If no hash is requested, the file itself is mapped. kNotFound, kMalformed,
// kIo, kCancelled; kTooLarge: not enough memory; kUnsupported in a build without llama.cpp.
[[nodiscard]] Result<LoadedModel> load_llama_model(const LlamaOptions& options);

}  // namespace minions::llama
