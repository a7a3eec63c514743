#include "gateway/scripted_backend.h"

namespace minions::gateway {

class ScriptedCall final : public backend::BackendCall {
 public:
  ScriptedCall(ScriptedBackend& backend, BackendScript script, std::size_t index, net::Executor executor)
      : backend_(backend), script_(std::move(script)), index_(index), never_(executor) {}
  ~ScriptedCall() override {
    backend_.change(index_, [](SeenCall& seen) { seen.gone = true; });
  }

  net::Task<Status> pass(Point point, net::Deadline deadline) {
    if (script_.fail_at == point) co_return fail(script_.failure, "the script fails here");
    if (script_.stall_at == point) {
      backend_.change(index_, [](SeenCall& seen) { seen.stalled = true; });
      if (!cancelled_) {
        never_.expires_at(deadline);
        co_await never_.async_wait(net::use_task_tuple);
      }
      if (!cancelled_) co_return fail(ErrorCode::kTimeout, "the script stalls here");
    }
    if (cancelled_) co_return fail(ErrorCode::kCancelled, "the call was cancelled");
    co_return Status{};
  }
  net::Task<Status> write(ByteView piece) override {
    MINIONS_CO_TRY(co_await pass(Point::kWrite, net::kNoDeadline));
    backend_.change(index_, [&](SeenCall& seen) { seen.body += as_text(piece); });
    co_return Status{};
  }
  net::Task<Status> finish() override {
    backend_.change(index_, [](SeenCall& seen) { seen.finished = true; });
    return pass(Point::kFinish, net::kNoDeadline);
  }
  net::Task<Result<backend::BackendReplyHead>> head(net::Deadline deadline) override {
    MINIONS_CO_TRY(co_await pass(Point::kHead, deadline));
    co_return backend::BackendReplyHead{script_.status, script_.content_type};
  }
  net::Task<Result<ByteView>> read(net::Deadline deadline) override {
    if (cancelled_) co_return fail(ErrorCode::kCancelled, "the call was cancelled");
    if (next_ == script_.pieces.size()) {
      MINIONS_CO_TRY(co_await pass(Point::kRead, deadline));
      co_return ByteView{};
    }
    const std::string& piece = script_.pieces[next_];
    if (!script_.endless || next_ + 1 < script_.pieces.size()) ++next_;
    backend_.change(index_, [&](SeenCall& seen) { seen.bytes_given += piece.size(); });
    co_return as_bytes(piece);
  }
  void cancel() override {
    cancelled_ = true;
    backend_.change(index_, [](SeenCall& seen) { seen.cancelled = true; });
    never_.cancel();
  }

 private:
  ScriptedBackend& backend_;
  const BackendScript script_;
  const std::size_t index_;
  net::Timer never_;
  std::size_t next_ = 0;
  bool cancelled_ = false;
};

void ScriptedBackend::set(BackendScript script) {
  const std::lock_guard lock(mutex_);
  script_ = std::move(script);
}

std::vector<SeenCall> ScriptedBackend::calls() const {
  const std::lock_guard lock(mutex_);
  return calls_;
}

SeenCall ScriptedBackend::last() const {
  const std::lock_guard lock(mutex_);
  return calls_.empty() ? SeenCall{} : calls_.back();
}

SeenCall ScriptedBackend::wait(const std::function<bool(const SeenCall&)>& holds,
                               std::chrono::milliseconds time) const {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, time, [&] { return !calls_.empty() && holds(calls_.back()); });
  return calls_.empty() ? SeenCall{} : calls_.back();
}

SeenCall ScriptedBackend::wait_call(std::size_t count, const std::function<bool(const SeenCall&)>& holds) const {
  std::unique_lock lock(mutex_);
  const bool came = changed_.wait_for(lock, std::chrono::seconds(10),
                                      [&] { return calls_.size() >= count && holds(calls_[count - 1]); });
  return came ? calls_[count - 1] : SeenCall{};
}

void ScriptedBackend::change(std::size_t index, const std::function<void(SeenCall&)>& what) {
  {
    const std::lock_guard lock(mutex_);
    what(calls_[index]);
  }
  changed_.notify_all();
}

net::Task<Result<std::vector<openai::ModelInfo>>> ScriptedBackend::models(net::Executor) {
  co_return std::vector<openai::ModelInfo>{{"scripted", "test"}};
}

net::Task<Result<std::unique_ptr<backend::BackendCall>>> ScriptedBackend::open(backend::BackendRequest request,
                                                                               net::Executor executor) {
  std::unique_ptr<ScriptedCall> call;
  {
    const std::lock_guard lock(mutex_);
    calls_.push_back({.request = std::move(request)});
    call = std::make_unique<ScriptedCall>(*this, script_, calls_.size() - 1, executor);
  }
  changed_.notify_all();
  const Status opened = co_await call->pass(Point::kOpen, net::deadline_in(std::chrono::seconds(2)));
  if (!opened) co_return fail(opened.error());
  co_return std::unique_ptr<backend::BackendCall>(std::move(call));
}

}  // namespace minions::gateway
