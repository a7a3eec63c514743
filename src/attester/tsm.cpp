#include "attester/tsm.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>

#include "base/encoding.h"
#include "base/file_descriptor.h"
#include "base/log.h"
#include "crypto/random.h"

namespace minions::attester {
namespace {

// The kernel returns at most 32 KiB of a report and 16 KiB of certificates.
constexpr std::size_t kAttributeLimitBytes = 64 * 1024;
constexpr int kUndisturbedAttempts = 3;
constexpr int kNameAttempts = 3;

ErrorCode code_of(int error) {
  switch (error) {
    case ENOENT: return ErrorCode::kNotFound;
    case EBUSY:
    case EAGAIN: return ErrorCode::kBusy;
    case ETIMEDOUT: return ErrorCode::kTimeout;
    default: return ErrorCode::kIo;
  }
}

tl::unexpected<Error> system_failure(const std::filesystem::path& path, std::string_view doing) {
  const int error = errno;
  return fail(code_of(error), fmt::format("{}: {}: {}", path.string(), doing, std::strerror(error)));
}

std::string_view without_end(ByteView bytes) {
  std::string_view text = as_text(bytes);
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ' || text.back() == '\0')) text.remove_suffix(1);
  return text;
}

Result<std::uint64_t> number(ByteView bytes, std::string_view attribute) {
  const std::string_view text = without_end(bytes);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty())
    return fail(ErrorCode::kMalformed, fmt::format("configfs-tsm {}: want a number", attribute));
  return value;
}

bool is_provider_name(std::string_view name) {
  return !name.empty() && name.size() <= 32 &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") == std::string_view::npos;
}

}  // namespace

Status TsmFiles::make_entry(const std::string& entry) {
  const std::filesystem::path path = root_ / entry;
  if (::mkdir(path.c_str(), 0700) == 0) return {};
  if (errno == ENXIO) {
    return fail(ErrorCode::kUnsupported,
                fmt::format("{}: no provider: the kernel module of the platform (sev-guest, tdx-guest) is not loaded",
                            root_.string()));
  }
  return system_failure(path, "make report entry");
}

Status TsmFiles::remove_entry(const std::string& entry) {
  const std::filesystem::path path = root_ / entry;
  if (::rmdir(path.c_str()) != 0) return system_failure(path, "remove report entry");
  return {};
}

