// What a policy can reach on each kind of machine, given what it names of the code, and which kinds it admits.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "attestation/core/expectation.h"
#include "attestation/core/verdict.h"

namespace minions::attestation {
namespace {

constexpr std::string_view kCpuKinds[] = {evidence_type::kSevSnp, evidence_type::kAzureSnpVtpm, evidence_type::kTdx,
                                          evidence_type::kAzureTdxVtpm};
constexpr std::uint8_t kStartedPcr = 4;
constexpr std::uint8_t kSecureBootPcr = 7;
constexpr std::uint8_t kUkiPcr = 11;
// What the image's own boot stub reads from next to the image.
constexpr std::pair<std::uint8_t, std::string_view> kBesideUki[] = {{12, "command lines and credentials"},
                                                                    {13, "system extensions"}};
// The image or boot loader, what it reads and runs, and a unified image's parts.
constexpr std::uint8_t kOfWhatBoots[] = {kStartedPcr, 8, 9, kUkiPcr};
constexpr std::string_view kMeasurementFlag = "flag --vm-launch-measurement";

std::string_view table_of(std::string_view kind) { return is_snp_kind(kind) ? "snp" : "tdx"; }

bool given_by_flag(const OptionalRule<std::vector<Measurement>>& rule) {
  return rule && rule->source == kMeasurementFlag;
}

bool has_snp_references(const SnpRules& snp) {
  return snp.measurements || snp.host_data || snp.id_key_digests || snp.author_key_digests || snp.family_ids ||
         snp.image_ids;
}

bool has_tdx_references(const TdxRules& tdx) {
  return tdx.measurements || tdx.platforms || tdx.mrconfigid || tdx.mrowner || tdx.mrownerconfig ||
         std::any_of(tdx.rtmrs.begin(), tdx.rtmrs.end(), [](const auto& rule) { return rule.has_value(); });
}

// On Azure the measurement is the paravisor's, and the user's own code shows in the registers. A measurement given by a
// flag applies to every kind: the flag cannot state which one it is for.
bool has_references(const PolicyRules& policy, std::string_view kind) {
  if (kind == evidence_type::kSevSnp) return has_snp_references(policy.snp);
  if (kind == evidence_type::kTdx) return has_tdx_references(policy.tdx);
  if (kind == evidence_type::kAzureSnpVtpm) return !policy.snp.pcrs.empty() || given_by_flag(policy.snp.measurements);
  return !policy.tdx.pcrs.empty() || given_by_flag(policy.tdx.measurements);
}

// A table that covers two kinds: only [platform] kinds can state which of them it means.
bool is_ambiguous(const PolicyRules& policy, std::string_view kind) {
  if (is_snp_kind(kind)) return !policy.snp.pcrs.empty() && has_snp_references(policy.snp);
  return !policy.tdx.pcrs.empty() && has_tdx_references(policy.tdx);
}

// All zeros: never extended. All ones: not present. The same on every machine in the world.
template <std::size_t N>
bool identifies(const std::vector<ByteArray<N>>& values) {
  return !values.empty() && std::none_of(values.begin(), values.end(), [](const ByteArray<N>& value) {
    const auto all = [&](std::uint8_t byte) {
      return std::all_of(value.begin(), value.end(), [&](std::uint8_t each) { return each == byte; });
    };
    return all(0x00) || all(0xFF);
  });
}

template <std::size_t N>
bool names(const OptionalRule<std::vector<ByteArray<N>>>& rule) {
  return rule && identifies(rule->value);
}

bool names_pcr(const PcrRules& pcrs, std::uint8_t index) {
  const auto found = pcrs.find(index);
  return found != pcrs.end() && identifies(found->second.value);
}

std::string add(std::string_view table, std::string_view line) { return fmt::format("add [{}] {}", table, line); }

class Reach {
 public:
  Reach(const PolicyRules& policy, std::string_view kind) : policy_(policy), kind_(kind), table_(table_of(kind)) {}

