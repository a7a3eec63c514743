// Reads Sampling (include/minions/options.hpp).
#pragma once

#include "chat/message.h"
#include "minions/options.hpp"

namespace minions::api {

// kUsage: a number out of its range, a parameter that is not JSON, or one that requests have already.
[[nodiscard]] Result<chat::Sampling> read_sampling(const Sampling& sampling);

}  // namespace minions::api
