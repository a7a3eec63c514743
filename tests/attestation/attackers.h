// The attackers that a policy is for, each as a change of the machine that answers, and the policies that they meet.
// docs/threat_model.md has the outcome of each against each; attackers_test.cpp keeps it true.
#pragma once

#include "attestation/synthetic_machine.h"

namespace minions::attestation::attackers {

using synthetic::Machine;

struct Attacker {
  std::string name;
  std::function<void(Machine&)> act;
  // The best class that what the classes mean leaves for it under any policy; nothing: it is never accepted.
  std::optional<VerdictClass> at_most;
};

struct Column {
  std::string name;
  AppraisalPolicy policy;
};

struct Table {
  std::string title;
  Machine genuine;
  std::vector<Attacker> rows;
  std::vector<Column> columns;
};

// The class, or the first check that fails: "evidence.TYPE." reads "...".
[[nodiscard]] std::string outcome_of(const AttestationResult& result, std::string_view kind);

// ---- rows ----
inline constexpr std::string_view kJunkRow = "a revoked intermediate, with junk stapled";
void take_own_key(Machine& machine);  // in place of the operator's
void age_firmware(Machine& machine);
void make_debuggable(Machine& machine);
void relay(Machine& machine);
[[nodiscard]] std::vector<Attacker> machine_attackers(const Machine& genuine);
[[nodiscard]] std::vector<Attacker> gpu_attackers();
[[nodiscard]] std::vector<Attacker> simulated_attackers();

// ---- columns ----
[[nodiscard]] Machine gpu_machine();
// What minions policy init writes of this machine.
[[nodiscard]] std::string draft_of(const Machine& machine, std::optional<Covers> covers,
                                   const AppraisalPolicy& base = AppraisalPolicy::built_in());
[[nodiscard]] AppraisalPolicy parsed(const std::string& toml);
[[nodiscard]] std::vector<Column> machine_columns(const Machine& genuine);
[[nodiscard]] std::vector<Column> token_columns(const Machine& genuine);
[[nodiscard]] std::vector<Column> gpu_columns();
[[nodiscard]] std::vector<Column> simulated_columns();
// Each policy in a TOML block of README.md and docs/, with its placeholders filled in from the genuine servers.
[[nodiscard]] std::vector<Column> example_columns();

[[nodiscard]] std::vector<Table> tables();

// ---- keys ----
// One key of a policy, and a machine whose outcome turns on it.
struct KeyRow {
  std::string key;  // as describe() names it
  std::string value;
  std::string machine;  // in words
  std::string kind;
  std::function<void(Machine&)> act = [](Machine&) {};
  std::vector<std::string> more{};  // further lines, and keys of the base that are left out: "-gpu.none"
};
[[nodiscard]] std::vector<KeyRow> key_rows();
struct KeyOutcome {
  std::string without;
  std::string with;
};
[[nodiscard]] KeyOutcome judge(const KeyRow& row);
// The genuine machine of a kind, by a policy with the key in it, and where the key stands there.
struct KeyOnKind {
  std::string source;  // "policy line 3"
  AttestationResult result;
};
[[nodiscard]] KeyOnKind judge_on(const KeyRow& row, const std::string& kind);
[[nodiscard]] std::vector<std::string> kinds_with_gpus();  // as KeyRow::kind names them

}  // namespace minions::attestation::attackers
