// One program as our child: in a separate process group, with nothing open but its log, ended when we end.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace minions::upstream {

struct ProcessStart {
  std::filesystem::path program;
  std::vector<std::string> words;        // argv, the program's name first
  std::vector<std::string> environment;  // NAME=VALUE
  // Standard output and error are appended to it, mode 0600. Nothing: to nowhere.
  std::optional<std::filesystem::path> log_file;
};

class ServerProcess {
 public:
  // The kernel sends the child SIGTERM when the calling thread ends, however it does: start it from a thread that lives
  // as long as the child. kUsage: a log that others may read, or that is not a file. kIo: it cannot be run.
  [[nodiscard]] static Result<std::unique_ptr<ServerProcess>> start(const ProcessStart& start);
  // SIGKILL for the whole group if it still runs.
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  // "status 1" or "signal 9" once it has ended. What is left of its group is killed with it.
  [[nodiscard]] std::optional<std::string> ended();
  void terminate() const;  // SIGTERM for the group
  [[nodiscard]] pid_t id() const { return id_; }

 private:
  explicit ServerProcess(pid_t id) : id_(id) {}
  std::string reap();

  pid_t id_;
  std::optional<std::string> ended_;
};

}  // namespace minions::upstream
