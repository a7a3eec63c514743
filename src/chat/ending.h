// How a model's answer ended, judged from what its server sent.
#pragma once

#include "base/result.h"
#include "chat/message.h"

namespace minions::chat {

[[nodiscard]] Ending ending_of(const Completion& completion);

}  // namespace minions::chat
