// Model files of a Hugging Face repository, or of a compatible server, into a cache on disk: whole, resumed where they
// were interrupted, and checked against the SHA-256 that the repository publishes.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/secret.h"
#include "hub/model_part.h"

namespace minions::hub {

struct DownloadProgress {
  std::string_view file;
  std::uint64_t bytes = 0;  // on disk, checked later
  std::uint64_t of_bytes = 0;
  std::uint64_t fetched_bytes = 0;  // in this run
  std::chrono::milliseconds taken{0};
};

struct HfOptions {
  std::string endpoint = "https://huggingface.co";
  // Sent only to the endpoint's own origin, never to a redirect target. Empty: none.
  crypto::SecretText token;
  std::filesystem::path cache;                // created if missing
  std::optional<std::string> ca_file;         // PEM, instead of the system's store
  std::chrono::milliseconds silence{60'000};  // how long a server may be silent
  std::function<void(const DownloadProgress&)> progress = [](const DownloadProgress&) {};
};

struct HfModel {
  std::string repository;  // OWNER/REPO
  std::string file;        // in the repository; empty: as chosen by choose_files
  ModelPart part = ModelPart::kModel;
};

// The path of the file, or of the first of its parts. Blocks. kUsage: invalid names, or a choice to be made.
// kUnauthorized: gated, private, or a refused token. kNotFound: no such repository or file. kNetwork, kTimeout,
// kTruncated: can be retried and resumes where it ended. kTampered: the hash differs from the published one.
[[nodiscard]] Result<std::filesystem::path> fetch_hf_model(const HfModel& model, const HfOptions& options);

}  // namespace minions::hub
