#include "platform_flags.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

namespace minions::minionsd {
namespace {

// Rotation waits for what is fetched: not for long, since clients can fetch it themselves.
constexpr std::chrono::milliseconds kCollateralRequestTime{3'000};
constexpr std::chrono::milliseconds kCollateralTime{8'000};

tl::unexpected<Error> usage(std::string detail) { return fail(ErrorCode::kUsage, std::move(detail)); }

template <class T>
struct Named {
  std::string_view name;
  T value;
};
using attester::AttestMode;
using attester::GpuMode;
constexpr Named<AttestMode> kAttestModes[] = {{"auto", AttestMode::kAuto},
                                              {"sev-snp", AttestMode::kSevSnp},
                                              {"tdx", AttestMode::kTdx},
                                              {"azure", AttestMode::kAzure},
                                              {"simulated", AttestMode::kSimulated}};
constexpr Named<GpuMode> kGpuModes[] = {
    {"auto", GpuMode::kAuto}, {"require", GpuMode::kRequire}, {"off", GpuMode::kOff}};

template <class T, std::size_t N>
std::optional<T> value_named(const Named<T> (&values)[N], std::string_view name) {
  for (const Named<T>& value : values) {
    if (value.name == name) return value.value;
  }
  return std::nullopt;
}

// Parts of the machine that the operator replaces. Each is reported to clients.
Result<std::vector<std::string>> read_overrides(const PlatformFlags& flags, attester::AttesterOptions& out) {
  std::vector<std::string> overrides;
  const auto take = [&](std::string_view name, const std::string& value, auto& into) {
    if (value.empty()) return;
    into = value;
    overrides.emplace_back(name);
  };
  take("tsm-root", flags.tsm_root, out.tsm_root);
  take("sev-guest-device", flags.sev_guest_device, out.sev_guest_device);
  take("nvml-library", flags.nvml_library, out.nvml_library);
  take("tpm-tcti", flags.tpm_tcti, out.azure.tcti);
  take("imds", flags.imds, out.azure.imds);
  if (!overrides.empty() && out.mode == AttestMode::kSimulated)
    return usage(fmt::format("--{} has no meaning with --attest simulated", overrides.front()));
  return overrides;
}

}  // namespace

void declare_platform(CLI::App& app, PlatformFlags& flags) {
  app.add_option("--attest", flags.attest,
                 "auto (the hardware at hand), sev-snp, tdx, azure, or simulated (SIMULATED, NOT CONFIDENTIAL)");
  app.add_option("--gpu", flags.gpu, "NVIDIA GPUs: auto (those in confidential mode), require or off")
      ->capture_default_str();
  app.add_flag("--allow-debug-guest", flags.allow_debug_guest, "attest although the host may read this guest's memory");
  app.add_option("--maa", flags.maa, "https address of a Microsoft Azure Attestation instance to ask for tokens");
  app.add_option("--nras", flags.nras, "https address of NVIDIA's attestation service to ask about the GPUs");
  app.add_option("--tsm-root", flags.tsm_root, "another place than the kernel's configfs-tsm: told to clients");
  app.add_option("--sev-guest-device", flags.sev_guest_device, "another device than /dev/sev-guest: told to clients");
  app.add_option("--nvml-library", flags.nvml_library, "another library than NVIDIA's: told to clients");
  app.add_option("--tpm-tcti", flags.tpm_tcti, "another TPM than /dev/tpmrm0, as tpm2-tss names it: told to clients");
  app.add_option("--imds", flags.imds, "another metadata service than Azure's: told to clients");
  app.add_option("--collateral", flags.collateral,
                 "certificates, lists and reference values for clients, from the vendors' services: auto or off")
      ->capture_default_str();
  app.add_option("--collateral-cache", flags.collateral_cache, "folder of what was fetched");
  app.add_option("--collateral-url", flags.collateral_url,
                 "NAME=URL: another address for amd, intel, intel-root, nvidia-rim or nvidia-ocsp; repeatable");
}

Result<std::vector<std::string>> read_platform(const PlatformFlags& flags, attester::AttesterOptions& out) {
  const auto mode = value_named(kAttestModes, flags.attest);
  if (!mode) {
    return usage(flags.attest.empty()
                     ? "--attest is needed: auto, or simulated for development"
                     : fmt::format("--attest: want auto, sev-snp, tdx, azure or simulated, found {}", flags.attest));
  }
  out.mode = *mode;
  const auto gpus = value_named(kGpuModes, flags.gpu);
  if (!gpus) return usage(fmt::format("--gpu: want auto, require or off, found {}", flags.gpu));
  out.gpus = *gpus;
  if (*mode == AttestMode::kSimulated && *gpus == GpuMode::kRequire)
    return usage("--gpu require has no meaning with --attest simulated");
  if (flags.allow_debug_guest) out.debug = attester::DebugGuest::kAllow;
  if (!flags.maa.empty()) {
    if (*mode != AttestMode::kAzure && *mode != AttestMode::kAuto) return usage("--maa needs --attest azure or auto");
    out.azure.maa = flags.maa;
  }
  if (!flags.nras.empty()) {
    if (*mode == AttestMode::kSimulated || *gpus == GpuMode::kOff)
      return usage("--nras needs GPUs: neither --attest simulated nor --gpu off");
    out.nras = flags.nras;
  }
  return read_overrides(flags, out);
}

Result<std::optional<collateral::CollectorOptions>> read_collateral(const PlatformFlags& flags) {
  if (flags.collateral != "auto" && flags.collateral != "off")
    return usage(fmt::format("--collateral: want auto or off, found {}", flags.collateral));
  const bool off = flags.collateral == "off" || flags.attest == "simulated";
  if (off && (!flags.collateral_cache.empty() || !flags.collateral_url.empty()))
    return usage("--collateral-cache and --collateral-url need hardware evidence and --collateral auto");
  if (off) return std::nullopt;
  collateral::CollectorOptions options;
  options.request_time = kCollateralRequestTime;
  options.total_time = kCollateralTime;
  options.cache_folder = flags.collateral_cache.empty() ? collateral::Cache::default_folder()
                                                        : std::optional<std::filesystem::path>(flags.collateral_cache);
  for (const std::string& source : flags.collateral_url) {
    if (const Status replaced = options.sources.replace(source); !replaced)
      return usage("--collateral-url: " + replaced.error().detail);
  }
  return options;
}

}  // namespace minions::minionsd
