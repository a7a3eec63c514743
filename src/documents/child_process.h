// Runs one program to its end with an empty environment, a given standard input, and its output passed on as it
// arrives.
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

// Receives the output as it arrives; an error ends the child. It wipes what it keeps.
class OutputSink {
 public:
  virtual ~OutputSink() = default;
  [[nodiscard]] virtual Status take(std::string_view added) = 0;
};

struct ChildResult {
  int wait_status;         // as waitpid returns it
  std::string complaints;  // the first 16 KiB of standard error; may quote the document, so it is never shown
};

// kTimeout, the sink's own error, or kIo. The child is dead and reaped whenever this returns.
[[nodiscard]] Result<ChildResult> run_child(const ChildProgram& child, OutputSink& sink);

// Appends without leaving unwiped copies as the text grows.
void append_wiping(std::string& to, std::string_view more);

}  // namespace minions::documents
