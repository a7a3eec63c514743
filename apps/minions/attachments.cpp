#include "attachments.h"

#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/bytes.h"
#include "exit_code.h"
#include "progress_bar.h"

namespace minions::app {
namespace {

constexpr std::size_t kInputLimitBytes = 64 * 1024 * 1024;

Result<Attachments> load(const std::string& path, const DocumentOptions& options) {
  if (path != "-") return read_attachments(path, options);
  MINIONS_TRY_ASSIGN(const std::string text, read_standard_input());
  return read_attachment("standard input", as_bytes(text), options);
}

}  // namespace

Result<std::string> read_standard_input() {
  std::string text;
  char buffer[64 * 1024];
  for (;;) {
    const ssize_t count = ::read(STDIN_FILENO, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail(ErrorCode::kIo, "standard input: " + std::generic_category().message(errno));
    if (count == 0) return text;
    text.append(buffer, static_cast<std::size_t>(count));
    if (text.size() > kInputLimitBytes) return fail(ErrorCode::kTooLarge, "standard input: over 64 MiB");
  }
}

Result<std::vector<Attachment>> load_attachments(const std::string& path, const DocumentFlags& flags) {
  ProgressBar bar("reading");
  DocumentOptions options = flags;
  options.on_progress = [&bar](std::size_t done, std::size_t total) { bar.at(done, total); };
  auto found = load(path, options);
  bar.clear();
  if (!found) return fail(std::move(found).error());
  for (const std::string& note : found->notes) warn(note);
  return std::move(found->items);
}

}  // namespace minions::app
