#include "upstream/server_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/file_descriptor.h"

namespace minions::upstream {
namespace {

constexpr mode_t kOthers = 077;
constexpr int kExecFailed = 127;

tl::unexpected<Error> system_failure(std::string_view what, int code) {
  return fail(ErrorCode::kIo, fmt::format("{}: {}", what, std::strerror(code)));
}

Result<FileDescriptor> open_log(const std::optional<std::filesystem::path>& file) {
  const std::string path = file ? file->string() : "/dev/null";
  const int flags = file ? O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW : O_WRONLY | O_CLOEXEC;
  FileDescriptor log(::open(path.c_str(), flags, 0600));
  if (log.get() < 0) return system_failure(path, errno);
  struct stat status {};
  if (!file) return log;
  if (::fstat(log.get(), &status) != 0) return system_failure(path, errno);
  if (!S_ISREG(status.st_mode)) return fail(ErrorCode::kUsage, fmt::format("{}: want a plain file", path));
  if ((status.st_mode & kOthers) != 0) {
    return fail(ErrorCode::kUsage,
                fmt::format("{}: want mode 0600, found {:04o}: others may read it", path, status.st_mode & 07777));
  }
  return log;
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> made;
  made.reserve(texts.size() + 1);
  for (const std::string& text : texts) made.push_back(const_cast<char*>(text.c_str()));
  made.push_back(nullptr);
  return made;
}

// Everything the child needs, prepared before the fork: between it and exec only async-signal-safe calls are allowed.
struct Prepared {
  const char* program;
  char* const* words;
  char* const* environment;
  int input;
  int log;
  int report;  // the write end of a pipe that exec closes; errno goes there if it fails
  pid_t parent;
  int descriptor_limit;
};

void close_at_exec(int limit) {
  if (::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) == 0) return;
  for (int number = 3; number < limit; ++number) ::fcntl(number, F_SETFD, FD_CLOEXEC);  // kernels before 5.11
}

[[noreturn]] void become(const Prepared& prepared) {
  const auto give_up = [&](int code) {
    const ssize_t written = ::write(prepared.report, &code, sizeof code);
    static_cast<void>(written);
    ::_exit(kExecFailed);
  };
  if (::setpgid(0, 0) != 0) give_up(errno);  // a Ctrl-C at the terminal is for the parent to handle
  if (::prctl(PR_SET_PDEATHSIG, SIGTERM) != 0) give_up(errno);
  if (::getppid() != prepared.parent) ::_exit(kExecFailed);  // it ended before the line above
  struct sigaction usual {};
  usual.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) ::sigaction(number, &usual, nullptr);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (::dup2(prepared.input, STDIN_FILENO) < 0 || ::dup2(prepared.log, STDOUT_FILENO) < 0 ||
      ::dup2(prepared.log, STDERR_FILENO) < 0) {
    give_up(errno);
  }
  close_at_exec(prepared.descriptor_limit);
  ::execve(prepared.program, prepared.words, prepared.environment);
  give_up(errno);
  ::_exit(kExecFailed);
}

int descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 65'536;
  return static_cast<int>(std::min<rlim_t>(limit.rlim_cur, 65'536));
}

// Nothing if a successful exec closed the pipe.
std::optional<int> exec_failure(int pipe) {
  int code = 0;
  for (;;) {
    const ssize_t count = ::read(pipe, &code, sizeof code);
    if (count < 0 && errno == EINTR) continue;
    if (count == static_cast<ssize_t>(sizeof code)) return code;
    return std::nullopt;
  }
}

}  // namespace

Result<std::unique_ptr<ServerProcess>> ServerProcess::start(const ProcessStart& start) {
  MINIONS_TRY_ASSIGN(const FileDescriptor log, open_log(start.log_file));
  const FileDescriptor input(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (input.get() < 0) return system_failure("/dev/null", errno);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return system_failure("a pipe cannot be made", errno);
  const FileDescriptor reading(ends[0]);
  FileDescriptor writing(ends[1]);
  const std::string program = start.program.string();
  const std::vector<char*> words = pointers(start.words);
  const std::vector<char*> environment = pointers(start.environment);
  const Prepared prepared{program.c_str(), words.data(),  environment.data(), input.get(),
                          log.get(),       writing.get(), ::getpid(),         descriptor_limit()};
  const pid_t id = ::fork();
  if (id < 0) return system_failure(fmt::format("{} cannot be started", program), errno);
  if (id == 0) become(prepared);
  writing.close();
  std::unique_ptr<ServerProcess> process(new ServerProcess(id));
  if (const auto code = exec_failure(reading.get()))
    return system_failure(fmt::format("{} cannot be started", program), *code);
  return process;
}

ServerProcess::~ServerProcess() {
  if (!ended_) reap();
}

// The group is killed before the leader is reaped: until then its number cannot be reused.
std::string ServerProcess::reap() {
  ::kill(-id_, SIGKILL);
  int status = 0;
  while (::waitpid(id_, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFSIGNALED(status) ? fmt::format("signal {}", WTERMSIG(status))
                             : fmt::format("status {}", WEXITSTATUS(status));
}

std::optional<std::string> ServerProcess::ended() {
  if (ended_) return ended_;
  siginfo_t info{};
  if (::waitid(P_PID, static_cast<id_t>(id_), &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0)
    return std::nullopt;
  ended_ = reap();
  return ended_;
}

void ServerProcess::terminate() const {
  if (!ended_) ::kill(-id_, SIGTERM);
}

}  // namespace minions::upstream
