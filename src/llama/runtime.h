// llama.cpp's model and context, owned and ready to compute. Its logs are off: they would contain what users write.
#pragma once

#include <llama.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "llama/model.h"
#include "llama/prompt.h"
#include "llama/vision.h"

struct common_threadpools;

namespace minions::llama {

class LlamaRuntime {
 public:
  // Files are read from their start. No projector: null.
  [[nodiscard]] static Result<std::unique_ptr<LlamaRuntime>> load(std::FILE* file, std::FILE* projector,
                                                                  const LlamaOptions& options);
  ~LlamaRuntime();
  LlamaRuntime(const LlamaRuntime&) = delete;
  LlamaRuntime& operator=(const LlamaRuntime&) = delete;

  [[nodiscard]] llama_model* model() const { return model_.get(); }
  [[nodiscard]] llama_context* context() const { return context_.get(); }
  [[nodiscard]] const llama_vocab* vocabulary() const { return llama_model_get_vocab(model_.get()); }
  [[nodiscard]] const LlamaVision* vision() const { return vision_.get(); }  // null: the model reads text only
  // The GPU if a layer or a picture may have gone there: whether the build has code for one, and was allowed to use it.
  [[nodiscard]] LoadedModel::Processor processor() const { return processor_; }
  [[nodiscard]] std::size_t context_tokens() const { return llama_n_ctx_seq(context_.get()); }
  [[nodiscard]] std::size_t parallel() const { return llama_n_seq_max(context_.get()); }

  // The most tokens of prompts and answers in one step: between two steps a request can be cancelled.
  static constexpr std::uint32_t kBatchTokens = 512;

  // The bytes of a token; control tokens have none.
  [[nodiscard]] std::string piece(Token token) const;

 private:
  struct FreeModel {
    void operator()(llama_model* model) const { llama_model_free(model); }
  };
  struct FreeContext {
    void operator()(llama_context* context) const { llama_free(context); }
  };
  LlamaRuntime();
  [[nodiscard]] Status open_model(std::FILE* file, const LlamaOptions& options);
  [[nodiscard]] Status open_projector(std::FILE* projector, const LlamaOptions& options);
  [[nodiscard]] Status open_context(const LlamaOptions& options);
  void warm_up();

  std::unique_ptr<llama_model, FreeModel> model_;
  std::unique_ptr<LlamaVision> vision_;
  std::unique_ptr<llama_context, FreeContext> context_;
  std::unique_ptr<common_threadpools> threads_;
  LoadedModel::Processor processor_ = LoadedModel::Processor::kGpu;
};

}  // namespace minions::llama
