// Runs one program to its end with an empty environment, a given standard input, and its output handed on as it comes.
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

// Takes the output as it comes; an error ends the child. What it keeps it also wipes.
class OutputSink {
 public:
  virtual ~OutputSink() = default;
  [[nodiscard]] virtual Status take(std::string_view added) = 0;
};

struct ChildResult {
  int wait_status;         // as waitpid gives it
  std::string complaints;  // the first 16 KiB of standard error; may quote the document, so it is never shown
};

// kTimeout, the sink's own error, or kIo. The child is dead and reaped whenever this returns.
[[nodiscard]] Result<ChildResult> run_child(const ChildProgram& child, OutputSink& sink);

// Appends without leaving unwiped copies behind as the text grows.
void append_wiping(std::string& to, std::string_view more);

}  // namespace minions::documents
