// The only reader of files that accompany a question or go to a worker: documents as text, pictures unchanged. The
// content decides which, not the name.
#pragma once

#include <set>
#include <stop_token>

#include "chat/message.h"
#include "crypto/random.h"
#include "documents/loader.h"
#include "minions/options.hpp"

namespace minions::api {

// What happens to pictures whose text is not read by OCR.
enum class PictureUse {
  kWithQuestion,  // sends a picture that is named; skips those of a folder
  kForWorker,     // sends those of a folder; reports one that is named among documents
};

struct ReadDocument {
  documents::Document document;
  bool of_folder = false;
};
struct ReadPicture {
  std::string name;  // as a document's
  chat::Image image;
};
struct ReadFiles {
  std::vector<ReadDocument> documents;  // of different names, so that citations are clear
  std::vector<ReadPicture> pictures;
  std::vector<std::string> notes;  // what was not read as one would expect, a line each; no content
  std::set<std::string> names;     // of the documents
};

// Blocks, and starts minions-extract for what needs a parser. What is read is added to `to`. kDocument names the file
// and the reason; kCancelled: stopped; kUsage: the options name an encoding that there is not.
class DocumentReader {
 public:
  DocumentReader(const DocumentOptions& options, PictureUse pictures);
  DocumentReader(const DocumentReader&) = delete;
  DocumentReader& operator=(const DocumentReader&) = delete;

  // A file, or all that can be read of a folder. Unreadable files of a folder are skipped and noted.
  [[nodiscard]] Status read(const std::filesystem::path& path, ReadFiles& to, std::stop_token stop) const;
  [[nodiscard]] Status read_bytes(std::string_view name, ByteView bytes, ReadFiles& to) const;
  // PNG, JPEG, GIF or WebP, reduced if the options ask for it.
  [[nodiscard]] Status read_picture(const std::filesystem::path& path, ReadFiles& to) const;

  // Why no cache is used, where one was wanted; told once.
  [[nodiscard]] std::optional<Error> take_cache_error() { return std::exchange(cache_error_, std::nullopt); }

 private:
  void open_cache();
  [[nodiscard]] Status check() const;
  [[nodiscard]] Status read_any(const std::filesystem::path& path, const documents::LoadOptions& load,
                                ReadFiles& to) const;
  [[nodiscard]] Status read_folder(const std::filesystem::path& path, const documents::LoadOptions& load,
                                   ReadFiles& to) const;
  [[nodiscard]] Status add(documents::Document document, ReadFiles& to) const;
  [[nodiscard]] bool takes_pictures() const;
  [[nodiscard]] Result<chat::Image> make_picture(chat::Text bytes, const std::string& name,
                                                 std::vector<std::string>& notes) const;

  PictureUse pictures_;
  bool hidden_;
  std::uint64_t max_image_pixels_;
  std::function<void(std::size_t, std::size_t)> on_progress_;
  crypto::SystemRandom random_;
  std::optional<documents::DocumentCache> cache_;
  std::optional<Error> cache_error_;
  documents::LoadOptions load_;
};

}  // namespace minions::api
