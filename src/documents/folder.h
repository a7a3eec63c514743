// A folder as documents: all files below it in the order of their paths, and a reason for each that was skipped. What
// is hidden or holds keys or passwords is skipped unless it is asked for: who names a folder does not mean it. Does not
// follow symbolic links, so a folder from elsewhere cannot reach outside itself, and there are no loops.
#pragma once

#include "documents/loader.h"

namespace minions::documents {

struct FolderOptions {
  LoadOptions load;
  std::size_t max_files = 10'000;
  std::size_t max_depth = 64;
  std::size_t max_text_bytes = std::size_t{256} << 20;  // of all documents together
  bool honours_gitignore = true;
  bool reads_hidden = false;     // files and folders whose names begin with a dot, and keys and passwords
  Progress* progress = nullptr;  // called with files
};

struct Skipped {
  std::string path;  // from the folder, printable; a folder that was skipped whole ends with /
  std::string reason;
  bool is_expected = false;  // by a rule of the user or of the default list, not because anything is wrong with it
};

struct FolderDocuments {
  std::vector<Document> documents;  // named by their paths from the folder
  std::vector<Skipped> skipped;
  std::vector<std::string> notes;  // how much of what is hidden was read
};

// An unreadable file is a skip with its reason. Errors: kNotFound, kIo: the folder itself; kDocument: not a folder;
// kTooLarge: a limit; kUnsupported: no sandbox here while a file needs one.
[[nodiscard]] Result<FolderDocuments> load_folder(const std::filesystem::path& folder,
                                                  const FolderOptions& options = {});

// "12 files skipped: 5 ignored by .gitignore, ...", the most frequent reasons first. Empty without skips.
[[nodiscard]] std::string summary_of(const std::vector<Skipped>& skipped);

}  // namespace minions::documents
