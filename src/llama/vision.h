// Pictures in a prompt, through llama.cpp's libmtmd: the projector that accompanies a model turns each into embeddings,
// which replace tokens. minions-extract decodes the pixels in its sandbox, since a decoder's fault in this process
// would expose the keys of all sessions. A build without libmtmd has the class and reports its absence.
#pragma once

#include <ggml.h>

#include <cstdio>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <tl/expected.hpp>

#include "base/result.h"
#include "fair/places.h"
#include "llama/model.h"
#include "llama/prompt.h"
#include "openai/generation_request.h"

struct llama_context;
struct llama_model;
struct mtmd_bitmap;
struct mtmd_context;
struct mtmd_input_chunks;

namespace minions::llama {

// What the projector computes its embeddings from, again if an answer gave up its place. Empty: there is nothing to
// read.
struct PictureData {
  struct Free {
    void operator()(mtmd_input_chunks* chunks) const;
  };
  std::shared_ptr<void> place;  // among those who may hold such data, which is large
  std::unique_ptr<mtmd_input_chunks, Free> chunks;
  std::vector<std::size_t> chunk_of;  // of each picture of the prompt
};

struct PicturePrompt {
  Prompt prompt;
  PictureData data;
};

// Runs what takes stack in proportion to a text's length. kCancelled, kTooLarge: it did not run.
using StackRunner = std::function<Status(const std::function<void()>& work)>;

// A text with a marker for each picture, and its owner.
struct PictureText {
  std::string_view text;
  std::span<const openai::ContentPart* const> pictures;
  std::string_view owner;
  const StackRunner& run;
};

class LlamaVision {
 public:
  // Cells of the largest picture that a model reads whole, if the context is that large. Models that read in steps have
  // no such limit.
  static constexpr std::uint32_t kWholePictureCells = 2048;

  // The file is read from its start. Fails on a projector of another model, on one without pictures, and if the sandbox
  // is unavailable.
  [[nodiscard]] static Result<std::unique_ptr<LlamaVision>> load(std::FILE* projector, const llama_model* model,
                                                                 const LlamaOptions& options, ggml_log_callback log);
  ~LlamaVision();
  LlamaVision(const LlamaVision&) = delete;
  LlamaVision& operator=(const LlamaVision&) = delete;

  // Replaces a picture in a text. Random for each process, so that no user's text contains it.
  [[nodiscard]] const std::string& marker() const { return marker_; }
  // The model looks at all of a picture from each part of it: its cells are computed in one step.
  [[nodiscard]] bool reads_pictures_whole() const;

  // The prompt that tokenize() will produce, from the pictures' headers alone, so that a picture without room is not
  // decoded. From any thread.
  [[nodiscard]] tl::expected<Prompt, openai::ApiFailure> measure(const PictureText& text) const;
  // From any thread; waits for the sandbox, and while others hold picture data, owners in turn. It can be stopped,
  // except during a single picture.
  [[nodiscard]] tl::expected<PicturePrompt, openai::ApiFailure> tokenize(const PictureText& text,
                                                                         const std::stop_token& stop) const;

  struct Target {
    llama_context* context;
    std::size_t slot;
    std::size_t position;
  };
  // Computes a picture of the prompt into the model's memory, on the context's thread. False: the content of the slot
  // is unknown.
  [[nodiscard]] bool read(const PictureData& data, std::size_t picture, const Target& target) const;

 private:
  struct FreeContext {
    void operator()(mtmd_context* context) const;
  };
  explicit LlamaVision(std::size_t requests);
  // One bitmap for each marker of the text.
  [[nodiscard]] tl::expected<PicturePrompt, openai::ApiFailure> run_tokenizer(
      const PictureText& text, std::span<const mtmd_bitmap* const> bitmaps) const;

  const std::string marker_;
  std::unique_ptr<mtmd_context, FreeContext> context_;
  mutable fair::Places places_;
  mutable fair::Places decoding_;  // pixels as they come take more memory than what is made of them
};

}  // namespace minions::llama
