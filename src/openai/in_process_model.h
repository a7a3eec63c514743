// A model that runs inside this process and speaks the OpenAI HTTP API without HTTP: the embedded engines.
#pragma once

#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace minions::openai {

// What is kept of prompts, to be faster with one that begins the same, and whom it serves.
enum class PromptCache {
  kSession,  // the session whose prompt it was, alone
  kShared,   // every session; also where nobody can tell
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

  // Whose turns it takes.
  [[nodiscard]] std::string_view owner() const { return sender.empty() ? session : sender; }
};

// Where a reply goes: the head once, then the body in pieces. A streamed reply is text/event-stream, one piece an
// event.
class ApiSink {
 public:
  virtual ~ApiSink() = default;
  virtual void head(int status, std::string_view content_type) = 0;
  virtual bool body(std::string_view piece) = 0;  // false: stop. Waits while the reader is behind.
  // The same without waiting, for a model that bounds its replies itself and must not stand still for one reader.
  virtual bool push(std::string_view piece) { return body(piece); }
};

class InProcessModel {
 public:
  virtual ~InProcessModel() = default;
  [[nodiscard]] virtual std::vector<ModelInfo> models() const = 0;
  // Synchronous and callable from several threads at once; returns early, with an unfinished body, once the token says
  // stop. What is wrong with a request is told in the reply: {"error":{"message","type","param","code"}}.
  virtual void serve(const ApiRequest& request, ApiSink& sink, std::stop_token stop) = 0;
  // As in Backend.
  virtual void forget(std::string_view session) { static_cast<void>(session); }
};

}  // namespace minions::openai
