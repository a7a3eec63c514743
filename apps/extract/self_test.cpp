#include "self_test.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <linux/sockios.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
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

// Whether a call reached the kernel, whatever its result: the filter answers ENOSYS. Its arguments are harmless.
template <class... Arguments>
bool reaches_kernel(long call, Arguments... arguments) {
  return syscall(call, arguments...) >= 0 || errno != ENOSYS;
}

bool own_files_by_parent(int command) {
  f_owner_ex owner{F_OWNER_PID, getppid()};
  const bool owned = command == F_SETOWN_EX ? fcntl(STDOUT_FILENO, F_SETOWN_EX, &owner) == 0
                                            : fcntl(STDOUT_FILENO, F_SETOWN, getppid()) == 0;
  if (owned) fcntl(STDOUT_FILENO, F_SETOWN, 0);
  return owned;
}

// The upper half of the register, which the kernel ignores, must not get it past the filter.
bool own_files_by_wide_command() { return reaches_kernel(SYS_fcntl, STDOUT_FILENO, (1L << 32) | F_SETOWN, 0); }

bool make_asynchronous() {
  const int flags = fcntl(STDOUT_FILENO, F_GETFL);
  if (fcntl(STDOUT_FILENO, F_SETFL, flags | O_ASYNC) != 0) return false;
  fcntl(STDOUT_FILENO, F_SETFL, flags);
  return true;
}

bool control(unsigned long request) {
  int nothing = 0;
  return reaches_kernel(SYS_ioctl, STDIN_FILENO, request, &nothing);
}

// The clock of another process: its identifier, inverted, over three bits.
bool read_clock_of_parent() {
  timespec time{};
  return reaches_kernel(SYS_clock_gettime, static_cast<clockid_t>(~static_cast<unsigned>(getppid()) << 3 | 2), &time);
}

bool read_limits_of_parent() {
  rlimit old{};
  return reaches_kernel(SYS_prlimit64, getppid(), RLIMIT_CORE, nullptr, &old);
}

bool read_processors_of_parent() {
  cpu_set_t set;
  return reaches_kernel(SYS_sched_getaffinity, getppid(), sizeof set, &set);
}

// A word stating that the parent holds the lock.
bool lend_priority_to_parent() {
  unsigned word = static_cast<unsigned>(getppid());
  const timespec past{};
  return reaches_kernel(SYS_futex, &word, FUTEX_LOCK_PI, 0, &past);
}

