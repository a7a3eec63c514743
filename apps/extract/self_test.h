// Attempts, made inside the sandbox, at what it must deny. They make the sandbox's promises testable on every machine.
#pragma once

#include <span>
#include <string_view>

namespace minions::extract {

struct Attempt {
  std::string_view name;
  bool (*succeeds)();
};

[[nodiscard]] std::span<const Attempt> attempts();

}  // namespace minions::extract
