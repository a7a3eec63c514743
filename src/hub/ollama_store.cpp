#include "hub/ollama_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/encoding.h"
#include "base/json.h"
#include "crypto/hash.h"

namespace minions::hub {
namespace {

constexpr std::string_view kModelLayer = "application/vnd.ollama.image.model";
constexpr std::string_view kProjectorLayer = "application/vnd.ollama.image.projector";
constexpr std::size_t kManifestBytes = 1024 * 1024;
constexpr std::size_t kReadBytes = 1024 * 1024;

bool is_part(std::string_view text) {
  constexpr std::string_view kCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  return !text.empty() && text.size() <= 128 && text.find_first_not_of('.') != std::string_view::npos &&
         text.find_first_not_of(kCharacters) == std::string_view::npos;
}

// registry.ollama.ai/library/NAME/TAG below `manifests`.
Result<std::filesystem::path> manifest_of(std::string_view name) {
  std::string_view tag = "latest";
  std::string_view rest = name;
  if (const std::size_t colon = rest.rfind(':');
      colon != std::string_view::npos && rest.find('/', colon) == rest.npos) {
    tag = rest.substr(colon + 1);
    rest = rest.substr(0, colon);
  }
  std::vector<std::string_view> parts;
  for (;;) {
    parts.push_back(rest.substr(0, rest.find('/')));
    if (parts.back().size() == rest.size()) break;
    rest.remove_prefix(parts.back().size() + 1);
  }
  const bool sound = parts.size() <= 3 && is_part(tag) && std::all_of(parts.begin(), parts.end(), is_part);
  if (!sound) return fail(ErrorCode::kUsage, fmt::format("ollama:{}: want NAME[:TAG]", name.substr(0, 80)));
  if (parts.size() < 2) parts.insert(parts.begin(), "library");
  if (parts.size() < 3) parts.insert(parts.begin(), "registry.ollama.ai");
  std::filesystem::path path("manifests");
  for (const std::string_view part : parts) path /= part;
  return path / tag;
}

Result<std::string> read_manifest(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::string text(kManifestBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!in.is_open() || in.bad()) return fail(ErrorCode::kIo, "cannot be read");
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > kManifestBytes) return fail(ErrorCode::kTooLarge, "is over 1 MiB");
  return text;
}

struct Blob {
  std::string hex;  // of its SHA-256
  std::uint64_t size;
};

Result<Blob> layer_of(std::string_view json, ModelPart part) {
  const std::string_view type = part == ModelPart::kModel ? kModelLayer : kProjectorLayer;
  const Json manifest = parse_json(json);
  if (!manifest.is_object()) return fail(ErrorCode::kMalformed, "is not a JSON object");
  MINIONS_TRY_ASSIGN(const Json* layers, array_member(manifest, "layers"));
  for (const Json& layer : *layers) {
    if (!layer.is_object() || layer.value("mediaType", Json()) != type) continue;
    MINIONS_TRY_ASSIGN(const std::string digest, string_member(layer, "digest"));
    MINIONS_TRY_ASSIGN(const std::uint64_t size, integer_member(layer, "size"));
    if (!digest.starts_with("sha256:") || !exactly<32>(from_hex(digest.substr(7))))
      return fail(ErrorCode::kMalformed, "digest: want sha256: and 64 hex digits");
    return Blob{digest.substr(7), size};
  }
  const ErrorCode code = part == ModelPart::kModel ? ErrorCode::kMalformed : ErrorCode::kNotFound;
  return fail(code, fmt::format("names no layer of type {}", type));
}

Status check_blob(const std::filesystem::path& path, const Blob& blob) {
  std::error_code error;
  const std::uint64_t size = std::filesystem::file_size(path, error);
  if (error) return fail(ErrorCode::kNotFound, error.message());
  if (size != blob.size) return fail(ErrorCode::kTampered, fmt::format("want {} bytes, found {}", blob.size, size));
  std::ifstream in(path, std::ios::binary);
  crypto::Sha256 hash;
  std::string piece(kReadBytes, '\0');
  while (in) {
    in.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    hash.update(as_bytes(std::string_view(piece).substr(0, static_cast<std::size_t>(in.gcount()))));
  }
  if (!in.eof()) return fail(ErrorCode::kIo, "cannot be read");
  const std::string found = to_hex(std::move(hash).finish());
  if (found == blob.hex) return {};
  return fail(ErrorCode::kTampered, fmt::format("want sha256 {}, found {}", blob.hex, found));
}

Result<std::filesystem::path> model_in(const std::filesystem::path& store, const std::filesystem::path& manifest,
                                       ModelPart part) {
  auto text = read_manifest(manifest);
  if (!text) return fail(std::move(text).error().in(manifest.string()));
  auto blob = layer_of(*text, part);
  if (!blob) return fail(std::move(blob).error().in(manifest.string()));
  std::filesystem::path path = store / "blobs" / ("sha256-" + blob->hex);
  if (Status checked = check_blob(path, *blob); !checked) return fail(std::move(checked).error().in(path.string()));
  return path;
}

}  // namespace

Result<std::filesystem::path> find_ollama_model(std::string_view name, std::span<const std::filesystem::path> stores,
                                                ModelPart part) {
  MINIONS_TRY_ASSIGN(const std::filesystem::path manifest, manifest_of(name));
  std::string looked_in;
  for (const std::filesystem::path& store : stores) {
    std::error_code error;
    if (std::filesystem::is_regular_file(store / manifest, error)) return model_in(store, store / manifest, part);
    looked_in += (looked_in.empty() ? "" : ", ") + store.string();
  }
  return fail(ErrorCode::kNotFound, fmt::format("ollama:{}: is not in {}; `ollama pull {}` gets it", name,
                                                looked_in.empty() ? "any store" : looked_in, name));
}

}  // namespace minions::hub
