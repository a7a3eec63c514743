// A model that runs inside this process and speaks the OpenAI HTTP API without HTTP: the embedded engines.
#pragma once

#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace minions::openai {

// Which prompts are kept, to answer faster when a later one begins the same, and for whom.
enum class PromptCache {
  kSession,  // only the session whose prompt it was
  kShared,   // every session; also if this is not known
  kNone,     // nothing is kept
};

struct ModelInfo {
  std::string id;
  std::string owned_by;
  PromptCache prompt_cache = PromptCache::kShared;
};

struct ApiRequest {
  std::string_view method;  // GET, POST
  std::string_view path;    // /v1/chat/completions, without or with a query
  std::string_view body;
  std::string_view session = {};  // as in BackendRequest
  std::string_view sender = {};   // the same

  // The owner whose turn it uses.
  [[nodiscard]] std::string_view owner() const { return sender.empty() ? session : sender; }
};

// Where a reply goes: the head once, then the body in pieces. A streamed reply is text/event-stream, one event per
// piece.
class ApiSink {
 public:
  virtual ~ApiSink() = default;
  virtual void head(int status, std::string_view content_type) = 0;
  virtual bool body(std::string_view piece) = 0;  // false: stop. Waits while the reader is behind
  // The same without waiting, for a model that bounds its replies itself and must not stall for one reader.
  virtual bool push(std::string_view piece) { return body(piece); }
};

class InProcessModel {
 public:
  virtual ~InProcessModel() = default;
  [[nodiscard]] virtual std::vector<ModelInfo> models() const = 0;
  // Synchronous, and callable from several threads at once; returns early, with an unfinished body, once the token
  // requests a stop. Errors in a request are reported in the reply: {"error":{"message","type","param","code"}}.
  virtual void serve(const ApiRequest& request, ApiSink& sink, std::stop_token stop) = 0;
  // As in Backend.
  virtual void forget(std::string_view session) { static_cast<void>(session); }
};

}  // namespace minions::openai
