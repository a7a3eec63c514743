#include "sandbox.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include "base/file_descriptor.h"

namespace minions::extract {
namespace {

// linux/landlock.h; spelled out because the rights of later ABIs are not in the headers of older systems.
constexpr std::uint64_t kExecute = 1 << 0;
constexpr std::uint64_t kReadFile = 1 << 2;
constexpr std::uint64_t kReadDir = 1 << 3;
constexpr std::uint64_t rights_of_abi(long abi) {
  if (abi >= 5) return (1 << 16) - 1;  // ioctl on devices
  if (abi >= 3) return (1 << 15) - 1;  // truncate
  if (abi == 2) return (1 << 14) - 1;  // rename across folders
  return (1 << 13) - 1;
}

// struct landlock_ruleset_attr of ABI 6. The size cuts off what an older kernel does not know.
struct Handled {
  std::uint64_t files;
  std::uint64_t net = 3;    // TCP: bind and connect, from ABI 4
  std::uint64_t scope = 3;  // others' abstract sockets, and signals to them, from ABI 6
};
constexpr std::size_t size_for_abi(long abi) {
  if (abi >= 6) return sizeof(Handled);
  return abi >= 4 ? offsetof(Handled, scope) : offsetof(Handled, net);
}

// What started programs and their libraries open. Contains nothing of users.
constexpr const char* kLibraries[] = {
    "/lib",           "/lib64",           "/lib32",          "/usr/lib",          "/usr/lib64",
    "/usr/local/lib", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", nullptr};
// A program needs the program loader too.
constexpr const char* kLoaders[] = {"/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1",
                                    "/lib/ld-musl-x86_64.so.1", "/lib/ld-musl-aarch64.so.1", nullptr};

// The calls of a program that reads one file, maps memory and writes to a pipe. All others fail with ENOSYS, for which
// C libraries have a fallback if the call is new. None of these can be directed at another process; those that can are
// in kAllowedWith.
constexpr int kAllowed[] = {SCMP_SYS(read),
                            SCMP_SYS(readv),
                            SCMP_SYS(pread64),
                            SCMP_SYS(preadv),
                            SCMP_SYS(write),
                            SCMP_SYS(writev),
                            SCMP_SYS(lseek),
                            SCMP_SYS(close),
                            SCMP_SYS(dup),
                            SCMP_SYS(dup2),
                            SCMP_SYS(dup3),
                            SCMP_SYS(open),
                            SCMP_SYS(openat),
                            SCMP_SYS(stat),
                            SCMP_SYS(fstat),
                            SCMP_SYS(lstat),
                            SCMP_SYS(newfstatat),
                            SCMP_SYS(statx),
                            SCMP_SYS(statfs),
                            SCMP_SYS(fstatfs),
                            SCMP_SYS(access),
                            SCMP_SYS(faccessat),
                            SCMP_SYS(faccessat2),
                            SCMP_SYS(readlink),
                            SCMP_SYS(readlinkat),
                            SCMP_SYS(getcwd),
                            SCMP_SYS(getdents64),
                            SCMP_SYS(fadvise64),
                            SCMP_SYS(poll),
                            SCMP_SYS(ppoll),
                            SCMP_SYS(brk),
                            SCMP_SYS(mmap),
                            SCMP_SYS(munmap),
                            SCMP_SYS(mprotect),
                            SCMP_SYS(mremap),
                            SCMP_SYS(arch_prctl),
                            SCMP_SYS(set_tid_address),
                            SCMP_SYS(set_robust_list),
                            SCMP_SYS(rseq),
                            SCMP_SYS(sched_yield),
                            SCMP_SYS(rt_sigaction),
                            SCMP_SYS(rt_sigprocmask),
                            SCMP_SYS(rt_sigreturn),
                            SCMP_SYS(sigaltstack),
                            SCMP_SYS(restart_syscall),
                            SCMP_SYS(getrandom),
                            SCMP_SYS(nanosleep),
                            SCMP_SYS(gettimeofday),
                            SCMP_SYS(time),
                            SCMP_SYS(times),
                            SCMP_SYS(getrusage),
                            SCMP_SYS(getrlimit),
                            SCMP_SYS(sysinfo),
                            SCMP_SYS(uname),
                            SCMP_SYS(getpid),
                            SCMP_SYS(gettid),
                            SCMP_SYS(getppid),
                            SCMP_SYS(getuid),
                            SCMP_SYS(geteuid),
                            SCMP_SYS(getgid),
                            SCMP_SYS(getegid),
                            SCMP_SYS(umask),
                            SCMP_SYS(exit),
                            SCMP_SYS(exit_group)};

// Arguments of the type int: the kernel ignores the upper half of the register.
constexpr std::uint64_t kInt = 0xFFFFFFFF;

// A call that is allowed only if the masked argument has one of these values.
struct AllowedWith {
  int call;
  unsigned argument;
  std::uint64_t mask;
  std::initializer_list<std::uint64_t> values;
};

// FUTEX_PRIVATE_FLAG and FUTEX_CLOCK_REALTIME go with any operation. Operations with priority inheritance name a thread
// of any process, and are left out.
constexpr std::uint64_t kFutexOperation = kInt & ~std::uint64_t{FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME};
// Negative clocks are those of any process, and its time reveals what it computed.
constexpr std::uint64_t kOwnClock = kInt & ~std::uint64_t{0xF};

constexpr AllowedWith kAllowedWith[] = {
    // No owner or signal of a file (F_SETOWN, F_SETOWN_EX, F_SETSIG, and O_ASYNC of F_SETFL), which can signal any
    // process; no locks, leases or seals, which others see.
    {SCMP_SYS(fcntl), 1, kInt, {F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL}},
    {SCMP_SYS(futex),
     1,
     kFutexOperation,
     {FUTEX_WAIT, FUTEX_WAKE, FUTEX_REQUEUE, FUTEX_CMP_REQUEUE, FUTEX_WAKE_OP, FUTEX_WAIT_BITSET, FUTEX_WAKE_BITSET}},
    {SCMP_SYS(clock_gettime), 0, kOwnClock, {0}},
    {SCMP_SYS(clock_getres), 0, kOwnClock, {0}},
    {SCMP_SYS(clock_nanosleep), 0, kOwnClock, {0}},
    // Not MADV_HWPOISON and MADV_SOFT_OFFLINE, which take pages from all who share them, nor MADV_MERGEABLE, MADV_COLD
    // and MADV_PAGEOUT, which reveal pages of others.
    {SCMP_SYS(madvise),
     2,
     kInt,
     {MADV_NORMAL, MADV_RANDOM, MADV_SEQUENTIAL, MADV_WILLNEED, MADV_DONTNEED, MADV_FREE, MADV_HUGEPAGE,
      MADV_NOHUGEPAGE, MADV_DONTDUMP}},
    {SCMP_SYS(prctl), 0, kInt, {PR_GET_NAME}},
    // Asking whether standard output is a terminal is allowed.
    {SCMP_SYS(ioctl), 1, kInt, {TCGETS}},
};

// A path that does not exist on this system needs no right.
bool allow(int ruleset, const char* path, std::uint64_t rights) {
  const FileDescriptor target(open(path, O_PATH | O_CLOEXEC));
  if (target.get() < 0) return errno == ENOENT || errno == ENOTDIR;
  landlock_path_beneath_attr rule{};
  rule.allowed_access = rights;
  rule.parent_fd = target.get();
  if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0) return true;
  // Rights that apply only to folders are refused for a file.
  rule.allowed_access &= kExecute | kReadFile;
  return syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
}

bool allow_all(int ruleset, const char* const* paths, std::uint64_t rights) {
  for (; *paths != nullptr; ++paths) {
    if (!allow(ruleset, *paths, rights)) return false;
  }
  return true;
}

// A file in memory has no place in the tree, which Landlock reports with EBADFD, and leaves open to its holder.
bool allow_input(int ruleset) {
  landlock_path_beneath_attr rule{};
  rule.allowed_access = kReadFile;
  rule.parent_fd = STDIN_FILENO;
  return syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0 || errno == EBADFD;
}

bool restrict_files(const Needs& needs) {
  const long abi = syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (abi < 1) return false;
  const Handled handled{rights_of_abi(abi)};
  const FileDescriptor ruleset(static_cast<int>(syscall(SYS_landlock_create_ruleset, &handled, size_for_abi(abi), 0)));
  if (ruleset.get() < 0) return false;
  if (!allow_all(ruleset.get(), needs.readable, kReadFile | kReadDir)) return false;
  if (needs.programs[0] != nullptr) {
    if (!allow_input(ruleset.get()) || !allow_all(ruleset.get(), kLibraries, kReadFile | kReadDir) ||
        !allow_all(ruleset.get(), kLoaders, kReadFile | kExecute) ||
        !allow_all(ruleset.get(), needs.programs, kReadFile | kExecute))
      return false;
  }
  return syscall(SYS_landlock_restrict_self, ruleset.get(), 0) == 0;
}

class Filter {
 public:
  Filter() : context_(seccomp_init(SCMP_ACT_ERRNO(ENOSYS))) {}
  Filter(const Filter&) = delete;
  Filter& operator=(const Filter&) = delete;
  ~Filter() { seccomp_release(context_); }
  [[nodiscard]] scmp_filter_ctx get() const { return context_; }

