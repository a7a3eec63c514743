// AMD's own authorities, built in, so that a report and the certificate of its key verify without anything else at
// hand. Trusted for nothing by being here: a path still ends in a pin.
#pragma once

#include "attestation/amd/snp_report.h"
#include "crypto/certificate.h"

namespace minions::attestation {

// ARK, ASK and ASVK of a product line.
[[nodiscard]] std::span<const crypto::Certificate> built_in_amd_chain(SnpProduct product);

// The certificates that were given, and what they lack of the built-in chain: the ARK where none of them issued itself,
// ASK and ASVK too where none of them is an authority. Nothing is added to a chain that brings its own root, nor where
// the built-in one is not among the pins.
[[nodiscard]] std::vector<crypto::Certificate> with_built_in_chain(std::span<const crypto::Certificate> given,
                                                                   SnpProduct product, std::span<const Digest32> roots);

}  // namespace minions::attestation
