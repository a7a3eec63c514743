#include "attestation/verdict.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "attestation/expectation.h"
#include "base/encoding.h"

namespace minions::attestation {
namespace {

constexpr std::string_view kCpuKinds[] = {evidence_type::kSevSnp, evidence_type::kAzureSnpVtpm, evidence_type::kTdx,
                                          evidence_type::kAzureTdxVtpm};
constexpr std::uint8_t kStartedPcr = 4;
constexpr std::uint8_t kSecureBootPcr = 7;
constexpr std::uint8_t kUkiPcr = 11;
// What the image's own boot stub takes from beside the image.
constexpr std::pair<std::uint8_t, std::string_view> kBesideUki[] = {{12, "command lines and credentials"},
                                                                    {13, "system extensions"}};
constexpr std::string_view kMeasurementFlag = "flag --vm-launch-measurement";

bool is_snp(std::string_view kind) { return kind == evidence_type::kSevSnp || kind == evidence_type::kAzureSnpVtpm; }

std::string_view table_of(std::string_view kind) { return is_snp(kind) ? "snp" : "tdx"; }

std::string hardware_of(std::string_view kind) {
  if (kind == evidence_type::kSevSnp) return "AMD SEV-SNP";
  if (kind == evidence_type::kTdx) return "Intel TDX";
  return kind == evidence_type::kAzureSnpVtpm ? "AMD SEV-SNP on Azure" : "Intel TDX on Azure";
}

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

// On Azure the measurement is the paravisor's, and the user's own code stands in the registers. One that a flag gave
// stands for every kind: the flag cannot say of which it is.
bool has_references(const PolicyRules& policy, std::string_view kind) {
  if (kind == evidence_type::kSevSnp) return has_snp_references(policy.snp);
  if (kind == evidence_type::kTdx) return has_tdx_references(policy.tdx);
  if (kind == evidence_type::kAzureSnpVtpm) return !policy.snp.pcrs.empty() || given_by_flag(policy.snp.measurements);
  return !policy.tdx.pcrs.empty() || given_by_flag(policy.tdx.measurements);
}

// One table that speaks of two kinds: which of them it means, only [platform] kinds can say.
bool is_ambiguous(const PolicyRules& policy, std::string_view kind) {
  if (is_snp(kind)) return !policy.snp.pcrs.empty() && has_snp_references(policy.snp);
  return !policy.tdx.pcrs.empty() && has_tdx_references(policy.tdx);
}

// All zeros: never extended. All ones: not there. The same on every machine of the world.
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
    }
    look_at_rules_of_a_vtpm();
    look_at_gpus();
    look_at_what_is_allowed();
    look_at_waivers();
    return std::move(reach_);
  }

 private:
  void lacks(std::string_view what, std::string_view fix, std::string_view reader = {}) {
    reach_.missing.push_back({std::string(what), std::string(fix), std::string(reader)});
  }

  [[nodiscard]] CodeIdentity identity() {
    const Covers covers = is_snp(kind_) ? policy_.snp.covers.value : policy_.tdx.covers.value;
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

  // The registers that together hold the code, as the kind of machine has them.
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
    const PcrRules& pcrs = is_snp(kind_) ? policy_.snp.pcrs : policy_.tdx.pcrs;
    // PCR 11 is open to whatever runs: a system of somebody's own, which leaves it at zeros, can repeat there what the
    // image is known to measure. Not so what the firmware measures before it starts an image.
    if (!names_pcr(pcrs, kStartedPcr))
      lacks("PCR 4, what the firmware starts, is not named", add(fmt::format("{}.pcrs", table_), "4 = \"...\""));
    if (!names_pcr(pcrs, kSecureBootPcr))
      lacks("PCR 7, the keys of secure boot, is not named", add(fmt::format("{}.pcrs", table_), "7 = \"...\""));
    if (!names_pcr(pcrs, kUkiPcr))
      lacks("PCR 11, a unified kernel image, is not named, or by a value that every machine without one has",
            fmt::format("boot a UKI whose command line fixes the root, then add [{}.pcrs] 11 = \"...\"", table_));
    // Zeros will do: nothing was taken.
    for (const auto& [index, what] : kBesideUki) {
      if (!pcrs.contains(index))
        lacks(fmt::format("PCR {}, {} from beside the image, is not named", index, what),
              add(fmt::format("{}.pcrs", table_), fmt::format("{} = \"...\"", index)));
    }
  }

  // The host writes HOST_DATA and MRCONFIGID: they say something only about code that is measured and enforces them.
  [[nodiscard]] bool look_at_configuration() {
    const bool named = is_snp(kind_) ? names(policy_.snp.host_data) : names(policy_.tdx.mrconfigid);
    if (!named)
      lacks(fmt::format("covers = \"config\" rests on {}, which is not named",
                        is_snp(kind_) ? "HOST_DATA" : "MRCONFIGID"),
            add(table_, is_snp(kind_) ? "host_data" : "mrconfigid"));
    return named;
  }

  // A report alone meets none of them: policy.snp and policy.tdx refuse it.
  void look_at_rules_of_a_vtpm() {
    if (is_azure_type(kind_)) return;
    const bool snp = is_snp(kind_);
    const std::string_view azure = snp ? evidence_type::kAzureSnpVtpm : evidence_type::kAzureTdxVtpm;
    const bool other_kind = policy_.kinds && std::find(policy_.kinds->value.begin(), policy_.kinds->value.end(),
                                                       azure) != policy_.kinds->value.end();
    const bool pcrs = snp ? !policy_.snp.pcrs.empty() : !policy_.tdx.pcrs.empty();
    const Rule<bool>& secure_boot = snp ? policy_.snp.require_secure_boot : policy_.tdx.require_secure_boot;
    if (other_kind || !(pcrs || (secure_boot.is_written() && secure_boot.value))) return;
    reach_.is_refused = true;
    lacks(fmt::format("PCRs or secure boot are wanted, which {} evidence has not: it is refused", kind_),
          fmt::format("remove them, or add \"{}\" to [platform] kinds for the machines that they are of", azure));
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
    const bool debug = is_snp(kind_) ? policy_.snp.allow_debug.value : policy_.tdx.allow_debug.value;
    if (debug)
      lacks("a guest that its host may debug is accepted", fmt::format("remove [{}] allow_debug", table_),
            "whoever runs the machine, if its guest is debuggable");
    const bool moves = is_snp(kind_) ? policy_.snp.allow_migration_agent.value : policy_.tdx.allow_migration.value;
    if (moves)
      lacks("a guest that another guest may move is accepted",
            fmt::format("remove [{}] {}", table_, is_snp(kind_) ? "allow_migration_agent" : "allow_migration"),
            "whoever runs the guest that may move this one");
    if (kind_ == evidence_type::kAzureSnpVtpm && policy_.snp.vmpl && policy_.snp.vmpl->value != 0)
      lacks("a report that the guest asked for itself is wanted, and the paravisor asks at VMPL 0",
            "remove [snp] vmpl");
    if (is_snp(kind_) && !policy_.snp.vmpl && policy_.snp.max_vmpl.value > 0)
      lacks("less privileged software of the guest may speak for it",
            "remove [snp] max_vmpl, or name the one level: [snp] vmpl = N", "any less privileged part of the guest");
  }

  // Waivers that take away what a class rests on.
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

