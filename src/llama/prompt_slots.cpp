#include "llama/prompt_slots.h"

#include <algorithm>
#include <array>

namespace minions::llama {
namespace {

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

}  // namespace

bool PromptSlots::may_reuse(const Slot& slot, std::string_view session) const {
  if (slot.held.empty()) return false;
  return sharing_ == PromptSharing::kAcrossSessions || (!session.empty() && slot.session == session);
}

// First a slot that already held this conversation, then an empty one, then the session's own oldest, then the oldest
// of all: a session with many conversations takes from itself before it takes from others.
std::size_t PromptSlots::choose(std::string_view session, const Prompt& prompt) const {
  std::array<std::size_t, 4> best = {kNone, kNone, kNone, kNone};
  std::size_t most_reused = 0;
  const auto older = [&](std::size_t a, std::size_t b) { return b == kNone || slots_[a].used < slots_[b].used; };
  for (std::size_t index = 0; index < slots_.size(); ++index) {
    const Slot& slot = slots_[index];
    if (slot.busy) continue;
    if (may_reuse(slot, session)) {
      // Another conversation may begin the same, for instance with a system prompt: a slot worth more is kept.
      const std::size_t reused = common_prefix(slot.held, prompt);
      if (reused > most_reused && reused * 2 >= slot.prompt_cells) {
        most_reused = reused;
        best[0] = index;
      }
    }
    if (slot.held.empty() && older(index, best[1])) best[1] = index;
    if (slot.session == session && older(index, best[2])) best[2] = index;
    if (older(index, best[3])) best[3] = index;
  }
  const auto found = std::find_if(best.begin(), best.end(), [](std::size_t index) { return index != kNone; });
  return found == best.end() ? kNone : *found;
}

std::optional<PromptSlots::Taken> PromptSlots::take(std::string_view session, const Prompt& prompt) {
  const std::size_t index = choose(session, prompt);
  if (index == kNone) return std::nullopt;
  Slot& slot = slots_[index];
  std::size_t reused = 0;
  if (may_reuse(slot, session) && !prompt.empty())
    reused = prompt.whole_cells(std::min(common_prefix(slot.held, prompt), prompt.size() - 1));
  slot.session = session;
  slot.held = {};
  slot.prompt_cells = prompt.size();
  slot.used = ++uses_;
  slot.busy = true;
  return Taken{index, reused};
}

PromptSlots::Keep PromptSlots::give_back(std::size_t index, Prompt held) {
  Slot& slot = slots_[index];
  slot.busy = false;
  if (slot.session.empty() && sharing_ == PromptSharing::kWithinSession) held = {};
  slot.held = std::move(held);
  return slot.held.empty() ? Keep::kNo : Keep::kYes;
}

std::vector<std::size_t> PromptSlots::forget(std::string_view session) {
  std::vector<std::size_t> to_clear;
  if (session.empty()) return to_clear;
  for (std::size_t index = 0; index < slots_.size(); ++index) {
    Slot& slot = slots_[index];
    if (slot.session != session) continue;
    // Without a session, a returned slot is not kept.
    slot.session.clear();
    if (slot.busy || sharing_ == PromptSharing::kAcrossSessions) continue;
    slot.held = {};
    to_clear.push_back(index);
  }
  return to_clear;
}

bool PromptSlots::unused() const {
  return std::none_of(slots_.begin(), slots_.end(), [](const Slot& slot) { return slot.busy || !slot.held.empty(); });
}

}  // namespace minions::llama
