// A library that NVIDIA's programs would take for libnvidia-ml.so.1: GPUs of the tests' own, which sign reports. What
// it is like is read from the environment at nvmlInit_v2, so that whole programs can be tested with it.
//   FAKE_NVML="gpus=2 cc=1 devtools=0 multi=0 ..."; the members of Settings, all numbers
#include <cstdlib>
#include <cstring>
#include <sstream>

#include "attestation/synthetic_nvidia.h"
#include "attester/nvml_abi.h"

namespace {

using namespace minions;
using namespace minions::attester::nvml;
using attestation::nvidia::Identity;
using attestation::nvidia::ReportParts;

class Settings {
 public:
  explicit Settings(const char* text) {
    std::istringstream words(text == nullptr ? "" : text);
    for (std::string word; words >> word;) {
      const std::size_t at = word.find('=');
      values_[word.substr(0, at)] = static_cast<unsigned>(std::stoul(word.substr(at + 1)));
    }
  }
  // gpus, cc, environment, devtools, multi, init: what they say. ..._result: what a function returns, as many times as
  // ..._times says. report_size, chain_size: instead of the true ones. another_nonce, text_chain: 1 for that.
  [[nodiscard]] unsigned get(const std::string& name, unsigned otherwise = 0) const {
    const auto found = values_.find(name);
    return found == values_.end() ? otherwise : found->second;
  }
  [[nodiscard]] Return result(const std::string& function) {
    unsigned& times = values_.try_emplace(function + "_times", 1'000'000U).first->second;
    if (times == 0) return kSuccess;
    --times;
    return static_cast<Return>(get(function + "_result"));
  }

 private:
  std::map<std::string, unsigned> values_;
};

struct Gpu {
  explicit Gpu(const Identity& root)
      : ca("device ca", {.issuer = &root}),
        leaf("GH100 A01 GSP FMC LF",
             {.issuer = &ca,
              .is_ca = false,
              .extensions = {{"2.23.133.5.4.1", attestation::nvidia::composite_device_id(Bytes(48, 0x77))}}}) {}
  Identity ca;
  Identity leaf;
};

struct Machine {
  Identity root{"device root", {}};
  Settings settings{nullptr};
  std::vector<std::unique_ptr<Gpu>> gpus;
};
Machine& machine() {
  static Machine it;
  return it;
}

void put_text(const char* text, char* to, unsigned length) {
  std::strncpy(to, text, length);
  to[length - 1] = '\0';
}

const Gpu& gpu_at(Device device) { return *static_cast<const Gpu*>(device); }

}  // namespace

extern "C" {

Return nvmlInit_v2() {
  Machine& it = machine();
  it.settings = Settings(std::getenv("FAKE_NVML"));
  it.gpus.clear();
  for (unsigned i = 0; i < it.settings.get("gpus", 1); ++i) it.gpus.push_back(std::make_unique<Gpu>(it.root));
  return static_cast<Return>(it.settings.get("init"));
}
Return nvmlShutdown() { return kSuccess; }
const char* nvmlErrorString(Return) { return "words of the library"; }

Return nvmlSystemGetDriverVersion(char* text, unsigned length) {
  put_text("550.1.02\x1b", text, length);
  return machine().settings.result("driver");
}

Return nvmlSystemGetConfComputeState(SystemState* state) {
  Settings& settings = machine().settings;
  *state = {settings.get("environment", 2), settings.get("cc", 1), settings.get("devtools")};
  return settings.result("state");
}

Return nvmlSystemGetConfComputeSettings(SystemSettings* to) {
  Settings& settings = machine().settings;
  if (to->version != kSystemSettingsVersion) return 2;
  *to = {to->version, settings.get("environment", 2), settings.get("cc", 1), settings.get("devtools"),
         settings.get("multi")};
  return settings.result("settings");
}

Return nvmlDeviceGetCount_v2(unsigned* count) {
  *count = machine().settings.get("count", static_cast<unsigned>(machine().gpus.size()));
  return machine().settings.result("count");
}

Return nvmlDeviceGetHandleByIndex_v2(unsigned index, Device* device) {
  if (index >= machine().gpus.size()) return 2;
  *device = machine().gpus[index].get();
  return machine().settings.result("handle");
}

Return nvmlDeviceGetName(Device, char* text, unsigned length) {
  put_text("NVIDIA H100 of the tests", text, length);
  return machine().settings.result("name");
}

Return nvmlDeviceGetConfComputeGpuCertificate(Device device, GpuCertificate* to) {
  Settings& settings = machine().settings;
  const Gpu& gpu = gpu_at(device);
  const std::string pem =
      settings.get("text_chain") == 1 ? "no certificates" : gpu.leaf.pem() + gpu.ca.pem() + machine().root.pem();
  std::memset(to, 0, sizeof *to);
  std::memcpy(to->attestation_chain, pem.data(), pem.size());
  to->attestation_chain_size = settings.get("chain_size", static_cast<unsigned>(pem.size()));
  return settings.result("chain");
}

Return nvmlDeviceGetConfComputeGpuAttestationReport(Device device, GpuAttestationReport* to) {
  Settings& settings = machine().settings;
  ReportParts parts;
  parts.nonce.assign(std::begin(to->nonce), std::end(to->nonce));
  if (settings.get("another_nonce") == 1) parts.nonce[0] ^= 1;
  Bytes report = parts.encode();
  append(report, gpu_at(device).leaf.sign(report));
  std::memcpy(to->report, report.data(), report.size());
  to->report_size = settings.get("report_size", static_cast<unsigned>(report.size()));
  return settings.result("report");
}

// SHA-256 of the certificate that all its chains end in.
void fake_nvml_root(unsigned char* sha256) {
  const Digest32 digest = machine().root.sha256();
  std::copy(digest.begin(), digest.end(), sha256);
}
}
