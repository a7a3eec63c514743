// How many GPUs a policy requires: what [gpu] states in numbers, and what its other rules imply.
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
// All except `count` and `none`, in the order of docs/policy.md. Each is about a GPU, so there must be one.
[[nodiscard]] std::vector<WrittenGpuRule> written_gpu_rules(const GpuRules& rules);

// gpu.count. If `count` is written, it decides; `none` requires that there is no evidence of a GPU at all.
[[nodiscard]] Check check_gpu_count(const Evidence& evidence, const GpuRules& rules);

}  // namespace minions::attestation
