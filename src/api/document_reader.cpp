#include "api/document_reader.h"

#include <fmt/format.h>

#include "chat/image.h"
#include "documents/folder.h"
#include "documents/open_file.h"
#include "documents/picture.h"
#include "formats/encoding_label.h"

namespace minions::api {
namespace {

constexpr std::size_t kImageLimitBytes = 20 * 1024 * 1024;
constexpr std::size_t kReducedLimitBytes = 64 * 1024 * 1024;  // of a picture before it is reduced
constexpr std::size_t kImageStartBytes = 64;                  // enough to recognise every kind
constexpr std::size_t kNamedSkips = 20;

bool is_mere_picture(const documents::Document& document) { return document.image && document.pages.empty(); }

Status check_size(std::size_t bytes, std::size_t limit_bytes) {
  if (bytes <= limit_bytes) return {};
  return fail(ErrorCode::kTooLarge, fmt::format("the picture is {} bytes, at most {} are taken", bytes, limit_bytes));
}

// Counts what a rule left out; names what could not be read.
void note_skips(const std::string& path, const std::vector<documents::Skipped>& skipped,
                std::vector<std::string>& notes) {
  if (skipped.empty()) return;
  notes.push_back(fmt::format("{}: {}", path, documents::summary_of(skipped)));
  std::size_t named = 0;
  for (const documents::Skipped& skip : skipped) {
    if (skip.is_expected) continue;
    if (++named > kNamedSkips) {
      notes.push_back(fmt::format("{}: more files were skipped; read one by itself to see why", path));
      return;
    }
    notes.push_back(fmt::format("skipped {}: {}", skip.path, skip.reason));
  }
}

// Whatever it came from, it is about a document.
Error document_error(Error error) {
  if (error.code != ErrorCode::kCancelled) error.code = ErrorCode::kDocument;
  return error;
}

class StoppableProgress final : public documents::Progress {
 public:
  StoppableProgress(const std::function<void(std::size_t, std::size_t)>& told, std::stop_token stop)
      : told_(told), stop_(std::move(stop)) {}
  bool at(std::size_t done, std::size_t total) override {
    if (told_) told_(done, total);
    return !stop_.stop_requested();
  }

