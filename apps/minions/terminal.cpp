#include "terminal.h"

#include <unistd.h>

#include <cstdio>

namespace minions::app {
namespace {

void write(std::FILE* to, std::string_view text) { std::fwrite(text.data(), 1, text.size(), to); }

}  // namespace

void write_out(std::string_view text) {
  if (::isatty(STDOUT_FILENO) == 1) {
    write(stdout, for_terminal(text));
  } else {
    write(stdout, text);
  }
}

void write_err(std::string_view text) { write(stderr, for_terminal(text)); }

}  // namespace minions::app
