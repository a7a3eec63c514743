#include "terminal.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

namespace minions::app {
namespace {

int first_error = 0;  // of standard output

void note_error() {
  if (first_error == 0) first_error = errno == 0 ? EIO : errno;
}

}  // namespace

void write_raw_out(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) note_error();
}

void write_out(std::string_view text) {
  if (::isatty(STDOUT_FILENO) == 1) {
    write_raw_out(for_terminal(text));
  } else {
    write_raw_out(text);
  }
}

void write_err(std::string_view text) {
  const std::string safe = for_terminal(text);
  std::fwrite(safe.data(), 1, safe.size(), stderr);
}

void show_status(std::string_view line) {
  if (::isatty(STDERR_FILENO) != 1) return;
  fmt::print(stderr, "\r{}\x1b[K", line_for_terminal(line));  // and nothing of a longer line remains
  std::fflush(stderr);
}

void clear_status() {
  if (::isatty(STDERR_FILENO) != 1) return;
  fmt::print(stderr, "\r\x1b[K");
  std::fflush(stderr);
}

// Saves the place and wraps no line: the text is cut at the edge, so that the place is still there afterwards.
void show_status_behind(std::string_view line) {
  if (::isatty(STDERR_FILENO) != 1) return;
  fmt::print(stderr,
             "\x1b"
             "7\x1b[?7l\x1b[2m  ({})\x1b[0m\x1b[K\x1b[?7h\x1b"
             "8",
             line_for_terminal(line));
  std::fflush(stderr);
}

void clear_status_behind() {
  if (::isatty(STDERR_FILENO) != 1) return;
  fmt::print(stderr, "\x1b[K");
  std::fflush(stderr);
}

void dim_err(Dimmed dimmed) {
  if (::isatty(STDERR_FILENO) != 1) return;
  fmt::print(stderr, "{}", dimmed == Dimmed::kOn ? "\x1b[2m" : "\x1b[0m");
  std::fflush(stderr);
}

Status flush_out() {
  if (std::fflush(stdout) != 0) note_error();
  if (first_error == 0) return {};
  Error error{ErrorCode::kIo,
              fmt::format("standard output cannot be written: {}", std::generic_category().message(first_error))};
  return fail(std::move(error).because(first_error == EPIPE ? Cause::kReaderLeft : Cause::kOther));
}

}  // namespace minions::app
