// Which sequence of a model's memory serves a request, and how much of the prompt it already contains. A session finds
// what its own requests left, and never what another's did unless the operator shares prompts between them: otherwise
// the speed of an answer would reveal what others asked. Knows tokens, not the model. Not synchronised.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "llama/prompt.h"

namespace minions::llama {

enum class PromptSharing { kWithinSession, kAcrossSessions };

class PromptSlots {
 public:
  PromptSlots(std::size_t count, PromptSharing sharing) : slots_(count), sharing_(sharing) {}

  struct Taken {
    std::size_t slot;
    // Cells from the prompt's start that are in the slot and stay; the rest of the slot must be cleared. Less than the
    // prompt: its last token is always read again, for what comes after it.
    std::size_t reused;
  };
  // Nothing: all are in use. An empty session belongs to nobody: nothing is kept for it.
  [[nodiscard]] std::optional<Taken> take(std::string_view session, const Prompt& prompt);

  enum class Keep { kYes, kNo };
  // What the model's memory now holds of the prompt and what came after it. kNo: it must be cleared.
  [[nodiscard]] Keep give_back(std::size_t slot, Prompt held);

  // The session is over. Returns the slots to clear; those in use get kNo when they are returned.
  [[nodiscard]] std::vector<std::size_t> forget(std::string_view session);

  // No slot holds anything of anyone.
  [[nodiscard]] bool unused() const;

 private:
  struct Slot {
    std::string session;
    Prompt held;
    std::size_t prompt_cells = 0;  // of the last request
    std::uint64_t used = 0;        // larger is later
    bool busy = false;
  };
  [[nodiscard]] bool may_reuse(const Slot& slot, std::string_view session) const;
  [[nodiscard]] std::size_t choose(std::string_view session, const Prompt& prompt) const;

  std::vector<Slot> slots_;
  PromptSharing sharing_;
  std::uint64_t uses_ = 0;
};

}  // namespace minions::llama
