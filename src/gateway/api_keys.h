// API keys: a file of lines `NAME SHA256HEX`, the hash being of the key's text. The keys themselves are not stored.
#pragma once

#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "crypto/random.h"
#include "crypto/secret.h"

namespace minions::gateway {

class ApiKeys {
 public:
  // kIo or kMalformed with file and line. Skips blank lines and lines that start with #.
  [[nodiscard]] static Result<std::vector<std::pair<std::string, Digest32>>> read(const std::filesystem::path& file);
  // Creates a key of 32 random bytes, adds its line to the file (created with mode 0600), and returns the key's text:
  // it is shown once and not stored. kUsage if the name is taken or not of [A-Za-z0-9._-]+.
  [[nodiscard]] static Result<crypto::SecretText> add(const std::filesystem::path& file, std::string_view name,
                                                      crypto::Random& random);

  [[nodiscard]] static Result<std::unique_ptr<ApiKeys>> load(std::filesystem::path file);
  // Reads the file again; keeps the old keys on failure.
  [[nodiscard]] Status reload();
  // The name of the key in `Bearer KEY`. Takes time that depends only on the number of keys. Any thread.
  [[nodiscard]] std::optional<std::string> name_of(std::string_view authorization) const;

 private:
  explicit ApiKeys(std::filesystem::path file) : file_(std::move(file)) {}

  const std::filesystem::path file_;
  mutable std::mutex mutex_;
  std::vector<std::pair<std::string, Digest32>> keys_;
};

}  // namespace minions::gateway