 private:
  const std::function<void(std::size_t, std::size_t)>& told_;
  std::stop_token stop_;
};

}  // namespace

DocumentReader::DocumentReader(const DocumentOptions& options, PictureUse pictures)
    : pictures_(pictures),
      hidden_(options.hidden),
      max_image_pixels_(options.max_image_pixels),
      on_progress_(options.on_progress) {
  load_.extractor.helper = options.extractor;
  if (options.unsafe_no_sandbox) load_.extractor.confinement = documents::Confinement::kUnsafeNoSandbox;
  if (!options.ocr_language.empty()) {
    load_.extractor.ocr = documents::Ocr::kOn;
    load_.extractor.ocr_language = options.ocr_language;
  }
  load_.extractor.encoding = options.encoding;
  if (!options.no_cache) open_cache();
}

Status DocumentReader::check() const {
  const std::string& encoding = load_.extractor.encoding;
  if (encoding.empty() || formats::is_known_encoding(encoding)) return {};
  return fail(ErrorCode::kUsage, fmt::format("no encoding is called {}", documents::printable(encoding)));
}

void DocumentReader::open_cache() {
  const auto folder = documents::DocumentCache::default_folder();
  if (!folder) return;
  auto cache = documents::DocumentCache::open(*folder, random_);
  if (!cache) {
    cache_error_ = std::move(cache).error();
    return;
  }
  cache_.emplace(*std::move(cache));
  load_.cache = &*cache_;
}

Status DocumentReader::read(const std::filesystem::path& path, ReadFiles& to, std::stop_token stop) const {
  if (stop.stop_requested()) return fail(ErrorCode::kCancelled, "cancelled");
  MINIONS_TRY(check());
  StoppableProgress progress(on_progress_, std::move(stop));
  documents::LoadOptions load = load_;
  load.extractor.progress = &progress;
  return read_any(path, load, to).map_error(document_error);
}

Status DocumentReader::read_bytes(std::string_view name, ByteView bytes, ReadFiles& to) const {
  MINIONS_TRY(check());
  if (takes_pictures() && !chat::image_media_type(bytes).empty()) {
    auto image = make_picture(chat::Text(std::string(as_text(bytes))), std::string(name), to.notes);
    if (!image) return fail(document_error(std::move(image).error().in(name)));
    to.pictures.push_back({documents::printable(name), *std::move(image)});
    return {};
  }
  StoppableProgress progress(on_progress_, {});
  documents::LoadOptions load = load_;
  load.extractor.progress = &progress;
  auto document = documents::load_bytes(name, bytes, load);
  if (!document) return fail(document_error(std::move(document).error()));
  return add(*std::move(document), to);
}

Status DocumentReader::read_picture(const std::filesystem::path& path, ReadFiles& to) const {
  const std::string name = path.filename().string();
  const auto read = [&]() -> Result<chat::Image> {
    MINIONS_TRY_ASSIGN(const documents::FileOfSize source, documents::open_regular(path));
    MINIONS_TRY(check_size(source.size_bytes, max_image_pixels_ > 0 ? kReducedLimitBytes : kImageLimitBytes));
    MINIONS_TRY_ASSIGN(std::string content, documents::read_at(source.file, 0, source.size_bytes));
    return make_picture(chat::Text(std::move(content)), name, to.notes);
  };
  auto image = read();
  if (!image) return fail(document_error(std::move(image).error().in(path.string())));
  to.pictures.push_back({documents::printable(name), *std::move(image)});
  return {};
}

Status DocumentReader::read_any(const std::filesystem::path& path, const documents::LoadOptions& load,
                                ReadFiles& to) const {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return read_folder(path, load, to);
  if (takes_pictures()) {
    auto source = documents::open_regular(path);
    if (!source) return fail(std::move(source).error().in(path.string()));
    auto start = documents::read_at(source->file, 0, std::min(source->size_bytes, kImageStartBytes));
    if (!start) return fail(std::move(start).error().in(path.string()));
    if (!chat::image_media_type(as_bytes(*start)).empty()) return read_picture(path, to);
  }
  MINIONS_TRY_ASSIGN(documents::Document document, documents::load_file(path, load));
  return add(std::move(document), to);
}

Status DocumentReader::read_folder(const std::filesystem::path& path, const documents::LoadOptions& load,
                                   ReadFiles& to) const {
  documents::LoadOptions each = load;
  each.extractor.progress = nullptr;  // files are counted, not their pages
  MINIONS_TRY_ASSIGN(
      documents::FolderDocuments found,
      documents::load_folder(path, {.load = each, .reads_hidden = hidden_, .progress = load.extractor.progress}));
  std::size_t read = 0;
  for (documents::Document& document : found.documents) {
    if (!is_mere_picture(document)) {
      MINIONS_TRY(add(std::move(document), to));
      to.documents.back().of_folder = true;
    } else if (pictures_ == PictureUse::kForWorker) {
      if (Status taken = read_picture(path / document.name, to); !taken) {
        found.skipped.push_back({document.name, std::move(taken).error().detail, false});
        continue;
      }
    } else {
      found.skipped.push_back({document.name, "a picture, whose text --ocr reads", true});
      continue;
    }
    ++read;
  }
  for (const std::string& note : found.notes) to.notes.push_back(path.string() + ": " + note);
  note_skips(path.string(), found.skipped, to.notes);
  if (read == 0) return fail(ErrorCode::kDocument, path.string() + ": has no file that can be read");
  return {};
}

Status DocumentReader::add(documents::Document document, ReadFiles& to) const {
  const std::string name = document.name;
  for (int i = 2; !to.names.insert(document.name).second; ++i) document.name = fmt::format("{} ({})", name, i);
  if (is_mere_picture(document)) {
    if (pictures_ == PictureUse::kWithQuestion)
      return fail(ErrorCode::kDocument,
                  fmt::format("{}: is a picture ({}, {} x {}): --ocr reads its text", document.name,
                              document.image->media_type, document.image->width, document.image->height));
    to.notes.push_back(document.name + ": is a picture: its text was not read, and the worker does not see it");
  }
  for (const std::string& note : document.notes) to.notes.push_back(document.name + ": " + note);
  to.documents.push_back({std::move(document)});
  return {};
}

bool DocumentReader::takes_pictures() const {
  return pictures_ == PictureUse::kWithQuestion && load_.extractor.ocr == documents::Ocr::kOff;
}

// Errors are of the file.
Result<chat::Image> DocumentReader::make_picture(chat::Text bytes, const std::string& name,
                                                 std::vector<std::string>& notes) const {
  if (max_image_pixels_ > 0) {
    MINIONS_TRY_ASSIGN(auto reduced, documents::reduce_picture(as_bytes(bytes.reveal()), max_image_pixels_,
                                                               documents::picture_options(load_.extractor)));
    if (reduced) {
      notes.push_back(name + ": " + documents::summary_of(*reduced));
      bytes = std::move(reduced->file);
    }
  }
  MINIONS_TRY(check_size(bytes.size(), kImageLimitBytes));
  return chat::make_image(as_bytes(bytes.reveal()));
}

}  // namespace minions::api