  [[nodiscard]] PolicyReach look() {
    if (!has_references(policy_, kind_)) {
      lacks("no value of the policy identifies the code", "minions policy init --from URL writes them");
    } else {
      reach_.identity = identity();
      reach_.names_own = reach_.identity >= CodeIdentity::kKernel || names_what_boots();
    }
    look_at_rules_of_a_vtpm();
    look_at_tokens();
    look_at_gpus();
    look_at_what_is_allowed();
    look_at_waivers();
    return std::move(reach_);
  }

 private:
  void lacks(std::string_view what, std::string_view fix, std::string_view reader = {}) {
    reach_.missing.push_back({std::string(what), std::string(fix), std::string(reader)});
  }

  // A rule that no evidence of the kind can meet.
  void refuses(std::string_view what, std::string_view fix) {
    reach_.is_refused = true;
    lacks(what, fix);
  }

  [[nodiscard]] CodeIdentity identity() {
    const Covers covers = is_snp_kind(kind_) ? policy_.snp.covers.value : policy_.tdx.covers.value;
    const bool measured = look_at_measurements(covers);
    if (covers == Covers::kConfig && is_azure_type(kind_)) {
      lacks("covers = \"config\" says nothing on Azure, where the paravisor stands between",
            add(table_, "covers = \"root\""));
      return CodeIdentity::kFirmware;
    }
    const bool configured = covers != Covers::kConfig || look_at_configuration();
    if (covers == Covers::kRoot || covers == Covers::kConfig)
      return measured && configured ? CodeIdentity::kPrograms : CodeIdentity::kFirmware;
    lacks(covers == Covers::kKernel ? "the kernel is identified, and boots any root file system"
                                    : "the values identify firmware, which other customers of the same cloud have, too",
          add(table_, "covers = \"root\" once the measured kernel, initrd and command line fix the root file system"));
    return covers == Covers::kKernel && measured ? CodeIdentity::kKernel : CodeIdentity::kFirmware;
  }

  // The registers that together cover the code, as the kind of machine has them.
  [[nodiscard]] bool look_at_measurements(Covers covers) {
    const std::size_t before = reach_.missing.size();
    if (kind_ == evidence_type::kSevSnp) {
      const bool by_block = names(policy_.snp.id_key_digests) && names(policy_.snp.image_ids);
      if (!names(policy_.snp.measurements) && !by_block)
        lacks("the launch measurement is not named", add("snp", "measurements, or id_key_digests and image_ids"));
      if (!names(policy_.snp.measurements) && by_block && !has_guest_floor())
        lacks("old images of the same ID key are taken", add("snp", "min_guest_svn, or measurements"));
    } else if (kind_ == evidence_type::kTdx) {
      if (!names(policy_.tdx.measurements)) lacks("MRTD, the firmware, is not named", add("tdx", "measurements"));
      for (const std::size_t i : {std::size_t{1}, std::size_t{2}}) {
        if (covers != Covers::kFirmware && !names(policy_.tdx.rtmrs[i]))
          lacks(fmt::format("RTMR{}, {}, is not named", i, i == 1 ? "the kernel" : "the command line and initrd"),
                add("tdx", fmt::format("rtmr{}", i)));
      }
    } else {
      look_at_paravisor();
      look_at_pcrs();
    }
    return reach_.missing.size() == before;
  }

  // On Azure: registers of what the paravisor started, which are meaningful if the paravisor is known. The others, with
  // the firmware and the secure boot keys, are the same on all machines.
  [[nodiscard]] bool names_what_boots() const {
    if (!is_azure_type(kind_) || (!is_snp_kind(kind_) && !names(policy_.tdx.measurements))) return false;
    const PcrRules& pcrs = is_snp_kind(kind_) ? policy_.snp.pcrs : policy_.tdx.pcrs;
    return std::any_of(std::begin(kOfWhatBoots), std::end(kOfWhatBoots),
                       [&](std::uint8_t index) { return names_pcr(pcrs, index); });
  }

