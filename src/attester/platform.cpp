#include "attester/platform.h"

#include <fmt/format.h>

#include "attester/nras.h"
#include "attester/nvml.h"
#include "attester/sev_guest.h"
#include "attester/simulated.h"
#include "attester/tdx.h"
#include "base/log.h"
#include "crypto/random.h"

namespace minions::attester {
namespace {

namespace fs = std::filesystem;

// A path that cannot be examined counts as missing.
bool is_there(const fs::path& path) {
  std::error_code error;
  return fs::exists(path, error) && !error;
}

constexpr std::string_view kDeviceTcti = "device:";

// A TPM other than a device is found by opening it.
bool is_tpm_there(const std::string& tcti) {
  return !tcti.starts_with(kDeviceTcti) || is_there(tcti.substr(kDeviceTcti.size()));
}

TsmReports tsm_reports(const AttesterOptions& options) {
  return TsmReports(std::make_unique<TsmFiles>(options.tsm_root), options.patience);
}

// The ways to attest, tried in order, and the result of each.
class Search {
 public:
  using Found = std::unique_ptr<Attester>;
  explicit Search(const AttesterOptions& options) : options_(options) {}

  // The kernel's interface, for whichever of the two it supports; `want` empty: either.
  Found by_tsm(std::string_view want) {
    if (!is_there(options_.tsm_root)) return note("configfs-tsm", options_.tsm_root.string(), "not found");
    TsmReports reports = tsm_reports(options_);
    const auto provider = reports.provider();
    if (!provider) return note("configfs-tsm", options_.tsm_root.string(), provider.error().detail);
    const bool wanted = want.empty() || *provider == want;
    if (wanted && *provider == kSnpProvider)
      return make_snp_attester(tsm_snp_source(std::move(reports)), options_.debug);
    if (wanted && *provider == kTdxProvider) return make_tdx_attester(std::move(reports), options_.debug);
    return note("configfs-tsm", options_.tsm_root.string(), fmt::format("provider {}", *provider));
  }

  Found by_sev_guest() {
    auto device = open_sev_guest(options_.sev_guest_device);
    if (device) return make_snp_attester(sev_guest_source(*std::move(device), options_.patience), options_.debug);
    const bool missing = device.error().code == ErrorCode::kNotFound;
    return note("SEV-SNP guest device", options_.sev_guest_device.string(),
                missing ? "not found" : device.error().detail);
  }

  // The device gives reports only for this machine; a quote needs the kernel's interface.
  Found by_tdx_guest() {
    return note(
        "TDX guest device", options_.tdx_guest_device.string(),
        is_there(options_.tdx_guest_device) ? "found, but quotes need configfs-tsm (Linux 6.7 or later)" : "not found");
  }

  Found by_vtpm() {
    if (!is_tpm_there(options_.azure.tcti)) return note("vTPM", options_.azure.tcti, "not found");
    auto azure = make_azure_attester(options_.azure);
    if (azure) return *std::move(azure);
    return note("vTPM", options_.azure.tcti, azure.error().detail);
  }

  [[nodiscard]] tl::unexpected<Error> failure(std::string_view mode) const {
    return fail(ErrorCode::kUnsupported,
                fmt::format("attest {}: no confidential-computing platform that can be used ({})", mode, notes_));
  }

 private:
  Found note(std::string_view what, const std::string& path, std::string_view found) {
    notes_ += fmt::format("{}{} at {}: {}", notes_.empty() ? "" : "; ", what, path, found);
    return nullptr;
  }

