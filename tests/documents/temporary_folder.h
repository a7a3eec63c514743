// A folder for one test, gone with it.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "documents/loader.h"

namespace minions::test {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::path(testing::TempDir()) / "documents-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  // With the folders on the way.
  std::filesystem::path write(const std::string& name, std::string_view content) const {
    const auto file = path_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << content;
    return file;
  }

 private:
  std::filesystem::path path_;
};

// With the sandbox where the machine has one; the rest of the behaviour is the same without.
inline documents::LoadOptions load_options() {
  documents::LoadOptions options;
  options.extractor.helper = MINIONS_EXTRACT;
  if (!documents::check_extractor(options.extractor))
    options.extractor.confinement = documents::Confinement::kUnsafeNoSandbox;
  return options;
}

inline std::string text_of(const documents::Document& document) {
  const auto text = documents::render(document);
  return std::string(text.reveal());
}

}  // namespace minions::test
