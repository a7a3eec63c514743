// A GGUF file as a model of this process, by llama.cpp: /v1/models, /v1/chat/completions and /v1/completions. Several
// requests share the work of one thread, senders are served in turn, and what was read of a conversation is not read
// again. A build without llama.cpp has the functions and says so.
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
  std::string projector_path = {};              // a GGUF that turns pictures into what the model reads; empty: none
  std::optional<std::uint32_t> picture_tokens;  // at most, of models whose pictures take tokens as they are large
  std::string id = {};                          // empty: the file's name without .gguf
  std::optional<std::uint32_t> context_tokens;  // of each request; absent: what the model was made for, at most 8,192
  std::uint32_t parallel = 4;                   // requests computed at once; each has a context of its own
  std::int32_t gpu_layers = -1;                 // -1: as many as there are, where the build has a GPU's code
  std::uint32_t threads = 0;                    // 0: compute_threads()
  PromptSharing sharing = PromptSharing::kWithinSession;
  std::chrono::milliseconds turn{5'000};  // how long an answer goes on at least while a sender with none waits for it
  WeightsHash hash = WeightsHash::kComputed;
  std::stop_token stop = {};  // breaks loading off
};

struct LoadedModel {
  std::unique_ptr<openai::InProcessModel> model;
  std::string id;                    // as the options say
  std::string weights_sha256;        // hex, of the bytes that compute; empty: left out
  std::string projector_sha256;      // the same of the projector; empty: there is none, too
  std::uint64_t context_tokens = 0;  // of each request
  enum class Processor { kCpu, kGpu } processor = Processor::kGpu;  // what may compute it
};

// Each file is hashed into memory that nobody can write, and the model is made of that: the hash is of what computes,
// whatever becomes of the file. Where no hash is asked for, the file itself is mapped. kNotFound, kMalformed, kIo,
// kCancelled; kTooLarge: the memory is not there; kUnsupported in a build without llama.cpp.
[[nodiscard]] Result<LoadedModel> load_llama_model(const LlamaOptions& options);

}  // namespace minions::llama
