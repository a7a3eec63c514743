// How many GPUs a policy wants: what [gpu] says in numbers, and what its other rules imply.
#pragma once

#include "attestation/core/document.h"
#include "attestation/core/result.h"
#include "attestation/policy/policy.h"

namespace minions::attestation {

// A rule of [gpu] that a policy wrote.
struct WrittenGpuRule {
  std::string_view key;
  std::string source;
};
// All but `count` and `none`, in the order of docs/policy.md. Each is about a GPU, so there must be one.
[[nodiscard]] std::vector<WrittenGpuRule> written_gpu_rules(const GpuRules& rules);

// gpu.count. Where it is written, `count` decides; `none` wants no evidence of a GPU at all.
[[nodiscard]] Check check_gpu_count(const Evidence& evidence, const GpuRules& rules);

}  // namespace minions::attestation
