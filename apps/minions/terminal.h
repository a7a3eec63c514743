// What subcommands write to standard output and standard error. All of it goes through here: a server, a model, a
// document or a file's name may have written parts of it.
#pragma once

#include <fmt/format.h>

#include "base/terminal_text.h"

namespace minions::app {

// To standard output: as it is, for programs that read it, but safe where that is a terminal. Whether it could be
// written is for the caller's fflush() to say.
void write_out(std::string_view text);
// To standard error, safe whoever reads it.
void write_err(std::string_view text);

template <class... Arguments>
void print_out(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  write_out(fmt::format(format, std::forward<Arguments>(arguments)...));
}
template <class... Arguments>
void print_err(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  write_err(fmt::format(format, std::forward<Arguments>(arguments)...));
}

}  // namespace minions::app
