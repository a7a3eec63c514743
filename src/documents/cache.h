// Text that needed a parser, kept between runs: found by the content's hash, sealed with AES-256-GCM under a key next
// to it that only this user may read. It protects what leaves the folder without the key, such as a copied entry. It
// does not protect against those who can read this user's files or the whole disk, where the key is. Nothing in it is
// trusted: a document's type is determined anew each time, and an entry that does not open is ignored.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>

#include "crypto/hash.h"
#include "crypto/random.h"
#include "crypto/secret.h"
#include "documents/extractor.h"

namespace minions::documents {

class DocumentCache {
 public:
  struct Limits {
    std::uint64_t bytes = std::uint64_t{256} << 20;  // of all entries; removes those longest unused first
    std::size_t entries = 4096;
  };

  // Creates the folder (0700) and its key (0600) if missing. kIo: the system refused; kRefused: others may read or
  // write there.
  [[nodiscard]] static Result<DocumentCache> open(const std::filesystem::path& folder, crypto::Random& random,
                                                  Limits limits);
  [[nodiscard]] static Result<DocumentCache> open(const std::filesystem::path& folder, crypto::Random& random) {
    return open(folder, random, Limits{});
  }
  // $XDG_CACHE_HOME/minions/documents or ~/.cache/minions/documents; nothing without a home directory.
  [[nodiscard]] static std::optional<std::filesystem::path> default_folder();

  // The content, and everything else that the text depends on. Kept as one value that reveals nothing about the content
  // without the key.
  [[nodiscard]] Digest32 entry_of(const Digest32& content, std::string_view how) const;
  [[nodiscard]] std::optional<Extracted> find(const Digest32& entry) const;
  // Failing to keep an entry does not fail the reading.
  void keep(const Digest32& entry, const Extracted& extracted) const;

 private:
  DocumentCache(std::filesystem::path folder, crypto::SecretArray<32> key, crypto::Random& random, Limits limits)
      : folder_(std::move(folder)), key_(std::move(key)), random_(&random), limits_(limits) {}
  void make_room(std::uint64_t room_bytes) const;
  void drop_old_entries(std::uint64_t room_bytes) const;

  struct State {
    std::mutex mutex;
    bool counted = false;
    std::uint64_t bytes = 0;
    std::size_t entries = 0;
  };

  std::filesystem::path folder_;
  crypto::SecretArray<32> key_;
  crypto::Random* random_;
  Limits limits_;
  std::unique_ptr<State> state_ = std::make_unique<State>();
};

// Of the whole file.
[[nodiscard]] Result<Digest32> content_hash(const FileOfSize& file);

}  // namespace minions::documents
