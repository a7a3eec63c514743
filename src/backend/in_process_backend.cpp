#include "backend/in_process_backend.h"

#include <boost/asio/post.hpp>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>

namespace minions::backend {
namespace {

constexpr std::size_t kQueuedBytes = 256 * 1024;
// One request's share of the load, until the call and the model's work on it have both ended.
class Share {
 public:
  Share(std::shared_ptr<InProcessLoad> load, std::string owner) : load_(std::move(load)), owner_(std::move(owner)) {}
  Share(const Share&) = delete;
  Share& operator=(const Share&) = delete;
  ~Share() {
    const std::lock_guard lock(load_->mutex);
    if (has_place_) load_->requests.give_back(owner_);
    load_->bytes.give_back(owner_, bytes_);
  }
  [[nodiscard]] const std::string& owner() const { return owner_; }
  // This many more bytes, or a place: a place only for a complete request, since one that never ends would hold it for
  // nothing. False: too much for its sender, or for all.
  [[nodiscard]] bool add(std::uint64_t bytes) {
    const std::lock_guard lock(load_->mutex);
    if (!load_->bytes.take(owner_, bytes)) return false;
    bytes_ += bytes;
    return true;
  }
  [[nodiscard]] bool take_place() {
    const std::lock_guard lock(load_->mutex);
    has_place_ = load_->requests.take(owner_);
    return has_place_;
  }

 private:
  std::shared_ptr<InProcessLoad> load_;
  const std::string owner_;
  std::uint64_t bytes_ = 0;
  bool has_place_ = false;
};

// What the model's thread writes and the connection's thread reads.
class ReplyChannel final : public openai::ApiSink, public std::enable_shared_from_this<ReplyChannel> {
 public:
  explicit ReplyChannel(net::Executor executor) : executor_(executor), ready_(std::in_place, executor) {}

  // On the model's thread.
  void head(int status, std::string_view content_type) override {
    {
      const std::lock_guard lock(mutex_);
      head_ = BackendReplyHead{status, std::string(content_type)};
    }
    wake();
  }
  bool body(std::string_view piece) override {
    {
      std::unique_lock lock(mutex_);
      room_.wait(lock, [&] { return queued_ < kQueuedBytes || stop_.stop_requested(); });
    }
    return push(piece);
  }
  bool push(std::string_view piece) override {
    {
      const std::lock_guard lock(mutex_);
      if (stop_.stop_requested()) return false;
      pieces_.emplace_back(piece);
      queued_ += piece.size();
    }
    wake();
    return true;
  }
  void fail_reply() {
    const std::lock_guard lock(mutex_);
    failed_ = true;
  }
  void end() {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    wake();
  }
  [[nodiscard]] std::stop_token token() const { return stop_.get_token(); }

  // On the connection's thread.
  net::Task<Result<BackendReplyHead>> wait_head(net::Deadline deadline) {
    MINIONS_CO_TRY(co_await wait_until(deadline, [this] { return head_.has_value() || ended_; }));
    const std::lock_guard lock(mutex_);
    if (!head_) co_return fail(ErrorCode::kBackend, "the model ended without a reply");
    co_return *head_;
  }
  // Everything available, at least one piece; empty at the end.
  net::Task<Result<ByteView>> next(net::Deadline deadline) {
    MINIONS_CO_TRY(co_await wait_until(deadline, [this] { return !pieces_.empty() || ended_; }));
    {
      const std::lock_guard lock(mutex_);
      if (failed_ && pieces_.empty()) co_return fail(ErrorCode::kBackend, "the model broke off");
      current_.clear();
      for (const std::string& piece : pieces_) current_ += piece;
      pieces_.clear();
      queued_ = 0;
    }
    room_.notify_all();
    co_return as_bytes(current_);
  }
  void stop() {
    {
      // Under the lock, so that a model about to wait for room sees it, and nothing is posted afterwards.
      const std::lock_guard lock(mutex_);
      stop_.request_stop();
    }
    room_.notify_all();
    if (ready_) ready_->cancel();
  }
  // The connection's task is over. The model's thread may hold the channel longer than the io_context lives.
  void detach() {
    stop();
    ready_.reset();
  }

