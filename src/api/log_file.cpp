#include "api/log_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <system_error>

#include "base/encoding.h"
#include "base/file_descriptor.h"
#include "crypto/aead.h"
#include "crypto/hash.h"

namespace minions::api {
namespace {

constexpr std::string_view kMagic = "secure-minions-log 1\n";
constexpr std::string_view kInfo = "minion log";
constexpr std::size_t kSaltBytes = 32;
constexpr std::uintmax_t kLogLimitBytes = std::uintmax_t{1} << 30;

Error system_error(const std::filesystem::path& file, int code) {
  return {ErrorCode::kIo, fmt::format("log: {}: {}", file.string(), std::generic_category().message(code))};
}

bool is_name_char(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.' || c == '_' || c == '-';
}

LogKey file_key(const LogKey& key, ByteView salt) {
  Bytes info(as_bytes(kInfo).begin(), as_bytes(kInfo).end());
  append(info, salt);
  return crypto::hkdf_expand_32(key.reveal(), info);
}

Bytes encrypted(std::string_view json, const LogKey& key, crypto::Random& random) {
  const auto salt = random.bytes<kSaltBytes>();
  Bytes out(as_bytes(kMagic).begin(), as_bytes(kMagic).end());
  append(out, salt);
  const std::size_t start = out.size();
  out.resize(start + json.size() + crypto::kAeadTagSize);
  const LogKey own = file_key(key, salt);
  const ByteArray<12> nonce{};
  const ByteView parts[] = {as_bytes(json)};
  crypto::Sealer(own.reveal()).seal(nonce, as_bytes(kMagic), parts, 0, MutableBytes(out).subspan(start));
  return out;
}

}  // namespace

Result<LogKey> read_log_key(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::string text(256, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!in.is_open()) return fail(ErrorCode::kUsage, fmt::format("--log-key-file: {} cannot be read", file.string()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.pop_back();
  const auto bytes = exactly<32>(from_hex_any_case(text));
  crypto::wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  if (!bytes) return fail(ErrorCode::kUsage, fmt::format("--log-key-file: {}: want 64 hex digits", file.string()));
  return LogKey(*bytes);
}

std::string log_name(const LogName& name) {
  constexpr std::size_t kIdChars = 100;
  constexpr std::size_t kTaskChars = 15;
  if (!name.logging_id.empty()) {
    std::string id;
    std::copy_if(name.logging_id.begin(), name.logging_id.end(), std::back_inserter(id), is_name_char);
    id.resize(std::min(id.size(), kIdChars));
    // Neither hidden nor outside the directory.
    if (!id.empty() && id.front() == '.') id.front() = '_';
    if (!id.empty()) return id + "_secure_minion.json";
  }
  std::string task(name.task.substr(0, kTaskChars));
  for (char& c : task) {
    if (!is_name_char(c) || c == '.' || c == '-') c = '_';
  }
  std::string time = to_iso8601(name.time);  // 2026-09-21T14:13:20Z
  return fmt::format("{}{}{}_{}{}{}_{}_secure.json", time.substr(0, 4), time.substr(5, 2), time.substr(8, 2),
                     time.substr(11, 2), time.substr(14, 2), time.substr(17, 2), task);
}

Result<std::filesystem::path> write_log(const std::filesystem::path& directory, const std::string& name,
                                        std::string_view json, const LogKey* key, crypto::Random& random) {
  constexpr int kTries = 1000;
  std::error_code error;
  if (!std::filesystem::exists(directory, error)) {
    std::filesystem::create_directories(directory, error);
    if (error) return fail(system_error(directory, error.value()));
    std::filesystem::permissions(directory, std::filesystem::perms::owner_all, error);
  }
  const std::string stem = name.substr(0, name.rfind('.'));
  for (int i = 1; i <= kTries; ++i) {
    const std::filesystem::path file = directory / (i == 1 ? name : fmt::format("{}_{}.json", stem, i));
    FileDescriptor opened(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!opened.is_open() && errno == EEXIST) continue;
    if (!opened.is_open()) return fail(system_error(file, errno));
    std::error_code failed = key == nullptr ? write_all(opened.get(), as_bytes(json))
                                            : write_all(opened.get(), encrypted(json, *key, random));
    if (const auto closed = opened.close(); !failed) failed = closed;
    if (failed) return fail(system_error(file, failed.value()));
    return file;
  }
  return fail(ErrorCode::kIo,
              fmt::format("log: {}: {} names beginning so are taken", (directory / name).string(), kTries));
}

Result<crypto::SecretText> read_log(const std::filesystem::path& file, const LogKey* key) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(file, error);
  if (error) return fail(ErrorCode::kUsage, fmt::format("{}: {}", file.string(), error.message()));
  if (size > kLogLimitBytes)
    return fail(ErrorCode::kTooLarge,
                fmt::format("{}: is {} bytes, at most {} are read", file.string(), size, kLogLimitBytes));
  std::string text(static_cast<std::size_t>(size), '\0');
  std::ifstream in(file, std::ios::binary);
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!in.is_open() || static_cast<std::uintmax_t>(in.gcount()) != size)
    return fail(ErrorCode::kIo, file.string() + ": not read whole");
  if (!text.starts_with(kMagic)) return crypto::SecretText(std::move(text));
  if (key == nullptr)
    return fail(ErrorCode::kUsage, file.string() + ": is encrypted, give its key with --log-key-file");
  const ByteView bytes = as_bytes(text);
  constexpr std::size_t kStart = kMagic.size() + kSaltBytes;
  if (bytes.size() < kStart + crypto::kAeadTagSize) return fail(ErrorCode::kTampered, file.string() + ": is cut off");
  const LogKey own = file_key(*key, bytes.subspan(kMagic.size(), kSaltBytes));
  const ByteArray<12> nonce{};
  std::string json(bytes.size() - kStart - crypto::kAeadTagSize, '\0');
  if (!crypto::Opener(own.reveal())
           .open(nonce, as_bytes(kMagic), bytes.subspan(kStart),
                 {reinterpret_cast<std::uint8_t*>(json.data()), json.size()}))
    return fail(ErrorCode::kTampered, file.string() + ": the key is another, or the file was changed");
  return crypto::SecretText(std::move(json));
}

}  // namespace minions::api
