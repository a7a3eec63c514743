#include "inspect.h"

#include <fmt/format.h>
#include <sys/timex.h>

#include <chrono>
#include <fstream>
#include <iterator>

#include "attester/nvml.h"
#include "attester/operator_key.h"
#include "attester/tsm.h"
#include "base/clock.h"
#include "base/time.h"
#include "crypto/certificate.h"
#include "crypto/process.h"
#include "gateway/api_keys.h"
#include "net/tls.h"

namespace minions::minionsd {
namespace {

using State = Finding::State;

Finding good(std::string part, std::string found) { return {std::move(part), State::kGood, std::move(found), {}}; }

Finding bad(std::string part, std::string found, std::string fix) {
  return {std::move(part), State::kBad, std::move(found), std::move(fix)};
}

// The first line "KEY : VALUE" of /proc/cpuinfo.
std::string cpu_line(std::string_view key) {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (!std::string_view(line).starts_with(key)) continue;
    const std::size_t colon = line.find(": ");
    return colon == std::string::npos ? std::string() : line.substr(colon + 2);
  }
  return {};
}

Finding inspect_cpu() {
  const std::string vendor = cpu_line("vendor_id");
  const std::string model = cpu_line("model name");
  std::string found = fmt::format("{} ({})", model.empty() ? "unknown" : model, vendor.empty() ? "unknown" : vendor);
  if (vendor == "AuthenticAMD") return {"cpu", State::kNote, found + ": SEV-SNP is its kind", {}};
  if (vendor == "GenuineIntel") return {"cpu", State::kNote, found + ": TDX is its kind", {}};
  return {"cpu", State::kNote, found + ": no kind of evidence is known for it", {}};
}

Finding inspect_tsm(const attester::AttesterOptions& options) {
  attester::TsmReports reports(std::make_unique<attester::TsmFiles>(options.tsm_root), options.patience);
  const auto provider = reports.provider();
  if (provider) return good("configfs-tsm", fmt::format("{}: provider {}", options.tsm_root.string(), *provider));
  std::error_code error;
  if (!std::filesystem::exists(options.tsm_root, error)) {
    return {"configfs-tsm", State::kAbsent, fmt::format("{}: not found", options.tsm_root.string()),
            "Linux 6.7 or later; mount -t configfs none /sys/kernel/config; modprobe sev-guest, or tdx-guest"};
  }
  return {"configfs-tsm", State::kNote, provider.error().detail,
          "run as root, or as a user who may write there; modprobe sev-guest, or tdx-guest"};
}

// Checks without opening a device: the part `attest` shows whether a request succeeds.
std::vector<Finding> inspect_devices(const attester::AttesterOptions& options) {
  constexpr std::string_view kFixes[] = {"", "a guest with SEV-SNP on; modprobe sev-guest",
                                         "a guest with TDX on; modprobe tdx-guest",
                                         "on Azure: a confidential VM with its vTPM on"};
  std::vector<Finding> findings;
  const auto probes = attester::probe_platform(options);
  for (std::size_t i = 1; i < probes.size(); ++i) {
    const auto& probe = probes[i];
    findings.push_back({std::string(probe.what), probe.found ? State::kGood : State::kAbsent,
                        fmt::format("{}: {}", probe.path, probe.found ? "found" : "not found"),
                        probe.found ? "" : std::string(kFixes[i])});
  }
  return findings;
}

std::vector<Finding> inspect_gpus(const attester::AttesterOptions& options) {
  const State lack = options.gpus == attester::GpuMode::kRequire ? State::kBad : State::kAbsent;
  const auto nvml = attester::Nvml::open(options.nvml_library);
  if (!nvml) return {{"nvml", lack, nvml.error().detail, "install NVIDIA's driver if the machine has GPUs"}};
  const auto inventory = attester::take_inventory(**nvml);
  if (!inventory) return {bad("nvml", inventory.error().detail, "nvidia-smi shows the driver's own view")};
  std::vector<Finding> findings = {
      good("nvml", fmt::format("driver {}, GPUs: {}, confidential computing {}", inventory->driver_version,
                               inventory->names.size(), inventory->feature))};
  const bool confidential = inventory->mode == attester::ConfidentialMode::kOn ||
                            inventory->mode == attester::ConfidentialMode::kProtectedPcie;
  for (std::size_t i = 0; i < inventory->names.size(); ++i) {
    std::string found =
        fmt::format("{}, driver {}, mode {}", inventory->names[i], inventory->driver_version, name_of(inventory->mode));
    const std::string part = fmt::format("gpu {}", i);
    if (confidential) {
      findings.push_back(good(part, std::move(found)));
    } else {
      findings.push_back({part, lack == State::kBad ? State::kBad : State::kNote, std::move(found),
                          "turn confidential computing on, without developer tools, from the host"});
    }
  }
  if (inventory->names.empty()) findings.push_back({"gpu", lack, "none", ""});
  return findings;
}

Finding inspect_attesting(const attester::AttesterOptions& options) {
  const std::string fix = "see the parts above, and docs/operations.md";
  auto attester = attester::make_attester(options);
  if (!attester) return bad("attest", attester.error().detail, fix);
  if (const Status sound = attester::prove_platform(**attester); !sound)
    return bad("attest", fmt::format("{}: {}", (*attester)->platform(), sound.error().detail), fix);
  if (options.mode == attester::AttestMode::kSimulated)
    return {"attest", State::kNote, "SIMULATED, NOT CONFIDENTIAL", "--attest auto on a confidential VM"};
  return good("attest",
              fmt::format("{}: collected evidence that decodes and carries what was asked", (*attester)->platform()));
}

Finding inspect_locked_memory() {
  const auto arena = crypto::reserve_locked_arena(kKeyArenaBytes);
  if (arena && *arena == crypto::ArenaState::kLocked)
    return good("locked memory", fmt::format("{} bytes for keys", kKeyArenaBytes));
  return bad("locked memory", arena ? fmt::format("{} bytes cannot be locked", kKeyArenaBytes) : arena.error().detail,
             "raise the limit: ulimit -l, or LimitMEMLOCK= of the systemd unit");
}

Finding inspect_dumps() {
  const Status forbidden = crypto::forbid_dumps();
  if (forbidden) return good("core dumps", "off, and no tracing by other processes");
  return bad("core dumps", forbidden.error().detail, "let the process set its own RLIMIT_CORE");
}

Finding inspect_swap() {
  std::ifstream file("/proc/swaps");
  std::string line;
  std::getline(file, line);  // the heading
  if (!std::getline(file, line)) return good("swap", "off");
  return {"swap", State::kNote, "on: prompts are not in locked memory", "swapoff -a, or encrypt it"};
}

Finding inspect_clock() {
  const UnixSeconds now = system_time();
  timex status{};
  const bool synchronised = ::adjtimex(&status) >= 0 && (status.status & STA_UNSYNC) == 0;
  if (synchronised) return good("clock", fmt::format("{}, synchronised", to_iso8601(now)));
  return {"clock", State::kNote, fmt::format("{}, not known to be synchronised", to_iso8601(now)),
          "run chrony or systemd-timesyncd: clients refuse statements from the future or the past"};
}

std::vector<Finding> inspect_tls(const DoctorOptions& options) {
  if (!options.tls_cert) return {};
  const auto loaded = net::TlsServerContext::load(*options.tls_cert, *options.tls_key);
  if (!loaded) return {bad("tls", loaded.error().detail, "give a PEM chain, leaf first, and its unencrypted key")};
  std::ifstream file(*options.tls_cert, std::ios::binary);
  const std::string pem{std::istreambuf_iterator<char>(file), {}};
  const auto chain = crypto::Certificate::from_pem(pem);
  if (!chain) return {bad("tls", chain.error().detail, "give a PEM chain, leaf first")};
  const UnixSeconds until = chain->front().not_after();
  if (const Status valid = (*loaded)->check(); !valid)
    return {bad("tls", valid.error().detail, "renew it: clients that check it refuse it")};
  return {good("tls", fmt::format("{}, valid until {}", chain->front().subject_name(), to_iso8601(until)))};
}

std::vector<Finding> inspect_key_directory(const DoctorOptions& options) {
  if (!options.attestation_key_path) return {};
  const auto state = attester::inspect_operator_key(*options.attestation_key_path);
  if (!state)
    return {bad("attestation key", state.error().detail, "correct owner and mode, or name another directory")};
  switch (*state) {
    case attester::KeyDirectory::kHasKey:
      return {good("attestation key", *options.attestation_key_path + ": has a key")};
    case attester::KeyDirectory::kEmpty:
      return {good("attestation key", *options.attestation_key_path + ": a key will be made")};
    case attester::KeyDirectory::kMissing:
      return {good("attestation key", *options.attestation_key_path + ": will be made, with a key")};
  }
  return {};
}

std::vector<Finding> inspect_listen(const DoctorOptions& options) {
  if (!options.listen) return {};
  const std::string shown = fmt::format("{}, port {}", options.listen->address().to_string(), options.listen->port());
  net::asio::io_context context{1};
  net::Acceptor acceptor(context);
  boost::system::error_code error;
  acceptor.open(options.listen->protocol(), error);
  if (!error) acceptor.set_option(net::Acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(*options.listen, error);
  if (!error) return {good("listen", shown + ": is free")};
  const std::string found = fmt::format("{}: {}", shown, error.message());
  if (error == boost::system::errc::address_in_use)
    return {{"listen", State::kNote, found, "stop what serves there, unless it is this minionsd"}};
  return {bad("listen", found, "name an address of this machine, and a port that this user may open")};
}

std::vector<Finding> inspect_api_keys(const DoctorOptions& options) {
  if (!options.api_keys_file) return {};
  const auto keys = gateway::ApiKeys::read(*options.api_keys_file);
  const std::string fix = fmt::format("minionsd key new NAME --api-keys {}", *options.api_keys_file);
  if (!keys) return {bad("api keys", keys.error().detail, fix)};
  if (keys->empty()) return {bad("api keys", *options.api_keys_file + ": has none, so that nobody may ask", fix)};
  return {good("api keys", fmt::format("{}: keys: {}", *options.api_keys_file, keys->size()))};
}

std::vector<Finding> inspect_model_file(const DoctorOptions& options) {
  if (!options.model_file) return {};
  const std::string& file = *options.model_file;
  std::ifstream in(file, std::ios::binary);
  char magic[4] = {};
  in.read(magic, sizeof magic);
  if (!in.is_open() || in.gcount() != sizeof magic)
    return {bad("model", file + ": cannot be read", "name a GGUF file that this user may read")};
  if (std::string_view(magic, sizeof magic) != "GGUF")
    return {bad("model", file + ": is not a GGUF file", "name a model in llama.cpp's format")};
  return {good("model", file + ": a GGUF file")};
}

std::vector<Finding> inspect_upstream(const DoctorOptions& options) {
  if (!options.models.upstream) return {};
  const std::string fix = "start the model server, or correct --upstream";
  const auto source = make_model_source(options.models, [] { return false; });
  if (!source) return {bad("upstream", source.error().detail, fix)};
  const auto models = list_models(*source);
  if (!models) return {bad("upstream", models.error().detail, fix)};
  return {good("upstream", fmt::format("{} models, {}", models->size(), name_of(source->where)))};
}

}  // namespace

std::vector<Finding> inspect(const DoctorOptions& options) {
  std::vector<Finding> all = {inspect_cpu(), inspect_tsm(options.attester)};
  const auto add = [&](std::vector<Finding> more) {
    all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  };
  add(inspect_devices(options.attester));
  add(inspect_gpus(options.attester));
  all.push_back(inspect_attesting(options.attester));
  all.push_back(inspect_locked_memory());
  all.push_back(inspect_dumps());
  all.push_back(inspect_swap());
  all.push_back(inspect_clock());
  add(inspect_tls(options));
  add(inspect_key_directory(options));
  add(inspect_listen(options));
  add(inspect_api_keys(options));
  add(inspect_model_file(options));
  add(inspect_upstream(options));
  return all;
}

}  // namespace minions::minionsd
