// What a verdict means: who could read what is sent. Three classes, derived from what a policy names of the code on
// each kind of machine and from what the evidence shows. Pure functions; appraise() decides.
#pragma once

#include "attestation/core/evidence.h"
#include "attestation/core/statement.h"
#include "attestation/policy/policy.h"

namespace minions::attestation {

struct Check;

// The type of the machine's item; empty if there is none.
[[nodiscard]] std::string_view cpu_kind(const Evidence& evidence);
// SEV-SNP, bare or on Azure.
[[nodiscard]] bool is_snp_kind(std::string_view kind);

// How much of what runs on a machine is fixed by a policy's values.
enum class CodeIdentity {
  kNone,      // no value for this kind of machine
  kFirmware,  // what every customer of the same cloud has
  kKernel,    // kernel, initrd and command line, but not the programs that they start
  kPrograms,  // all, down to the program that reads prompts
};
[[nodiscard]] std::string_view name_of(CodeIdentity identity);

// What keeps a verdict from `confidential`.
struct Gap {
  std::string what;         // "PCR 7, the keys of secure boot, is not named"
  std::string fix;          // "add [snp.pcrs] 7 = ..."
  std::string reader = {};  // who could read because of it, if anyone besides the operator

  [[nodiscard]] std::string text() const { return what + ": " + fix; }
};

// What a policy can reach on one kind of machine, whatever the machine shows.
struct PolicyReach {
  CodeIdentity identity = CodeIdentity::kNone;
  bool is_refused = false;  // by a rule that evidence of the kind cannot meet
  bool names_own = false;   // something that not every machine with this firmware has: a kernel, or what boots on Azure
  std::vector<Gap> missing;

  // The best class; nothing if the policy names too little for any.
  [[nodiscard]] std::optional<VerdictClass> best(const PolicyRules& policy) const;
};
[[nodiscard]] PolicyReach reach_of(const PolicyRules& policy, std::string_view kind);

// The kinds of CPU evidence for which the policy has reference values: measurements, registers, an ID block.
[[nodiscard]] std::vector<std::string_view> kinds_with_references(const PolicyRules& policy);
// The kinds of CPU evidence that the policy admits, in the order of kCpuKinds.
[[nodiscard]] std::vector<std::string_view> open_kinds(const PolicyRules& policy);
// platform.kind: the answering machine chooses its evidence, so a policy with values for one kind must not accept
// another kind without any.
[[nodiscard]] Check check_kind(const Evidence& evidence, const PolicyRules& policy);

struct Verdict {
  std::optional<VerdictClass> verdict_class;  // nothing: what was named has no class
  std::vector<std::string> readers;           // short sentences, the fewest first
  std::vector<Gap> missing;                   // for `confidential`, and for keeping it
};

struct VerdictInput {
  const Evidence& evidence;
  const Statement* statement = nullptr;  // null: files bound to no statement, or a policy alone
  const PolicyRules& policy;
  std::span<const Check> checks;  // all that were made
  // Files have no statement that a key could have signed, and nothing binds GPUs to the machine: operator-trusted at
  // best, if the policy names something of the machine's own; and what the policy would let a statement state counts as
  // stated. A policy alone has the class of the best server that it accepts: no class without a pin, and what it allows
  // is named as a condition.
  bool of_files = false;
};
// For evidence whose checks passed or were waived.
[[nodiscard]] Verdict judge_verdict(const VerdictInput& input);
// Of several machines: the lowest class, and the readers and gaps of all.
[[nodiscard]] Verdict lowest_of(std::vector<Verdict> verdicts);
// verdict.class: the class that the policy requires, or a better one.
[[nodiscard]] Check check_class(const Verdict& verdict, const PolicyRules& policy);

// For `minions policy check`: who could read, by the policy alone, on each kind that it admits. The class is the best
// that a server can get.
struct KindVerdict {
  std::string kind;
  Verdict verdict;
};
[[nodiscard]] std::vector<KindVerdict> verdicts_of(const PolicyRules& policy);

}  // namespace minions::attestation
