#include "attester/operator_key.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/file_descriptor.h"
#include "crypto/secret.h"

namespace minions::attester {
namespace {

constexpr std::size_t kPemLimitBytes = 16 * 1024;
constexpr mode_t kPrivateMode = 0600;
constexpr mode_t kPublicMode = 0644;
constexpr mode_t kOthers = 077;
constexpr mode_t kOthersWrite = 022;

tl::unexpected<Error> system_failure(const std::filesystem::path& path, std::string_view doing) {
  return fail(ErrorCode::kIo, fmt::format("{}: {}: {}", path.string(), doing, std::strerror(errno)));
}

enum class Kind { kMissing, kFile };

// Follows no link.
Result<Kind> kind_of(const std::filesystem::path& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return Kind::kMissing;
    return system_failure(path, "stat");
  }
  if (S_ISREG(status.st_mode)) return Kind::kFile;
  return fail(ErrorCode::kIo, fmt::format("{}: want a plain file, found {}", path.string(),
                                          S_ISLNK(status.st_mode) ? "a link" : "something else"));
}

enum class Secrecy { kPrivate, kPublic };

Status check_file(int descriptor, const std::filesystem::path& path, Secrecy secrecy) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) return system_failure(path, "stat");
  if (!S_ISREG(status.st_mode)) return fail(ErrorCode::kIo, fmt::format("{}: want a plain file", path.string()));
  if (secrecy == Secrecy::kPublic) return {};
  if ((status.st_mode & kOthers) != 0) {
    return fail(ErrorCode::kIo, fmt::format("{}: want mode 0600, found {:04o}: others may read the key", path.string(),
                                            status.st_mode & 07777));
  }
  if (status.st_uid != ::geteuid()) {
    return fail(ErrorCode::kIo, fmt::format("{}: want owner {}, found {}", path.string(), ::geteuid(), status.st_uid));
  }
  return {};
}

