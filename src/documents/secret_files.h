// Files of a folder that hold keys or passwords, by their names and how they begin: whoever names a folder does not
// mean them.
#pragma once

#include <optional>
#include <string_view>

namespace minions::documents {

enum class Secret { kPrivateKey, kPasswords };

// By its exact name; `folder` is the name of the folder that it is in.
[[nodiscard]] std::optional<Secret> secret_of_name(std::string_view name, std::string_view folder);

inline constexpr std::size_t kSecretWithin = 64 * 1024;  // how much of the start is looked at
// A private key in PEM, of PuTTY, of age or of a service account, or a file named .pem or .key that is no certificate.
[[nodiscard]] bool holds_private_key(std::string_view name, std::string_view start);

}  // namespace minions::documents
