#include "hub/hf_download.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>

#include "base/encoding.h"
#include "crypto/hash.h"
#include "hub/hf_client.h"
#include "hub/hf_repository.h"

namespace minions::hub {
namespace {

constexpr std::chrono::milliseconds kProgressEvery{500};
constexpr std::size_t kReadBytes = 1024 * 1024;
constexpr int kMaxTries = 100;  // of one file, each of which made progress

tl::unexpected<Error> system_failure(const std::filesystem::path& path, std::string_view doing) {
  return fail(ErrorCode::kIo, fmt::format("{}: {}: {}", path.string(), doing, std::strerror(errno)));
}

// The unfinished file: its content, and the hash of that. Held by one process at a time.
class PartFile {
 public:
  static Result<PartFile> open(std::filesystem::path path, std::uint64_t limit_bytes) {
    PartFile part(std::move(path));
    part.descriptor_ = ::open(part.path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (part.descriptor_ < 0) return system_failure(part.path_, "open");
    if (::flock(part.descriptor_, LOCK_EX | LOCK_NB) != 0)
      return fail(ErrorCode::kBusy, fmt::format("{}: is being downloaded by another process", part.path_.string()));
    struct stat status {};
    if (::fstat(part.descriptor_, &status) != 0) return system_failure(part.path_, "stat");
    if (static_cast<std::uint64_t>(status.st_size) > limit_bytes) {
      MINIONS_TRY(part.start_over());
    } else {
      MINIONS_TRY(part.hash_what_is_there());
    }
    return part;
  }
  PartFile(PartFile&& other) noexcept
      : path_(std::move(other.path_)),
        descriptor_(std::exchange(other.descriptor_, -1)),
        size_(other.size_),
        hash_(std::move(other.hash_)) {}
  PartFile& operator=(PartFile&&) = delete;
  ~PartFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  [[nodiscard]] std::uint64_t size() const { return size_; }
  Status append(ByteView bytes) {
    hash_.update(bytes);
    while (!bytes.empty()) {
      const ssize_t count = ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(size_));
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return system_failure(path_, "write");
      size_ += static_cast<std::uint64_t>(count);
      bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
    return {};
  }
  Status start_over() {
    if (::ftruncate(descriptor_, 0) != 0) return system_failure(path_, "truncate");
    size_ = 0;
    hash_ = crypto::Sha256();
    return {};
  }
  [[nodiscard]] Status check_room(std::uint64_t whole_bytes) const {
    struct statvfs room {};
    if (::fstatvfs(descriptor_, &room) != 0) return {};  // the write will report it
    const std::uint64_t free_bytes = static_cast<std::uint64_t>(room.f_bavail) * room.f_frsize;
    if (free_bytes >= whole_bytes - size_) return {};
    return fail(ErrorCode::kIo, fmt::format("{}: {} bytes are needed, {} are free", path_.parent_path().string(),
                                            whole_bytes - size_, free_bytes));
  }
  // Under its final name, if it is what was published. Other content is removed: resuming would not help.
  Status finish(const RepositoryFile& file, const std::filesystem::path& as) && {
    const Digest32 found = std::move(hash_).finish();
    if (found != file.sha256) {
      ::unlink(path_.c_str());
      return fail(ErrorCode::kTampered, fmt::format("{}: want sha256 {}, found {}; the download was removed", file.path,
                                                    to_hex(file.sha256), to_hex(found)));
    }
    if (::fsync(descriptor_) != 0) return system_failure(path_, "sync");
    if (::rename(path_.c_str(), as.c_str()) != 0) return system_failure(path_, "rename");
    return {};
  }

 private:
  explicit PartFile(std::filesystem::path path) : path_(std::move(path)) {}

  Status hash_what_is_there() {
    Bytes piece(kReadBytes);
    for (;;) {
      const ssize_t count = ::pread(descriptor_, piece.data(), piece.size(), static_cast<off_t>(size_));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return system_failure(path_, "read");
      if (count == 0) return {};
      hash_.update(ByteView(piece).first(static_cast<std::size_t>(count)));
      size_ += static_cast<std::uint64_t>(count);
    }
  }

  std::filesystem::path path_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
  crypto::Sha256 hash_;
};

// The first byte of `bytes FIRST-LAST/SIZE`.
std::optional<std::uint64_t> range_start(std::string_view field) {
  if (!field.starts_with("bytes ")) return std::nullopt;
  field.remove_prefix(6);
  std::uint64_t first = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), first);
  if (error != std::errc() || end == field.data() + field.size() || *end != '-') return std::nullopt;
  return first;
}

class Download {
 public:
  Download(HfClient& client, const RepositoryFile& file, const HfOptions& options)
      : client_(client), file_(file), options_(options) {}

