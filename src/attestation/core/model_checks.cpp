#include "attestation/core/model_checks.h"

#include <fmt/format.h>

#include "attestation/core/expectation.h"

namespace minions::attestation {
namespace {

Check check_where(const Statement& statement, const PolicyRules& policy) {
  const Expectation want{"models.where",
                         policy.allow_remote_models.value ? "models anywhere" : "no model outside the confidential VM",
                         policy.allow_remote_models.source};
  std::string found;
  bool remote = false;
  for (const ModelEntry& model : statement.models) {
    found += fmt::format("{}{} {}", found.empty() ? "" : ", ", shown(model.id), name_of(model.where));
    remote = remote || model.where == ModelEntry::Where::kRemote;
  }
  if (found.empty()) found = "no models";
  return remote && !policy.allow_remote_models.value ? want.failed(found) : want.pass(found);
}

Check check_ids(const Statement& statement, const PolicyRules& policy) {
  if (!policy.model_ids) return Expectation{"models.ids", "", ""}.waived("the policy names no models");
  std::string allowed;
  for (const std::string& id : policy.model_ids->value) allowed += (allowed.empty() ? "" : ", ") + shown(id);
  const Expectation want{"models.ids", "models out of " + allowed, policy.model_ids->source};
  for (const ModelEntry& model : statement.models) {
    const auto& ids = policy.model_ids->value;
    if (std::find(ids.begin(), ids.end(), model.id) == ids.end()) return want.failed(shown(model.id));
  }
  return statement.models.empty() ? want.failed("no models")
                                  : want.pass(fmt::format("{} models", statement.models.size()));
}

Check check_weights(const Statement& statement, const PolicyRules& policy) {
  if (policy.model_weights.empty()) return Expectation{"models.weights", "", ""}.waived("the policy names no weights");
  const std::string first_source = policy.model_weights.begin()->second.source;
  const Expectation named{"models.weights", "weights that the policy names", first_source};
  for (const ModelEntry& model : statement.models) {
    const auto rule = policy.model_weights.find(model.id);
    if (rule == policy.model_weights.end()) return named.failed("a model without a rule, " + shown(model.id));
    const Expectation want{"models.weights", fmt::format("{} {}", shown(model.id), rule->second.value),
                           rule->second.source};
    if (!model.weights_sha256) return want.failed("no weights in the statement");
    if (*model.weights_sha256 != rule->second.value) return want.failed(*model.weights_sha256);
  }
  return statement.models.empty() ? named.failed("no models")
                                  : named.pass(fmt::format("{} models", statement.models.size()));
}

// A policy that pins weights covers projectors even if it names none: they are weights too.
Check check_projectors(const Statement& statement, const PolicyRules& policy) {
  const ModelDigests& rules = policy.model_projectors;
  if (rules.empty() && policy.model_weights.empty())
    return Expectation{"models.projectors", "", ""}.waived("the policy names neither weights nor projectors");
  const std::string first_source = (rules.empty() ? policy.model_weights : rules).begin()->second.source;
  const Expectation named{"models.projectors", "projectors that the policy names", first_source};
  std::size_t good = 0;
  for (const ModelEntry& model : statement.models) {
    const auto& stated = model.projector_sha256;
    const auto rule = rules.find(model.id);
    if (rule == rules.end()) {
      if (stated) return named.failed(fmt::format("a projector without a rule, {} {}", shown(model.id), *stated));
      continue;
    }
    const Expectation want{"models.projectors", fmt::format("{} {}", shown(model.id), rule->second.value),
                           rule->second.source};
    if (!stated) return want.failed("no projector in the statement");
    if (*stated != rule->second.value) return want.failed(*stated);
    ++good;
  }
  if (statement.models.empty() && !rules.empty()) return named.failed("no models");
  return named.pass(fmt::format("{} projectors of {} models", good, statement.models.size()));
}

}  // namespace

std::vector<Check> check_models(const Statement& statement, const PolicyRules& policy) {
  return {check_where(statement, policy), check_ids(statement, policy), check_weights(statement, policy),
          check_projectors(statement, policy)};
}

}  // namespace minions::attestation
