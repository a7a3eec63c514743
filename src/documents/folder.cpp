#include "documents/folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <map>
#include <memory>

#include "documents/git_rules.h"
#include "documents/open_file.h"
#include "documents/parallel_for.h"
#include "documents/secret_files.h"

namespace minions::documents {
namespace {

constexpr std::string_view kIgnoredByGit = "ignored by .gitignore";
constexpr std::string_view kUndecidedByGit =
    "a .gitignore above it cannot be read, or is too large or too slow to judge it";

// What is left out of a folder although it could be read, in the order in which it is told.
struct Hidden {
  std::string_view reason;
  std::string_view one;
  std::string_view many;
};
constexpr Hidden kHiddenFile = {"a hidden file (--hidden reads it)", "hidden file (--hidden reads it)",
                                "hidden files (--hidden reads them)"};
constexpr Hidden kHiddenFolder = {"a hidden folder (--hidden reads it)", "hidden folder (--hidden reads it)",
                                  "hidden folders (--hidden reads them)"};
constexpr Hidden kPrivateKey = {"a private key", "private key", "private keys"};
constexpr Hidden kPasswords = {"a file of passwords", "file of passwords", "files of passwords"};
constexpr Hidden kAllHidden[] = {kHiddenFile, kHiddenFolder, kPrivateKey, kPasswords};

const Hidden& words_of(Secret secret) { return secret == Secret::kPrivateKey ? kPrivateKey : kPasswords; }

struct Listed {
  std::string name;
  unsigned char type;  // DT_REG and so on
};

Result<std::vector<Listed>> list(FileDescriptor folder) {
  const std::unique_ptr<DIR, int (*)(DIR*)> open(::fdopendir(folder.get()), ::closedir);
  if (!open) return fail(ErrorCode::kIo, fmt::format("cannot be listed: {}", std::strerror(errno)));
  const int descriptor = folder.release();  // closedir closes it
  std::vector<Listed> entries;
  while (const dirent* entry = ::readdir(open.get())) {
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    unsigned char type = entry->d_type;
    struct stat status {};
    if (type == DT_UNKNOWN && ::fstatat(descriptor, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0)
      type = static_cast<unsigned char>(IFTODT(status.st_mode));
    entries.push_back({std::string(name), type});
  }
  std::sort(entries.begin(), entries.end(), [](const Listed& a, const Listed& b) { return a.name < b.name; });
  return entries;
}

// The name of the last folder of a path that ends with /.
std::string parent_of(std::string_view folder) {
  folder.remove_suffix(1);
  return std::string(folder.substr(folder.rfind('/') + 1));
}

// The files below a folder, found depth first.
class Walk {
 public:
  Walk(const FileDescriptor& root, const std::filesystem::path& path, const FolderOptions& options)
      : root_(root), options_(options) {
    std::error_code error;
    name_ = std::filesystem::canonical(path, error).filename().string();
    if (options.honours_gitignore) outer_ = rules_around(path);
  }

  [[nodiscard]] Status run() { return visit("", 0); }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::vector<std::string>& files() const { return files_; }
  [[nodiscard]] std::vector<Skipped>& skipped() { return skipped_; }

 private:
  enum class Expected { kNo, kYes };
  struct Level {
    std::string folder;  // from the root, empty or ending with /
    IgnoreRules rules;
  };

  [[nodiscard]] Status visit(const std::string& folder, std::size_t depth) {
    auto entries = open_folder_below(root_, folder).and_then(list);
    if (!entries) {
      if (depth == 0) return fail(std::move(entries).error());
      skip(folder, entries.error().detail);
      return {};
    }
    if (options_.honours_gitignore) levels_.push_back({folder, read_rules(root_, folder)});
    for (const Listed& entry : *entries) MINIONS_TRY(take(folder, entry, depth));
    if (options_.honours_gitignore) levels_.pop_back();
    return {};
  }

  [[nodiscard]] Status take(const std::string& folder, const Listed& entry, std::size_t depth) {
    const std::string path = folder + entry.name;
    const bool is_folder = entry.type == DT_DIR;
    const EntryType type = is_folder ? EntryType::kFolder : EntryType::kFile;
    if (entry.type == DT_LNK) {
      skip(path, "a symbolic link");
    } else if (!is_folder && entry.type != DT_REG) {
      skip(path, "not a regular file");
    } else if (const auto reason = ignored_by_default(entry.name, type)) {
      skip(path + (is_folder ? "/" : ""), *reason, Expected::kYes);
    } else if (const auto verdict = judge(path, type); verdict == IgnoreRules::Verdict::kIgnored) {
      skip(path + (is_folder ? "/" : ""), kIgnoredByGit, Expected::kYes);
    } else if (verdict == IgnoreRules::Verdict::kUndecided) {
      skip(path + (is_folder ? "/" : ""), kUndecidedByGit);
    } else if (const Hidden* hidden = hidden_by(folder, entry.name, type)) {
      skip(path + (is_folder ? "/" : ""), hidden->reason, Expected::kYes);
    } else if (is_folder && depth + 1 >= options_.max_depth) {
      return fail(ErrorCode::kTooLarge, fmt::format("has folders deeper than {}, the limit", options_.max_depth));
    } else if (is_folder) {
      return visit(path + "/", depth + 1);
    } else if (files_.size() == options_.max_files) {
      return fail(ErrorCode::kTooLarge, fmt::format("has more than {} files, the limit", options_.max_files));
    } else {
      files_.push_back(path);
    }
    return {};
  }

  // The rules of the folders on the path, the innermost first.
  [[nodiscard]] IgnoreRules::Verdict judge(std::string_view path, EntryType type) const {
    for (auto level = levels_.rbegin(); level != levels_.rend(); ++level) {
      const auto verdict = level->rules.judge(path.substr(level->folder.size()), type);
      if (verdict != IgnoreRules::Verdict::kNotNamed) return verdict;
    }
    for (auto outer = outer_.rbegin(); outer != outer_.rend(); ++outer) {
      const auto verdict = outer->rules.judge(outer->prefix + std::string(path), type);
      if (verdict != IgnoreRules::Verdict::kNotNamed) return verdict;
    }
    return IgnoreRules::Verdict::kNotNamed;
  }

  [[nodiscard]] const Hidden* hidden_by(const std::string& folder, const std::string& name, EntryType type) const {
    if (options_.reads_hidden) return nullptr;
    if (name.starts_with('.')) return type == EntryType::kFolder ? &kHiddenFolder : &kHiddenFile;
    if (type == EntryType::kFolder) return nullptr;
    const auto secret = secret_of_name(name, folder.empty() ? name_ : parent_of(folder));
    return secret ? &words_of(*secret) : nullptr;
  }
  void skip(std::string_view path, std::string_view reason, Expected expected = Expected::kNo) {
    skipped_.push_back({printable(path), std::string(reason), expected == Expected::kYes});
  }

  const FileDescriptor& root_;
  const FolderOptions& options_;
  std::string name_;  // of the root
  std::vector<OuterRules> outer_;
  std::vector<Level> levels_;
  std::vector<std::string> files_;
  std::vector<Skipped> skipped_;
};

// What was made of a file.
struct Reading {
  std::optional<Result<Document>> document;
  bool is_key = false;  // by its content
};

Reading read_below(const FileDescriptor& root, const std::string& path, const FolderOptions& options,
                   const LoadOptions& load) {
  const auto source = open_regular_below(root, path);
  if (!source) return {fail(source.error())};
  const auto start = read_at(source->file, 0, std::min(source->size_bytes, kSecretWithin));
  if (!start) return {fail(start.error())};
  const bool is_key = holds_private_key(path, *start);
  if (is_key && !options.reads_hidden) return {std::nullopt, true};
  return {load_open(printable(path), *source, load), is_key};
}

// With --hidden: what would have been left out without it.
std::string note_on_hidden(const std::vector<std::string>& files, const std::vector<Reading>& read,
                           const std::string& root_name) {
  std::map<std::string_view, std::size_t> counts;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (!read[i].document || !*read[i].document) continue;
    const std::string path = "/" + files[i];
    const std::size_t slash = path.rfind('/');
    const std::string folder = slash == 0 ? root_name : parent_of(std::string_view(path).substr(0, slash + 1));
    const auto secret = secret_of_name(std::string_view(path).substr(slash + 1), folder);
    if (read[i].is_key) {
      ++counts[kPrivateKey.reason];
    } else if (secret) {
      ++counts[words_of(*secret).reason];
    } else if (path.find("/.") != std::string::npos) {
      ++counts[kHiddenFile.reason];
    }
  }
  std::string text;
  for (const Hidden& hidden : kAllHidden) {
    const std::size_t count = counts[hidden.reason];
    if (count == 0) continue;
    const std::string_view words = count == 1 ? hidden.one : hidden.many;
    text += fmt::format("{}{} {}", text.empty() ? "reads " : ", ", count, words.substr(0, words.find(" (")));
  }
  return text;
}

FolderDocuments found_of(const std::vector<std::string>& files, std::vector<Reading>&& read, Walk& walk,
                         const FolderOptions& options) {
  FolderDocuments found{{}, std::move(walk.skipped()), {}};
  if (options.reads_hidden) {
    if (std::string note = note_on_hidden(files, read, walk.name()); !note.empty())
      found.notes.push_back(std::move(note));
  }
  for (std::size_t i = 0; i < files.size(); ++i) {
    auto& document = read[i].document;
    if (!document) {
      found.skipped.push_back({printable(files[i]), std::string(kPrivateKey.reason), true});
    } else if (*document) {
      found.documents.push_back(**std::move(document));
    } else {
      found.skipped.push_back({printable(files[i]), document->error().detail});
    }
  }
  std::sort(found.skipped.begin(), found.skipped.end(),
            [](const Skipped& a, const Skipped& b) { return a.path < b.path; });
  return found;
}

std::string counted(std::size_t count, std::string_view reason) {
  for (const Hidden& hidden : kAllHidden) {
    if (hidden.reason == reason) return fmt::format("{} {}", count, count == 1 ? hidden.one : hidden.many);
  }
  return fmt::format("{} {}", count, reason);
}

std::size_t text_bytes(const Document& document) {
  std::size_t bytes = 0;
  for (const Page& page : document.pages) bytes += page.text.size();
  return bytes;
}

}  // namespace

Result<FolderDocuments> load_folder(const std::filesystem::path& folder, const FolderOptions& options) {
  const auto named = [&](Error error) { return std::move(error).in(printable(folder.string())); };
  const auto root = open_folder(folder);
  if (!root) return fail(named(root.error()));
  Walk walk(*root, folder, options);
  if (const Status walked = walk.run(); !walked) return fail(named(walked.error()));

  const std::vector<std::string>& files = walk.files();
  LoadOptions load = options.load;
  const unsigned threads = load.extractor.parallel == 0 ? processors() : load.extractor.parallel;
  if (files.size() >= threads) load.extractor.parallel = 1;  // the files keep all processors busy
  std::vector<Reading> read(files.size());
  std::atomic<std::size_t> total_bytes = 0;
  const Status done = parallel_for(
      files.size(), threads,
      [&](std::size_t i) -> Status {
        read[i] = read_below(*root, files[i], options, load);
        const auto& document = read[i].document;
        if (!document) return {};
        if (!*document && document->error().cause == Cause::kNoSandbox)
          return fail(Error(document->error()).in(printable(files[i])));
        if (*document) total_bytes += text_bytes(**document);
        if (total_bytes <= options.max_text_bytes) return {};
        return fail(ErrorCode::kTooLarge,
                    fmt::format("has more than {} bytes of text, the limit", options.max_text_bytes));
      },
      options.progress);
  if (!done) return fail(named(done.error()));
  return found_of(files, std::move(read), walk, options);
}

std::string summary_of(const std::vector<Skipped>& skipped) {
  if (skipped.empty()) return {};
  std::map<std::string, std::size_t> counts;
  for (const Skipped& skip : skipped) ++counts[skip.reason];
  std::vector<std::pair<std::string, std::size_t>> reasons(counts.begin(), counts.end());
  std::stable_sort(reasons.begin(), reasons.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  std::string text = fmt::format("{} skipped: ", skipped.size());
  for (std::size_t i = 0; i < reasons.size(); ++i)
    text += (i == 0 ? "" : ", ") + counted(reasons[i].second, reasons[i].first);
  return text;
}

}  // namespace minions::documents
