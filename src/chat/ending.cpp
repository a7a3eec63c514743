#include "chat/ending.h"

#include "base/text.h"

namespace minions::chat {

Ending ending_of(const Completion& completion) {
  const FinishReason reason = completion.finish_reason.value_or(FinishReason::kOther);
  const bool blank = trimmed(completion.text.reveal()).empty();
  if (!completion.refusal.empty() || reason == FinishReason::kRefusal) return Ending::kRefusal;
  if (reason == FinishReason::kContentFilter) return Ending::kContentFilter;
  if (reason == FinishReason::kAbort) return Ending::kAbort;
  if (completion.asks_for_tool || reason == FinishReason::kToolCalls) return Ending::kToolCall;
  if (blank && !completion.reasoning.empty()) return Ending::kReasoningOnly;
  if (reason == FinishReason::kLength) return Ending::kLength;
  if (blank) return Ending::kEmpty;
  return reason == FinishReason::kStop ? Ending::kComplete : Ending::kUnknown;
}

}  // namespace minions::chat
