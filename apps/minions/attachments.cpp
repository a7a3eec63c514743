#include "attachments.h"

#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "documents/loader.h"
#include "exit_code.h"

namespace minions::app {
namespace {

constexpr std::size_t kInputLimitBytes = 64 * 1024 * 1024;

Result<documents::Document> load(const std::string& file, const DocumentOptions& options) {
  documents::LoadOptions load_options;
  if (options.unsafe_no_sandbox) load_options.extractor.confinement = documents::Confinement::kUnsafeNoSandbox;
  if (file != "-") return documents::load_file(file, load_options);
  MINIONS_TRY_ASSIGN(const chat::Text text, read_standard_input());
  return documents::load_bytes("standard input", as_bytes(text.reveal()), load_options);
}

}  // namespace

Result<chat::Text> read_standard_input() {
  std::string text;
  char buffer[64 * 1024];
  for (;;) {
    const ssize_t count = ::read(STDIN_FILENO, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail(ErrorCode::kIo, "standard input: " + std::generic_category().message(errno));
    if (count == 0) return chat::Text(std::move(text));
    text.append(buffer, static_cast<std::size_t>(count));
    if (text.size() > kInputLimitBytes) return fail(ErrorCode::kTooLarge, "standard input: over 64 MiB");
  }
}

Result<chat::Attachment> load_attachment(const std::string& file, const DocumentOptions& options) {
  MINIONS_TRY_ASSIGN(const documents::Document document, load(file, options));
  for (const std::string& note : document.notes) warn(document.name + ": " + note);
  return chat::Attachment{document.name, documents::render(document)};
}

}  // namespace minions::app
