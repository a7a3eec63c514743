#include "attester/nvml.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include "attestation/nvidia/spdm_report.h"
#include "base/log.h"
#include "crypto/certificate.h"

namespace minions::attester {
namespace {

constexpr unsigned kDevicesLimit = 64;

template <class Function>
bool load(void* library, const char* name, Function& into) {
  into = reinterpret_cast<Function>(::dlsym(library, name));
  return into != nullptr;
}

// The name of the first function that is missing, or nothing.
const char* load_functions(void* library, nvml::Functions& to) {
  // Since driver 550; older ones have no multi-GPU modes.
  static_cast<void>(load(library, "nvmlSystemGetConfComputeSettings", to.system_settings));
  if (!load(library, "nvmlInit_v2", to.init)) return "nvmlInit_v2";
  if (!load(library, "nvmlShutdown", to.shutdown)) return "nvmlShutdown";
  if (!load(library, "nvmlErrorString", to.error_string)) return "nvmlErrorString";
  if (!load(library, "nvmlSystemGetDriverVersion", to.driver_version)) return "nvmlSystemGetDriverVersion";
  if (!load(library, "nvmlSystemGetConfComputeState", to.system_state)) return "nvmlSystemGetConfComputeState";
  if (!load(library, "nvmlDeviceGetCount_v2", to.device_count)) return "nvmlDeviceGetCount_v2";
  if (!load(library, "nvmlDeviceGetHandleByIndex_v2", to.device_by_index)) return "nvmlDeviceGetHandleByIndex_v2";
  if (!load(library, "nvmlDeviceGetName", to.device_name)) return "nvmlDeviceGetName";
  if (!load(library, "nvmlDeviceGetConfComputeGpuCertificate", to.certificate))
    return "nvmlDeviceGetConfComputeGpuCertificate";
  if (!load(library, "nvmlDeviceGetConfComputeGpuAttestationReport", to.attestation_report))
    return "nvmlDeviceGetConfComputeGpuAttestationReport";
  return nullptr;
}

// Printable, terminated, and no longer than its buffer: what a library wrote is shown to people.
template <std::size_t N>
std::string text_in(const std::array<char, N>& buffer) {
  const auto end = std::find(buffer.begin(), buffer.end(), '\0');
  std::string text(buffer.begin(), end);
  for (char& c : text) {
    if (c < 0x20 || c > 0x7e) c = '?';
  }
  return text;
}

struct Modes {
  nvml::SystemState state{};
  unsigned multi_gpu = 0;
};

Result<Modes> read_modes(const Nvml& nvml) {
  Modes modes;
  if (nvml.functions().system_settings != nullptr) {
    nvml::SystemSettings settings{};
    settings.version = nvml::kSystemSettingsVersion;
    const nvml::Return result = nvml.functions().system_settings(&settings);
    if (result == nvml::kSuccess) {
      modes.state = {settings.environment, settings.cc_feature, settings.dev_tools_mode};
      modes.multi_gpu = settings.multi_gpu_mode;
      return modes;
    }
  }
  const nvml::Return result = nvml.functions().system_state(&modes.state);
  if (result == nvml::kNotSupported) return Modes{};  // GPUs that have no confidential mode
  MINIONS_TRY(nvml.check(result, "confidential-computing state"));
  return modes;
}

ConfidentialMode mode_of(const Modes& modes) {
  if (modes.state.dev_tools_mode != 0) return ConfidentialMode::kDevTools;
  if (modes.multi_gpu == 1) return ConfidentialMode::kProtectedPcie;
  return modes.state.cc_feature == 0 ? ConfidentialMode::kOff : ConfidentialMode::kOn;
}

std::string feature_text(const Modes& modes) {
  constexpr std::string_view kEnvironments[] = {"no environment", "simulation", "production"};
  constexpr std::string_view kMultiGpu[] = {"no multi-gpu mode", "protected pcie", "encrypted nvlink"};
  const auto word = [](std::span<const std::string_view> words, unsigned value) {
    return value < words.size() ? std::string(words[value]) : fmt::format("unknown ({})", value);
  };
  return fmt::format("{}, {}, {}{}", modes.state.cc_feature == 0 ? "off" : "on",
                     word(kEnvironments, modes.state.environment), word(kMultiGpu, modes.multi_gpu),
                     modes.state.dev_tools_mode == 0 ? "" : ", developer tools let in");
}

Result<std::vector<nvml::Device>> devices_of(const Nvml& nvml) {
  unsigned count = 0;
  MINIONS_TRY(nvml.check(nvml.functions().device_count(&count), "number of gpus"));
  if (count > kDevicesLimit)
    return fail(ErrorCode::kMalformed, fmt::format("nvml: {} gpus, at most {}", count, kDevicesLimit));
  std::vector<nvml::Device> devices(count);
  for (unsigned i = 0; i < count; ++i)
    MINIONS_TRY(nvml.check(nvml.functions().device_by_index(i, &devices[i]), fmt::format("gpu {}", i)));
  return devices;
}

Status check_report(ByteView bytes, const Digest32& nonce) {
  MINIONS_TRY_ASSIGN(const attestation::SpdmReport report, attestation::SpdmReport::parse(bytes));
  if (report.request_nonce != nonce) return fail(ErrorCode::kTampered, "report answers another nonce");
  return {};
}

class NvmlSource final : public GpuSource {
 public:
  NvmlSource(std::unique_ptr<Nvml> nvml, RetryPolicy patience)
      : nvml_(std::move(nvml)), patience_(std::move(patience)) {}