// ---- what the evidence shows ----

std::string_view cpu_kind(const Evidence& evidence) {
  for (const EvidenceItem& item : evidence) {
    const auto found = std::find(std::begin(kCpuKinds), std::end(kCpuKinds), item.type);
    if (found != std::end(kCpuKinds)) return *found;
  }
  return {};
}

// What a server's own statement gives away.
void look_at_statement(const Statement& statement, const PolicyRules& policy, std::vector<Gap>& missing) {
  if (statement.models.empty())
    missing.push_back({"the statement names no model, and so not where one computes",
                       "try again once the server's model server tells its models",
                       {}});
  for (const ModelEntry& model : statement.models) {
    const std::string name = shown(model.id);
    if (model.where == ModelEntry::Where::kRemote)
      missing.push_back({fmt::format("the model {} computes outside the confidential VM", name),
                         "remove [models] allow_remote",
                         fmt::format("whoever runs the machine on which the model {} computes", name)});
    if (policy.gpu.none.value && model.compute != ModelEntry::Compute::kCpu)
      missing.push_back({fmt::format("the statement does not say that the model {} computes on the CPU", name),
                         "let the operator start minionsd with --compute cpu, or add [gpu] count",
                         "whoever runs the machine, if the model computes on a GPU"});
  }
  if (!statement.overrides.empty())
    missing.push_back({"parts of the machine were replaced for a test", "remove [attestor] allow_overrides",
                       "whoever replaced the parts of the machine that make its evidence"});
}

// Without a statement at hand: what the policy would let one say.
void look_at_what_statements_may_say(const PolicyRules& policy, std::vector<Gap>& missing) {
  if (policy.allow_remote_models.value)
    missing.push_back({"a model outside the confidential VM is accepted", "remove [models] allow_remote",
                       "whoever runs the machine on which such a model computes"});
  if (policy.allow_overrides.value)
    missing.push_back({"parts of the machine that were replaced for a test are accepted",
                       "remove [attestor] allow_overrides", "whoever replaced the parts that make the evidence"});
}

