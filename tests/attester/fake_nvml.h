// The fake management library in a test's own process: what it is like, and the root that its GPUs chain to.
#pragma once

#include <dlfcn.h>
#include <stdlib.h>

#include <filesystem>
#include <string>

#include "base/bytes.h"

namespace minions::attester {

// As fake_nvml.cpp reads it; for as long as this lives.
class FakeNvml {
 public:
  explicit FakeNvml(const std::string& settings) : library_(::dlopen(path().c_str(), RTLD_NOW | RTLD_LOCAL)) {
    ::setenv("FAKE_NVML", settings.c_str(), 1);
  }
  FakeNvml(const FakeNvml&) = delete;
  FakeNvml& operator=(const FakeNvml&) = delete;
  ~FakeNvml() {
    ::unsetenv("FAKE_NVML");
    ::dlclose(library_);
  }
  // Beside the program.
  [[nodiscard]] static std::string path() {
    return std::filesystem::canonical("/proc/self/exe").parent_path() / "libfake_nvml.so";
  }
  [[nodiscard]] Digest32 root() const {
    Digest32 digest{};
    reinterpret_cast<void (*)(unsigned char*)>(::dlsym(library_, "fake_nvml_root"))(digest.data());
    return digest;
  }

 private:
  void* library_;
};

}  // namespace minions::attester