  Status run(const std::string& target, PartFile& part) {
    const std::uint64_t before = part.size();
    const auto started = std::chrono::steady_clock::now();
    for (int tries = 0; part.size() < file_.size; ++tries) {
      const std::uint64_t had = part.size();
      const Status tried = client_.run(attempt(target, part, before, started));
      if (tried) continue;
      const bool worth_it = tried.error().code == ErrorCode::kTruncated || tried.error().code == ErrorCode::kNetwork ||
                            tried.error().code == ErrorCode::kTimeout;
      if (worth_it && part.size() > had && tries < kMaxTries) continue;
      Error error = tried.error();
      if (worth_it)
        error.detail +=
            fmt::format("; {} of {} bytes are kept, and the next run goes on from there", part.size(), file_.size);
      return fail(std::move(error));
    }
    return {};
  }

 private:
  net::Task<Status> attempt(const std::string& target, PartFile& part, std::uint64_t before, SteadyTime started) {
    net::Headers headers;
    if (part.size() > 0) headers.push_back({"range", fmt::format("bytes={}-", part.size())});
    MINIONS_CO_TRY_ASSIGN(HfReply reply, co_await client_.get(target, std::move(headers)));
    if (reply.head.status == 416 && part.size() > 0) co_return part.start_over();
    MINIONS_CO_TRY(check_status(reply.head.status, file_.path));
    if (reply.head.status == 206) {
      const auto range = net::find(reply.head.headers, "content-range");
      const auto first = range ? range_start(*range) : std::nullopt;
      if (first != part.size())
        co_return fail(ErrorCode::kBackend,
                       fmt::format("{}: the server sent another range than was asked for", file_.path));
    } else if (part.size() > 0) {
      MINIONS_CO_TRY(part.start_over());  // a server without ranges
    }
    SteadyTime told = started;
    for (;;) {
      MINIONS_CO_TRY_ASSIGN(const MutableBytes piece,
                            co_await reply.exchange->read_body(net::deadline_in(options_.silence)));
      if (piece.empty()) break;
      if (part.size() + piece.size() > file_.size)
        co_return fail(ErrorCode::kTampered,
                       fmt::format("{}: want {} bytes, the server sends more", file_.path, file_.size));
      MINIONS_CO_TRY(part.append(piece));
      if (const auto now = std::chrono::steady_clock::now();
          now - told >= kProgressEvery || part.size() == file_.size) {
        told = now;
        options_.progress({file_.path, part.size(), file_.size, part.size() - std::min(before, part.size()),
                           std::chrono::duration_cast<std::chrono::milliseconds>(now - started)});
      }
    }
    if (part.size() < file_.size)
      co_return fail(ErrorCode::kTruncated, fmt::format("{}: the reply was cut", file_.path));
    co_return Status{};
  }

  HfClient& client_;
  const RepositoryFile& file_;
  const HfOptions& options_;
};

Status fetch_file(HfClient& client, const std::string& target, const RepositoryFile& file,
                  const std::filesystem::path& path, const HfOptions& options) {
  std::error_code error;
  // Only whole and checked files get this name.
  if (std::filesystem::file_size(path, error) == file.size && !error) return {};
  std::filesystem::create_directories(path.parent_path(), error);
  if (error) return fail(ErrorCode::kIo, fmt::format("{}: {}", path.parent_path().string(), error.message()));
  MINIONS_TRY_ASSIGN(PartFile part, PartFile::open(path.string() + ".part", file.size));
  MINIONS_TRY(part.check_room(file.size));
  MINIONS_TRY(Download(client, file, options).run(target, part));
  return std::move(part).finish(file, path);
}

Result<std::filesystem::path> fetch_all(const HfModel& model, const HfOptions& options) {
  MINIONS_TRY_ASSIGN(const auto client, HfClient::create(options));
  MINIONS_TRY_ASSIGN(const std::string description,
                     client->run(client->get_text("/api/models/" + model.repository + "/revision/main?blobs=true")));
  MINIONS_TRY_ASSIGN(const Repository repository, parse_repository(description));
  MINIONS_TRY_ASSIGN(const auto files, choose_files(repository, model.file, model.part));
  const std::filesystem::path folder = options.cache / "hf" / model.repository / repository.commit;
  for (const RepositoryFile& file : files) {
    const std::string target = fmt::format("/{}/resolve/{}/{}", model.repository, repository.commit, file.path);
    MINIONS_TRY(fetch_file(*client, target, file, folder / file.path, options));
  }
  return folder / files.front().path;
}

}  // namespace

Result<std::filesystem::path> fetch_hf_model(const HfModel& model, const HfOptions& options) {
  MINIONS_TRY(check_repository_name(model.repository));
  auto path = fetch_all(model, options);
  if (!path) return fail(std::move(path).error().in("hf:" + model.repository));
  return path;
}

}  // namespace minions::hub