Result<Bytes> TsmFiles::read(const std::string& entry, std::string_view attribute) {
  const std::filesystem::path path = root_ / entry / attribute;
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return system_failure(path, "open");
  Bytes content(kAttributeLimitBytes + 1);
  std::size_t size = 0;
  while (size < content.size()) {
    const ssize_t count = ::read(file.get(), content.data() + size, content.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_failure(path, "read");
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  if (size > kAttributeLimitBytes)
    return fail(ErrorCode::kTooLarge, fmt::format("{}: more than {} bytes", path.string(), kAttributeLimitBytes));
  content.resize(size);
  return content;
}

Status TsmFiles::write(const std::string& entry, std::string_view attribute, ByteView bytes) {
  const std::filesystem::path path = root_ / entry / attribute;
  FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (file.get() < 0) return system_failure(path, "open");
  ssize_t count = 0;
  do {
    count = ::write(file.get(), bytes.data(), bytes.size());
  } while (count < 0 && errno == EINTR);
  if (count < 0) return system_failure(path, "write");
  if (static_cast<std::size_t>(count) != bytes.size())
    return fail(ErrorCode::kIo, fmt::format("{}: wrote {} of {} bytes", path.string(), count, bytes.size()));
  // A binary attribute accepts its data when it is closed: only then does the error come.
  if (file.close()) return system_failure(path, "close");
  return {};
}

// Our own request entry while it exists.
class TsmReports::Entry {
 public:
  // Under a unique name.
  static Result<Entry> make(TsmFiles& files) {
    crypto::SystemRandom random;
    Status made;
    for (int attempt = 0; attempt < kNameAttempts; ++attempt) {
      std::string name = "minionsd-" + to_hex(random.bytes<16>());
      made = files.make_entry(name);
      if (made) return Entry(files, std::move(name));
    }
    return fail(std::move(made).error());
  }
  Entry(Entry&& other) noexcept : files_(std::exchange(other.files_, nullptr)), name_(std::move(other.name_)) {}
  Entry& operator=(Entry&&) = delete;
  ~Entry() {
    if (files_ == nullptr) return;
    if (const Status removed = files_->remove_entry(name_); !removed)
      log::warning("report_entry_left", {{"reason", log::Public{removed.error().detail}}});
  }

  Result<Bytes> read(std::string_view attribute, const RetryPolicy& patience) {
    return with_retries(patience, [&] { return files_->read(name_, attribute); });
  }
  Status write(std::string_view attribute, ByteView bytes, const RetryPolicy& patience) {
    MINIONS_TRY(with_retries(patience, [&] { return files_->write(name_, attribute, bytes); }));
    ++writes_;
    return {};
  }
  Result<std::uint64_t> generation(const RetryPolicy& patience) {
    MINIONS_TRY_ASSIGN(const Bytes text, read("generation", patience));
    return number(text, "generation");
  }
  Result<std::string> provider(const RetryPolicy& patience) {
    MINIONS_TRY_ASSIGN(const Bytes text, read("provider", patience));
    if (!is_provider_name(without_end(text))) return fail(ErrorCode::kMalformed, "configfs-tsm provider: want a name");
    return std::string(without_end(text));
  }
  [[nodiscard]] std::uint64_t writes() const { return writes_; }

 private:
  Entry(TsmFiles& files, std::string name) : files_(&files), name_(std::move(name)) {}

  TsmFiles* files_;
  std::string name_;
  std::uint64_t writes_ = 0;
};

Result<std::string> TsmReports::provider() {
  MINIONS_TRY_ASSIGN(Entry entry, Entry::make(*files_));
  return entry.provider(patience_);
}

Result<TsmReport> TsmReports::report(std::string_view provider, const attestation::ReportData64& data) {
  for (int attempt = 0; attempt < kUndisturbedAttempts; ++attempt) {
    MINIONS_TRY_ASSIGN(std::optional<TsmReport> report, report_once(provider, data));
    if (report) return *std::move(report);
  }
  return fail(ErrorCode::kBusy, fmt::format("{}: somebody else wrote to our entry, {} times", files_->root().string(),
                                            kUndisturbedAttempts));
}

Result<std::optional<TsmReport>> TsmReports::report_once(std::string_view provider,
                                                         const attestation::ReportData64& data) {
  MINIONS_TRY_ASSIGN(Entry entry, Entry::make(*files_));
  MINIONS_TRY_ASSIGN(const std::string found, entry.provider(patience_));
  if (found != provider) {
    return fail(ErrorCode::kUnsupported,
                fmt::format("{}: want provider {}, found {}", files_->root().string(), provider, found));
  }
  MINIONS_TRY_ASSIGN(const std::uint64_t before, entry.generation(patience_));
  // The least privileged level that the platform lets us use, if it has levels: behind a paravisor not 0.
  if (const auto floor = entry.read("privlevel_floor", patience_)) {
    MINIONS_TRY_ASSIGN(const std::uint64_t level, number(*floor, "privlevel_floor"));
    MINIONS_TRY(entry.write("privlevel", as_bytes(fmt::format("{}\n", level)), patience_));
  } else if (floor.error().code != ErrorCode::kNotFound) {
    return fail(floor.error());
  }
  MINIONS_TRY(entry.write("inblob", data, patience_));
  TsmReport report;
  MINIONS_TRY_ASSIGN(report.out, entry.read("outblob", patience_));
  if (auto aux = entry.read("auxblob", patience_)) {
    report.aux = *std::move(aux);
  } else if (aux.error().code != ErrorCode::kNotFound) {
    return fail(aux.error());
  }
  MINIONS_TRY_ASSIGN(const std::uint64_t after, entry.generation(patience_));
  if (after - before != entry.writes()) return std::optional<TsmReport>();
  return report;
}

}  // namespace minions::attester
