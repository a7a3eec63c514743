// What a user is told of a verdict beside the answer, on standard error: who could read what is sent, what is missing
// for the best class, and how to fix it. Nothing where only the code that the policy names could.
#pragma once

#include "attestation/core/result.h"
#include "minions/minions.hpp"

namespace minions::app {

// On standard output, of a document that was kept: whether it is accepted, as of when, its class and who could read.
void print_appraisal(const attestation::AttestationResult& result, UnixSeconds judged_at);

// Where it was not refused. Prints each text once; `told` keeps what was printed.
void warn_of_readers(const Attestation& attestation, std::string& told);
void warn_of_readers(const attestation::AttestationResult& result, std::string& told);

// What is said of each appraisal of a connection, whatever came of it: who could read, once each; and what could not be
// had, where that may be why a server was refused.
class AttestationNotes {
 public:
  // The options, with this told of each appraisal. This outlives the client.
  [[nodiscard]] ConnectionOptions watch(ConnectionOptions options);
  void tell(const Attestation& attestation);

 private:
  std::string told_readers_;  // the last warning about who could read
};

}  // namespace minions::app
