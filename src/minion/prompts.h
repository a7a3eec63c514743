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

// {task}, {documents}, {answer_limit}, {schema}
extern const std::string_view kSupervisorFirst;
// {answer}, {schema}: after a worker's answer, while another question may follow.
extern const std::string_view kSupervisorDecide;
// {answer}, {schema}: after the last round's answer.
extern const std::string_view kSupervisorDecideLast;
// Instead of {answer} if the question was asked before.
extern const std::string_view kAskedBefore;
// {fault}, {schema}: behind the reply that cannot be used.
extern const std::string_view kRepair;
// {documents}: all of them, whole.
extern const std::string_view kWorkerDocuments;
// {passages}, {seen}, {total}: a selection, because they do not all fit.
extern const std::string_view kWorkerPassages;
// {text}, {schema}
extern const std::string_view kFindNames;
extern const std::string_view kFindNamesSystem;

// The shapes of replies, as JSON schemas that strict backends accept. Prompts show them in place of an example: a small
// model copies an example, and the copy reads as a reply.
extern const std::string_view kFirstSchema;
extern const std::string_view kDecisionSchema;
extern const std::string_view kLastDecisionSchema;
extern const std::string_view kNamesSchema;

}  // namespace prompts

enum class Round { kLast, kNotLast };
// The prompt behind a worker's answer.
[[nodiscard]] std::string decision_prompt(std::string_view answer, Round round);
[[nodiscard]] std::string find_names_prompt(std::string_view text);
// The task in a first prompt to the supervisor; empty if it is none.
[[nodiscard]] std::string_view task_in(std::string_view first_prompt);
// Whether a reply of the supervisor, or of the worker, consists of the instructions that it was given.
[[nodiscard]] bool repeats_supervisor_prompt(std::string_view reply);
[[nodiscard]] bool repeats_worker_prompt(std::string_view reply);

}  // namespace minions::minion
