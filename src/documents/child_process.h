// Runs one program to its end with an empty environment, a given standard input, and its output read into memory.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"

namespace minions::documents {

struct ChildProgram {
  std::filesystem::path program;
  std::vector<std::string> arguments;  // without the program's name
  int input;                           // becomes descriptor 0
  std::chrono::milliseconds time_limit;
};

// Sees the output as it comes and may end the child.
class OutputLimit {
 public:
  virtual ~OutputLimit() = default;
  [[nodiscard]] virtual Status check(std::string_view added, std::size_t total_bytes) = 0;
};

struct ChildResult {
  int wait_status;  // as waitpid gives it
  std::string output;
  std::string complaints;  // the first 16 KiB of standard error; may quote the document, so it is never shown
};

// kTimeout, the limit's own error, or kIo. The child is dead and reaped whenever this returns.
[[nodiscard]] Result<ChildResult> run_child(const ChildProgram& child, OutputLimit& limit);

}  // namespace minions::documents
