#include "attachments.h"

#include <unistd.h>

#include <fmt/format.h>

#include <cerrno>
#include <system_error>

#include "chat/image.h"
#include "documents/loader.h"
#include "documents/open_file.h"
#include "exit_code.h"

namespace minions::app {
namespace {

constexpr std::size_t kInputLimitBytes = 64 * 1024 * 1024;
constexpr std::size_t kImageLimitBytes = 20 * 1024 * 1024;
constexpr std::size_t kImageStartBytes = 64;  // tell every kind

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

Result<std::optional<chat::Image>> load_image(const std::string& file) {
  if (file == "-") return std::nullopt;
  auto source = documents::open_regular(file);
  if (!source) return fail(std::move(source).error().in(file));
  auto start = documents::read_at(source->file, 0, std::min(source->size_bytes, kImageStartBytes));
  if (!start) return fail(std::move(start).error().in(file));
  if (chat::image_media_type(as_bytes(*start)).empty()) return std::nullopt;
  if (source->size_bytes > kImageLimitBytes) {
    return fail(ErrorCode::kTooLarge, fmt::format("{}: the picture is {} bytes, at most {} are sent", file,
                                                  source->size_bytes, kImageLimitBytes));
  }
  auto whole = documents::read_at(source->file, 0, source->size_bytes);
  if (!whole) return fail(std::move(whole).error().in(file));
  const chat::Text bytes(*std::move(whole));
  MINIONS_TRY_ASSIGN(chat::Image image, chat::make_image(as_bytes(bytes.reveal())));
  return image;
}

Result<chat::Attachment> load_attachment(const std::string& file, const DocumentOptions& options) {
  MINIONS_TRY_ASSIGN(const documents::Document document, load(file, options));
  for (const std::string& note : document.notes) warn(document.name + ": " + note);
  return chat::Attachment{document.name, documents::render(document)};
}

}  // namespace minions::app
