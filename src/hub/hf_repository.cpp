#include "hub/hf_repository.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/encoding.h"
#include "base/json.h"

namespace minions::hub {
namespace {

constexpr std::size_t kNamesShown = 20;

constexpr bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 128 && text.find_first_not_of('.') != std::string_view::npos &&
         std::all_of(text.begin(), text.end(), is_name_character);
}

// Relative and made of plain names: it becomes part of an address and of a path on this machine.
bool is_path(std::string_view text) {
  for (;;) {
    const std::string_view name = text.substr(0, text.find('/'));
    if (!is_name(name)) return false;
    if (name.size() == text.size()) return true;
    text.remove_prefix(name.size() + 1);
  }
}

std::string lower(std::string_view text) {
  std::string made(text);
  for (char& c : made) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return made;
}

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

// NAME-00001-of-00003.gguf
struct Part {
  std::string_view stem;
  std::string_view count;
  bool first;
};
std::optional<Part> part_of(std::string_view path) {
  constexpr std::string_view kForm = "-00000-of-00000.gguf";
  if (path.size() <= kForm.size()) return std::nullopt;
  const std::string_view tail = path.substr(path.size() - kForm.size());
  for (std::size_t i = 0; i < kForm.size(); ++i) {
    const bool digit = tail[i] >= '0' && tail[i] <= '9';
    if (kForm[i] == '0' ? !digit : tail[i] != kForm[i]) return std::nullopt;
  }
  return Part{path.substr(0, path.size() - kForm.size()), tail.substr(10, 5), tail.substr(1, 5) == "00001"};
}

// A file of lfs: {"rfilename", "size", "lfs": {"sha256" or "oid", "size"}}. Nothing for a file that is not GGUF.
Result<std::optional<RepositoryFile>> parse_file(const Json& entry) {
  const auto name = string_member(entry, "rfilename");
  if (!name || !lower(*name).ends_with(".gguf")) return std::nullopt;
  if (!is_path(*name)) return std::nullopt;  // cannot be named on the command line either
  const auto lfs = entry.find("lfs");
  if (lfs == entry.end() || !lfs->is_object()) return std::nullopt;
  RepositoryFile file;
  file.path = *name;
  auto digest = string_member(*lfs, "sha256");
  if (!digest) digest = string_member(*lfs, "oid");
  MINIONS_TRY_ASSIGN(const std::string hex, std::move(digest));
  MINIONS_TRY_ASSIGN(file.sha256, exactly<32>(from_hex(hex)));
  MINIONS_TRY_ASSIGN(file.size, integer_member(*lfs, "size"));
  return file;
}

std::string names_of(const std::vector<const RepositoryFile*>& files) {
  std::string names;
  for (std::size_t i = 0; i < files.size() && i < kNamesShown; ++i) {
    if (!names.empty()) names += ", ";
    names += files[i]->path;
  }
  if (files.size() > kNamesShown) names += fmt::format(" and {} more", files.size() - kNamesShown);
  return names;
}

bool is_projector(const RepositoryFile& file) {
  return lower(base_name(file.path)).find("mmproj") != std::string::npos;
}

bool is_usual(const RepositoryFile& file, ModelPart part) {
  const std::string name = lower(base_name(file.path));
  if (part == ModelPart::kModel) return name.find("q4_k_m") != std::string::npos;
  return name.find("f16") != std::string::npos && name.find("bf16") == std::string::npos;
}

// Every model, or every projector, once: for a split one, its first part.
std::vector<const RepositoryFile*> models_of(const Repository& repository, ModelPart wanted) {
  std::vector<const RepositoryFile*> models;
  for (const RepositoryFile& file : repository.files) {
    const auto part = part_of(file.path);
    if (part && !part->first) continue;
    if (is_projector(file) == (wanted == ModelPart::kProjector)) models.push_back(&file);
  }
  return models;
}

Result<const RepositoryFile*> choose(const Repository& repository, std::string_view name, ModelPart part) {
  const auto models = models_of(repository, part);
  const std::string_view what = part == ModelPart::kModel ? "model" : "projector";
  if (!name.empty()) {
    for (const RepositoryFile& file : repository.files) {
      if (file.path == name) return &file;
    }
    return fail(ErrorCode::kNotFound, fmt::format("has no GGUF file {}; it has: {}", name, names_of(models)));
  }
  if (models.empty())
    return fail(ErrorCode::kNotFound,
                part == ModelPart::kModel ? "has no GGUF file" : "has no projector (mmproj-*.gguf)");
  if (models.size() == 1) return models.front();
  std::vector<const RepositoryFile*> usual;
  for (const RepositoryFile* file : models) {
    if (is_usual(*file, part)) usual.push_back(file);
  }
  if (usual.size() == 1) return usual.front();
  return fail(ErrorCode::kUsage, fmt::format("has several {}s; name one behind a colon: {}", what, names_of(models)));
}

}  // namespace

Status check_repository_name(std::string_view name) {
  const std::size_t slash = name.find('/');
  if (slash == std::string_view::npos || !is_name(name.substr(0, slash)) || !is_name(name.substr(slash + 1)))
    return fail(ErrorCode::kUsage, fmt::format("hf:{}: want OWNER/REPO", name.substr(0, 80)));
  return {};
}

Result<Repository> parse_repository(std::string_view json) {
  const Json reply = parse_json(json);
  if (!reply.is_object()) return fail(ErrorCode::kBackend, "the repository's description is not a JSON object");
  Repository repository;
  MINIONS_TRY_ASSIGN(repository.commit, string_member(reply, "sha"));
  const bool hex = repository.commit.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (repository.commit.size() != 40 || !hex) return fail(ErrorCode::kBackend, "sha: want a commit of 40 hex digits");
  MINIONS_TRY_ASSIGN(const Json* files, array_member(reply, "siblings"));
  for (const Json& entry : *files) {
    if (!entry.is_object()) continue;
    MINIONS_TRY_ASSIGN(auto file, parse_file(entry));
    if (file) repository.files.push_back(*std::move(file));
  }
  std::sort(repository.files.begin(), repository.files.end(),
            [](const RepositoryFile& a, const RepositoryFile& b) { return a.path < b.path; });
  return repository;
}

Result<std::vector<RepositoryFile>> choose_files(const Repository& repository, std::string_view name, ModelPart which) {
  MINIONS_TRY_ASSIGN(const RepositoryFile* chosen, choose(repository, name, which));
  const auto part = part_of(chosen->path);
  if (!part) return std::vector{*chosen};
  std::vector<RepositoryFile> parts;
  for (const RepositoryFile& file : repository.files) {
    const auto other = part_of(file.path);
    if (other && other->stem == part->stem && other->count == part->count) parts.push_back(file);
  }
  if (std::to_string(parts.size()) !=
      std::string(part->count.substr(std::min(part->count.find_first_not_of('0'), std::size_t{4}))))
    return fail(ErrorCode::kNotFound,
                fmt::format("{}: the repository has {} of {} parts", chosen->path, parts.size(), part->count));
  return parts;
}

}  // namespace minions::hub