Result<crypto::SecretText> read_file(const std::filesystem::path& path, Secrecy secrecy) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) return system_failure(path, "open");
  MINIONS_TRY(check_file(file.get(), path, secrecy));
  std::string text(kPemLimitBytes + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t count = ::read(file.get(), text.data() + size, text.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_failure(path, "read");
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  text.resize(size);
  crypto::SecretText content(std::move(text));
  if (size > kPemLimitBytes)
    return fail(ErrorCode::kTooLarge, fmt::format("{}: more than {} bytes", path.string(), kPemLimitBytes));
  return content;
}

Status create_file(const std::filesystem::path& path, std::string_view text, mode_t mode) {
  const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
  if (file.get() < 0) return system_failure(path, "create");
  const auto failed = write_all(file.get(), as_bytes(text));
  if (!failed && ::fsync(file.get()) == 0) return {};
  const Status failure = failed ? fail(ErrorCode::kIo, fmt::format("{}: write: {}", path.string(), failed.message()))
                                : system_failure(path, "fsync");
  ::unlink(path.c_str());  // half a key would be refused at every later start
  return failure;
}

Status sync_directory(const std::filesystem::path& directory) {
  const FileDescriptor handle(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (handle.get() < 0) return system_failure(directory, "open");
  if (::fsync(handle.get()) != 0) return system_failure(directory, "fsync");
  return {};
}

Status check_directory(const std::filesystem::path& directory) {
  struct stat status {};
  if (::lstat(directory.c_str(), &status) != 0) return system_failure(directory, "stat");
  if (!S_ISDIR(status.st_mode))
    return fail(ErrorCode::kIo, fmt::format("{}: want a directory, found something else", directory.string()));
  if ((status.st_mode & kOthersWrite) != 0) {
    return fail(ErrorCode::kIo, fmt::format("{}: mode {:04o}: others may put another key here", directory.string(),
                                            status.st_mode & 07777));
  }
  return {};
}

Status ready_directory(const std::filesystem::path& directory) {
  if (::mkdir(directory.c_str(), 0700) == 0) return {};
  if (errno != EEXIST) return system_failure(directory, "create directory");
  return check_directory(directory);
}

// Whether files may be created in it.
Status check_writable(const std::filesystem::path& directory) {
  if (::access(directory.c_str(), W_OK | X_OK) != 0) return system_failure(directory, "write");
  return {};
}

Result<crypto::P384PrivateKey> load_private(const std::filesystem::path& path) {
  MINIONS_TRY_ASSIGN(const crypto::SecretText pem, read_file(path, Secrecy::kPrivate));
  return crypto::P384PrivateKey::from_pem(pem.reveal()).map_error([&](Error error) {
    return std::move(error).in(path.string());
  });
}

Status check_public(const std::filesystem::path& path, const crypto::P384PublicKey& expected) {
  MINIONS_TRY_ASSIGN(const crypto::SecretText pem, read_file(path, Secrecy::kPublic));
  const auto key = crypto::P384PublicKey::from_pem(pem.reveal());
  if (!key) return fail(Error(key.error()).in(path.string()));
  if (key->spki() == expected.spki()) return {};
  return fail(ErrorCode::kIo, fmt::format("{}: not the public key of {}", path.string(), kPrivateKeyFile));
}

tl::unexpected<Error> orphaned_public_key(const std::filesystem::path& private_path) {
  return fail(ErrorCode::kNotFound,
              fmt::format("{}: missing, but {} is there: a new key would break every client's pin",
                          private_path.string(), kPublicKeyFile));
}

Result<OperatorKey> create_pair(const std::filesystem::path& directory) {
  OperatorKey created{crypto::P384PrivateKey::generate(), OperatorKey::Origin::kCreated};
  const crypto::SecretText pem(created.key.to_pem());
  MINIONS_TRY(create_file(directory / kPrivateKeyFile, pem.reveal(), kPrivateMode));
  MINIONS_TRY(create_file(directory / kPublicKeyFile, created.key.public_key().to_pem(), kPublicMode));
  MINIONS_TRY(sync_directory(directory));
  return created;
}

}  // namespace

Result<OperatorKey> load_or_create_operator_key(const std::filesystem::path& directory) {
  const std::filesystem::path private_path = directory / kPrivateKeyFile;
  const std::filesystem::path public_path = directory / kPublicKeyFile;
  MINIONS_TRY(ready_directory(directory));
  MINIONS_TRY_ASSIGN(const Kind private_kind, kind_of(private_path));
  MINIONS_TRY_ASSIGN(const Kind public_kind, kind_of(public_path));
  if (private_kind == Kind::kMissing) {
    if (public_kind == Kind::kMissing) return create_pair(directory);
    return orphaned_public_key(private_path);
  }
  MINIONS_TRY_ASSIGN(crypto::P384PrivateKey key, load_private(private_path));
  if (public_kind == Kind::kFile) {
    MINIONS_TRY(check_public(public_path, key.public_key()));
  } else {
    MINIONS_TRY(create_file(public_path, key.public_key().to_pem(), kPublicMode));
    MINIONS_TRY(sync_directory(directory));
  }
  return OperatorKey{std::move(key), OperatorKey::Origin::kLoaded};
}

Result<KeyDirectory> inspect_operator_key(const std::filesystem::path& directory) {
  struct stat status {};
  if (::lstat(directory.c_str(), &status) != 0) {
    if (errno != ENOENT) return system_failure(directory, "stat");
    const std::filesystem::path parent = directory.has_parent_path() ? directory.parent_path() : ".";
    MINIONS_TRY(check_writable(parent));
    return KeyDirectory::kMissing;
  }
  MINIONS_TRY(check_directory(directory));
  MINIONS_TRY_ASSIGN(const Kind private_kind, kind_of(directory / kPrivateKeyFile));
  MINIONS_TRY_ASSIGN(const Kind public_kind, kind_of(directory / kPublicKeyFile));
  if (private_kind == Kind::kMissing) {
    if (public_kind == Kind::kFile) return orphaned_public_key(directory / kPrivateKeyFile);
    MINIONS_TRY(check_writable(directory));
    return KeyDirectory::kEmpty;
  }
  MINIONS_TRY_ASSIGN(const crypto::P384PrivateKey key, load_private(directory / kPrivateKeyFile));
  if (public_kind == Kind::kFile) MINIONS_TRY(check_public(directory / kPublicKeyFile, key.public_key()));
  return KeyDirectory::kHasKey;
}

}  // namespace minions::attester
