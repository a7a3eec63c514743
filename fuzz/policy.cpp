// Policy files: parsed, combined with the flags of the command line, and refused with a place to look at.
#include "attestation/policy/policy.h"
#include "attestation/core/check_table.h"

#include "fuzz/vectors.h"

namespace minions::fuzz {
namespace {

using attestation::AppraisalPolicy;
using attestation::PolicyFlags;

constexpr std::string_view kFile = "fuzz.toml";

void check_refusal(const Error& error) {
  require(error.code == ErrorCode::kUsage, "a policy that cannot be read is a matter of usage");
  require(error.detail.starts_with(std::string(kFile) + " line "), "a refusal says where");
}

void check_rules(const AppraisalPolicy& policy) {
  const auto& rules = policy.rules();
  require(rules.snp.max_vmpl.value <= 3, "a VMPL is 0 to 3");
  require(rules.leeway_s.value <= 300, "leeway is bounded");
  for (const auto& [component, floor] : rules.snp.min_tcb) require(floor.value <= 255, "a TCB component is one byte");
  for (const auto& [name, reason] : rules.waived) {
    const std::string_view check = name;
    const auto known = attestation::waiver_table();
    require(std::any_of(known.begin(), known.end(), [&](const auto& waiver) { return waiver.name == check; }),
            "only what may be waived is waived");
    require(!reason.value.empty(), "a waiver has a reason");
  }
  for (const auto* list : {&rules.snp.measurements, &rules.tdx.measurements}) {
    require(!*list || !(*list)->value.empty(), "a list of reference values has one");
  }
}

void check_flags(const AppraisalPolicy& policy) {
  const PolicyFlags flags{.simulated = PolicyFlags::Simulated::kAllow,
                          .trusted_attestation_pem = vectors()["keys"]["attestor_public_pem"].get<std::string>()};
  const auto combined = policy.with(flags);
  if (!combined) {
    require(combined.error().code == ErrorCode::kUsage, "a contradiction is a matter of usage");
    return;
  }
  require(combined->digest() != policy.digest(), "flags make another policy");
  require(combined->rules().allow_simulated.value, "the flag allows what no rule forbids");
  require(combined->rules().operator_key_sha256.has_value(), "the flag pins the attestor");
  require(policy.with({})->digest() == policy.digest(), "no flags, no other policy");
}

}  // namespace
}  // namespace minions::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace minions;
  const std::string_view toml = as_text({data, size});
  const auto policy = attestation::AppraisalPolicy::parse(toml, fuzz::kFile);
  if (!policy) {
    fuzz::check_refusal(policy.error());
    return 0;
  }
  fuzz::check_rules(*policy);
  fuzz::check_flags(*policy);
  const auto again = attestation::AppraisalPolicy::parse(toml, fuzz::kFile);
  fuzz::require(again && again->digest() == policy->digest(), "the same file is the same policy");
  return 0;
}
