// The log of a run on disk: JSON, UTF-8, mode 0600, one file per run, never overwritten; encrypted if a key is given.
//
//   "secure-minions-log 1\n" || salt (32 bytes) || AES-256-GCM(HKDF-Expand(key, "minion log" || salt), nonce 0, JSON)
//  The salt gives each file its own key, so its one nonce is never used twice. The first line is associated data.
#pragma once

#include <filesystem>
#include <optional>

#include "base/result.h"
#include "base/time.h"
#include "crypto/random.h"
#include "crypto/secret.h"

namespace minions::api {

using LogKey = crypto::SecretArray<32>;
// 64 hex digits and white space.
[[nodiscard]] Result<LogKey> read_log_key(const std::filesystem::path& file);

struct LogName {
  std::string_view logging_id;  // LOGGING_ID_secure_minion.json, reduced to [A-Za-z0-9._-]
  std::string_view task;        // otherwise YYYYMMDD_HHMMSS_TASK_secure.json, UTC
  UnixSeconds time = 0;
};
[[nodiscard]] std::string log_name(const LogName& name);

// Creates the directory (0700) if it is missing. A name that is taken gets _2, _3 before its suffix. Returns the path.
[[nodiscard]] Result<std::filesystem::path> write_log(const std::filesystem::path& directory, const std::string& name,
                                                      std::string_view json, const LogKey* key, crypto::Random& random);

// kUsage: it is encrypted and there is no key. kTampered: wrong key, or the file was changed.
[[nodiscard]] Result<crypto::SecretText> read_log(const std::filesystem::path& file, const LogKey* key);

}  // namespace minions::api
