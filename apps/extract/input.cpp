#include "input.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <new>

namespace minions::extract {

using formats::ExtractExit;

formats::Read<std::string> input_bytes(std::size_t limit_bytes) {
  std::string text;
  struct stat status {};
  if (fstat(STDIN_FILENO, &status) == 0 && status.st_size > 0)  // growing would hold it twice for a moment
    text.reserve(std::min(limit_bytes, static_cast<std::size_t>(status.st_size) + (std::size_t{1} << 20)));
  std::size_t done = 0;
  for (;;) {
    if (text.size() == done) text.resize(std::min(limit_bytes, done + (std::size_t{1} << 20)));
    if (text.size() == done) break;
    const ssize_t count = pread(STDIN_FILENO, text.data() + done, text.size() - done, static_cast<off_t>(done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return formats::stop(ExtractExit::kDamaged);
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  text.resize(done);
  return text;
}

void say(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

void remark(formats::Remark remark, std::uint64_t number) {
  std::string line(formats::kRemarkNames[static_cast<std::size_t>(remark)]);
  say(STDERR_FILENO, line.append(" ").append(std::to_string(number)).append("\n"));
}

void stop_when_out_of_memory() {
  std::set_new_handler([] { _exit(static_cast<int>(ExtractExit::kOutOfMemory)); });
}

}  // namespace minions::extract
