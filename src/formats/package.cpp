#include "formats/package.h"

namespace minions::formats {
namespace {

constexpr std::size_t kMaxRelationships = 100'000;

std::string_view folder_of(std::string_view part) {
  const std::size_t slash = part.rfind('/');
  return slash == std::string_view::npos ? std::string_view{} : part.substr(0, slash);
}

}  // namespace

std::string relationships_part(std::string_view part) {
  const std::string_view folder = folder_of(part);
  const std::string_view name = folder.empty() ? part : part.substr(folder.size() + 1);
  return (folder.empty() ? std::string() : std::string(folder) + "/") + "_rels/" + std::string(name) + ".rels";
}

std::string resolve(std::string_view part, std::string_view target) {
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
  const std::string wanted = relationships_part(part);
  RelationshipsHandler handler(part);
  auto parsed =
      zip.parse_parts([&](std::string_view name) -> XmlHandler* { return name == wanted ? &handler : nullptr; });
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
