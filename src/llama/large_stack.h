// Runs code that recurses with its input's length: llama.cpp splits prompts by std::regex, which takes a frame for each
// character of a run.
#pragma once

#include <cstddef>
#include <functional>

#include "base/result.h"

namespace minions::llama {

// Runs on a separate thread with that much stack, of which only the used part takes memory; waits for its end. Rethrows
// an exception of the work. kTooLarge: the system cannot provide such a thread.
[[nodiscard]] Status run_with_stack(std::size_t bytes, const std::function<void()>& work);

}  // namespace minions::llama
