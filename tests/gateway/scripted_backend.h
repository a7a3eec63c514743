// A model server that follows a script: it records what it got, and stalls, fails or breaks off where it is told to.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>

#include "backend/backend.h"

namespace minions::gateway {

enum class Point { kOpen, kWrite, kFinish, kHead, kRead };

struct BackendScript {
  int status = 200;
  std::string content_type = "application/json";
  std::vector<std::string> pieces{R"({"answer":1})"};
  bool endless = false;           // the last piece again and again
  std::optional<Point> stall_at;  // until it is cancelled or its deadline passes; kRead: after the pieces
  std::optional<Point> fail_at;
  ErrorCode failure = ErrorCode::kNetwork;
};

// One request as the backend saw it.
struct SeenCall {
  backend::BackendRequest request;
  std::string body;
  bool finished = false;  // finish() was asked for: the backend may act on it
  bool cancelled = false;
  bool gone = false;     // the call was destroyed
  bool stalled = false;  // it waits where the script says
  std::size_t bytes_given = 0;
};

class ScriptedBackend final : public backend::Backend {
 public:
  // For the calls opened from now on.
  void set(BackendScript script);
  [[nodiscard]] std::vector<SeenCall> calls() const;
  // Of the call opened last; fails the wait when there is none.
  [[nodiscard]] SeenCall last() const;
  // Until the predicate holds of the last call; what it was when it did or when the time ran out.
  [[nodiscard]] SeenCall wait(const std::function<bool(const SeenCall&)>& holds,
                              std::chrono::milliseconds time = std::chrono::seconds(10)) const;
  // Until so many calls were opened and the last of them is as the predicate says.
  [[nodiscard]] SeenCall wait_call(std::size_t count, const std::function<bool(const SeenCall&)>& holds) const;

  // As an engine of this process does; and as a server outside, of which nobody knows.
  void set_chooses_listed_model(bool to) { chooses_ = to; }
  [[nodiscard]] bool chooses_listed_model() const override { return chooses_; }
  [[nodiscard]] net::Task<Result<std::vector<openai::ModelInfo>>> models(net::Executor executor) override;
  [[nodiscard]] net::Task<Result<std::unique_ptr<backend::BackendCall>>> open(backend::BackendRequest request,
                                                                              net::Executor executor) override;

 private:
  friend class ScriptedCall;
  void change(std::size_t index, const std::function<void(SeenCall&)>& what);

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  BackendScript script_;
  std::vector<SeenCall> calls_;
  std::atomic<bool> chooses_ = true;
};

}  // namespace minions::gateway
