// What a user is told of a verdict beside the answer, on standard error: who could read what is sent, what is missing
// for the best class, and how to mend it. Nothing where only the code that the policy names could.
#pragma once

#include "attestation/result.h"

namespace minions::app {

// For an accepted result. Prints each text once; `told` keeps what was printed.
void warn_of_readers(const attestation::AttestationResult& result, std::string& told);

}  // namespace minions::app
