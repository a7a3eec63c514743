#include "formats/package.h"

#include <algorithm>

#include "formats/charset.h"

namespace minions::formats {
namespace {

constexpr std::size_t kMaxRelationships = 100'000;

std::string_view folder_of(std::string_view part) {
  const std::size_t slash = part.rfind('/');
  return slash == std::string_view::npos ? std::string_view{} : part.substr(0, slash);
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// `my%20chart.xml`, and the backslashes of some writers.
std::string without_escapes(std::string_view target) {
  std::string plain;
  for (std::size_t i = 0; i < target.size(); ++i) {
    const bool escaped =
        target[i] == '%' && i + 2 < target.size() && hex_digit(target[i + 1]) >= 0 && hex_digit(target[i + 2]) >= 0;
    if (escaped) {
      plain += static_cast<char>(hex_digit(target[i + 1]) * 16 + hex_digit(target[i + 2]));
      i += 2;
    } else {
      plain += target[i] == '\\' ? '/' : target[i];
    }
  }
  return plain;
}

}  // namespace

std::string relationships_part(std::string_view part) {
  const std::string_view folder = folder_of(part);
  const std::string_view name = folder.empty() ? part : part.substr(folder.size() + 1);
  return (folder.empty() ? std::string() : std::string(folder) + "/") + "_rels/" + std::string(name) + ".rels";
}

std::string part_key(std::string_view part) {
  if (part.starts_with('/')) part.remove_prefix(1);
  std::string key = lower_case(part);
  std::replace(key.begin(), key.end(), '\\', '/');
  return key;
}

std::string resolve(std::string_view part, std::string_view written) {
  const std::string unescaped = without_escapes(written);
  std::string_view target = unescaped;
  target = target.substr(0, target.find('#'));
  std::string path(target.starts_with('/') ? std::string_view{} : folder_of(part));
  while (!target.empty()) {
    const std::size_t slash = target.find('/');
    const std::string_view step = target.substr(0, slash);
    if (step == "..") {
      path = folder_of(path);
    } else if (!step.empty() && step != ".") {
      if (!path.empty()) path += '/';
      path += step;
    }
    target.remove_prefix(slash == std::string_view::npos ? target.size() : slash + 1);
  }
  return path;
}

void RelationshipsHandler::start(std::string_view name, const XmlAttributes& attributes) {
  if (name != "Relationship" || attributes.get("TargetMode") == "External" || found_.size() > kMaxRelationships) return;
  const std::string_view type = attributes.get("Type");
  const std::size_t slash = type.rfind('/');
  found_[std::string(attributes.get("Id"))] = {
      std::string(slash == std::string_view::npos ? type : type.substr(slash + 1)),
      resolve(part_, attributes.get("Target"))};
}

Read<Relationships> relationships_of(Zip& zip, const std::string& part) {
  const std::string wanted = part_key(relationships_part(part));
  RelationshipsHandler handler(part);
  auto parsed = zip.parse_parts(
      [&](std::string_view name) -> XmlHandler* { return part_key(name) == wanted ? &handler : nullptr; });
  if (!parsed) return stop(parsed.error());
  return std::move(handler.found());
}

std::string target_of_type(const Relationships& relationships, std::string_view type) {
  for (const auto& [id, relationship] : relationships) {
    if (relationship.type == type) return relationship.target;
  }
  return {};
}

}  // namespace minions::formats
