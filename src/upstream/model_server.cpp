#include "upstream/model_server.h"

#include <fmt/format.h>

#include "base/log.h"
#include "net/fetch.h"

namespace minions::upstream {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kExitPoll{100};
constexpr milliseconds kStartPoll{200};
constexpr milliseconds kProgressEvery{10'000};
constexpr milliseconds kHealthEvery{5'000};
constexpr milliseconds kHealthTime{2'000};
constexpr int kFailuresUntilNotReady = 3;  // a busy server may answer late
constexpr std::size_t kHealthReplyBytes = 64 * 1024;
constexpr seconds kLongestPause{60};
constexpr milliseconds kLongRun{60'000};

milliseconds since(SteadyTime start) {
  return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - start);
}

}  // namespace

Result<int> probe_health(const net::Url& url, milliseconds time) {
  net::FetchRequest request;
  request.url = url.origin() + url.base_path + "/health";
  request.time = time;
  request.reply_limit_bytes = kHealthReplyBytes;
  MINIONS_TRY_ASSIGN(const net::FetchReply reply, net::fetch_blocking(std::move(request)));
  return reply.status;
}

seconds RestartPause::next(milliseconds ran) {
  const bool begin_again = ran >= kLongRun || last_ == seconds(0);
  last_ = begin_again ? seconds(1) : std::min(last_ * 2, kLongestPause);
  return last_;
}

ModelServer::ModelServer(ModelServerOptions options) : options_(std::move(options)) {}

std::unique_ptr<ModelServer> ModelServer::start(ModelServerOptions options) {
  std::unique_ptr<ModelServer> server(new ModelServer(std::move(options)));
  server->thread_ = std::thread([made = server.get()] { made->run(); });
  return server;
}

ModelServer::~ModelServer() { stop(); }

void ModelServer::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

std::optional<Status> ModelServer::wait_first_ready(milliseconds time) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, time, [&] { return first_.has_value(); });
  return first_;
}

bool ModelServer::pause(milliseconds time) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, time, [&] { return stopping_; });
}

void ModelServer::set_first(Status status) {
  {
    const std::lock_guard lock(mutex_);
    if (first_) return;
    first_ = std::move(status);
  }
  changed_.notify_all();
}

void ModelServer::run() {
  RestartPause restart_pause;
  for (;;) {
    const SteadyTime started = std::chrono::steady_clock::now();
    const Status ran = run_once();
    ready_ = false;
    if (ran || ran.error().code == ErrorCode::kCancelled) return set_first(ran);
    set_first(ran);
    {
      const std::lock_guard lock(mutex_);
      if (!first_->has_value()) return;
    }
    const seconds wait = restart_pause.next(since(started));
    log::error("model_server_failed",
               {{"reason", log::Public{ran.error().detail}}, {"starts_again_in_s", wait.count()}});
    if (!pause(wait)) return;
  }
}

// Until it ends, which is an error, or a stop is requested: kCancelled.
Status ModelServer::run_once() {
  MINIONS_TRY_ASSIGN(const auto process, ServerProcess::start(options_.process));
  log::info("model_server_started",
            {{"program", log::Public{options_.process.program.native()}}, {"process", process->id()}});
  Status ran = wait_healthy(*process);
  if (ran) {
    ready_ = true;
    set_first({});
    ran = watch(*process);
  }
  ready_ = false;
  end(*process);
  return ran;
}

Status ModelServer::wait_healthy(ServerProcess& process) {
  const SteadyTime started = std::chrono::steady_clock::now();
  milliseconds told{0};
  for (;;) {
    if (!pause(kStartPoll)) return fail(ErrorCode::kCancelled, "the model server was asked to stop");
    if (const auto how = process.ended())
      return fail(ErrorCode::kBackend, fmt::format("the model server ended with {} before it was ready", *how));
    if (healthy(kHealthTime)) {
      log::info("model_server_ready", {{"after_s", since(started).count() / 1000}});
      return {};
    }
    const milliseconds waited = since(started);
    if (waited >= options_.start_time) {
      return fail(ErrorCode::kTimeout, fmt::format("the model server was not healthy within {} s",
                                                   std::chrono::duration_cast<seconds>(options_.start_time).count()));
    }
    if (waited - told < kProgressEvery) continue;
    told = waited;
    log::info("model_server_starting",
              {{"waited_s", waited.count() / 1000}, {"at_most_s", options_.start_time.count() / 1000}});
  }
}

Status ModelServer::watch(ServerProcess& process) {
  SteadyTime asked = std::chrono::steady_clock::now();
  int failures = 0;
  while (pause(kExitPoll)) {
    if (const auto how = process.ended())
      return fail(ErrorCode::kBackend, fmt::format("the model server ended with {}", *how));
    if (since(asked) < kHealthEvery) continue;
    failures = healthy(kHealthTime) ? 0 : failures + 1;
    asked = std::chrono::steady_clock::now();
    const bool is_ready = failures < kFailuresUntilNotReady;
    if (is_ready != ready_.exchange(is_ready)) log::warning("model_server_health", {{"ready", is_ready}});
  }
  return fail(ErrorCode::kCancelled, "the model server was asked to stop");
}

void ModelServer::end(ServerProcess& process) {
  process.terminate();
  const SteadyTime asked = std::chrono::steady_clock::now();
  // The destructor kills what is left.
  while (!process.ended() && since(asked) < options_.stop_time) std::this_thread::sleep_for(kExitPoll / 4);
}

bool ModelServer::healthy(milliseconds time) const {
  const auto status = probe_health(options_.url, time);
  return status && *status == 200;
}

net::Task<Result<std::vector<openai::ModelInfo>>> SupervisedBackend::models(net::Executor executor) {
  return backend_->models(executor);
}

net::Task<Result<std::unique_ptr<backend::BackendCall>>> SupervisedBackend::open(backend::BackendRequest request,
                                                                                 net::Executor executor) {
  if (!server_->ready()) co_return fail(ErrorCode::kBusy, "the model server is being started");
  co_return co_await backend_->open(std::move(request), executor);
}

}  // namespace minions::upstream
