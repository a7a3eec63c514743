// The operator's attestation key in a directory: attestation_private.pem (mode 0600) and attestation_public.pem,
// created at the first start. Clients pin the public one.
#pragma once

#include <filesystem>

#include "crypto/ecdsa.h"

namespace minions::attester {

inline constexpr std::string_view kPrivateKeyFile = "attestation_private.pem";
inline constexpr std::string_view kPublicKeyFile = "attestation_public.pem";

struct OperatorKey {
  enum class Origin { kLoaded, kCreated };
  crypto::P384PrivateKey key;
  Origin origin = Origin::kLoaded;
};

// Creates the directory (0700; its parent must exist) and the pair if neither file exists; rewrites the public file if
// only that is missing. Refuses a private key that others may read or own, a directory that others may write, links, a
// public file of another key, and a public file without its private one.
[[nodiscard]] Result<OperatorKey> load_or_create_operator_key(const std::filesystem::path& directory);

enum class KeyDirectory {
  kHasKey,
  kEmpty,    // a pair would be created in it
  kMissing,  // it would be created; its parent exists and is writable
};
// What load_or_create_operator_key would find, and its refusals, without creating anything.
[[nodiscard]] Result<KeyDirectory> inspect_operator_key(const std::filesystem::path& directory);

}  // namespace minions::attester
