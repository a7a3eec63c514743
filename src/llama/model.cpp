#include "llama/model.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <semaphore>
#include <stdexcept>

#include "base/clock.h"
#include "base/encoding.h"
#include "base/json.h"
#include "crypto/random.h"
#include "fair/places.h"
#include "llama/engine.h"
#include "llama/sealed_file.h"
#include "openai/generation_reply.h"

namespace minions::llama {
namespace {

constexpr std::string_view kJsonType = "application/json";

void refuse(const openai::ApiFailure& failure, openai::ApiSink& sink) {
  sink.head(failure.status, kJsonType);
  sink.push(openai::to_json(failure));
}

// What the engine reports about one request, for the thread that waits for it.
class Answer final : public GenerationListener {
 public:
  Answer(openai::GenerationReply& reply, PromptSharing sharing) : reply_(reply), sharing_(sharing) {}

  bool text(std::string_view piece) override { return reply_.text(piece); }
  void ended(const GenerationEnd& end) override {
    end_ = end;
    if (end.reason == FinishReason::kStop || end.reason == FinishReason::kLength) {
      // If sessions share, the count would reveal what others asked.
      const std::size_t cached = sharing_ == PromptSharing::kWithinSession ? end.cached_tokens : 0;
      reply_.end(end.reason == FinishReason::kStop ? "stop" : "length",
                 {end.prompt_tokens, cached, end.completion_tokens});
    }
    done_.release();
  }
  [[nodiscard]] FinishReason wait() {
    done_.acquire();
    return end_.reason;
  }

 private:
  openai::GenerationReply& reply_;
  const PromptSharing sharing_;
  GenerationEnd end_;
  std::binary_semaphore done_{0};
};

class LlamaModel final : public openai::InProcessModel {
 public:
  LlamaModel(std::string id, std::unique_ptr<LlamaRuntime> runtime, std::unique_ptr<LlamaPrompts> prompts,
             PromptSharing sharing, std::chrono::milliseconds turn)
      : id_(std::move(id)),
        runtime_(std::move(runtime)),
        prompts_(std::move(prompts)),
        sharing_(sharing),
        engine_(*runtime_, sharing, turn) {}

  [[nodiscard]] std::vector<openai::ModelInfo> models() const override {
    const bool within = sharing_ == PromptSharing::kWithinSession;
    return {{id_, "llama.cpp", within ? openai::PromptCache::kSession : openai::PromptCache::kShared}};
  }
  void serve(const openai::ApiRequest& request, openai::ApiSink& sink, std::stop_token stop) override;
  void forget(std::string_view session) override { engine_.forget(session); }

 private:
  void list(openai::ApiSink& sink) const;
  void generate(openai::GenerationRequest& request, const openai::ApiRequest& from, openai::ApiSink& sink,
                std::stop_token stop);