  [[nodiscard]] bool has_guest_floor() const {
    return policy_.snp.min_guest_svn && policy_.snp.min_guest_svn->value > 0;
  }

  void look_at_paravisor() {
    if (kind_ == evidence_type::kAzureTdxVtpm) {
      if (!names(policy_.tdx.measurements)) lacks("MRTD, the paravisor, is not named", add("tdx", "measurements"));
      return;
    }
    if (!names(policy_.snp.measurements) && !has_guest_floor())
      lacks("old versions of the paravisor are taken", add("snp", "min_guest_svn, or measurements"));
  }

  void look_at_pcrs() {
    const PcrRules& pcrs = is_snp_kind(kind_) ? policy_.snp.pcrs : policy_.tdx.pcrs;
    // PCR 11 is open to whatever runs: a foreign system that leaves it at zeros can repeat in it what the image is
    // known to measure. This is not possible for what the firmware measures before it starts an image.
    if (!names_pcr(pcrs, kStartedPcr))
      lacks("PCR 4, what the firmware starts, is not named", add(fmt::format("{}.pcrs", table_), "4 = \"...\""));
    if (!names_pcr(pcrs, kSecureBootPcr))
      lacks("PCR 7, the keys of secure boot, is not named", add(fmt::format("{}.pcrs", table_), "7 = \"...\""));
    if (!names_pcr(pcrs, kUkiPcr))
      lacks("PCR 11, a unified kernel image, is not named, or by a value that every machine without one has",
            fmt::format("boot a UKI whose command line fixes the root, then add [{}.pcrs] 11 = \"...\"", table_));
    // Zeros are enough: nothing was taken.
    for (const auto& [index, what] : kBesideUki) {
      if (!pcrs.contains(index))
        lacks(fmt::format("PCR {}, {} from beside the image, is not named", index, what),
              add(fmt::format("{}.pcrs", table_), fmt::format("{} = \"...\"", index)));
    }
  }

  // The host writes HOST_DATA and MRCONFIGID: they are meaningful only for code that is measured and enforces them.
  [[nodiscard]] bool look_at_configuration() {
    const bool named = is_snp_kind(kind_) ? names(policy_.snp.host_data) : names(policy_.tdx.mrconfigid);
    if (!named)
      lacks(fmt::format("covers = \"config\" rests on {}, which is not named",
                        is_snp_kind(kind_) ? "HOST_DATA" : "MRCONFIGID"),
            add(table_, is_snp_kind(kind_) ? "host_data" : "mrconfigid"));
    return named;
  }

  // A report alone meets neither: policy.snp and policy.tdx refuse it.
  void look_at_rules_of_a_vtpm() {
    if (is_azure_type(kind_)) return;
    const bool snp = is_snp_kind(kind_);
    const std::string_view azure = snp ? evidence_type::kAzureSnpVtpm : evidence_type::kAzureTdxVtpm;
    const bool other_kind = policy_.kinds && std::find(policy_.kinds->value.begin(), policy_.kinds->value.end(),
                                                       azure) != policy_.kinds->value.end();
    const bool pcrs = snp ? !policy_.snp.pcrs.empty() : !policy_.tdx.pcrs.empty();
    const Rule<bool>& secure_boot = snp ? policy_.snp.require_secure_boot : policy_.tdx.require_secure_boot;
    if (other_kind || !(pcrs || (secure_boot.is_written() && secure_boot.value))) return;
    refuses(fmt::format("PCRs or secure boot are wanted, which {} evidence has not: it is refused", kind_),
            fmt::format("remove them, or add \"{}\" to [platform] kinds for the machines that they are of", azure));
  }

