#include "llama/sealed_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>

#include "base/encoding.h"
#include "base/file_descriptor.h"
#include "crypto/hash.h"
#include "llama/load_progress.h"

namespace minions::llama {
namespace {

constexpr std::size_t kPieceBytes = 1 << 20;
constexpr unsigned kNoExecSeal = 0x8;  // MFD_NOEXEC_SEAL, Linux 6.3
// No writable mapping existed before: nothing can write from then on, and mapping for reading is allowed, which
// F_SEAL_WRITE forbids before Linux 6.7.
constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW | 0x10 /* F_SEAL_FUTURE_WRITE */ | F_SEAL_SEAL;

Result<File> memory_file() {
  int number = ::memfd_create("weights", MFD_CLOEXEC | MFD_ALLOW_SEALING | kNoExecSeal);
  if (number < 0 && errno == EINVAL) number = ::memfd_create("weights", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (number < 0) return fail(ErrorCode::kIo, fmt::format("memory for it: {}", std::strerror(errno)));
  File file(::fdopen(number, "w+b"));
  if (file == nullptr) {
    ::close(number);
    return fail(ErrorCode::kIo, fmt::format("memory for it: {}", std::strerror(errno)));
  }
  return file;
}

// The memory available without taking it from others; nothing if the system does not report it.
std::optional<std::uint64_t> available_bytes() {
  std::ifstream file("/proc/meminfo");
  for (std::string line; std::getline(file, line);) {
    constexpr std::string_view kName = "MemAvailable:";
    if (line.starts_with(kName)) return std::strtoull(line.c_str() + kName.size(), nullptr, 10) * 1024;
  }
  return std::nullopt;
}

Status check_memory(std::uint64_t size) {
  const auto available = available_bytes();
  if (!available || size <= *available) return {};
  return fail(ErrorCode::kTooLarge,
              fmt::format("its {} MiB are held in memory, so that nobody changes what was hashed: {} MiB are free",
                          size >> 20, *available >> 20));
}

// The hex of the hash of what was copied.
Result<std::string> copy(std::FILE* from, int to, std::uint64_t size, const std::stop_token& stop) {
  crypto::Sha256 hash;
  Bytes piece(kPieceBytes);
  double done = 0;
  LoadProgress progress;
  while (const std::size_t count = std::fread(piece.data(), 1, piece.size(), from)) {
    if (stop.stop_requested()) return fail(ErrorCode::kCancelled, "cancelled");
    const ByteView bytes = ByteView(piece).first(count);
    hash.update(bytes);
    if (const auto error = write_all(to, bytes))
      return fail(ErrorCode::kIo, fmt::format("memory for it: {}", error.message()));
    done += static_cast<double>(count);
    progress.report("hash", done / static_cast<double>(std::max<std::uint64_t>(1, size)));
  }
  if (std::ferror(from) != 0) return fail(ErrorCode::kIo, "reading broke off");
  return to_hex(std::move(hash).finish());
}

Result<SealedFile> seal(std::FILE* from, const std::stop_token& stop) {
  struct stat about {};
  if (::fstat(::fileno(from), &about) != 0) return fail(ErrorCode::kIo, std::strerror(errno));
  const auto size = static_cast<std::uint64_t>(about.st_size);
  MINIONS_TRY(check_memory(size));
  SealedFile sealed;
  MINIONS_TRY_ASSIGN(sealed.file, memory_file());
  const int number = ::fileno(sealed.file.get());
  std::rewind(from);
  MINIONS_TRY_ASSIGN(sealed.sha256, copy(from, number, size, stop));
  if (::fcntl(number, F_ADD_SEALS, kSeals) != 0)
    return fail(ErrorCode::kUnsupported, fmt::format("memory cannot be sealed: {}", std::strerror(errno)));
  std::rewind(sealed.file.get());
  return sealed;
}

}  // namespace

Result<SealedFile> seal_file(std::FILE* from, const std::string& name, const std::stop_token& stop) {
  auto sealed = seal(from, stop);
  if (!sealed) return fail(std::move(sealed).error().in(name));
  return sealed;
}

}  // namespace minions::llama
