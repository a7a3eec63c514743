#include "documents/child_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "crypto/secret.h"
#include "documents/open_file.h"

namespace minions::documents {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kComplaintBytes = 16 * 1024;

tl::unexpected<Error> system_error(std::string_view what, int code) {
  return fail(ErrorCode::kIo, fmt::format("{}: {}", what, std::strerror(code)));
}

struct Pipe {
  FileDescriptor read;
  FileDescriptor write;
};

Result<Pipe> make_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return system_error("a pipe cannot be made", errno);
  return Pipe{FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

// A started process, killed and reaped when it goes out of scope.
class Child {
 public:
  explicit Child(pid_t id) : id_(id) {}
  Child(Child&& other) noexcept : id_(std::exchange(other.id_, -1)) {}
  ~Child() {
    if (id_ <= 0) return;
    kill(id_, SIGKILL);
    while (waitpid(id_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }

  // Its status after it has ended.
  [[nodiscard]] Result<int> wait_until(Clock::time_point deadline) {
    int status = 0;
    while (true) {
      const pid_t ended = waitpid(id_, &status, WNOHANG);
      if (ended < 0 && errno != EINTR) return system_error("the child cannot be waited for", errno);
      if (ended == id_) {
        id_ = -1;
        return status;
      }
      if (Clock::now() >= deadline) return fail(ErrorCode::kTimeout, "closed its output but did not end in time");
      poll(nullptr, 0, 1);  // it has closed its output, so it ends within microseconds
    }
  }

 private:
  pid_t id_;
};

Result<Child> spawn(const ChildProgram& child, const Pipe& output, const Pipe& complaints) {
  std::vector<char*> arguments;
  std::string program = child.program.string();
  std::vector<std::string> copies = child.arguments;
  arguments.push_back(program.data());
  for (std::string& argument : copies) arguments.push_back(argument.data());
  arguments.push_back(nullptr);
  char locale[] = "LC_ALL=C.UTF-8";
  char* const environment[] = {locale, nullptr};

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, child.input, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output.write.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, complaints.write.get(), STDERR_FILENO);
  posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setpgroup(&attributes, 0);  // a Ctrl-C at the terminal is for the parent to handle
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);

  pid_t id = -1;
  const int code = posix_spawn(&id, program.c_str(), &actions, &attributes, arguments.data(), environment);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (code == ENOENT || code == ENOTDIR)
    return fail(ErrorCode::kUnsupported, fmt::format("{} is not installed", program));
  if (code != 0) return system_error(fmt::format("{} cannot be started", program), code);
  return Child(id);
}

class Reader {
 public:
  Reader(FileDescriptor output, FileDescriptor complaints, OutputSink& sink)
      : output_(std::move(output)), complaints_(std::move(complaints)), sink_(sink) {}
  ~Reader() { crypto::wipe(chunk_); }

  // Until both pipes are closed.
  [[nodiscard]] Status read_until(Clock::time_point deadline, ChildResult& result) {
    while (output_.is_open() || complaints_.is_open()) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
      if (left <= 0) return fail(ErrorCode::kTimeout, "did not end in time");
      // poll() ignores negative descriptors.
      pollfd ends[] = {{output_.get(), POLLIN, 0}, {complaints_.get(), POLLIN, 0}};
      if (poll(ends, 2, static_cast<int>(std::min<std::int64_t>(left, 1000))) < 0 && errno != EINTR) {
        return system_error("waiting for the child failed", errno);
      }
      if (ends[0].revents != 0) MINIONS_TRY(take_output());
      if (ends[1].revents != 0) MINIONS_TRY(take_complaints(result));
    }
    return {};
  }

 private:
  // What one read returns; closes the pipe at its end.
  [[nodiscard]] Result<std::string_view> take(FileDescriptor& pipe) {
    const ssize_t count = ::read(pipe.get(), chunk_.data(), chunk_.size());
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) return std::string_view{};
    if (count < 0) return system_error("reading from the child failed", errno);
    if (count == 0) pipe.close();
    return as_text(ByteView(chunk_).first(static_cast<std::size_t>(count)));
  }
  [[nodiscard]] Status take_output() {
    MINIONS_TRY_ASSIGN(const std::string_view added, take(output_));
    return sink_.take(added);
  }
  [[nodiscard]] Status take_complaints(ChildResult& result) {
    MINIONS_TRY_ASSIGN(const std::string_view added, take(complaints_));
    append_wiping(result.complaints,
                  added.substr(0, kComplaintBytes - std::min(kComplaintBytes, result.complaints.size())));
    return {};
  }

  FileDescriptor output_;
  FileDescriptor complaints_;
  OutputSink& sink_;
  ByteArray<64 * 1024> chunk_;
};

}  // namespace

void append_wiping(std::string& to, std::string_view more) {
  if (to.size() + more.size() > to.capacity()) {
    std::string larger;
    larger.reserve(2 * (to.size() + more.size()));
    larger.append(to);
    crypto::wipe({reinterpret_cast<std::uint8_t*>(to.data()), to.size()});
    to.swap(larger);
  }
  to.append(more);
}

Result<ChildResult> run_child(const ChildProgram& program, OutputSink& sink) {
  const auto deadline = Clock::now() + program.time_limit;
  MINIONS_TRY_ASSIGN(Pipe output, make_pipe());
  MINIONS_TRY_ASSIGN(Pipe complaints, make_pipe());
  MINIONS_TRY_ASSIGN(Child child, spawn(program, output, complaints));
  output.write.close();
  complaints.write.close();
  ChildResult result{};
  Reader reader(std::move(output.read), std::move(complaints.read), sink);
  MINIONS_TRY(reader.read_until(deadline, result));
  MINIONS_TRY_ASSIGN(result.wait_status, child.wait_until(deadline));
  return result;
}

}  // namespace minions::documents
