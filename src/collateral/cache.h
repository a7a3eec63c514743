// A folder of what was fetched, so that it is fetched once: one file per entry, named by the digest of the question.
// Holds no secrets and is not trusted: what comes out of it is verified like what comes from the network, by its own
// signatures and dates. An entry that cannot be read, or was written by others, is a miss.
#pragma once

#include <filesystem>

#include "base/bytes.h"
#include "base/time.h"
#include "collateral/reply.h"

namespace minions::collateral {

class Cache {
 public:
  // Created with the first entry, mode 0700. Without a folder nothing is kept.
  explicit Cache(std::optional<std::filesystem::path> folder) : folder_(std::move(folder)) {}

  // $XDG_CACHE_HOME/minions/collateral, otherwise ~/.cache/minions/collateral; nothing if neither is set.
  [[nodiscard]] static std::optional<std::filesystem::path> default_folder();

  struct Entry {
    Reply reply;
    UnixSeconds fresh_until = 0;  // after this it is fetched again; if that fails, it is still better than nothing
  };
  [[nodiscard]] std::optional<Entry> find(std::string_view question) const;
  // Written whole or not at all; a read-only folder is not an error. Beyond kMostEntries the oldest are removed.
  void put(std::string_view question, const Entry& entry) const;

  static constexpr std::size_t kMostEntries = 1024;

 private:
  [[nodiscard]] std::filesystem::path file_of(std::string_view question) const;
  std::optional<std::filesystem::path> folder_;
};

}  // namespace minions::collateral
