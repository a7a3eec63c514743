// Everything a run names, read: its texts, documents, folders and pictures.
#pragma once

#include "api/document_reader.h"

namespace minions::api {

struct Inputs {
  std::vector<documents::Document> documents;  // with distinct names, so that citations are unambiguous
  std::vector<chat::Image> images;
  std::vector<std::string> notes;  // what a reader of the answer must know, such as skipped files
};

// In the order of the options. Blocks. Needs a reader made for workers.
[[nodiscard]] Result<Inputs> read_inputs(const RunOptions& options, const DocumentReader& reader);

}  // namespace minions::api