  [[nodiscard]] Result<attestation::Evidence> collect(const Digest32& gpu_nonce) override {
    // The mode can change under a running program: queried each time, with the devices.
    MINIONS_TRY_ASSIGN(const GpuInventory inventory, take_inventory(*nvml_));
    MINIONS_TRY(check_mode(inventory));
    MINIONS_TRY_ASSIGN(const std::vector<nvml::Device> devices, devices_of(*nvml_));
    attestation::Evidence evidence;
    for (std::size_t i = 0; i < devices.size(); ++i) {
      auto item = collect_one(devices[i], gpu_nonce);
      if (!item) return fail(std::move(item).error().in(fmt::format("gpu {}", i)));
      evidence.push_back(*std::move(item));
    }
    return evidence;
  }

  // RIMs are fetched by others, by the versions in the reports.
  [[nodiscard]] Result<attestation::Endorsements> endorsements() override { return attestation::Endorsements(); }

  static Status check_mode(const GpuInventory& inventory) {
    switch (inventory.mode) {
      case ConfidentialMode::kOn:
      case ConfidentialMode::kProtectedPcie: return {};
      case ConfidentialMode::kOff:
      case ConfidentialMode::kDevTools: break;
    }
    return fail(ErrorCode::kRefused,
                fmt::format("nvidia gpus: want confidential computing on, found {}", inventory.feature));
  }

 private:
  Result<attestation::EvidenceItem> collect_one(nvml::Device device, const Digest32& nonce) {
    MINIONS_TRY_ASSIGN(Bytes report, with_retries(patience_, [&] { return report_of(device, nonce); }));
    MINIONS_TRY_ASSIGN(Bytes chain, with_retries(patience_, [&] { return chain_of(device); }));
    return attestation::EvidenceItem{std::string(attestation::evidence_type::kNvidiaGpu),
                                     {{"report", std::move(report)}, {"cert_chain", std::move(chain)}}};
  }

  Result<Bytes> report_of(nvml::Device device, const Digest32& nonce) {
    auto out = std::make_unique<nvml::GpuAttestationReport>();
    std::copy(nonce.begin(), nonce.end(), out->nonce);
    MINIONS_TRY(nvml_->check(nvml_->functions().attestation_report(device, out.get()), "attestation report"));
    if (out->report_size > sizeof out->report) {
      return fail(ErrorCode::kMalformed,
                  fmt::format("attestation report: {} bytes, at most {}", out->report_size, sizeof out->report));
    }
    Bytes report(out->report, out->report + out->report_size);
    MINIONS_TRY(check_report(report, nonce));
    return report;
  }

