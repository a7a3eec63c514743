// Signatures of X.509: an AlgorithmIdentifier says which (RFC 4055, 5758). ECDSA, RSASSA-PKCS1-v1_5 and RSASSA-PSS with
// SHA-256, SHA-384 or SHA-512 are spoken.
#pragma once

#include "crypto/public_key.h"

namespace minions::crypto {

struct SignedBytes {
  ByteView message;
  ByteView algorithm;  // AlgorithmIdentifier, DER
  ByteView signature;
};

// False for an algorithm that is not spoken or not the key's, for parameters that are not its own, and for anything
// that is not a good signature.
[[nodiscard]] bool verify_signature(const SignedBytes& is_signed, const PublicKey& key);

}  // namespace minions::crypto