// Whoever stood between on the day when the values were taken chose them.
void add_first_use(const PolicyRules& policy, std::vector<std::string>& readers) {
  for (const auto& [table, origin] : policy.origins) {
    if (origin.value.starts_with("first-use"))
      readers.push_back(
          fmt::format("whoever ran the server when the values of [{}] were taken from it ({}, {}): compare "
                      "them, then run minions policy confirm",
                      table, origin.value, origin.source));
  }
}

// Whoever can keep AMD's list away decides whether it is judged, unless the policy requires it.
void add_unjudged_revocation(const PolicyRules& policy, std::string_view kind, std::span<const Check> checks,
                             std::vector<std::string>& readers) {
  if (!is_snp(kind)) return;
  const std::string id = fmt::format("evidence.{}.chain.revocation", kind);
  const bool waived = std::any_of(checks.begin(), checks.end(), [&](const Check& check) {
    return check.id == id && check.outcome == Outcome::kWaived;
  });
  const bool may_be = checks.empty() && policy.snp.crl.value == CrlMode::kIfAvailable;
  if (waived || may_be)
    readers.push_back(
        fmt::format("whoever holds an AMD key that was revoked{}: [snp] crl is not \"require\"",
                    waived ? ", since AMD's list was not to be had" : ", where AMD's list is not to be had"));
}

// What is not a matter of class, and still tells who could read.
void add_reservations(const PolicyRules& policy, std::string_view kind, std::span<const Check> checks,
                      std::vector<std::string>& readers) {
  add_first_use(policy, readers);
  const RootRules& roots = policy.roots;
  for (const auto* pins : {&roots.amd, &roots.intel, &roots.nvidia_device, &roots.nvidia_rim}) {
    if (*pins)
      readers.push_back(
          fmt::format("whoever holds the private keys of the roots that the policy trusts in place of a vendor's ({})",
                      (*pins)->source));
  }
  // The other components are 0 on many machines that are up to date.
  const auto has_floor = [&](const char* component) {
    const auto floor = policy.snp.min_tcb.find(component);
    return floor != policy.snp.min_tcb.end() && floor->second.value > 0;
  };
  if (is_snp(kind) && !(has_floor("snp") && has_floor("microcode")))
    readers.emplace_back(
        "whoever can use a known hole of old AMD firmware: [snp] min_tcb has no floor for snp and microcode");
  add_unjudged_revocation(policy, kind, checks, readers);
  const std::string tcb = fmt::format("evidence.{}.tcb", kind);
  const auto waiver = policy.waived.find(tcb);
  for (const Check& check : checks) {
    const bool by_policy = check.outcome == Outcome::kWaived && waiver != policy.waived.end() &&
                           check.source.starts_with(waiver->second.source + ":");
    if (by_policy && check.id.starts_with(tcb)) {
      readers.push_back(fmt::format("whoever can use a known hole of this machine's firmware: {}", check.to_text()));
      break;
    }
  }
  if (!is_snp(kind) && !kind.empty() &&
      std::any_of(policy.tdx.accepted_tcb.value.begin(), policy.tdx.accepted_tcb.value.end(),
                  [](const std::string& status) { return status != "UpToDate"; }))
    readers.push_back(fmt::format("whoever can use a known hole of firmware that [tdx] accepted_tcb lets in ({})",
                                  policy.tdx.accepted_tcb.source));
  const bool gpus = policy.gpu.count && policy.gpu.count->value > 0;
  if (gpus && (policy.gpu.ocsp.value == OcspMode::kOff || policy.waived.contains("evidence.nvidia-gpu.ocsp")))
    readers.emplace_back("whoever holds a GPU key that NVIDIA withdrew: revocation is not asked");
}

// Not reading, but guessing.
void add_guesses(const Statement& statement, std::vector<std::string>& readers) {
  for (const ModelEntry& model : statement.models) {
    if (model.prompt_cache == ModelEntry::PromptCache::kShared)
      readers.push_back(
          fmt::format("other users of the model {} can tell by its speed that a prompt begins as one did before: its "
                      "cache is shared",
                      shown(model.id)));
  }
}

std::string operator_sentence(const PolicyRules& policy) {
  if (!policy.attestor_spki_sha256) return "whoever runs a machine that meets the policy";
  const auto& pins = policy.attestor_spki_sha256->value;
  return fmt::format("whoever holds the operator's attestation key (sha256 {}{})", to_hex(pins.front()).substr(0, 16),
                     pins.size() > 1 ? fmt::format("... or {} more", pins.size() - 1) : "...");
}

