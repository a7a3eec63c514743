// The appraisal policy: what a verifier demands of evidence (TOML; docs/policy.md lists the tables). Every value
// remembers its origin, so that each check can report it. Judges nothing itself.
#pragma once

#include <map>
#include <optional>

#include "attestation/core/statement.h"

namespace minions::attestation {

// A demand and its origin: "built-in", "policy line 12" or "flag --allow-simulated".
template <class T>
struct Rule {
  T value{};
  std::string source = "built-in";

  [[nodiscard]] bool is_built_in() const { return source == "built-in"; }
  [[nodiscard]] bool is_written() const { return source.starts_with("policy line"); }  // in the policy's file
};
// Present only if the policy or a flag mentions it.
template <class T>
using OptionalRule = std::optional<Rule<T>>;

// Who could read what is sent, if the vendors' hardware holds; ascending. docs/policy.md lists what each one requires.
enum class VerdictClass {
  kSimulated,        // anyone who holds the operator's key: no hardware
  kOperatorTrusted,  // also anyone with the operator's key: the hardware is genuine, the code not fully identified
  kConfidential,     // only the code that the policy names
};
[[nodiscard]] std::string_view name_of(VerdictClass verdict_class);

// What the reference values of a table fix, as stated by the policy's author: evidence cannot show it.
enum class Covers {
  kFirmware,  // only firmware: other customers of the same cloud have the same value
  kKernel,    // kernel, initrd and command line
  kRoot,      // these, and they fix the root file system
  kConfig,    // the launcher binds the workload into HOST_DATA or MRCONFIGID, and the measured code enforces it
};

using Measurement = ByteArray<48>;                                     // SNP MEASUREMENT, TDX MRTD and RTMRs: SHA-384
using PcrRules = std::map<std::uint8_t, Rule<std::vector<Digest32>>>;  // PCR index to its allowed values

// Whether an author's key must sign the key that signs the ID block.
enum class AuthorKeyMode { kNone, kRequire };

// AMD's list of revoked ASKs and ASVKs. If available: without a list the check is waived.
enum class CrlMode { kRequire, kIfAvailable };

struct SnpRules {
  Rule<bool> allow_debug{false};
  Rule<bool> allow_migration_agent{false};
  Rule<bool> allow_smt{true};
  Rule<std::uint64_t> max_vmpl{0};
  OptionalRule<std::uint64_t> vmpl;  // exactly this one
  OptionalRule<std::vector<Measurement>> measurements;
  OptionalRule<std::vector<Digest32>> host_data;
  OptionalRule<std::vector<Measurement>> id_key_digests;      // of the key that signed the ID block
  OptionalRule<std::vector<Measurement>> author_key_digests;  // of the key that signed that key
  OptionalRule<std::vector<ByteArray<16>>> family_ids;        // of the ID block, as are the image ids
  OptionalRule<std::vector<ByteArray<16>>> image_ids;
  OptionalRule<std::uint64_t> min_guest_svn;
  std::map<std::string, Rule<std::uint64_t>> min_tcb;  // by component: fmc, bootloader, tee, snp, microcode
  Rule<bool> require_secure_boot{true};                // on Azure, as stated by the paravisor
  Rule<CrlMode> crl{CrlMode::kIfAvailable};
  PcrRules pcrs;
  OptionalRule<std::vector<ByteArray<64>>> chip_ids;
  OptionalRule<std::vector<std::string>> platform_info_required;  // names of snp_platform_info_bits()
  OptionalRule<std::vector<std::string>> platform_info_forbidden;
  OptionalRule<std::string> min_firmware;                       // "1.55.29", of what runs and what is committed
  OptionalRule<bool> allow_provisional_firmware;                // false: the host cannot go back to older firmware
  OptionalRule<std::uint64_t> launch_mitigations;               // bits that must be set
  OptionalRule<std::uint64_t> current_mitigations;              // the same
  std::map<std::string, Rule<bool>, std::less<>> guest_policy;  // the value of each named bit of POLICY
  OptionalRule<std::string> min_guest_abi;                      // "1.51"
  OptionalRule<AuthorKeyMode> author_key;
  Rule<Covers> covers{Covers::kFirmware};
};

// A firmware and the virtual hardware that it is measured on.
struct TdPlatform {
  Measurement mrtd{};
  Measurement rtmr0{};
  bool operator==(const TdPlatform&) const = default;
};

struct TdxRules {
  Rule<bool> allow_debug{false};
  Rule<bool> allow_migration{false};
  Rule<bool> require_sept_ve_disable{true};
  Rule<std::vector<std::string>> accepted_tcb{{"UpToDate"}};
  OptionalRule<std::uint64_t> min_tcb_evaluation;         // tcbEvaluationDataNumber of Intel's collateral
  OptionalRule<std::vector<ByteArray<8>>> td_attributes;  // in the byte order of the quote, as is xfam
  OptionalRule<std::vector<ByteArray<8>>> xfam;
  OptionalRule<std::vector<Measurement>> mrseam;
  OptionalRule<std::vector<Measurement>> measurements;  // MRTD
  OptionalRule<std::vector<Measurement>> mrconfigid;
  OptionalRule<std::vector<Measurement>> mrowner;
  OptionalRule<std::vector<Measurement>> mrownerconfig;
  std::array<OptionalRule<std::vector<Measurement>>, 4> rtmrs;
  Rule<bool> require_secure_boot{true};  // on Azure
  PcrRules pcrs;
  Rule<Covers> covers{Covers::kFirmware};
  OptionalRule<std::vector<TdPlatform>> platforms;
  OptionalRule<std::vector<ByteArray<6>>> fmspc;
  OptionalRule<std::vector<ByteArray<16>>> ppids;
  OptionalRule<std::vector<Measurement>> mrsignerseam;
  OptionalRule<std::vector<ByteArray<8>>> seam_attributes;  // in the byte order of the quote
  // The TDX module running now: only bodies of TD 1.5 state it, and MRSERVICETD.
  OptionalRule<std::vector<ByteArray<16>>> tee_tcb_svn2;
  OptionalRule<ByteArray<16>> min_tee_tcb_svn2;  // byte by byte
  OptionalRule<std::vector<Measurement>> mrservicetd;
};

enum class RimMode { kRequire, kIfPresent, kOff };
enum class OcspMode { kRequire, kOff };
// Whether a service's token must be there. Off: a token is ignored, and not examined.
enum class TokenMode { kRequire, kIfPresent, kOff };

struct GpuRules {
  Rule<bool> require_secboot{true};
  Rule<bool> require_dbgstat_disabled{true};
  OptionalRule<std::uint64_t> count;              // at least this many GPUs
  OptionalRule<std::vector<std::string>> models;  // "GH100": the first word of the device certificate's name
  OptionalRule<std::string> min_driver;           // "550.90.07"
  OptionalRule<std::string> min_vbios;            // "96.00.9F.00.01"
  Rule<RimMode> rim{RimMode::kRequire};
  Rule<OcspMode> ocsp{OcspMode::kRequire};
  Rule<TokenMode> nras{TokenMode::kIfPresent};
  Rule<bool> none{false};                       // there must be no GPU: contradicts every other rule
  OptionalRule<std::vector<std::string>> mode;  // of "SPT", "MPT", "PPCIE"
};

// How far other clocks may differ from ours: statements may be early by this much, tokens and OCSP answers early and
// late.
inline constexpr std::uint64_t kDefaultLeewayS = 60;

struct JwtRules {
  OptionalRule<std::uint64_t> leeway_s;  // another name of [freshness] leeway_s, until the next release
  OptionalRule<std::string> maa_issuer;  // from the policy, never from a token
  Rule<std::string> nras_issuer{"https://nras.attestation.nvidia.com"};
  Rule<TokenMode> maa{TokenMode::kIfPresent};
};

// SHA-256 of the DER of root certificates that *replace* the built-in pins (attestation/core/roots.h): private
// authorities, tests.
struct RootRules {
  OptionalRule<std::vector<Digest32>> amd;
  OptionalRule<std::vector<Digest32>> intel;
  OptionalRule<std::vector<Digest32>> nvidia_device;
  OptionalRule<std::vector<Digest32>> nvidia_rim;
};

// Hex SHA-256 by model id.
using ModelDigests = std::map<std::string, Rule<std::string>, std::less<>>;

enum class TlsMode { kRequire, kIfListed, kOff };
enum class FreshnessMode {
  kNonce,   // the client's own nonce is in the evidence
  kCached,  // evidence of the epoch is enough
};

struct PolicyRules {
  SnpRules snp;
  TdxRules tdx;
  GpuRules gpu;
  JwtRules jwt;
  RootRules roots;
  Rule<VerdictClass> require{VerdictClass::kOperatorTrusted};  // the lowest accepted class; a policy file's default is
                                                               // higher
  OptionalRule<std::vector<std::string>> kinds;                // only CPU evidence of these types
  // How a table's values were obtained, by the table's name: "first-use 2026-11-29", "confirmed 2026-12-01".
  std::map<std::string, Rule<std::string>, std::less<>> origins;
  Rule<bool> allow_simulated{false};
  Rule<bool> allow_overrides{false};  // a statement that names overrides of the machine's own parts
  OptionalRule<std::vector<Digest32>> operator_key_sha256;
  Rule<TlsMode> tls{TlsMode::kIfListed};
  Rule<FreshnessMode> freshness{FreshnessMode::kNonce};
  Rule<std::uint64_t> leeway_s{kDefaultLeewayS};
  Rule<bool> allow_remote_models{false};
  OptionalRule<std::vector<std::string>> model_ids;  // every model of the statement is one of these
  ModelDigests model_weights;
  ModelDigests model_projectors;
  OptionalRule<Suite> suite;
  std::map<std::string, Rule<std::string>, std::less<>> waived;  // the reason by check id
};

// The short way: values from the command line. Fills in what the policy leaves open.
struct PolicyFlags {
  enum class Simulated { kAsPolicySays, kAllow };
  Simulated simulated = Simulated::kAsPolicySays;      // --allow-simulated
  std::optional<std::string> trusted_attestation_pem;  // contents of --trusted-attestation-pem FILE
  std::optional<std::string> vm_launch_measurement;    // contents of --vm-launch-measurement FILE
};

class AppraisalPolicy {
 public:
  // Requires hardware, refuses simulated evidence, and needs a measurement or the operator's key.
  [[nodiscard]] static AppraisalPolicy built_in() { return {}; }
  // kUsage with file, line, what was expected and what was found. Unknown tables and keys are errors: a misspelt rule
  // must not be silently dropped.
  [[nodiscard]] static Result<AppraisalPolicy> parse(std::string_view toml, std::string_view file_name);

  // kUsage if a flag contradicts the policy.
  [[nodiscard]] Result<AppraisalPolicy> with(const PolicyFlags& flags) const;

  [[nodiscard]] const PolicyRules& rules() const { return rules_; }
  // Equal digests mean equal demands: part of the key under which verified statements are remembered.
  [[nodiscard]] const Digest32& digest() const { return digest_; }

 private:
  AppraisalPolicy() = default;
  PolicyRules rules_;
  Digest32 digest_{};
};

// One rule as it holds, for people and for comparison.
struct RuleText {
  std::string name;    // "[snp] min_tcb.microcode"
  std::string value;   // as a policy would write it; "not set" if nothing is demanded
  std::string source;  // empty if it is not set
};
// Every rule of every table, in the order of docs/policy.md.
[[nodiscard]] std::vector<RuleText> describe(const PolicyRules& rules);
// What makes a policy weaker than it could be, one line each; empty: nothing found.
[[nodiscard]] std::vector<std::string> weaknesses(const PolicyRules& rules);

}  // namespace minions::attestation
