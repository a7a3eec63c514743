// A folder as documents: all files below it in the order of their paths, and a reason for each that was left out.
// Symbolic links are not followed, so that a folder from elsewhere cannot reach out of itself, and has no loops.
#pragma once

#include "documents/loader.h"

namespace minions::documents {

struct FolderOptions {
  LoadOptions load;
  std::size_t max_files = 10'000;
  std::size_t max_depth = 64;
  std::size_t max_text_bytes = std::size_t{256} << 20;  // of all documents together
  bool honours_gitignore = true;
  Progress* progress = nullptr;  // told about files
};

struct Skipped {
  std::string path;  // from the folder, printable; a folder that was left out whole ends with /
  std::string reason;
  bool is_expected = false;  // by a rule of the user or of the default list, not because something is wrong with it
};

struct FolderDocuments {
  std::vector<Document> documents;  // named by their paths from the folder
  std::vector<Skipped> skipped;
};

// A file that cannot be read is a skip with its reason. Errors: kNotFound, kIo: the folder itself; kDocument: it is
// none; kTooLarge: a limit; kUnsupported: no sandbox here while a file needs one.
[[nodiscard]] Result<FolderDocuments> load_folder(const std::filesystem::path& folder,
                                                  const FolderOptions& options = {});

// "12 files skipped: 5 ignored by .gitignore, ...", the reasons by their number. Empty without skips.
[[nodiscard]] std::string summary_of(const std::vector<Skipped>& skipped);

}  // namespace minions::documents
