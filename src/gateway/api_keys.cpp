#include "gateway/api_keys.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "base/encoding.h"
#include "crypto/hash.h"

namespace minions::gateway {
namespace {

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '.' || c == '_' || c == '-';
  });
}

Status append_line(const std::filesystem::path& file, const std::string& line) {
  const int descriptor = open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0) return fail(ErrorCode::kIo, fmt::format("{}: {}", file.string(), std::strerror(errno)));
  const bool written =
      write(descriptor, line.data(), line.size()) == static_cast<ssize_t>(line.size()) && fsync(descriptor) == 0;
  const int error = errno;
  close(descriptor);
  if (!written) return fail(ErrorCode::kIo, fmt::format("{}: {}", file.string(), std::strerror(error)));
  return {};
}

}  // namespace

Result<std::vector<std::pair<std::string, Digest32>>> ApiKeys::read(const std::filesystem::path& file) {
  std::error_code unknown;
  if (std::filesystem::exists(file, unknown) && !std::filesystem::is_regular_file(file, unknown))
    return fail(ErrorCode::kUsage, fmt::format("{}: is not a regular file", file.string()));
  std::ifstream in(file);
  if (!in) return fail(ErrorCode::kIo, fmt::format("{}: {}", file.string(), std::strerror(errno)));
  std::vector<std::pair<std::string, Digest32>> keys;
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    if (line.empty() || line.front() == '#') continue;
    const std::size_t space = line.find(' ');
    const std::string name = line.substr(0, space);
    const auto digest = exactly<32>(from_hex_any_case(space == std::string::npos ? "" : line.substr(space + 1)));
    if (!is_name(name) || !digest) {
      return fail(ErrorCode::kMalformed, fmt::format("{} line {}: want `NAME SHA256HEX`", file.string(), number));
    }
    keys.emplace_back(name, *digest);
  }
  if (in.bad()) return fail(ErrorCode::kIo, fmt::format("{}: cannot be read", file.string()));
  return keys;
}

Result<crypto::SecretText> ApiKeys::add(const std::filesystem::path& file, std::string_view name,
                                        crypto::Random& random) {
  if (!is_name(name)) return fail(ErrorCode::kUsage, "a key's name is 1 to 64 of letters, digits, '.', '_' and '-'");
  if (std::filesystem::exists(file)) {
    MINIONS_TRY_ASSIGN(const auto keys, read(file));
    if (std::any_of(keys.begin(), keys.end(), [&](const auto& key) { return key.first == name; })) {
      return fail(ErrorCode::kUsage, fmt::format("{}: there is a key named {}", file.string(), name));
    }
  }
  crypto::SecretArray<32> bytes;
  random.fill(bytes.writable());
  crypto::SecretText key(to_base64url(bytes.reveal()));
  MINIONS_TRY(append_line(file, fmt::format("{} {}\n", name, to_hex(crypto::sha256(as_bytes(key.reveal()))))));
  return key;
}

Result<std::unique_ptr<ApiKeys>> ApiKeys::load(std::filesystem::path file) {
  std::unique_ptr<ApiKeys> keys(new ApiKeys(std::move(file)));
  MINIONS_TRY(keys->reload());
  return keys;
}

Status ApiKeys::reload() {
  MINIONS_TRY_ASSIGN(auto keys, read(file_));
  const std::lock_guard lock(mutex_);
  keys_ = std::move(keys);
  return {};
}

std::optional<std::string> ApiKeys::name_of(std::string_view authorization) const {
  constexpr std::string_view kScheme = "Bearer ";
  if (!authorization.starts_with(kScheme)) return std::nullopt;
  const Digest32 shown = crypto::sha256(as_bytes(authorization.substr(kScheme.size())));
  const std::lock_guard lock(mutex_);
  const std::string* found = nullptr;
  for (const auto& [name, digest] : keys_) {
    if (crypto::constant_time_equal(shown, digest)) found = &name;
  }
  return found == nullptr ? std::nullopt : std::optional(*found);
}

}  // namespace minions::gateway
