#include "attestation/core/trust_vector.h"

#include <nlohmann/json.hpp>

#include "attestation/core/result.h"

namespace minions::attestation {
namespace {

// The draft's section 2.3, by claim.
namespace value {
constexpr std::int8_t kNoClaim = 0;
constexpr std::int8_t kUnexpectedEvidence = 1, kCryptoValidationFailed = 99;
constexpr std::int8_t kTrustworthyInstance = 2, kUnrecognizedInstance = 97;
constexpr std::int8_t kApprovedConfig = 2, kUnsafeConfig = 32, kUnsupportableConfig = 96;
constexpr std::int8_t kApprovedRuntime = 2, kApprovedBoot = 3, kUnrecognizedRuntime = 33;
constexpr std::int8_t kApprovedFiles = 2, kUnrecognizedFiles = 32;
constexpr std::int8_t kGenuineHardware = 2, kUnsafeHardware = 32, kContraindicatedHardware = 96,
                      kUnrecognizedHardware = 97;
constexpr std::int8_t kEncryptedMemory = 2, kIsolatedMemory = 32, kVisibleMemory = 96;
constexpr std::int8_t kTrustedSources = 2, kUntrustedSources = 32;
}  // namespace value

class Claims {
 public:
  explicit Claims(const TrustVectorInput& input) : input_(input) {
    for (const EvidenceItem& item : input.evidence) {
      if (!is_gpu_type(item.type) && item.type != evidence_type::kAzureMaa) kind_ = item.type;
    }
    if (!is_simulated(input.evidence)) reach_ = reach_of(input.policy, kind_);
  }

  [[nodiscard]] TrustVector all() const {
    // What another party signed, or what is of another time, supports no claim at all.
    if (has_failed("attestor.signature")) return every(value::kCryptoValidationFailed);
    for (const std::string_view id : {"nonce", "binding", "statement.window"}) {
      if (has_failed(id)) return every(value::kUnexpectedEvidence);
    }
    TrustVector vector;
    vector.instance_identity = instance_identity();
    vector.sourced_data = sourced_data();
    if (is_simulated(input_.evidence)) {
      vector.hardware = value::kUnrecognizedHardware;
      vector.runtime_opaque = value::kVisibleMemory;
      return any_failed() ? without_approval(vector) : vector;
    }
    if (kind_.empty()) return vector;  // pieces that belong to no machine make no claim about one
    vector.configuration = configuration();
    vector.executables = executables();
    vector.file_system = file_system();
    vector.hardware = hardware();
    vector.runtime_opaque = runtime_opaque();
    add_gpus(vector);
    return any_failed() ? without_approval(vector) : vector;
  }

 private:
  // Whether a check of this group of the CPU's evidence had this outcome: "chain" is evidence.KIND.chain and everything
  // below it.
  [[nodiscard]] bool any(std::string_view group, Outcome outcome) const {
    const std::string prefix = "evidence." + kind_ + "." + std::string(group);
    return std::any_of(input_.checks.begin(), input_.checks.end(), [&](const Check& check) {
      const bool in_group =
          check.id.starts_with(prefix) && (check.id.size() == prefix.size() || check.id[prefix.size()] == '.');
      return in_group && check.outcome == outcome;
    });
  }
  [[nodiscard]] bool failed(std::string_view group) const { return any(group, Outcome::kFail); }
  [[nodiscard]] const Check* find(std::string_view id) const {
    for (const Check& check : input_.checks) {
      if (check.id == id) return &check;
    }
    return nullptr;
  }

