// From a request to the engine's input: the conversation through the model's own chat template, tokens, pictures, and a
// sampler with the grammar of the requested shape. Used by many threads at once; changes nothing. Waits only if there
// are pictures.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <tl/expected.hpp>
#include <vector>

#include "fair/places.h"
#include "llama/runtime.h"
#include "openai/generation_request.h"

struct common_sampler;
struct common_chat_templates;

namespace minions::llama {

struct FreeSampler {
  void operator()(common_sampler* sampler) const;
};
using Sampler = std::unique_ptr<common_sampler, FreeSampler>;

struct PreparedPrompt {
  Prompt prompt;
  PictureData pictures;
  Sampler sampler;
  std::vector<std::string> stops;  // the request's, and those of the template
};

class LlamaPrompts {
 public:
  // Fails on a chat template that cannot be read.
  [[nodiscard]] static Result<std::unique_ptr<LlamaPrompts>> make(const LlamaRuntime& runtime);
  ~LlamaPrompts();

  [[nodiscard]] tl::expected<PreparedPrompt, openai::ApiFailure> prepare(const openai::GenerationRequest& request,
                                                                         std::string_view owner,
                                                                         const std::stop_token& stop) const;

 private:
  // Whether there is room for it and for an answer after it.
  [[nodiscard]] tl::expected<void, openai::ApiFailure> check(const Prompt& prompt, openai::RequestKind kind) const;
  [[nodiscard]] tl::expected<void, openai::ApiFailure> check_turns(const openai::GenerationRequest& request) const;
  [[nodiscard]] std::size_t longest_text() const;  // bytes that are split into tokens
  [[nodiscard]] tl::expected<void, openai::ApiFailure> check_text(std::string_view text,
                                                                  const std::string& param) const;
  // From the tokens of its pieces, if it is long: finding all of them takes long, and cannot be aborted.
  [[nodiscard]] bool exceeds_context(std::string_view text, const std::stop_token& stop) const;
  [[nodiscard]] tl::expected<PicturePrompt, openai::ApiFailure> read_pictures(const PictureText& text,
                                                                              const std::stop_token& stop) const;
  // Splits a text into tokens, on a large stack if it needs one, in a separate turn: for callers that hold none of
  // these.
  [[nodiscard]] Status run_on_stack(std::size_t longest_run, std::string_view owner, const std::stop_token& stop,
                                    const std::function<void()>& work) const;
  [[nodiscard]] tl::expected<void, openai::ApiFailure> read_prompt(
      const std::string& text, const std::vector<const openai::ContentPart*>& pictures, std::string_view owner,
      const std::stop_token& stop, PreparedPrompt& to) const;
  struct FreeTemplates {
    void operator()(common_chat_templates* templates) const;
  };
  explicit LlamaPrompts(const LlamaRuntime& runtime) : runtime_(runtime) {}

  const LlamaRuntime& runtime_;
  std::unique_ptr<common_chat_templates, FreeTemplates> templates_;  // null: the file has none
  std::size_t longest_piece_ = 1;                                    // bytes of the longest token
  mutable fair::Places preparing_{std::max(1U, std::thread::hardware_concurrency()), fair::Places::Held::kLong};
  // The stack of each may take as much memory as it has: the largest, of 200 MB, one at a time. A holder waits for
  // nothing else.
  mutable fair::Places stacks_{std::max(1U, std::thread::hardware_concurrency()), fair::Places::Held::kLong};
  mutable fair::Places large_stack_{1};
};

}  // namespace minions::llama