 private:
  scmp_filter_ctx context_;
};

bool allow(const Filter& filter, const AllowedWith& allowed) {
  for (const std::uint64_t value : allowed.values) {
    const scmp_arg_cmp wanted{allowed.argument, SCMP_CMP_MASKED_EQ, allowed.mask, value};
    if (seccomp_rule_add_array(filter.get(), SCMP_ACT_ALLOW, allowed.call, 1, &wanted) != 0) return false;
  }
  return true;
}

// The calls that name a process, for this process only: abort() signals it; libraries count its processors; limits may
// be read but not set, which root could do in spite of everything.
bool allow_for_itself(const Filter& filter) {
  const auto is = [](unsigned argument, std::uint64_t mask, std::uint64_t value) {
    return scmp_arg_cmp{argument, SCMP_CMP_MASKED_EQ, mask, value};
  };
  const auto itself = static_cast<std::uint64_t>(getpid());
  const scmp_arg_cmp no_new_limit{2, SCMP_CMP_EQ, 0, 0};
  const scmp_arg_cmp signal_self = is(0, kInt, itself);
  if (seccomp_rule_add_array(filter.get(), SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, &signal_self) != 0) return false;
  for (const std::uint64_t process : {std::uint64_t{0}, itself}) {
    const scmp_arg_cmp own = is(0, kInt, process);
    const scmp_arg_cmp limit[] = {own, no_new_limit};
    if (seccomp_rule_add_array(filter.get(), SCMP_ACT_ALLOW, SCMP_SYS(sched_getaffinity), 1, &own) != 0 ||
        seccomp_rule_add_array(filter.get(), SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 2, limit) != 0)
      return false;
  }
  return true;
}

bool restrict_calls(const Needs& needs) {
  const Filter filter;
  if (filter.get() == nullptr) return false;
  for (const int call : kAllowed) {
    if (seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, call, 0) != 0) return false;
  }
  for (const AllowedWith& allowed : kAllowedWith) {
    if (!allow(filter, allowed)) return false;
  }
  const bool becomes_another = needs.programs[0] != nullptr;
  if (becomes_another && seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, SCMP_SYS(execve), 0) != 0) return false;
  return allow_for_itself(filter) && seccomp_load(filter.get()) == 0;
}

template <class Resource>
bool limit(Resource resource, rlim_t most) {
  const rlimit both{most, most};
  return setrlimit(resource, &both) == 0;
}

}  // namespace

Confined set_limits(const Limits& limits) {
  syscall(SYS_close_range, 3U, ~0U, 0U);             // kernels without it have no Landlock either
  const rlimit cpu{limits.cpu_s, limits.cpu_s + 1};  // SIGXCPU, and SIGKILL a second later
  const bool set = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 &&
                   prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 && setrlimit(RLIMIT_CPU, &cpu) == 0 &&
                   limit(RLIMIT_AS, limits.memory_bytes) && limit(RLIMIT_FSIZE, 0) && limit(RLIMIT_CORE, 0) &&
                   limit(RLIMIT_NOFILE, 64) && limit(RLIMIT_NPROC, 0) && limit(RLIMIT_MEMLOCK, 0);
  return set ? Confined::kYes : Confined::kNoLimits;
}

Confined enter_sandbox(const Needs& needs) {
  if (!restrict_files(needs)) return Confined::kNoLandlock;
  if (!restrict_calls(needs)) return Confined::kNoSeccomp;
  return Confined::kYes;
}

}  // namespace minions::extract