  [[nodiscard]] bool any_failed() const {
    return std::any_of(input_.checks.begin(), input_.checks.end(),
                       [](const Check& check) { return check.outcome == Outcome::kFail; });
  }
  // For the check of a GPU: evidence.nvidia-gpu.GROUP.WHAT, whatever WHAT is.
  [[nodiscard]] bool gpu_failed(std::initializer_list<std::string_view> groups) const {
    constexpr std::string_view kGpus[] = {"evidence.nvidia-gpu.", "evidence.nvidia-nras."};
    return std::any_of(input_.checks.begin(), input_.checks.end(), [&](const Check& check) {
      if (check.outcome != Outcome::kFail) return false;
      for (const std::string_view prefix : kGpus) {
        if (!check.id.starts_with(prefix)) continue;
        const std::string_view rest = std::string_view(check.id).substr(prefix.size());
        return groups.size() == 0 || std::any_of(groups.begin(), groups.end(), [&](std::string_view group) {
                 return rest.starts_with(group) && (rest.size() == group.size() || rest[group.size()] == '.');
               });
      }
      return false;
    });
  }
  // A model also reads what is sent in the GPU's memory.
  void add_gpus(TrustVector& vector) const {
    const auto at_least = [](std::int8_t& claim, std::int8_t value) { claim = std::max(claim, value); };
    if (gpu_failed({"parse", "signature", "chain", "binding", "distinct"})) {
      at_least(vector.hardware, value::kUnrecognizedHardware);
    } else if (gpu_failed({"policy.ocsp"})) {
      at_least(vector.hardware, value::kContraindicatedHardware);
    } else if (gpu_failed({})) {
      at_least(vector.hardware, value::kUnsafeHardware);
    }
    if (gpu_failed({"rim", "policy.rim", "measurements"})) at_least(vector.executables, value::kUnrecognizedRuntime);
    if (gpu_failed({}) || has_failed("gpu.count") || has_failed("gpu.distinct") || has_failed("gpu.nras"))
      at_least(vector.runtime_opaque, value::kVisibleMemory);
  }
  // Nothing about refused evidence is affirmed: an affirming claim becomes no claim, and the configuration, which does
  // not meet the policy, is not supported.
  [[nodiscard]] static TrustVector without_approval(TrustVector vector) {
    for (std::int8_t* claim : {&vector.configuration, &vector.executables, &vector.file_system, &vector.hardware,
                               &vector.runtime_opaque, &vector.sourced_data}) {
      if (*claim < 32) *claim = value::kNoClaim;
    }
    vector.configuration = std::max(vector.configuration, value::kUnsupportableConfig);
    return vector;
  }

  [[nodiscard]] const std::vector<Gap>& missing() const {
    return input_.missing != nullptr ? *input_.missing : reach_.missing;
  }
  [[nodiscard]] bool has_failed(std::string_view id) const {
    const Check* const check = find(id);
    return check != nullptr && check->outcome == Outcome::kFail;
  }
  [[nodiscard]] static TrustVector every(std::int8_t claim) {
    return {claim, claim, claim, claim, claim, claim, claim, claim};
  }