  void look_at_tokens() {
    const bool wanted = policy_.jwt.maa.value == TokenMode::kRequire;
    if (wanted && !is_azure_type(kind_))
      refuses(fmt::format("a token of MAA is wanted, which {} evidence has not: it is refused", kind_),
              "remove [jwt] maa");
    else if (wanted && !policy_.jwt.maa_issuer)
      refuses("a token of MAA is wanted, and no instance is named: every token is refused", add("jwt", "maa_issuer"));
    const bool off = policy_.gpu.nras.value == TokenMode::kOff;
    const bool may_be_none = policy_.gpu.count && policy_.gpu.count->value == 0;
    const auto demands = [&](const Rule<bool>& rule, const char* check) {
      return rule.is_written() && rule.value && !policy_.waived.contains(check);
    };
    if (off && !may_be_none &&
        (demands(policy_.gpu.require_secboot, "evidence.nvidia-gpu.policy.secboot") ||
         demands(policy_.gpu.require_dbgstat_disabled, "evidence.nvidia-gpu.policy.dbgstat")))
      refuses("secure boot or debugging of a GPU is to be judged, and tokens of NRAS, which state it, are off",
              "remove [gpu] nras");
  }

  void look_at_gpus() {
    const GpuRules& gpu = policy_.gpu;
    const bool wanted = gpu.count && gpu.count->value > 0;
    if (gpu.none.value) return;
    if (!wanted) {
      lacks("no evidence of a GPU is required, nor that there is none",
            add("gpu", "count = N, or none = true where the models compute on the CPU"),
            "whoever runs the machine, if the model computes on a GPU: its memory is open unless it is attested");
    } else if (gpu.rim.value != RimMode::kRequire) {
      lacks("what the GPU runs is not compared with its vendor's reference values", add("gpu", "rim = \"require\""),
            "whoever can change what the GPU runs");
    }
    if (wanted && !gpu.require_dbgstat_disabled.value)
      lacks("a GPU in debugging is accepted", "remove [gpu] require_dbgstat_disabled",
            "whoever runs the machine, if its GPU is in debugging");
    if (wanted && !gpu.require_secboot.value)
      lacks("a GPU without secure boot is accepted", "remove [gpu] require_secboot",
            "whoever can change what the GPU runs");
  }

  void look_at_what_is_allowed() {
    const bool debug = is_snp_kind(kind_) ? policy_.snp.allow_debug.value : policy_.tdx.allow_debug.value;
    if (debug)
      lacks("a guest that its host may debug is accepted", fmt::format("remove [{}] allow_debug", table_),
            "whoever runs the machine, if its guest is debuggable");
    const bool moves = is_snp_kind(kind_) ? policy_.snp.allow_migration_agent.value : policy_.tdx.allow_migration.value;
    if (moves)
      lacks("a guest that another guest may move is accepted",
            fmt::format("remove [{}] {}", table_, is_snp_kind(kind_) ? "allow_migration_agent" : "allow_migration"),
            "whoever runs the guest that may move this one");
    if (kind_ == evidence_type::kAzureSnpVtpm && policy_.snp.vmpl && policy_.snp.vmpl->value != 0)
      refuses("a report that the guest asked for itself is wanted, and the paravisor asks at VMPL 0",
              "remove [snp] vmpl");
    if (is_snp_kind(kind_) && !policy_.snp.vmpl && policy_.snp.max_vmpl.value > 0)
      lacks("less privileged software of the guest may speak for it",
            "remove [snp] max_vmpl, or name the one level: [snp] vmpl = N", "any less privileged part of the guest");
  }

  // Waivers that remove what a class depends on.
  void look_at_waivers() {
    for (const std::string_view name : {"gpu.count", "evidence.nvidia-gpu.rim", "evidence.nvidia-gpu.policy.secboot",
                                        "evidence.nvidia-gpu.policy.dbgstat"}) {
      const auto waiver = policy_.waived.find(name);
      if (waiver != policy_.waived.end())
        lacks(fmt::format("{} is waived ({})", name, waiver->second.source), "remove the waiver",
              "whoever can change, or leave out, the GPU that the check is about");
    }
  }