  const AttesterOptions& options_;
  std::string notes_;
};

Result<std::unique_ptr<Attester>> make_cpu_attester(const AttesterOptions& options) {
  Search search(options);
  switch (options.mode) {
    case AttestMode::kAuto:
      if (auto found = search.by_tsm("")) return found;
      if (auto found = search.by_sev_guest()) return found;
      if (auto found = search.by_tdx_guest()) return found;
      if (auto found = search.by_vtpm()) return found;
      return search.failure("auto");
    case AttestMode::kSevSnp:
      if (auto found = search.by_tsm(kSnpProvider)) return found;
      if (auto found = search.by_sev_guest()) return found;
      return search.failure("sev-snp");
    case AttestMode::kTdx:
      if (auto found = search.by_tsm(kTdxProvider)) return found;
      if (auto found = search.by_tdx_guest()) return found;
      return search.failure("tdx");
    case AttestMode::kAzure: return make_azure_attester(options.azure);
    case AttestMode::kSimulated: return std::make_unique<SimulatedAttester>();
  }
  return fail(ErrorCode::kInternal, "unknown way to attest");
}

// All GPUs of the machine, or why they cannot be attested; kNotFound if there is none.
Result<std::unique_ptr<GpuSource>> open_gpus(const AttesterOptions& options) {
  MINIONS_TRY_ASSIGN(std::unique_ptr<Nvml> nvml, Nvml::open(options.nvml_library));
  MINIONS_TRY_ASSIGN(const GpuInventory inventory, take_inventory(*nvml));
  if (inventory.names.empty()) return fail(ErrorCode::kNotFound, "no nvidia gpu here");
  return make_nvml_source(std::move(nvml), options.patience);
}

// Null: none to attest, which GpuMode::kRequire does not accept.
Result<std::unique_ptr<GpuSource>> make_gpu_source(const AttesterOptions& options) {
  auto source = open_gpus(options);
  if (source) return source;
  if (options.gpus == GpuMode::kRequire) return fail(std::move(source).error().in("gpu require"));
  if (source.error().code != ErrorCode::kNotFound)
    log::warning("gpus_not_attested", {{"reason", log::Public{source.error().detail}}});
  return nullptr;
}

}  // namespace

std::vector<PlatformProbe> probe_platform(const AttesterOptions& options) {
  return {{"configfs-tsm", options.tsm_root.string(), is_there(options.tsm_root)},
          {"SEV-SNP guest device", options.sev_guest_device.string(), is_there(options.sev_guest_device)},
          {"TDX guest device", options.tdx_guest_device.string(), is_there(options.tdx_guest_device)},
          {"vTPM", options.azure.tcti, is_tpm_there(options.azure.tcti)}};
}

Result<std::unique_ptr<Attester>> make_attester(const AttesterOptions& options) {
  MINIONS_TRY_ASSIGN(std::unique_ptr<Attester> cpu, make_cpu_attester(options));
  if (options.mode == AttestMode::kSimulated || options.gpus == GpuMode::kOff) return cpu;
  std::optional<NrasClient> nras;
  if (options.nras) {
    MINIONS_TRY_ASSIGN(nras, NrasClient::make(*options.nras));
  }
  MINIONS_TRY_ASSIGN(std::unique_ptr<GpuSource> gpus, make_gpu_source(options));
  if (!gpus) return cpu;
  if (nras) gpus = with_nras(std::move(gpus), *std::move(nras));
  return with_gpus(std::move(cpu), std::move(gpus));
}

Status prove_platform(Attester& attester) {
  crypto::SystemRandom random;
  MINIONS_TRY_ASSIGN(const attestation::Evidence gpus, attester.collect_gpus(random.bytes<32>()));
  MINIONS_TRY_ASSIGN(const Digest32 digest, attestation::gpu_digest(gpus));
  const attestation::Bound bound{.statement = random.bytes<32>(), .gpus = digest, .nonces = random.bytes<32>()};
  MINIONS_TRY_ASSIGN(attestation::Evidence evidence, attester.collect(ReportData::of(bound)));
  evidence.insert(evidence.end(), gpus.begin(), gpus.end());
  MINIONS_TRY(attester.endorsements());
  return attestation::check_composition(evidence);
}

}  // namespace minions::attester
