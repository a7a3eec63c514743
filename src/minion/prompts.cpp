#include "minion/prompts.h"

#include <algorithm>

#include "minion/repetition.h"

namespace minions::minion {

std::string filled(std::string_view prompt, std::initializer_list<PromptValue> values) {
  std::string text;
  while (!prompt.empty()) {
    const std::size_t open = prompt.find('{');
    text.append(prompt.substr(0, open));
    if (open == std::string_view::npos) break;
    prompt.remove_prefix(open);
    const std::size_t close = prompt.find('}');
    const std::string_view name = close == std::string_view::npos ? std::string_view() : prompt.substr(1, close - 1);
    const auto* value =
        std::find_if(values.begin(), values.end(), [&](const PromptValue& one) { return one.name == name; });
    if (value == values.end()) {
      text += '{';
      prompt.remove_prefix(1);
      continue;
    }
    text.append(value->value);
    prompt.remove_prefix(close + 1);
  }
  return text;
}

namespace prompts {

const std::string_view kSupervisorFirst =
    R"(You lead a task that you share with a small language model. The small model runs on the user's own machine and has
read the documents. You cannot see the documents and will not be shown them: what you learn about them is what the small
model answers.

### Task
{task}

### Documents
{documents}

### Instructions
Split the task into small steps and ask for one of them at a time. A good question is specific, needs a single step, and
names what to look for. The small model sees neither this task nor your earlier questions, so each question stands on its
own. Do not ask it for a whole document: an answer is cut at {answer_limit} bytes.

Reply with one JSON object and nothing else: "reasoning" says how you split the task, "message" is the first question to the
small model. This is the JSON schema of the reply:
{schema})";

const std::string_view kSupervisorDecide =
    R"(### Response
{answer}

### Instructions
This is what the small model answered. A quote marked as unverified does not stand in the documents: do not rely on it.
Decide whether the task can be answered now. If so, "decision" is provide_final_answer, "answer" answers the task, and
"message" is null. If not, "decision" is request_additional_info, "message" is the next question, which stands on its own, and
"answer" is null. Reply with one JSON object and nothing else. This is the JSON schema of the reply:
{schema})";

const std::string_view kSupervisorDecideLast =
    R"(### Response
{answer}

### Instructions
This is what the small model answered. A quote marked as unverified does not stand in the documents: do not rely on it.
No further question is possible. Answer the task from what you have, and say what stayed open: "decision" is
provide_final_answer, "answer" answers the task, and "message" is null. Reply with one JSON object and nothing else. This is
the JSON schema of the reply:
{schema})";

const std::string_view kAskedBefore =
    "This question was asked before, and its answer stands above. It was not asked again.";

const std::string_view kRepair =
    R"(Your reply could not be used: {fault}.

### Instructions
Reply again, with one JSON object and nothing else. This is the JSON schema of the reply:
{schema})";

const std::string_view kWorkerDocuments =
    R"(You answer questions about the documents below, and from nothing else. Be concise, but give enough detail for your
answer to be relied on by somebody who cannot see the documents. Where you can, quote the words that the answer rests on in
double quotation marks, exactly as they stand, and put their place behind them in square brackets, as it stands above the
text of the page. If the documents do not say it, say so.

{documents})";

const std::string_view kWorkerPassages =
    R"(You answer questions about the passages below, and from nothing else. They are {seen} of {total} passages of the
documents, chosen for this question; what you look for may stand in those that you do not see, and if it is not here, say
that. Be concise, but give enough detail for your answer to be relied on by somebody who cannot see the documents. Where you
can, quote the words that the answer rests on in double quotation marks, exactly as they stand, and put their place behind
them in square brackets, as it stands above the text of the page.

{passages})";

const std::string_view kFindNamesSystem =
    "You find the names of people in a text, so that they can be made anonymous. You add nothing and leave none out.";

const std::string_view kFindNames =
    R"(List every name of a person that stands in the text between the lines, exactly as it is written there. Reply with one
JSON object and nothing else, with an empty list where there is none. This is the JSON schema of the reply:
{schema}

-----
{text}
-----)";

const std::string_view kFirstSchema =
    R"({"type":"object","properties":{"reasoning":{"type":"string"},"message":{"type":"string"}},)"
    R"("required":["reasoning","message"],"additionalProperties":false})";

const std::string_view kDecisionSchema =
    R"({"type":"object","properties":{"decision":{"type":"string","enum":["provide_final_answer",)"
    R"("request_additional_info"]},"message":{"type":["string","null"]},"answer":{"type":["string","null"]}},)"
    R"("required":["decision","message","answer"],"additionalProperties":false})";

const std::string_view kLastDecisionSchema =
    R"({"type":"object","properties":{"decision":{"type":"string","enum":["provide_final_answer"]},)"
    R"("message":{"type":["string","null"]},"answer":{"type":"string"}},)"
    R"("required":["decision","message","answer"],"additionalProperties":false})";

const std::string_view kNamesSchema =
    R"({"type":"object","properties":{"names":{"type":"array","items":{"type":"string"}}},"required":["names"],)"
    R"("additionalProperties":false})";

}  // namespace prompts

std::string decision_prompt(std::string_view answer, Round round) {
  if (round == Round::kLast)
    return filled(prompts::kSupervisorDecideLast, {{"answer", answer}, {"schema", prompts::kLastDecisionSchema}});
  return filled(prompts::kSupervisorDecide, {{"answer", answer}, {"schema", prompts::kDecisionSchema}});
}

std::string find_names_prompt(std::string_view text) {
  return filled(prompts::kFindNames, {{"text", text}, {"schema", prompts::kNamesSchema}});
}

std::string_view task_in(std::string_view first_prompt) {
  const std::string_view before = prompts::kSupervisorFirst.substr(0, prompts::kSupervisorFirst.find("{task}"));
  if (!first_prompt.starts_with(before)) return {};
  first_prompt.remove_prefix(before.size());
  return first_prompt.substr(0, first_prompt.find("\n\n### Documents\n"));
}

bool repeats_supervisor_prompt(std::string_view reply) {
  constexpr std::size_t kLeastWords = 7;
  static const Repetition told(
      {prompts::kSupervisorFirst, prompts::kSupervisorDecide, prompts::kSupervisorDecideLast, prompts::kRepair,
       prompts::kFirstSchema, prompts::kDecisionSchema, prompts::kLastDecisionSchema},
      kLeastWords);
  return told.is_in(reply);
}

bool repeats_worker_prompt(std::string_view reply) {
  constexpr std::size_t kLeastWords = 12;  // "the documents do not say it" is what the prompt asks it to say
  static const Repetition told({prompts::kWorkerDocuments, prompts::kWorkerPassages}, kLeastWords);
  return told.is_in(reply);
}

}  // namespace minions::minion
