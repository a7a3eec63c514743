// What the models are told, as data. In a prompt {name} stands for a value that filled() inserts.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace minions::minion {

struct PromptValue {
  std::string_view name;
  std::string_view value;
};
// One pass: braces inside a value are unchanged. A name without a value is unchanged too.
[[nodiscard]] std::string filled(std::string_view prompt, std::initializer_list<PromptValue> values);

namespace prompts {

// {task}, {documents}, {answer_limit}
extern const std::string_view kSupervisorFirst;
// {answer}: after a worker's answer, while another question may follow.
extern const std::string_view kSupervisorDecide;
// {answer}: after the last round's answer.
extern const std::string_view kSupervisorDecideLast;
// Instead of {answer} if the question was asked before.
extern const std::string_view kAskedBefore;
// {fault}, {reply}, {shape}
extern const std::string_view kRepair;
// {documents}: all of them, whole.
extern const std::string_view kWorkerDocuments;
// {passages}, {seen}, {total}: a selection, because they do not all fit.
extern const std::string_view kWorkerPassages;
// {text}
extern const std::string_view kFindNames;
extern const std::string_view kFindNamesSystem;

// The shapes of the supervisor's replies, as JSON schemas that strict backends accept, and in words.
extern const std::string_view kFirstSchema;
extern const std::string_view kDecisionSchema;
extern const std::string_view kLastDecisionSchema;
extern const std::string_view kNamesSchema;
extern const std::string_view kFirstShape;
extern const std::string_view kDecisionShape;
extern const std::string_view kLastDecisionShape;

}  // namespace prompts
}  // namespace minions::minion
