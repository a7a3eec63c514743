#include "self_test.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <iterator>

namespace minions::extract {
namespace {

bool opens(const char* path, int flags) {
  const int file = open(path, flags | O_CLOEXEC, 0600);
  if (file >= 0) close(file);
  return file >= 0;
}

constexpr const char* kScratch = "/tmp/minions-extract-self-test";

bool write_file() {
  const bool written = opens(kScratch, O_WRONLY | O_CREAT);
  if (written) unlink(kScratch);
  return written;
}

bool fork_once() {
  const pid_t child = fork();
  if (child == 0) _exit(0);
  if (child > 0) waitpid(child, nullptr, 0);
  return child > 0;
}

bool fork_vfork_or_clone() {
  const long child = syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr);
  if (child == 0) _exit(0);
  if (child > 0) waitpid(static_cast<pid_t>(child), nullptr, 0);
  return child > 0;
}

bool trace_parent() {
  if (ptrace(PTRACE_SEIZE, getppid(), nullptr, nullptr) != 0) return false;
  ptrace(PTRACE_DETACH, getppid(), nullptr, nullptr);
  return true;
}

bool inherited_file() {
  for (int file = 3; file < 256; ++file) {
    if (fcntl(file, F_GETFD) >= 0) return true;
  }
  return false;
}

bool raise_limits() {
  const rlimit most{RLIM_INFINITY, RLIM_INFINITY};
  return setrlimit(RLIMIT_AS, &most) == 0;
}

bool allocate_4_gib() {
  return mmap(nullptr, std::size_t{4} << 30, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}

bool socket_of(int family) {
  const int made = socket(family, SOCK_STREAM, 0);
  if (made >= 0) close(made);
  return made >= 0;
}

bool system_call_exists(long made) { return made >= 0; }

constexpr Attempt kAttempts[] = {
    {"read-file", [] { return opens("/etc/passwd", O_RDONLY); }},
    {"read-folder", [] { return opens("/etc", O_RDONLY | O_DIRECTORY); }},
    {"read-process", [] { return opens("/proc/self/environ", O_RDONLY); }},
    {"write-file", write_file},
    {"write-library", [] { return opens("/usr/lib/os-release", O_WRONLY); }},
    {"make-folder",
     [] {
       return mkdir("/tmp/minions-extract-self-test.d", 0700) == 0 && rmdir("/tmp/minions-extract-self-test.d") == 0;
     }},
    {"memory-file", [] { return system_call_exists(syscall(SYS_memfd_create, "x", 0)); }},
    {"socket-inet", [] { return socket_of(AF_INET); }},
    {"socket-unix", [] { return socket_of(AF_UNIX); }},
    {"socket-netlink", [] { return socket_of(AF_NETLINK); }},
    {"unshare", [] { return unshare(CLONE_NEWUSER) == 0 || unshare(CLONE_NEWNS) == 0; }},
    {"ptrace", trace_parent},
    {"signal-parent", [] { return kill(getppid(), 0) == 0; }},
    {"fork", fork_once},
    {"clone", fork_vfork_or_clone},
    {"exec-shell",
     [] {
       execl("/bin/sh", "sh", "-c", "echo ' allowed'", nullptr);
       return false;
     }},
    // Another reader than the mode's own: no mode starts a program of this name.
    {"exec-reader",
     [] {
       execl("/usr/bin/printf", "printf", " allowed\n", nullptr);
       return false;
     }},
    // What lies on the path of the input file is not reached through it.
    {"open-by-path",
     [] { return opens("/proc/self/fd/0/..", O_RDONLY) || opens("/proc/self/root/etc/passwd", O_RDONLY); }},
    {"bpf", [] { return syscall(SYS_bpf, 0, nullptr, 0) >= 0; }},
    {"keyctl", [] { return system_call_exists(syscall(SYS_keyctl, 0, -3, 1)); }},
    {"raise-limits", raise_limits},
    {"allocate", allocate_4_gib},
    {"inherited-file", inherited_file},
    // What the reader needs, so that a sandbox that denies everything is noticed too.
    {"read-library", [] { return opens("/usr/lib", O_RDONLY | O_DIRECTORY); }},
};

}  // namespace

std::span<const Attempt> attempts() { return kAttempts; }

}  // namespace minions::extract
