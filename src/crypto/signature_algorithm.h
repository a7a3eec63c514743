// X.509 signatures: an AlgorithmIdentifier selects the algorithm (RFC 4055, 5758). Supports ECDSA, RSASSA-PKCS1-v1_5
// and RSASSA-PSS with SHA-256, SHA-384 or SHA-512.
#pragma once

#include "crypto/public_key.h"

namespace minions::crypto {

struct SignedBytes {
  ByteView message;
  ByteView algorithm;  // AlgorithmIdentifier, DER
  ByteView signature;
};

// False for an algorithm that is unsupported or does not fit the key, for parameters that do not fit the algorithm, and
// for anything but a good signature.
[[nodiscard]] bool verify_signature(const SignedBytes& is_signed, const PublicKey& key);

}  // namespace minions::crypto