  Result<Bytes> chain_of(nvml::Device device) {
    auto out = std::make_unique<nvml::GpuCertificate>();
    MINIONS_TRY(nvml_->check(nvml_->functions().certificate(device, out.get()), "attestation certificate chain"));
    if (out->attestation_chain_size > sizeof out->attestation_chain) {
      return fail(ErrorCode::kMalformed, fmt::format("attestation certificate chain: {} bytes, at most {}",
                                                     out->attestation_chain_size, sizeof out->attestation_chain));
    }
    Bytes chain(out->attestation_chain, out->attestation_chain + out->attestation_chain_size);
    while (!chain.empty() && chain.back() == 0) chain.pop_back();
    if (const auto certificates = crypto::Certificate::from_pem(as_text(chain)); !certificates)
      return fail(Error(certificates.error()).in("attestation certificate chain"));
    return chain;
  }

  std::unique_ptr<Nvml> nvml_;
  RetryPolicy patience_;
};

}  // namespace

Result<std::unique_ptr<Nvml>> Nvml::open(const std::string& path) {
  void* library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return fail(ErrorCode::kNotFound, fmt::format("{}: no such library here", path));
  nvml::Functions functions{};
  if (const char* missing = load_functions(library, functions); missing != nullptr) {
    ::dlclose(library);
    return fail(ErrorCode::kUnsupported,
                fmt::format("{}: no function {}: driver 535 or later is needed", path, missing));
  }
  if (const nvml::Return result = functions.init(); result != nvml::kSuccess) {
    std::string why = functions.error_string(result);
    ::dlclose(library);
    return fail(result == nvml::kDriverNotLoaded ? ErrorCode::kNotFound : ErrorCode::kIo,
                fmt::format("{}: {} ({})", path, why, result));
  }
  return std::unique_ptr<Nvml>(new Nvml(library, functions));
}

Nvml::~Nvml() {
  static_cast<void>(functions_.shutdown());
  ::dlclose(library_);
}

Status Nvml::check(nvml::Return result, std::string_view what) const {
  if (result == nvml::kSuccess) return {};
  const bool busy = result == nvml::kInUse || result == nvml::kTimeout;
  return fail(busy ? ErrorCode::kBusy : ErrorCode::kIo,
              fmt::format("nvml {}: {} ({})", what, functions_.error_string(result), result));
}

std::string_view name_of(ConfidentialMode mode) {
  switch (mode) {
    case ConfidentialMode::kOff: return "off";
    case ConfidentialMode::kOn: return "on";
    case ConfidentialMode::kProtectedPcie: return "protected-pcie";
    case ConfidentialMode::kDevTools: return "devtools";
  }
  return "";
}

Result<GpuInventory> take_inventory(const Nvml& nvml) {
  GpuInventory inventory;
  std::array<char, nvml::kVersionBytes> version{};
  MINIONS_TRY(nvml.check(nvml.functions().driver_version(version.data(), nvml::kVersionBytes), "driver version"));
  inventory.driver_version = text_in(version);
  MINIONS_TRY_ASSIGN(const Modes modes, read_modes(nvml));
  inventory.mode = mode_of(modes);
  inventory.feature = feature_text(modes);
  MINIONS_TRY_ASSIGN(const std::vector<nvml::Device> devices, devices_of(nvml));
  for (nvml::Device device : devices) {
    std::array<char, nvml::kNameBytes> name{};
    MINIONS_TRY(nvml.check(nvml.functions().device_name(device, name.data(), nvml::kNameBytes), "name"));
    inventory.names.push_back(text_in(name));
  }
  return inventory;
}

Result<std::unique_ptr<GpuSource>> make_nvml_source(std::unique_ptr<Nvml> nvml, RetryPolicy patience) {
  MINIONS_TRY_ASSIGN(const GpuInventory inventory, take_inventory(*nvml));
  MINIONS_TRY(NvmlSource::check_mode(inventory));
  return std::make_unique<NvmlSource>(std::move(nvml), std::move(patience));
}

}  // namespace minions::attester
