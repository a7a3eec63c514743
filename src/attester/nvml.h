// NVIDIA GPUs by their management library, loaded at run time: machines without GPUs have none.
#pragma once

#include "attester/gpu.h"
#include "attester/nvml_abi.h"
#include "attester/retry.h"

namespace minions::attester {

// The library, usable as long as this exists.
class Nvml {
 public:
  // path: a file name for the loader's search, or a path. kNotFound: no such library, or no driver behind it;
  // kUnsupported: a required function is missing from it.
  [[nodiscard]] static Result<std::unique_ptr<Nvml>> open(const std::string& path);
  Nvml(const Nvml&) = delete;
  Nvml& operator=(const Nvml&) = delete;
  ~Nvml();

  [[nodiscard]] const nvml::Functions& functions() const { return functions_; }
  // kIo with what was requested, the library's own message and the number; kBusy for a device in use and for a timeout.
  [[nodiscard]] Status check(nvml::Return result, std::string_view what) const;

 private:
  Nvml(void* library, const nvml::Functions& functions) : library_(library), functions_(functions) {}
  void* library_;
  nvml::Functions functions_;
};

enum class ConfidentialMode {
  kOff,
  kOn,
  kProtectedPcie,  // several GPUs of one guest, with their switches
  kDevTools,       // on, but debuggers and profilers are admitted
};
[[nodiscard]] std::string_view name_of(ConfidentialMode mode);

struct GpuInventory {
  std::string driver_version;
  ConfidentialMode mode = ConfidentialMode::kOff;
  std::string feature;  // for people: "on, production, no multi-gpu mode"
  std::vector<std::string> names;
};
[[nodiscard]] Result<GpuInventory> take_inventory(const Nvml& nvml);

// All GPUs of the machine, in the library's order. Each report is checked before it is served: it decodes and answers
// the nonce. kRefused at once if the machine's mode is not kOn or kProtectedPcie, and again at each collection.
[[nodiscard]] Result<std::unique_ptr<GpuSource>> make_nvml_source(std::unique_ptr<Nvml> nvml,
                                                                  RetryPolicy patience = {});

}  // namespace minions::attester
