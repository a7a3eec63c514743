// What a user is told of a verdict beside the answer, on standard error: who could read what is sent, what is missing
// for the best class, and how to fix it. Nothing where only the code that the policy names could.
#pragma once

#include "attestation/core/result.h"

namespace minions::app {

// On standard output, of a document that was kept: whether it is accepted, as of when, its class and who could read.
void print_appraisal(const attestation::AttestationResult& result, UnixSeconds judged_at);

// For an accepted result. Prints each text once; `told` keeps what was printed.
void warn_of_readers(const attestation::AttestationResult& result, std::string& told);

}  // namespace minions::app
