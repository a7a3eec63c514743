// What a user is told about a verdict besides the answer, on standard error: who could read what is sent, what is
// missing for the best class, and how to fix it. Nothing if only the code that the policy names could.
#pragma once

#include "attestation/core/result.h"
#include "minions/minions.hpp"

namespace minions::app {

// On standard output, for a kept document: whether it is accepted, as of when, its class and who could read.
void print_appraisal(const attestation::AttestationResult& result, UnixSeconds judged_at);

// If it was not refused. Prints each text once; `told` keeps what was printed.
void warn_of_readers(const Attestation& attestation, std::string& told);
void warn_of_readers(const attestation::AttestationResult& result, std::string& told);

// What is reported about each appraisal of a connection, accepted or not: who could read, once each; and what was
// unavailable, if that may be why a server was refused.
class AttestationNotes {
 public:
  // The options, with this informed of each appraisal. This outlives the client.
  [[nodiscard]] ConnectionOptions watch(ConnectionOptions options);
  void tell(const Attestation& attestation);

 private:
  std::string told_readers_;  // the last warning about who could read
};

}  // namespace minions::app
