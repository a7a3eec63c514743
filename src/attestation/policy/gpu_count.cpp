#include "attestation/policy/gpu_count.h"

#include <fmt/format.h>

#include "attestation/core/expectation.h"

namespace minions::attestation {
namespace {

std::size_t count_items(const Evidence& evidence, std::string_view type) {
  return static_cast<std::size_t>(
      std::count_if(evidence.begin(), evidence.end(), [&](const EvidenceItem& item) { return item.type == type; }));
}

Check check_none(const Evidence& evidence, const Rule<bool>& none) {
  const Expectation want{"gpu.count", "no gpu", none.source};
  const std::size_t reports = count_items(evidence, evidence_type::kNvidiaGpu);
  const std::size_t tokens = count_items(evidence, evidence_type::kNvidiaNras);
  if (reports == 0 && tokens == 0) return want.pass("none");
  return want.failed(fmt::format("{} reports of gpus, {} tokens about gpus", reports, tokens));
}

}  // namespace

std::vector<WrittenGpuRule> written_gpu_rules(const GpuRules& rules) {
  std::vector<WrittenGpuRule> written;
  const auto add = [&](std::string_view key, const auto& rule) {
    if (!rule.is_built_in()) written.push_back({key, rule.source});
  };
  const auto add_if_set = [&](std::string_view key, const auto& rule) {
    if (rule) written.push_back({key, rule->source});
  };
  add("require_secboot", rules.require_secboot);
  add("require_dbgstat_disabled", rules.require_dbgstat_disabled);
  add_if_set("models", rules.models);
  add_if_set("min_driver", rules.min_driver);
  add_if_set("min_vbios", rules.min_vbios);
  add("rim", rules.rim);
  add("ocsp", rules.ocsp);
  add("nras", rules.nras);
  add_if_set("mode", rules.mode);
  return written;
}

Check check_gpu_count(const Evidence& evidence, const GpuRules& rules) {
  if (rules.none.value) return check_none(evidence, rules.none);
  const std::uint64_t count = count_items(evidence, evidence_type::kNvidiaGpu);
  const auto written = written_gpu_rules(rules);
  const auto at_least = [&](std::uint64_t least, std::string expected, std::string source) {
    const Expectation want{"gpu.count", std::move(expected), std::move(source)};
    return count >= least ? want.pass(std::to_string(count)) : want.failed(std::to_string(count));
  };
  if (rules.count && (rules.count->value > 0 || count > 0 || written.empty()))
    return at_least(rules.count->value, fmt::format("at least {}", rules.count->value), rules.count->source);
  if (rules.count) {
    return Expectation{"gpu.count", "a gpu, which the rules of [gpu] are about", ""}.waived(
        fmt::format("count = 0 ({}): without a gpu the rules of [gpu] are not judged", rules.count->source));
  }
  if (written.empty())
    return Expectation{"gpu.count", "", ""}.waived(fmt::format("the policy asks for no gpu; {} here", count));
  return at_least(1, fmt::format("at least 1, which {} is about", written.front().key), written.front().source);
}

}  // namespace minions::attestation
