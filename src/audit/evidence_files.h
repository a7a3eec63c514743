// Evidence in files, without an attestation document around it: recognised by its content, made into the items and
// endorsements that a document would hold, and judged by the same verifiers. Each file is used or named; none passes
// unexamined.
#pragma once

#include <set>

#include "attestation/core/appraise.h"
#include "attestation/core/trust_vector.h"
#include "audit/evidence_case.h"

namespace minions::audit {

class EvidenceFiles {
 public:
  // named: the main file, which comes first; the others only accompany it, and only what is made with it is judged.
  // not_read: what else was there, and why it was skipped. kUsage: nothing recognised.
  [[nodiscard]] static Result<EvidenceFiles> sorted(std::vector<NamedFile> files, std::optional<std::string> named,
                                                    std::vector<std::string> not_read);

  // For the code that brings what is missing.
  [[nodiscard]] const attestation::Evidence& evidence() const { return evidence_; }
  [[nodiscard]] const attestation::Endorsements& endorsements() const { return endorsements_; }
  // The services whose key sets the user gave. A key set that lies next to a token comes from whoever made the files,
  // and is only named.
  void note_key_sets(const std::set<std::string>& services);

  // endorsements: the folder's, and those brought in addition.
  struct Question {
    const attestation::AppraisalChoices& choices;
    const attestation::Endorsements& endorsements;
    UnixSeconds now;
  };
  [[nodiscard]] std::vector<attestation::Check> judge(const Question& question) const;
  // The best that a statement of this machine could reach by the policy. Nothing if no piece is from a machine's CPU.
  // missing: of verdict().
  [[nodiscard]] attestation::TrustVector trust_vector(const attestation::PolicyRules& policy,
                                                      std::span<const attestation::Check> checks,
                                                      const std::vector<attestation::Gap>& missing) const;
  [[nodiscard]] attestation::Verdict verdict(const attestation::PolicyRules& policy,
                                             std::span<const attestation::Check> checks) const;

 private:
  EvidenceFiles() = default;
  void take(NamedFile file);
  void sort();
  void sort_cpu();
  void sort_azure(std::size_t hcl);
  void sort_gpus();
  void sort_tokens();
  void sort_endorsements();
  void endorse(std::string_view name, const std::vector<std::size_t>& files);
  [[nodiscard]] std::vector<std::size_t> all(Piece piece) const;
  [[nodiscard]] ByteView bytes(std::size_t file) const { return case_.files[file].bytes; }
  void use(std::size_t file) { unused_.erase(file); }
  // An item of these files, unless a named file is not among them.
  void add_item(attestation::EvidenceItem item, const std::vector<std::size_t>& files);
  void add_partial(std::string_view kind, const std::vector<std::size_t>& files);
  [[nodiscard]] bool has(std::string_view type) const;
  [[nodiscard]] bool concerns(const std::vector<std::size_t>& files) const;
  [[nodiscard]] attestation::EvidenceBinding binding() const;
  void judge_partial(const Question& question, std::vector<attestation::Check>& checks) const;
  void judge_companions(std::vector<attestation::Check>& checks) const;
  [[nodiscard]] attestation::Check judge_public_key() const;
  [[nodiscard]] std::vector<attestation::Check> account(const attestation::PolicyRules& rules) const;
  [[nodiscard]] attestation::Check judge_machines() const;
  void name_unused(std::vector<attestation::Check>& checks) const;
  void name_unknown(std::vector<attestation::Check>& checks) const;

  EvidenceCase case_;  // the files, and the first of each piece
  std::optional<std::string> named_;
  attestation::Evidence evidence_;
  attestation::Endorsements endorsements_;
  std::map<std::string, std::size_t> key_set_files_;  // by service, nras or maa: those named by the tokens
  std::map<std::size_t, std::string> replaced_;       // files given by a flag
  // What is not an item of a document: a kind of EvidenceCase with its own first piece.
  struct Partial {
    std::string kind;
    std::map<Piece, std::size_t> pieces;
  };
  std::vector<Partial> partial_;
  std::optional<std::size_t> public_key_;         // next to an HCL report, whose key it must be
  std::map<std::string, std::string> malformed_;  // by check id: what could not be made into an item
  std::set<std::size_t> unused_;
  std::vector<std::string> not_read_;  // "x.bin: 20000000 bytes, at most 16777216"
};

}  // namespace minions::audit
