// An inference server next to us: started as a child on a loopback port, monitored through GET /health, restarted after
// a growing pause when it ends, stopped with us.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "backend/backend.h"
#include "net/url.h"
#include "upstream/server_process.h"

namespace minions::upstream {

struct ModelServerOptions {
  ProcessStart process;
  net::Url url;                                     // where it will serve
  std::chrono::milliseconds start_time{1'800'000};  // until it is healthy; large models load for many minutes
  std::chrono::milliseconds stop_time{10'000};      // between SIGTERM and SIGKILL
};

// The pause before the next start: 1 s, doubled up to 60 s, and 1 s again after a run of a minute.
class RestartPause {
 public:
  [[nodiscard]] std::chrono::seconds next(std::chrono::milliseconds ran);

 private:
  std::chrono::seconds last_{0};
};

class ModelServer {
 public:
  // Returns at once; the child is started on a separate thread, which lives as long as the child may.
  [[nodiscard]] static std::unique_ptr<ModelServer> start(ModelServerOptions options);
  ~ModelServer();
  ModelServer(const ModelServer&) = delete;
  ModelServer& operator=(const ModelServer&) = delete;

  // The outcome of the first start, or nothing if not known within `time`. A server that was never healthy is not
  // restarted: kIo, kUsage: it cannot be run; kBackend: it ended; kTimeout.
  [[nodiscard]] std::optional<Status> wait_first_ready(std::chrono::milliseconds time);
  // It runs and was healthy when last checked. From any thread.
  [[nodiscard]] bool ready() const { return ready_; }
  // SIGTERM, then SIGKILL; returns when the child has gone.
  void stop();

 private:
  explicit ModelServer(ModelServerOptions options);
  void run();
  [[nodiscard]] Status run_once();
  [[nodiscard]] Status wait_healthy(ServerProcess& process);
  [[nodiscard]] Status watch(ServerProcess& process);
  void end(ServerProcess& process);
  [[nodiscard]] bool healthy(std::chrono::milliseconds time) const;
  // False once a stop is requested.
  [[nodiscard]] bool pause(std::chrono::milliseconds time);
  void set_first(Status status);

  const ModelServerOptions options_;
  std::atomic<bool> ready_ = false;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::optional<Status> first_;
  bool stopping_ = false;
  std::thread thread_;
};

// A backend that does not wait while its server is down: requests are refused as busy.
class SupervisedBackend final : public backend::Backend {
 public:
  SupervisedBackend(std::unique_ptr<backend::Backend> backend, std::shared_ptr<const ModelServer> server)
      : backend_(std::move(backend)), server_(std::move(server)) {}

  [[nodiscard]] net::Task<Result<std::vector<openai::ModelInfo>>> models(net::Executor executor) override;
  [[nodiscard]] net::Task<Result<std::unique_ptr<backend::BackendCall>>> open(backend::BackendRequest request,
                                                                              net::Executor executor) override;
  void forget(std::string_view session) override { backend_->forget(session); }
  [[nodiscard]] bool ready() const override { return server_->ready(); }

 private:
  std::unique_ptr<backend::Backend> backend_;
  std::shared_ptr<const ModelServer> server_;
};

// GET /health of the server at this address: its status, or why there is none.
[[nodiscard]] Result<int> probe_health(const net::Url& url, std::chrono::milliseconds time);

}  // namespace minions::upstream
