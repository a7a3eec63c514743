// The appraisal policy: what a verifier demands of evidence (TOML; docs/policy.md lists the tables). Every value
// remembers where it comes from, so that each check can say it. Judges nothing itself.
#pragma once

#include <map>
#include <optional>

#include "attestation/statement.h"

namespace minions::attestation {

// A demand and its origin: "built-in", "policy line 12" or "flag --allow-simulated".
template <class T>
struct Rule {
  T value{};
  std::string source = "built-in";
};
// Present only where the policy or a flag speaks of it.
template <class T>
using OptionalRule = std::optional<Rule<T>>;

using Measurement = ByteArray<48>;                                     // SNP MEASUREMENT, TDX MRTD and RTMRs: SHA-384
using PcrRules = std::map<std::uint8_t, Rule<std::vector<Digest32>>>;  // PCR index to the values it may have

struct SnpRules {
  Rule<bool> allow_debug{false};
  Rule<std::uint64_t> max_vmpl{0};
  Rule<bool> allow_migration_agent{false};
  OptionalRule<std::vector<Measurement>> measurements;
  OptionalRule<std::vector<Digest32>> host_data;
  OptionalRule<std::vector<Measurement>> id_key_digests;
  std::map<std::string, Rule<std::uint64_t>> min_tcb;  // by component: fmc, bootloader, tee, snp, microcode
  PcrRules pcrs;
};

struct TdxRules {
  Rule<bool> allow_debug{false};
  Rule<std::vector<std::string>> accepted_tcb{{"UpToDate"}};
  OptionalRule<std::vector<Measurement>> measurements;
  std::array<OptionalRule<std::vector<Measurement>>, 4> rtmrs;
  PcrRules pcrs;
};

enum class RimMode { kRequire, kIfPresent, kOff };
enum class OcspMode { kRequire, kOff };

struct GpuRules {
  Rule<bool> require_secboot{true};
  Rule<bool> require_dbgstat_disabled{true};
  OptionalRule<std::uint64_t> count;  // at least so many GPUs
  Rule<RimMode> rim{RimMode::kRequire};
  Rule<OcspMode> ocsp{OcspMode::kRequire};
};

struct JwtRules {
  Rule<std::uint64_t> leeway_s{0};
  OptionalRule<std::string> maa_issuer;  // from the policy, never from a token
};

// SHA-256 of the DER of root certificates *in place of* the built-in pins (attestation/roots.h): private authorities,
// tests.
struct RootRules {
  OptionalRule<std::vector<Digest32>> amd;
  OptionalRule<std::vector<Digest32>> intel;
  OptionalRule<std::vector<Digest32>> nvidia_device;
  OptionalRule<std::vector<Digest32>> nvidia_rim;
};

enum class TlsMode { kRequire, kIfListed, kOff };
enum class FreshnessMode {
  kNonce,   // the client's own nonce is in the evidence
  kCached,  // evidence of the epoch will do
};

struct PolicyRules {
  SnpRules snp;
  TdxRules tdx;
  GpuRules gpu;
  JwtRules jwt;
  RootRules roots;
  Rule<bool> allow_simulated{false};
  Rule<bool> allow_overrides{false};  // a statement that names overrides of the machine's own parts
  OptionalRule<std::vector<Digest32>> attestor_spki_sha256;
  Rule<TlsMode> tls{TlsMode::kIfListed};
  Rule<FreshnessMode> freshness{FreshnessMode::kNonce};
  Rule<bool> allow_remote_models{false};
  OptionalRule<std::vector<std::string>> model_ids;                     // every model of the statement is one of these
  std::map<std::string, Rule<std::string>, std::less<>> model_weights;  // hex SHA-256 by model id
  OptionalRule<Suite> suite;
  std::map<std::string, Rule<std::string>, std::less<>> waived;  // the reason by check id
};

// The short way: what the command line gives. Fills in what the policy leaves open.
struct PolicyFlags {
  enum class Simulated { kAsPolicySays, kAllow };
  Simulated simulated = Simulated::kAsPolicySays;      // --allow-simulated
  std::optional<std::string> trusted_attestation_pem;  // contents of --trusted-attestation-pem FILE
  std::optional<std::string> vm_launch_measurement;    // contents of --vm-launch-measurement FILE
};

class AppraisalPolicy {
 public:
  // Hardware required, simulated refused, a measurement or an attestor key to be given.
  [[nodiscard]] static AppraisalPolicy built_in() { return {}; }
  // kUsage with file, line, what was expected and what was found. Unknown tables and keys are errors: a rule that is
  // misspelt must not be a rule that is not there.
  [[nodiscard]] static Result<AppraisalPolicy> parse(std::string_view toml, std::string_view file_name);

  // kUsage where a flag contradicts the policy.
  [[nodiscard]] Result<AppraisalPolicy> with(const PolicyFlags& flags) const;

  [[nodiscard]] const PolicyRules& rules() const { return rules_; }
  // Equal digests mean equal demands: part of the key under which verified statements are remembered.
  [[nodiscard]] const Digest32& digest() const { return digest_; }

 private:
  AppraisalPolicy() = default;
  PolicyRules rules_;
  Digest32 digest_{};
};

// The checks that [waive] may name.
[[nodiscard]] std::span<const std::string_view> waivable_checks();

}  // namespace minions::attestation