  [[nodiscard]] std::int8_t instance_identity() const {
    const Check* const key = find("attestor.key");
    if (key == nullptr || key->outcome == Outcome::kWaived) return value::kNoClaim;
    return key->outcome == Outcome::kPass ? value::kTrustworthyInstance : value::kUnrecognizedInstance;
  }
  [[nodiscard]] std::int8_t configuration() const {
    for (const std::string_view id : {"models.where", "statement.overrides", "tls.spki", "simulated.allowed"}) {
      if (has_failed(id)) return value::kUnsupportableConfig;
    }
    if (failed("policy")) return value::kUnsupportableConfig;
    return missing().empty() ? value::kApprovedConfig : value::kUnsafeConfig;
  }
  [[nodiscard]] bool code_differs() const {
    for (const std::string_view group :
         {"policy.measurement", "policy.mrtd", "policy.rtmr0", "policy.rtmr1", "policy.rtmr2", "policy.rtmr3",
          "policy.pcr", "policy.paravisor", "policy.host_data", "policy.mrconfigid", "policy.id_key_digest"}) {
      if (failed(group)) return true;
    }
    return false;
  }
  // Whether the hardware stated it: what it did not sign names no code either.
  [[nodiscard]] bool is_genuine() const {
    return std::none_of(input_.checks.begin(), input_.checks.end(), [](const Check& check) {
      constexpr std::string_view kEvidence = "evidence.";
      if (check.outcome != Outcome::kFail || !check.id.starts_with(kEvidence)) return false;
      const std::string_view id = std::string_view(check.id).substr(kEvidence.size());
      const std::size_t dot = id.find('.');
      if (dot == std::string_view::npos || id.substr(0, dot) == evidence_type::kAzureMaa) return false;
      const std::string_view group = id.substr(dot + 1, id.find('.', dot + 1) - dot - 1);
      return group == "parse" || group == "signature" || group == "chain" || group == "binding";
    });
  }
  [[nodiscard]] std::int8_t executables() const {
    if (!is_genuine()) return value::kNoClaim;
    if (code_differs()) return value::kUnrecognizedRuntime;
    if (reach_.identity == CodeIdentity::kPrograms) return value::kApprovedRuntime;
    return reach_.identity == CodeIdentity::kKernel ? value::kApprovedBoot : value::kUnrecognizedRuntime;
  }
  [[nodiscard]] std::int8_t file_system() const {
    if (!is_genuine()) return value::kNoClaim;
    if (reach_.identity == CodeIdentity::kPrograms && !code_differs()) return value::kApprovedFiles;
    return value::kUnrecognizedFiles;
  }
  [[nodiscard]] std::int8_t hardware() const {
    if (any("tcb.not_revoked", Outcome::kFail)) return value::kContraindicatedHardware;
    if (!is_genuine()) return value::kUnrecognizedHardware;
    const bool old = failed("tcb") || any("tcb", Outcome::kWaived) || any("chain.revocation", Outcome::kWaived);
    return old ? value::kUnsafeHardware : value::kGenuineHardware;
  }
  [[nodiscard]] std::int8_t runtime_opaque() const {
    if (hardware() >= value::kContraindicatedHardware || failed("policy.debug")) return value::kVisibleMemory;
    const bool open =
        std::any_of(missing().begin(), missing().end(), [](const Gap& gap) { return !gap.reader.empty(); });
    return open ? value::kIsolatedMemory : value::kEncryptedMemory;
  }
  [[nodiscard]] std::int8_t sourced_data() const {
    const Check* const weights = find("models.weights");
    if (weights == nullptr || weights->outcome == Outcome::kWaived) return value::kNoClaim;
    return weights->outcome == Outcome::kPass ? value::kTrustedSources : value::kUntrustedSources;
  }

  const TrustVectorInput& input_;
  std::string kind_;
  PolicyReach reach_;
};

}  // namespace

Json TrustVector::to_json() const {
  return {{"instance-identity", instance_identity},
          {"configuration", configuration},
          {"executables", executables},
          {"file-system", file_system},
          {"hardware", hardware},
          {"runtime-opaque", runtime_opaque},
          {"storage-opaque", storage_opaque},
          {"sourced-data", sourced_data}};
}

TrustVector trust_vector(const TrustVectorInput& input) { return Claims(input).all(); }

TrustVector worse_of(const TrustVector& one, const TrustVector& other) {
  const auto worse = [](std::int8_t a, std::int8_t b) {
    const std::int8_t highest = std::max(a, b);
    return highest >= 32 ? highest : std::min(a, b);  // no claim is worse than an affirming one
  };
  return {worse(one.instance_identity, other.instance_identity),
          worse(one.configuration, other.configuration),
          worse(one.executables, other.executables),
          worse(one.file_system, other.file_system),
          worse(one.hardware, other.hardware),
          worse(one.runtime_opaque, other.runtime_opaque),
          worse(one.storage_opaque, other.storage_opaque),
          worse(one.sourced_data, other.sourced_data)};
}

}  // namespace minions::attestation