// Who reads, from a class and what keeps it from the best one.
void add_readers(const PolicyRules& policy, std::string_view kind, Verdict& verdict) {
  if (!verdict.verdict_class) return;
  switch (*verdict.verdict_class) {
    case VerdictClass::kSimulated:
      verdict.readers.emplace_back("whoever runs the server's machine: no hardware protects it");
      verdict.readers.push_back(operator_sentence(policy));
      break;
    case VerdictClass::kOperatorTrusted:
      verdict.readers.push_back(fmt::format("the program that answers, on genuine {} hardware", hardware_of(kind)));
      verdict.readers.push_back(operator_sentence(policy));
      break;
    case VerdictClass::kConfidential:
      verdict.readers.push_back(
          fmt::format("only the code that the policy names, on genuine {} hardware", hardware_of(kind)));
      break;
  }
  for (const Gap& gap : verdict.missing) {
    if (!gap.reader.empty()) verdict.readers.push_back(gap.reader);
  }
}

}  // namespace

std::string_view name_of(VerdictClass verdict_class) {
  switch (verdict_class) {
    case VerdictClass::kSimulated: return "simulated";
    case VerdictClass::kOperatorTrusted: return "operator-trusted";
    case VerdictClass::kConfidential: return "confidential";
  }
  return "";
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
  if (identity == CodeIdentity::kPrograms || policy.attestor_spki_sha256) return VerdictClass::kOperatorTrusted;
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

Verdict judge_verdict(const VerdictInput& input) {
  const PolicyRules& policy = input.policy;
  Verdict verdict;
  if (is_simulated(input.evidence)) {
    verdict.verdict_class = VerdictClass::kSimulated;
    verdict.missing.push_back({"there is no hardware evidence", "run minionsd in a confidential VM"});
    if (input.statement != nullptr) look_at_statement(*input.statement, policy, verdict.missing);
    add_readers(policy, {}, verdict);
    add_first_use(policy, verdict.readers);
    if (input.statement != nullptr) add_guesses(*input.statement, verdict.readers);
    return verdict;
  }
  const std::string_view kind = cpu_kind(input.evidence);
  PolicyReach reach = reach_of(policy, kind);
  if (input.statement != nullptr)
    look_at_statement(*input.statement, policy, reach.missing);
  else
    look_at_what_statements_may_say(policy, reach.missing);
  verdict.verdict_class = reach.best(policy);
  if (input.of_files && !verdict.verdict_class) {
    verdict.verdict_class = VerdictClass::kOperatorTrusted;
    reach.missing.push_back({"no operator's key is pinned", "add [attestor] spki_sha256"});
  }
  verdict.missing = std::move(reach.missing);
  add_readers(policy, kind, verdict);
  if (verdict.verdict_class) add_reservations(policy, kind, input.checks, verdict.readers);
  if (verdict.verdict_class && input.statement != nullptr) add_guesses(*input.statement, verdict.readers);
  return verdict;
}

Check check_class(const Verdict& verdict, const PolicyRules& policy) {
  const Expectation want{"verdict.class", fmt::format("{} or better", name_of(policy.require.value)),
                         policy.require.source};
  std::string missing;
  for (const Gap& gap : verdict.missing) missing += (missing.empty() ? "" : "; ") + gap.text();
  if (!verdict.verdict_class)
    return want.failed(
        fmt::format("no class: the code is not identified and no operator's key is pinned ([attestor] spki_sha256 or "
                    "--trusted-attestation-pem): {}",
                    missing));
  const std::string found(name_of(*verdict.verdict_class));
  if (*verdict.verdict_class >= policy.require.value) return want.pass(found);
  std::string lines = fmt::format("{}: {}", found, missing);
  lines += fmt::format("; or, to accept it, add [verdict] require = \"{}\"", found);
  return want.failed(std::move(lines));
}

std::vector<KindVerdict> verdicts_of(const PolicyRules& policy) {
  std::vector<KindVerdict> out;
  if (policy.allow_simulated.value) {
    Verdict verdict =
        judge_verdict({.evidence = {{std::string(evidence_type::kSimulated), {}}}, .policy = policy, .checks = {}});
    out.push_back({std::string(evidence_type::kSimulated), std::move(verdict)});
  }
  for (const std::string_view kind : open_kinds(policy)) {
    Verdict verdict = judge_verdict({.evidence = {{std::string(kind), {}}}, .policy = policy, .checks = {}});
    out.push_back({std::string(kind), std::move(verdict)});
  }
  return out;
}

}  // namespace minions::attestation
