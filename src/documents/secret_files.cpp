#include "documents/secret_files.h"

#include <algorithm>

#include "base/text.h"

namespace minions::documents {
namespace {

constexpr std::string_view kKeys[] = {"id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", "id_xmss"};
constexpr std::string_view kKeyStores[] = {".p12", ".pfx", ".jks", ".keystore", ".kdbx", ".kdb", ".ppk"};
constexpr std::string_view kPasswordFiles[] = {".env",      ".netrc",     "_netrc",    ".pgpass",
                                               ".my.cnf",   ".npmrc",     ".pypirc",   ".git-credentials",
                                               ".htpasswd", ".dockercfg", "kubeconfig"};
struct InFolder {
  std::string_view folder;
  std::string_view name;
};
constexpr InFolder kInFolders[] = {{".aws", "credentials"}, {".kube", "config"}, {".docker", "config.json"}};

constexpr std::string_view kBegin = "-----BEGIN ";

template <std::size_t kCount>
bool is_among(std::string_view name, const std::string_view (&names)[kCount]) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

bool has_private_block(std::string_view text) {
  for (std::size_t at = text.find(kBegin); at != std::string_view::npos; at = text.find(kBegin, at + 1)) {
    const std::string_view line = text.substr(at, text.find('\n', at) - at);
    if (line.find("PRIVATE KEY") != std::string_view::npos) return true;
  }
  return false;
}

// Comments, then the key.
bool is_age_key(std::string_view text) {
  while (text.starts_with('#')) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return false;
    text.remove_prefix(end + 1);
  }
  return text.starts_with("AGE-SECRET-KEY-1");
}

}  // namespace

std::optional<Secret> secret_of_name(std::string_view name, std::string_view folder) {
  const bool of_token = name.starts_with("id_") && name.ends_with("_sk");
  const auto ends = [&](std::string_view extension) { return name.ends_with(extension); };
  if (is_among(name, kKeys) || of_token || std::any_of(std::begin(kKeyStores), std::end(kKeyStores), ends))
    return Secret::kPrivateKey;
  const bool in_folder = std::any_of(std::begin(kInFolders), std::end(kInFolders),
                                     [&](const InFolder& each) { return each.folder == folder && each.name == name; });
  if (in_folder || name.starts_with(".env.") || is_among(name, kPasswordFiles)) return Secret::kPasswords;
  return std::nullopt;
}

bool holds_private_key(std::string_view name, std::string_view start) {
  if (start.starts_with("\xEF\xBB\xBF")) start.remove_prefix(3);
  start = trimmed(start);
  const bool is_named_so = name.ends_with(".pem") || name.ends_with(".key");
  if (is_named_so) return start.find(kBegin) == std::string_view::npos || has_private_block(start);
  if (start.starts_with(kBegin) || start.starts_with("Bag Attributes")) return has_private_block(start);
  if (start.starts_with('{')) return start.find("\"private_key\": \"-----BEGIN ") != std::string_view::npos;
  return start.starts_with("PuTTY-User-Key-File-") || is_age_key(start);
}

}  // namespace minions::documents