  const std::string id_;
  const std::unique_ptr<LlamaRuntime> runtime_;
  const std::unique_ptr<LlamaPrompts> prompts_;
  const PromptSharing sharing_;
  // Reading a body takes many times its size: no more at once than there are cores.
  fair::Places reading_{std::max(1U, std::thread::hardware_concurrency()), fair::Places::Held::kLong};
  LlamaEngine engine_;
};

void LlamaModel::list(openai::ApiSink& sink) const {
  sink.head(200, kJsonType);
  sink.push(fmt::format(R"({{"object":"list","data":[{{"id":{},"object":"model","created":0,"owned_by":"llama.cpp",)"
                        R"("context_length":{}}}]}})",
                        json_quoted(id_), runtime_->context_tokens()));
}

void LlamaModel::serve(const openai::ApiRequest& request, openai::ApiSink& sink, std::stop_token stop) {
  const std::string_view path = request.path.substr(0, request.path.find('?'));
  if (request.method == "GET" && path == "/v1/models") return list(sink);
  const bool chat = path == "/v1/chat/completions";
  if (request.method == "POST" && (chat || path == "/v1/completions")) {
    auto turn = reading_.take(request.owner(), stop);
    if (turn == nullptr) return;
    auto parsed = openai::parse_generation_request(chat ? openai::RequestKind::kChat : openai::RequestKind::kCompletion,
                                                   request.body);
    turn.reset();
    if (!parsed) return refuse(parsed.error(), sink);
    return generate(*parsed, request, sink, std::move(stop));
  }
  if (path == "/v1/embeddings")
    return refuse({400, "the embedded model gives no embeddings", "model", "unsupported_endpoint"}, sink);
  refuse({404, fmt::format("the embedded model has no {} {}", request.method, path), "", "unsupported_endpoint"}, sink);
}

void LlamaModel::generate(openai::GenerationRequest& request, const openai::ApiRequest& from, openai::ApiSink& sink,
                          std::stop_token stop) {
  if (!request.model.empty() && request.model != id_) {
    return refuse({404, fmt::format("the model here is {}, found {}", id_, request.model.substr(0, 200)), "model",
                   "model_not_found"},
                  sink);
  }
  auto prepared = prompts_->prepare(request, from.owner(), stop);
  if (stop.stop_requested()) return;
  if (!prepared) return refuse(prepared.error(), sink);
  request.turns.clear();  // pictures are large, and the answer may take long
  openai::GenerationReply reply(request, id_, to_hex(crypto::SystemRandom().bytes<12>()), system_time(), sink);
  Answer answer(reply, sharing_);
  engine_.submit(std::make_unique<Generation>(Generation{.session = std::string(from.session),
                                                         .owner = std::string(from.owner()),
                                                         .prompt = std::move(prepared->prompt),
                                                         .pictures = std::move(prepared->pictures),
                                                         .sampler = std::move(prepared->sampler),
                                                         .filter = TextFilter(std::move(prepared->stops)),
                                                         .is_shaped = request.format != openai::ResponseFormat::kText,
                                                         .max_tokens = request.max_tokens.value_or(SIZE_MAX),
                                                         .stop = std::move(stop),
                                                         .listener = &answer}));
  const FinishReason reason = answer.wait();
  if (reason != FinishReason::kFailed && reason != FinishReason::kTooCostly) return;
  const bool too_costly = reason == FinishReason::kTooCostly;
  // An answer that has begun can only be aborted: the backend distinguishes this from one that ended.
  if (reply.begun())
    throw std::runtime_error(too_costly ? "the JSON schema takes too long to hold each token against"
                                        : "the model failed in the middle of an answer");
  if (too_costly)
    return refuse(
        {400, "the JSON schema takes too long to hold each token against; let fewer of its choices begin alike",
         "response_format", "schema_too_costly"},
        sink);
  refuse({500, "the model failed", "", "model_failed"}, sink);
}

Result<File> open_file(const std::string& path) {
  // Opening a pipe without a writer would block.
  const int opened = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  File file(opened < 0 ? nullptr : ::fdopen(opened, "rb"));
  struct stat about {};
  if (file == nullptr || fstat(fileno(file.get()), &about) != 0)
    return fail(ErrorCode::kNotFound, fmt::format("{}: cannot be read", path));
  if (!S_ISREG(about.st_mode)) return fail(ErrorCode::kNotFound, fmt::format("{}: is not a file", path));
  // Other parts would be loaded without having been hashed.
  const std::string name = std::filesystem::path(path).filename().string();
  if (name.find("-of-0") != std::string::npos)
    return fail(ErrorCode::kUnsupported,
                fmt::format("{}: a part of a model: join the parts with llama-gguf-split --merge", path));
  char magic[4] = {};
  if (std::fread(magic, 1, sizeof magic, file.get()) != sizeof magic || std::string_view(magic, 4) != "GGUF")
    return fail(ErrorCode::kMalformed, fmt::format("{}: is no GGUF file", path));
  return file;
}

// The hashed bytes are those that the engine maps and reads.
Status hash_and_seal(File& file, std::string& sha256, const std::string& path, const std::stop_token& stop) {
  MINIONS_TRY_ASSIGN(SealedFile sealed, seal_file(file.get(), path, stop));
  file = std::move(sealed.file);
  sha256 = std::move(sealed.sha256);
  return {};
}

std::string id_of(const std::string& path) {
  const std::filesystem::path file(path);
  return (file.extension() == ".gguf" ? file.stem() : file.filename()).string();
}

}  // namespace

Result<LoadedModel> load_llama_model(const LlamaOptions& options) {
  MINIONS_TRY_ASSIGN(File file, open_file(options.path));
  File projector;
  if (!options.projector_path.empty()) {
    MINIONS_TRY_ASSIGN(projector, open_file(options.projector_path));
  }
  LoadedModel loaded;
  loaded.id = options.id.empty() ? id_of(options.path) : options.id;
  if (options.hash == WeightsHash::kComputed) {
    MINIONS_TRY(hash_and_seal(file, loaded.weights_sha256, options.path, options.stop));
    if (projector != nullptr)
      MINIONS_TRY(hash_and_seal(projector, loaded.projector_sha256, options.projector_path, options.stop));
  }
  auto runtime = LlamaRuntime::load(file.get(), projector.get(), options);
  if (options.stop.stop_requested()) return fail(ErrorCode::kCancelled, "cancelled");
  if (!runtime) return fail(std::move(runtime).error().in(options.path));
  loaded.context_tokens = (*runtime)->context_tokens();
  loaded.processor = (*runtime)->processor();
  auto prompts = LlamaPrompts::make(**runtime);
  if (!prompts) return fail(std::move(prompts).error().in(options.path));
  loaded.model =
      std::make_unique<LlamaModel>(loaded.id, *std::move(runtime), *std::move(prompts), options.sharing, options.turn);
  return loaded;
}

}  // namespace minions::llama
