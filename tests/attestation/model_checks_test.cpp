#include "attestation/core/model_checks.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace minions::attestation {
namespace {

const std::string kWeights(64, '1');
const std::string kProjector(64, 'a');
const std::string kAnother(64, 'b');

ModelEntry model(std::string id, std::optional<std::string> projector = std::nullopt) {
  return {std::move(id), "llama.cpp", ModelEntry::Where::kInProcess, kWeights, std::move(projector)};
}

std::string weights(std::string_view id) { return fmt::format("weights.\"{}\" = \"{}\"\n", id, kWeights); }
std::string projector(std::string_view id, std::string_view hex) {
  return fmt::format("projectors.\"{}\" = \"{}\"\n", id, hex);
}

// The check models.projectors, over the keys of [models] from line 2 on.
Check judged(std::vector<ModelEntry> models, const std::string& keys) {
  Statement statement;
  statement.models = std::move(models);
  const auto policy = AppraisalPolicy::parse("[models]\n" + keys, "p.toml");
  EXPECT_TRUE(policy) << policy.error().detail;
  for (Check& check : check_models(statement, policy->rules())) {
    if (check.id == "models.projectors") return std::move(check);
  }
  ADD_FAILURE() << "no check models.projectors";
  return {};
}

TEST(ModelChecks, WaiveProjectorsWhereThePolicyNamesNeitherThemNorWeights) {
  const Check check = judged({model("m", kProjector)}, "");
  EXPECT_EQ(check.outcome, Outcome::kWaived);
  EXPECT_EQ(check.source, "the policy names neither weights nor projectors");
}

TEST(ModelChecks, PassTheProjectorsThatThePolicyNames) {
  const std::string both = projector("m", kProjector) + projector("n", kAnother);
  Check check = judged({model("m", kProjector), model("text alone"), model("n", kAnother)}, both);
  EXPECT_EQ(check.outcome, Outcome::kPass);
  EXPECT_EQ(check.found, "2 projectors of 3 models");
  check = judged({model("m", kProjector)}, weights("m") + both);
  EXPECT_EQ(check.outcome, Outcome::kPass) << check.to_text();
  EXPECT_EQ(check.found, "1 projectors of 1 models");
}

TEST(ModelChecks, PassModelsWithoutAProjectorWhoseWeightsAloneArePinned) {
  const Check check = judged({model("m"), model("n")}, weights("m") + weights("n"));
  EXPECT_EQ(check.outcome, Outcome::kPass);
  EXPECT_EQ(check.found, "0 projectors of 2 models");
}

TEST(ModelChecks, RefuseAnotherProjector) {
  const Check check = judged({model("m", kAnother)}, projector("m", kProjector));
  EXPECT_EQ(check.outcome, Outcome::kFail);
  EXPECT_EQ(check.to_text(),
            fmt::format("models.projectors: want \"m\" {} (policy line 2), found {}", kProjector, kAnother));
}

TEST(ModelChecks, RefuseTheProjectorOfAnotherModel) {
  const std::string both = projector("m", kProjector) + projector("n", kAnother);
  const Check check = judged({model("m", kProjector), model("n", kProjector)}, both);
  EXPECT_EQ(check.outcome, Outcome::kFail);
  EXPECT_EQ(check.source, "policy line 3");
}

TEST(ModelChecks, RefuseAModelThatStatesNoProjectorAgainstARule) {
  const Check check = judged({model("m")}, projector("m", kProjector));
  EXPECT_EQ(check.outcome, Outcome::kFail);
  EXPECT_EQ(check.expected, "\"m\" " + kProjector);
  EXPECT_EQ(check.found, "no projector in the statement");
}

// The weights are pinned, and yet what the model sees would be anybody's choice.
TEST(ModelChecks, RefuseAProjectorWithoutARuleBesidePinnedWeights) {
  const Check check = judged({model("m", kProjector)}, weights("m"));
  EXPECT_EQ(check.outcome, Outcome::kFail);
  EXPECT_EQ(check.to_text(),
            "models.projectors: want projectors that the policy names (policy line 2), found a "
            "projector without a rule, \"m\" " +
                kProjector);
}

TEST(ModelChecks, RefuseAProjectorWithoutARuleBesideRulesForOthers) {
  const std::string rule = projector("m", kProjector);
  EXPECT_EQ(judged({model("m", kProjector), model("n", kAnother)}, rule).outcome, Outcome::kFail);
  EXPECT_EQ(judged({model("m", kProjector), model("n", kAnother)}, weights("m") + weights("n") + rule).outcome,
            Outcome::kFail);
}

TEST(ModelChecks, RefuseNoModelsWhereProjectorsAreNamed) {
  const Check check = judged({}, projector("m", kProjector));
  EXPECT_EQ(check.outcome, Outcome::kFail);
  EXPECT_EQ(check.found, "no models");
}

TEST(ModelChecks, ComeInOrder) {
  std::vector<std::string> ids;
  for (const Check& check : check_models(Statement(), AppraisalPolicy::built_in().rules())) ids.push_back(check.id);
  EXPECT_EQ(ids, (std::vector<std::string>{"models.where", "models.ids", "models.weights", "models.projectors"}));
}

}  // namespace
}  // namespace minions::attestation