 private:
  template <class Predicate>
  net::Task<Status> wait_until(net::Deadline deadline, Predicate ready) {
    for (;;) {
      {
        const std::lock_guard lock(mutex_);
        if (stop_.stop_requested()) co_return fail(ErrorCode::kCancelled, "the request was broken off");
        if (ready()) co_return Status{};
      }
      if (std::chrono::steady_clock::now() >= deadline)
        co_return fail(ErrorCode::kTimeout, "the model did not answer in time");
      ready_->expires_at(deadline);
      // A wake before this wait finds the timer set again; the state is checked under the lock each time, on the thread
      // that also runs the wakes.
      co_await ready_->async_wait(net::use_task_tuple);
    }
  }
  void wake() {
    const std::lock_guard lock(mutex_);
    if (stop_.stop_requested()) return;
    boost::asio::post(executor_, [self = shared_from_this()] {
      if (self->ready_) self->ready_->cancel();
    });
  }

  net::Executor executor_;
  std::optional<net::Timer> ready_;  // only the connection's thread
  std::mutex mutex_;
  std::condition_variable room_;
  std::stop_source stop_;
  std::optional<BackendReplyHead> head_;
  std::deque<std::string> pieces_;
  std::size_t queued_ = 0;
  bool ended_ = false;
  bool failed_ = false;
  std::string current_;
};

class InProcessCall final : public BackendCall {
 public:
  InProcessCall(std::shared_ptr<openai::InProcessModel> model, FairPool& threads, std::shared_ptr<InProcessLoad> load,
                BackendRequest request, net::Executor executor)
      : model_(std::move(model)),
        threads_(threads),
        share_(std::make_shared<Share>(std::move(load), request.owner())),
        request_(std::move(request)),
        channel_(std::make_shared<ReplyChannel>(executor)) {}
  ~InProcessCall() override { channel_->detach(); }

  net::Task<Status> write(ByteView piece) override {
    if (!share_->add(piece.size())) co_return refuse("the embedded engine holds too much of other requests");
    body_ += as_text(piece);
    co_return Status{};
  }
  net::Task<Status> finish() override {
    if (!share_->take_place()) co_return refuse("the embedded engine has too many requests");
    threads_.post(share_->owner(),
                  [model = model_, channel = channel_, share = share_, request = request_, body = std::move(body_)] {
                    try {
                      if (!channel->token().stop_requested())
                        model->serve({request.method, request.path, body, request.session, request.sender}, *channel,
                                     channel->token());
                    } catch (const std::exception&) {
                      // Most likely out of memory. The reply then has no proper end, which the client sees as a
                      // failure.
                      channel->fail_reply();
                    }
                    channel->end();
                  });
    co_return Status{};
  }
  net::Task<Result<BackendReplyHead>> head(net::Deadline deadline) override {
    if (refused_) co_return fail(*refused_);
    co_return co_await channel_->wait_head(deadline);
  }
  net::Task<Result<ByteView>> read(net::Deadline deadline) override { return channel_->next(deadline); }
  void cancel() override { channel_->stop(); }

 private:
  tl::unexpected<Error> refuse(std::string detail) {
    body_ = {};
    refused_ = Error{ErrorCode::kBusy, std::move(detail)};
    return fail(*refused_);
  }

  std::shared_ptr<openai::InProcessModel> model_;
  FairPool& threads_;
  std::shared_ptr<Share> share_;
  std::optional<Error> refused_;
  BackendRequest request_;
  std::shared_ptr<ReplyChannel> channel_;
  std::string body_;
};

}  // namespace

InProcessBackend::InProcessBackend(std::unique_ptr<openai::InProcessModel> model, const InProcessOptions& options)
    : model_(std::move(model)),
      options_(options),
      load_(std::make_shared<InProcessLoad>(options)),
      threads_(options.threads) {}

net::Task<Result<std::vector<openai::ModelInfo>>> InProcessBackend::models(net::Executor) {
  co_return model_->models();
}

net::Task<Result<std::unique_ptr<BackendCall>>> InProcessBackend::open(BackendRequest request, net::Executor executor) {
  if (request.length > options_.request_limit_bytes) {
    co_return fail(ErrorCode::kTooLarge, "the request is over what the embedded engine takes");
  }
  co_return std::unique_ptr<BackendCall>(
      std::make_unique<InProcessCall>(model_, threads_, load_, std::move(request), executor));
}

}  // namespace minions::backend
