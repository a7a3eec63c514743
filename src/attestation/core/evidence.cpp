#include "attestation/core/evidence.h"

#include <fmt/format.h>

#include "attestation/core/result.h"

namespace minions::attestation {
namespace {

enum class Role { kCpu, kGpu, kMaa, kSimulated };

struct KnownType {
  std::string_view name;
  Role role;
};
constexpr KnownType kKnownTypes[] = {
    {evidence_type::kSevSnp, Role::kCpu},    {evidence_type::kAzureSnpVtpm, Role::kCpu},
    {evidence_type::kTdx, Role::kCpu},       {evidence_type::kAzureTdxVtpm, Role::kCpu},
    {evidence_type::kNvidiaGpu, Role::kGpu}, {evidence_type::kNvidiaNras, Role::kGpu},
    {evidence_type::kAzureMaa, Role::kMaa},  {evidence_type::kSimulated, Role::kSimulated},
};

const KnownType* known_type(std::string_view name) {
  for (const KnownType& type : kKnownTypes) {
    if (type.name == name) return &type;
  }
  return nullptr;
}

std::ptrdiff_t count_role(const Evidence& evidence, Role role) {
  return std::count_if(evidence.begin(), evidence.end(), [&](const EvidenceItem& item) {
    const KnownType* type = known_type(item.type);
    return type != nullptr && type->role == role;
  });
}

}  // namespace

Result<ByteView> EvidenceItem::part(std::string_view name) const {
  const auto found = data.find(name);
  if (found == data.end()) return fail(ErrorCode::kMalformed, fmt::format("{}: data.{} is missing", shown(type), name));
  return ByteView(found->second);
}

bool is_known_type(std::string_view type) { return known_type(type) != nullptr; }

bool is_gpu_type(std::string_view type) {
  const KnownType* known = known_type(type);
  return known != nullptr && known->role == Role::kGpu;
}

bool is_azure_type(std::string_view type) {
  return type == evidence_type::kAzureSnpVtpm || type == evidence_type::kAzureTdxVtpm;
}

bool is_simulated(const Evidence& evidence) { return count_role(evidence, Role::kSimulated) > 0; }

Status check_composition(const Evidence& evidence) {
  for (const EvidenceItem& item : evidence) {
    if (!is_known_type(item.type))
      return fail(ErrorCode::kMalformed, fmt::format("an item of unknown type {}", shown(item.type)));
  }
  if (const auto simulated = count_role(evidence, Role::kSimulated); simulated > 0) {
    if (evidence.size() == 1) return {};
    return fail(ErrorCode::kMalformed, fmt::format("{} simulated items of {} in all", simulated, evidence.size()));
  }
  if (const auto cpus = count_role(evidence, Role::kCpu); cpus != 1) {
    return fail(ErrorCode::kMalformed, fmt::format("{} cpu items of {} in all", cpus, evidence.size()));
  }
  const bool azure =
      std::any_of(evidence.begin(), evidence.end(), [](const EvidenceItem& item) { return is_azure_type(item.type); });
  if (!azure && count_role(evidence, Role::kMaa) > 0) {
    return fail(ErrorCode::kMalformed, "azure-maa without an azure-*-vtpm item");
  }
  return {};
}

}  // namespace minions::attestation
