#include "attester/swtpm.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

#include <vector>

namespace minions::attester {
namespace {

constexpr int kPortAttempts = 20;
constexpr int kPairAttempts = 1'000;  // a port may be closing for minutes after others' tests
constexpr int kPatienceMs = 10'000;

class LoopbackSocket {
 public:
  LoopbackSocket() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
  LoopbackSocket(const LoopbackSocket&) = delete;
  LoopbackSocket& operator=(const LoopbackSocket&) = delete;
  ~LoopbackSocket() { ::close(fd_); }

  // 0: any. What it was bound to, or 0.
  [[nodiscard]] std::uint16_t bind(std::uint16_t port) const {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(fd_, generic, size) != 0 || ::getsockname(fd_, generic, &size) != 0) return 0;
    return ntohs(address.sin_port);
  }

 private:
  int fd_;
};

// tpm2-tss takes the control channel to be at the next port.
std::uint16_t free_pair() {
  for (int attempt = 0; attempt < kPairAttempts; ++attempt) {
    const LoopbackSocket first;
    const LoopbackSocket second;
    const std::uint16_t port = first.bind(0);
    if (port != 0 && port < 65535 && second.bind(static_cast<std::uint16_t>(port + 1)) != 0) return port;
  }
  throw std::runtime_error("no two free ports in a row");
}

// Whether it ran and ended well.
bool run(std::vector<std::string> arguments) {
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  const int failed = ::posix_spawnp(&child, argv[0], &actions, nullptr, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return false;
  int status = 0;
  return ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

bool Swtpm::is_installed() {
  static const bool found = run({"swtpm", "--version"});
  return found;
}

Swtpm::Swtpm() {
  for (int attempt = 0; attempt < kPortAttempts; ++attempt) {
    if (start(free_pair())) return;  // else another took a port in between
  }
  throw std::runtime_error("swtpm does not start");
}

Swtpm::~Swtpm() { stop(); }

// As a daemon: its parent ends once the ports are bound and the process is written down.
bool Swtpm::start(std::uint16_t port) {
  const std::string pid_file = (state_.path() / "pid").string();
  if (!run({"swtpm", "socket", "--tpm2", "--tpmstate", "dir=" + state_.path().string(), "--server",
            fmt::format("type=tcp,port={}", port), "--ctrl", fmt::format("type=tcp,port={}", port + 1), "--flags",
            "not-need-init,startup-clear", "--log", "file=" + (state_.path() / "log").string(), "--daemon", "--pid",
            "file=" + pid_file})) {
    return false;
  }
  port_ = port;
  process_ = static_cast<pid_t>(std::stol(content(pid_file)));
  return true;
}

std::string Swtpm::tcti() const { return fmt::format("swtpm:host=127.0.0.1,port={}", port_); }

// Not our child, since it is a daemon: its end is seen by a descriptor of the process.
void Swtpm::stop() {
  if (!process_) return;
  const int descriptor = static_cast<int>(::syscall(SYS_pidfd_open, *process_, 0));
  ::kill(*process_, SIGKILL);
  pollfd ended{.fd = descriptor, .events = POLLIN, .revents = 0};
  if (descriptor >= 0) ::poll(&ended, 1, kPatienceMs);
  if (descriptor >= 0) ::close(descriptor);
  process_.reset();
}

}  // namespace minions::attester
