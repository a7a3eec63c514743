// AMD's own CAs, built in, so that a report and the certificate of its key verify without anything else. Being here
// does not make them trusted: a path still ends in a pin.
#pragma once

#include "attestation/amd/snp_report.h"
#include "crypto/certificate.h"

namespace minions::attestation {

// ARK, ASK and ASVK of a product line.
[[nodiscard]] std::span<const crypto::Certificate> built_in_amd_chain(SnpProduct product);

// The given certificates, completed from the built-in chain: the ARK if none of them is self-issued, ASK and ASVK too
// if none of them is a CA. Adds nothing to a chain that brings its own root, or if the built-in root is not among the
// pins.
[[nodiscard]] std::vector<crypto::Certificate> with_built_in_chain(std::span<const crypto::Certificate> given,
                                                                   SnpProduct product, std::span<const Digest32> roots);

}  // namespace minions::attestation
