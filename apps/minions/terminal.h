// What subcommands write to standard output and standard error. All of it goes through here: a server, a model, a
// document or a file's name may have written parts of it.
#pragma once

#include <fmt/format.h>

#include "base/result.h"
#include "base/terminal_text.h"

namespace minions::app {

// To standard output: as it is, for programs that read it, but safe where that is a terminal. Whether it arrived is for
// flush_out() to say.
void write_out(std::string_view text);
// The same for bytes that are safe as they are.
void write_raw_out(std::string_view text);
// kIo if something that was ever written to standard output has not arrived; kReaderLeft is its cause where nobody
// reads.
[[nodiscard]] Status flush_out();
// To standard error, safe whoever reads it.
void write_err(std::string_view text);

// The last line of a terminal, which the next call replaces; nothing where standard error is none.
void show_status(std::string_view line);
void clear_status();
// The same behind what stands on the terminal's line, which goes on there.
void show_status_behind(std::string_view line);
void clear_status_behind();
// Dims what follows on standard error, where that is a terminal, or ends that.
enum class Dimmed { kOn, kOff };
void dim_err(Dimmed dimmed);

template <class... Arguments>
void print_out(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  write_out(fmt::format(format, std::forward<Arguments>(arguments)...));
}
template <class... Arguments>
void print_err(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  write_err(fmt::format(format, std::forward<Arguments>(arguments)...));
}

}  // namespace minions::app
