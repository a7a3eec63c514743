#include "attachments.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "chat/image.h"
#include "document_reading.h"
#include "documents/folder.h"
#include "documents/open_file.h"
#include "documents/picture.h"
#include "exit_code.h"
#include "progress_bar.h"

namespace minions::app {
namespace {

constexpr std::size_t kInputLimitBytes = 64 * 1024 * 1024;
constexpr std::size_t kImageLimitBytes = 20 * 1024 * 1024;
constexpr std::size_t kImageStartBytes = 64;  // tell every kind
constexpr std::size_t kShownSkips = 20;

// What the options say, with a bar for what takes long.
class Loader {
 public:
  explicit Loader(const DocumentOptions& options) : reading_(options), load_(reading_.load()) {
    load_.extractor.progress = &bar_;
  }

  [[nodiscard]] Result<documents::Document> file(const std::string& path) {
    if (path != "-") return documents::load_file(path, load_);
    MINIONS_TRY_ASSIGN(const chat::Text text, read_standard_input());
    return documents::load_bytes("standard input", as_bytes(text.reveal()), load_);
  }
  [[nodiscard]] Result<documents::FolderDocuments> folder(const std::string& path) {
    load_.extractor.progress = nullptr;  // files are counted, not their pages
    return documents::load_folder(path, {.load = load_, .progress = &bar_});
  }
  void clear_bar() { bar_.clear(); }

 private:
  DocumentReading reading_;
  ProgressBar bar_{"reading"};
  documents::LoadOptions load_;
};

std::string describe(const documents::ImageFacts& image) {
  return fmt::format("a picture ({}, {} x {})", image.media_type, image.width, image.height);
}

bool is_mere_picture(const documents::Document& document) { return document.image && document.pages.empty(); }

// What was ignored as meant is counted, what could not be read is named.
void report_skips(const std::string& path, const std::vector<documents::Skipped>& skipped) {
  if (skipped.empty()) return;
  warn(fmt::format("{}: {}", path, documents::summary_of(skipped)));
  std::size_t shown = 0;
  for (const documents::Skipped& skip : skipped) {
    if (skip.is_expected) continue;
    if (++shown > kShownSkips) return warn(fmt::format("{}: and more; read such a file by itself to see why", path));
    warn(fmt::format("{}: skipped: {}", skip.path, skip.reason));
  }
}

Result<std::vector<chat::Attachment>> load_folder(const std::string& path, Loader& loader) {
  auto found = loader.folder(path);
  loader.clear_bar();
  if (!found) return fail(std::move(found).error());
  std::vector<chat::Attachment> attachments;
  for (const documents::Document& document : found->documents) {
    if (is_mere_picture(document)) {
      found->skipped.push_back({document.name, "a picture, whose text --ocr reads", true});
      continue;
    }
    for (const std::string& note : document.notes) warn(document.name + ": " + note);
    attachments.push_back({document.name, documents::render(document), chat::AttachmentKind::kFolderPart});
  }
  report_skips(path, found->skipped);
  if (attachments.empty()) return fail(ErrorCode::kDocument, path + ": has no file that can be read");
  return attachments;
}

Status check_size(const std::string& file, std::size_t bytes, std::size_t limit_bytes) {
  if (bytes <= limit_bytes) return {};
  return fail(ErrorCode::kTooLarge,
              fmt::format("{}: the picture is {} bytes, at most {} are sent", file, bytes, limit_bytes));
}

// What is to be sent in place of the picture: itself where it is small enough.
Result<chat::Text> reduced_picture(const std::string& file, chat::Text& bytes, const DocumentOptions& options) {
  documents::PictureOptions how;
  if (options.unsafe_no_sandbox) how.confinement = documents::Confinement::kUnsafeNoSandbox;
  MINIONS_TRY_ASSIGN(auto reduced, documents::reduce_picture(as_bytes(bytes.reveal()), options.max_image_pixels, how));
  if (!reduced) return std::move(bytes);
  warn(fmt::format("{}: {}", file, documents::summary_of(*reduced)));
  return std::move(reduced->file);
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

Result<std::optional<chat::Image>> load_image(const std::string& file, const DocumentOptions& options) {
  std::error_code ignored;
  if (file == "-" || !options.ocr_language.empty() || std::filesystem::is_directory(file, ignored)) return std::nullopt;
  auto source = documents::open_regular(file);
  if (!source) return fail(std::move(source).error().in(file));
  auto start = documents::read_at(source->file, 0, std::min(source->size_bytes, kImageStartBytes));
  if (!start) return fail(std::move(start).error().in(file));
  if (chat::image_media_type(as_bytes(*start)).empty()) return std::nullopt;
  const std::size_t limit_bytes = options.max_image_pixels > 0 ? kInputLimitBytes : kImageLimitBytes;
  MINIONS_TRY(check_size(file, source->size_bytes, limit_bytes));
  auto whole = documents::read_at(source->file, 0, source->size_bytes);
  if (!whole) return fail(std::move(whole).error().in(file));
  chat::Text bytes(*std::move(whole));
  if (options.max_image_pixels > 0) {
    auto reduced = reduced_picture(file, bytes, options);
    if (!reduced) return fail(std::move(reduced).error().in(file));
    bytes = *std::move(reduced);
    MINIONS_TRY(check_size(file, bytes.size(), kImageLimitBytes));
  }
  MINIONS_TRY_ASSIGN(chat::Image image, chat::make_image(as_bytes(bytes.reveal())));
  return image;
}

Result<std::vector<chat::Attachment>> load_attachments(const std::string& path, const DocumentOptions& options) {
  Loader loader(options);
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return load_folder(path, loader);
  auto document = loader.file(path);
  loader.clear_bar();
  if (!document) return fail(std::move(document).error());
  if (is_mere_picture(*document)) {
    return fail(ErrorCode::kDocument,
                fmt::format("{}: is {}: --ocr reads its text", document->name, describe(*document->image)));
  }
  for (const std::string& note : document->notes) warn(document->name + ": " + note);
  std::vector<chat::Attachment> attachments;
  attachments.push_back({document->name, documents::render(*document)});
  return attachments;
}

}  // namespace minions::app