bool poison_page() { return reaches_kernel(SYS_madvise, 0, 0, MADV_HWPOISON); }

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
    // A reader other than the mode's own: no mode starts a program of this name.
    {"exec-reader",
     [] {
       execl("/usr/bin/printf", "printf", " allowed\n", nullptr);
       return false;
     }},
    // Nothing along the input file's path can be reached through it.
    {"open-by-path",
     [] { return opens("/proc/self/fd/0/..", O_RDONLY) || opens("/proc/self/root/etc/passwd", O_RDONLY); }},
    {"bpf", [] { return syscall(SYS_bpf, 0, nullptr, 0) >= 0; }},
    {"keyctl", [] { return system_call_exists(syscall(SYS_keyctl, 0, -3, 1)); }},
    {"raise-limits", raise_limits},
    {"allocate", allocate_4_gib},
    {"inherited-file", inherited_file},
    {"file-owner", [] { return own_files_by_parent(F_SETOWN); }},
    {"file-owner-ex", [] { return own_files_by_parent(F_SETOWN_EX); }},
    {"file-owner-wide", own_files_by_wide_command},
    {"file-signal", [] { return reaches_kernel(SYS_fcntl, STDOUT_FILENO, F_SETSIG, 0); }},
    {"file-async", make_asynchronous},
    {"file-lock", [] { return reaches_kernel(SYS_fcntl, STDOUT_FILENO, F_SETLK, nullptr); }},
    {"file-lease", [] { return reaches_kernel(SYS_fcntl, STDOUT_FILENO, F_SETLEASE, F_UNLCK); }},
    {"file-seal", [] { return reaches_kernel(SYS_fcntl, STDOUT_FILENO, F_ADD_SEALS, 0); }},
    {"file-notify", [] { return reaches_kernel(SYS_fcntl, STDOUT_FILENO, F_NOTIFY, 0); }},
    {"pipe-size", [] { return reaches_kernel(SYS_fcntl, STDOUT_FILENO, F_SETPIPE_SZ, 4096); }},
    {"ioctl-async", [] { return control(FIOASYNC); }},
    {"ioctl-owner", [] { return control(FIOSETOWN); }},
    {"ioctl-socket-owner", [] { return control(SIOCSPGRP); }},
    {"ioctl-count", [] { return control(FIONREAD); }},
    {"terminal-input", [] { return control(TIOCSTI); }},
    {"terminal-group", [] { return control(TIOCSPGRP); }},
    {"signal-thread", [] { return reaches_kernel(SYS_tgkill, getppid(), getppid(), 0); }},
    {"signal-any-thread", [] { return reaches_kernel(SYS_tkill, getppid(), 0); }},
    {"signal-queue", [] { return reaches_kernel(SYS_rt_sigqueueinfo, getppid(), 0, nullptr); }},
    {"signal-queue-thread", [] { return reaches_kernel(SYS_rt_tgsigqueueinfo, getppid(), getppid(), 0, nullptr); }},
    {"signal-timer", [] { return reaches_kernel(SYS_timer_create, CLOCK_MONOTONIC, nullptr, nullptr); }},
    {"process-file", [] { return reaches_kernel(SYS_pidfd_open, getppid(), 0); }},
    {"process-file-signal", [] { return reaches_kernel(SYS_pidfd_send_signal, -1, 0, nullptr, 0); }},
    {"process-group", [] { return reaches_kernel(SYS_setpgid, getppid(), -1); }},
    {"process-memory", [] { return reaches_kernel(SYS_process_vm_readv, getppid(), nullptr, 0, nullptr, 0, 0); }},
    {"process-memory-write",
     [] { return reaches_kernel(SYS_process_vm_writev, getppid(), nullptr, 0, nullptr, 0, 0); }},
    {"process-pages", [] { return reaches_kernel(SYS_move_pages, getppid(), 0, nullptr, nullptr, nullptr, 0); }},
    {"process-compare", [] { return reaches_kernel(SYS_kcmp, getppid(), getpid(), -1, 0, 0); }},
    {"process-priority", [] { return reaches_kernel(SYS_setpriority, -1, getppid(), 0); }},
    {"process-io-priority", [] { return reaches_kernel(SYS_ioprio_set, -1, getppid(), 0); }},
    {"process-scheduler", [] { return reaches_kernel(SYS_sched_setscheduler, getppid(), -1, nullptr); }},
    {"process-processors", read_processors_of_parent},
    {"process-limits", read_limits_of_parent},
    {"process-clock", read_clock_of_parent},
    {"process-locks", [] { return reaches_kernel(SYS_get_robust_list, getppid(), nullptr, nullptr); }},
    {"futex-priority", lend_priority_to_parent},
    {"barrier", [] { return reaches_kernel(SYS_membarrier, 0, 0, 0); }},
    {"poison-page", poison_page},
    {"tracer", [] { return reaches_kernel(SYS_prctl, PR_SET_PTRACER, 0, 0, 0, 0); }},
    {"death-signal", [] { return reaches_kernel(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0); }},
    {"shared-memory", [] { return reaches_kernel(SYS_shmget, 0, 0, 0); }},
    {"message-queue", [] { return reaches_kernel(SYS_msgget, 1, 0); }},
    {"ring", [] { return reaches_kernel(SYS_io_uring_setup, 0, nullptr); }},
    {"events", [] { return reaches_kernel(SYS_perf_event_open, nullptr, 0, -1, -1, 0); }},
    // What the reader needs, so that a sandbox that denies everything is noticed too.
    {"read-library", [] { return opens("/usr/lib", O_RDONLY | O_DIRECTORY); }},
};

}  // namespace

std::span<const Attempt> attempts() { return kAttempts; }

}  // namespace minions::extract
