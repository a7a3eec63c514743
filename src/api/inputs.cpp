#include "api/inputs.h"

#include <fmt/format.h>

namespace minions::api {
namespace {

ReadDocument context_document(std::size_t number, const std::string& text) {
  documents::Document document{fmt::format("context {}", number), documents::DocumentKind::kText, {}, {}};
  document.pages.push_back({1, chat::Text(text)});
  return {std::move(document)};
}

}  // namespace

Result<Inputs> read_inputs(const RunOptions& options, const DocumentReader& reader) {
  ReadFiles files;
  std::size_t told = 0;
  const auto tell = [&] {
    for (; told < files.documents.size(); ++told) {
      const documents::Document& document = files.documents[told].document;
      if (options.on_document) options.on_document(document.name, document.pages.size());
    }
  };
  for (std::size_t i = 0; i < options.context.size(); ++i) {
    files.documents.push_back(context_document(i + 1, options.context[i]));
    files.names.insert(files.documents.back().document.name);
  }
  tell();
  std::vector<std::string> paths = options.files;
  if (!options.folder.empty()) paths.push_back(options.folder);
  for (const std::string& path : paths) {
    MINIONS_TRY(reader.read(path, files, options.stop));
    tell();
  }
  for (const std::string& image : options.images) {
    MINIONS_TRY(reader.read_picture(image, files));
  }
  Inputs inputs;
  inputs.notes = std::move(files.notes);
  for (ReadDocument& read : files.documents) inputs.documents.push_back(std::move(read.document));
  for (ReadPicture& picture : files.pictures) inputs.images.push_back(std::move(picture.image));
  return inputs;
}

}  // namespace minions::api
