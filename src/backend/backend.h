// A model server as the gateway uses it: OpenAI's HTTP API, request bodies in, reply bodies out, nothing re-encoded.
// The gateway streams a request as it opens; a backend may act on it only after finish().
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "net/http.h"
#include "net/task.h"
#include "openai/in_process_model.h"

namespace minions::backend {

struct BackendRequest {
  std::string method;
  std::string path;
  net::Headers headers;      // content-type and accept, if the client gave them
  std::uint64_t length = 0;  // bytes of body that will be written
  // Opaque; the session whose request it is: what a backend keeps for one session is of no use to another. Not passed
  // to any other program.
  std::string session = {};
  // Opaque; who answers for it: an API key, or the address if there are none. A backend leaves part of every shared
  // resource to others. Empty: only the session. Not passed to any other program.
  std::string sender = {};
  // Divides a model server's prompt cache by session: unique to each, and not guessable. Passed to the model server.
  std::string cache_salt = {};
  // The session's statement states that sessions do not share the prompt cache.
  bool cache_stated_divided = false;

  // Whose share of common resources it uses.
  [[nodiscard]] const std::string& owner() const { return sender.empty() ? session : sender; }
};

struct BackendReplyHead {
  int status = 0;
  std::string content_type;  // empty: the backend gave none
};

// One request in progress. Destroying it aborts the request. Used on one thread.
class BackendCall {
 public:
  virtual ~BackendCall() = default;

  // The next piece of the body; the caller may reuse the bytes when the task ends.
  [[nodiscard]] virtual net::Task<Status> write(ByteView piece) = 0;
  // The request is complete: `length` bytes were written.
  [[nodiscard]] virtual net::Task<Status> finish() = 0;
  // May be called after a failed write: a backend that refuses early has given the reason.
  [[nodiscard]] virtual net::Task<Result<BackendReplyHead>> head(net::Deadline deadline) = 0;
  // The next piece, valid until the next call; empty at the end. kTruncated if the reply is cut off.
  [[nodiscard]] virtual net::Task<Result<ByteView>> read(net::Deadline deadline) = 0;
  // Like read, for what has already come: nothing if read would wait. Earlier pieces stay valid.
  [[nodiscard]] virtual Result<std::optional<ByteView>> read_received() { return std::nullopt; }
  // Aborts the request. Pending calls return kCancelled.
  virtual void cancel() = 0;
};

class Backend {
 public:
  virtual ~Backend() = default;

  // Its models, queried now. executor: where the task runs.
  [[nodiscard]] virtual net::Task<Result<std::vector<openai::ModelInfo>>> models(net::Executor executor) = 0;
  // kNetwork: it cannot be reached. kRefused: it divides its prompt cache less than is stated. executor: where the task
  // and the call run.
  [[nodiscard]] virtual net::Task<Result<std::unique_ptr<BackendCall>>> open(BackendRequest request,
                                                                             net::Executor executor) = 0;
  // The session is over: nothing kept for it is needed any more. From any thread; does not wait.
  virtual void forget(std::string_view session) { static_cast<void>(session); }
  // Whether a request that names no model gets one that it lists, and no other.
  [[nodiscard]] virtual bool chooses_listed_model() const { return false; }
  // Whether a request would be served now. From any thread; does not wait.
  [[nodiscard]] virtual bool ready() const { return true; }
};

}  // namespace minions::backend
