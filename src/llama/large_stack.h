// Runs what recurses with its input's length: llama.cpp splits prompts by std::regex, which takes a frame for each
// character of a run.
#pragma once

#include <cstddef>
#include <functional>

#include "base/result.h"

namespace minions::llama {

// On a thread of its own with so much stack, of which only what is used takes memory; waits for its end. An exception
// of the work is thrown here. kTooLarge: the system gives no such thread.
[[nodiscard]] Status run_with_stack(std::size_t bytes, const std::function<void()>& work);

}  // namespace minions::llama
