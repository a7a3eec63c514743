#include <fmt/format.h>

#include <set>

#include "api/secure_minion_protocol.h"
#include "chat/image.h"
#include "documents/folder.h"
#include "documents/open_file.h"
#include "documents/picture.h"

namespace minions::api {
namespace {

constexpr std::size_t kImageLimitBytes = 20 * 1024 * 1024;

Result<chat::Text> load_picture(const std::filesystem::path& path) {
  MINIONS_TRY_ASSIGN(const documents::FileOfSize source, documents::open_regular(path));
  if (source.size_bytes > kImageLimitBytes)
    return fail(ErrorCode::kTooLarge, fmt::format("{}: is {} bytes, at most {} are read", path.string(),
                                                  source.size_bytes, kImageLimitBytes));
  MINIONS_TRY_ASSIGN(std::string bytes, documents::read_at(source.file, 0, source.size_bytes));
  return chat::Text(std::move(bytes));
}

class Reader {
 public:
  Reader(Inputs& to, const MinionCall& call, const documents::LoadOptions& options)
      : to_(to), call_(call), options_(options) {}

  Status file(const std::filesystem::path& path) {
    MINIONS_TRY_ASSIGN(documents::Document document, documents::load_file(path, options_));
    if (document.image && document.pages.empty())
      to_.notes.push_back(document.name + ": is a picture: its text was not read, and the worker does not see it");
    add(std::move(document));
    return {};
  }

  Status image(const std::filesystem::path& path) {
    MINIONS_TRY_ASSIGN(chat::Text bytes, load_picture(path));
    if (call_.max_image_pixels > 0) {
      auto reduced = documents::reduce_picture(as_bytes(bytes.reveal()), call_.max_image_pixels,
                                               documents::picture_options(options_.extractor));
      if (!reduced) return fail(std::move(reduced).error().in(path.string()));
      if (*reduced) {
        to_.notes.push_back(path.filename().string() + ": " + documents::summary_of(**reduced));
        bytes = std::move((*reduced)->file);
      }
    }
    auto made = chat::make_image(as_bytes(bytes.reveal()));
    if (!made) return fail(std::move(made).error().in(path.string()));
    to_.images.push_back(*std::move(made));
    return {};
  }

  // Unreadable files are skipped and reported.
  Status folder(const std::filesystem::path& path) {
    MINIONS_TRY_ASSIGN(documents::FolderDocuments found,
                       documents::load_folder(path, {.load = options_, .progress = nullptr}));
    std::size_t read = 0;
    for (documents::Document& document : found.documents) {
      if (document.image && document.pages.empty()) {
        MINIONS_TRY(image(path / document.name));
      } else {
        add(std::move(document));
      }
      ++read;
    }
    for (const documents::Skipped& skip : found.skipped) {
      if (!skip.is_expected) to_.notes.push_back(fmt::format("skipped {}: {}", skip.path, skip.reason));
    }
    if (!found.skipped.empty())
      to_.notes.push_back(fmt::format("{}: {}", path.string(), documents::summary_of(found.skipped)));
    if (read == 0) return fail(ErrorCode::kDocument, fmt::format("{}: has no file that can be read", path.string()));
    return {};
  }

  // Two documents of one name would make citations ambiguous.
  void add(documents::Document document) {
    const std::string name = document.name;
    for (int i = 2; !names_.insert(document.name).second; ++i) document.name = fmt::format("{} ({})", name, i);
    for (const std::string& note : document.notes) to_.notes.push_back(document.name + ": " + note);
    if (call_.on_document) call_.on_document(document);
    to_.documents.push_back(std::move(document));
  }

 private:
  Inputs& to_;
  const MinionCall& call_;
  const documents::LoadOptions& options_;
  std::set<std::string> names_;
};

}  // namespace

Result<Inputs> read_inputs(MinionCall& call, const documents::LoadOptions& options) {
  Inputs inputs;
  Reader reader(inputs, call, options);
  for (std::size_t i = 0; i < call.context.size(); ++i) {
    documents::Document document{fmt::format("context {}", i + 1), documents::DocumentKind::kText, {}, {}};
    document.pages.push_back({1, chat::Text(std::move(call.context[i]))});
    reader.add(std::move(document));
  }
  for (documents::Document& document : call.documents) reader.add(std::move(document));
  for (const std::filesystem::path& file : call.files) {
    std::error_code error;
    MINIONS_TRY(std::filesystem::is_directory(file, error) ? reader.folder(file) : reader.file(file));
  }
  if (call.pdf) MINIONS_TRY(reader.file(*call.pdf));
  if (call.folder) MINIONS_TRY(reader.folder(*call.folder));
  for (const std::filesystem::path& file : call.images) {
    MINIONS_TRY(reader.image(file));
  }
  return inputs;
}

}  // namespace minions::api