  const PolicyRules& policy_;
  std::string_view kind_;
  std::string_view table_;
  PolicyReach reach_;
};

}  // namespace

bool is_snp_kind(std::string_view kind) {
  return kind == evidence_type::kSevSnp || kind == evidence_type::kAzureSnpVtpm;
}

std::string_view cpu_kind(const Evidence& evidence) {
  for (const EvidenceItem& item : evidence) {
    const auto found = std::find(std::begin(kCpuKinds), std::end(kCpuKinds), item.type);
    if (found != std::end(kCpuKinds)) return *found;
  }
  return {};
}

std::string_view name_of(CodeIdentity identity) {
  switch (identity) {
    case CodeIdentity::kNone: return "nothing";
    case CodeIdentity::kFirmware: return "firmware";
    case CodeIdentity::kKernel: return "kernel";
    case CodeIdentity::kPrograms: return "programs";
  }
  return "";
}

PolicyReach reach_of(const PolicyRules& policy, std::string_view kind) { return Reach(policy, kind).look(); }

std::optional<VerdictClass> PolicyReach::best(const PolicyRules& policy) const {
  if (is_refused) return std::nullopt;
  if (missing.empty() && identity == CodeIdentity::kPrograms) return VerdictClass::kConfidential;
  if (identity == CodeIdentity::kPrograms || policy.operator_key_sha256) return VerdictClass::kOperatorTrusted;
  return std::nullopt;
}

std::vector<std::string_view> kinds_with_references(const PolicyRules& policy) {
  std::vector<std::string_view> kinds;
  for (const std::string_view kind : kCpuKinds) {
    if (has_references(policy, kind)) kinds.push_back(kind);
  }
  return kinds;
}

std::vector<std::string_view> open_kinds(const PolicyRules& policy) {
  const auto referenced = kinds_with_references(policy);
  std::vector<std::string_view> open;
  for (const std::string_view kind : kCpuKinds) {
    const bool listed = !policy.kinds || std::find(policy.kinds->value.begin(), policy.kinds->value.end(), kind) !=
                                             policy.kinds->value.end();
    const bool has = referenced.empty() || std::find(referenced.begin(), referenced.end(), kind) != referenced.end();
    if (listed && has && (policy.kinds || !is_ambiguous(policy, kind))) open.push_back(kind);
  }
  return open;
}

Check check_kind(const Evidence& evidence, const PolicyRules& policy) {
  if (is_simulated(evidence)) return Expectation{"platform.kind", ""}.waived("simulated evidence is of no machine");
  const std::string_view kind = cpu_kind(evidence);
  Expectation want{"platform.kind", "evidence of a kind that the policy has values for"};
  if (policy.kinds) {
    want = {"platform.kind", fmt::format("{}", fmt::join(policy.kinds->value, " or ")), policy.kinds->source};
    const auto& kinds = policy.kinds->value;
    if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) return want.failed(std::string(kind));
  } else if (is_ambiguous(policy, kind)) {
    return want.failed(fmt::format("{}, and [{}] has values of two kinds of machine; add [platform] kinds = [\"{}\"]",
                                   kind, table_of(kind), kind));
  }
  const auto referenced = kinds_with_references(policy);
  if (referenced.empty()) {
    if (policy.kinds) return want.pass(std::string(kind));
    return want.waived(fmt::format("the policy names neither kinds nor reference values; {} here", kind));
  }
  if (std::find(referenced.begin(), referenced.end(), kind) != referenced.end()) return want.pass(std::string(kind));
  return want.failed(
      fmt::format("{}, and the policy has reference values for {} alone", kind, fmt::join(referenced, ", ")));
}

}  // namespace minions::attestation
