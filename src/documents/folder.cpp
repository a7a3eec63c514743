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

#include "documents/ignore_rules.h"
#include "documents/open_file.h"
#include "documents/parallel_for.h"

namespace minions::documents {
namespace {

constexpr std::string_view kIgnoredByGit = "ignored by .gitignore";
constexpr std::string_view kUndecidedByGit =
    "a .gitignore above it cannot be read, or is too large or too slow to judge it";
constexpr std::size_t kMaxRulesBytes = 1 << 20;

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
      type = IFTODT(status.st_mode);
    entries.push_back({std::string(name), type});
  }
  std::sort(entries.begin(), entries.end(), [](const Listed& a, const Listed& b) { return a.name < b.name; });
  return entries;
}

// Like git, which follows no link to rules.
IgnoreRules read_rules(const FileDescriptor& root, const std::string& folder) {
  const auto file = open_regular_below(root, folder + ".gitignore");
  if (!file) return file.error().code == ErrorCode::kIo ? IgnoreRules::unknown() : IgnoreRules();
  if (file->size_bytes > kMaxRulesBytes) return IgnoreRules::unknown();
  const auto text = read_at(file->file, 0, file->size_bytes);
  return text ? IgnoreRules(*text) : IgnoreRules::unknown();
}

// The files below a folder, found depth first.
class Walk {
 public:
  Walk(const FileDescriptor& root, const FolderOptions& options) : root_(root), options_(options) {}

  [[nodiscard]] Status run() { return visit("", 0); }
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
    return IgnoreRules::Verdict::kNotNamed;
  }
  void skip(std::string_view path, std::string_view reason, Expected expected = Expected::kNo) {
    skipped_.push_back({printable(path), std::string(reason), expected == Expected::kYes});
  }

  const FileDescriptor& root_;
  const FolderOptions& options_;
  std::vector<Level> levels_;
  std::vector<std::string> files_;
  std::vector<Skipped> skipped_;
};

Result<Document> load_below(const FileDescriptor& root, const std::string& path, const LoadOptions& options) {
  MINIONS_TRY_ASSIGN(const FileOfSize source, open_regular_below(root, path));
  return load_open(printable(path), source, options);
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
  Walk walk(*root, options);
  if (const Status walked = walk.run(); !walked) return fail(named(walked.error()));

  const std::vector<std::string>& files = walk.files();
  LoadOptions load = options.load;
  const unsigned threads = load.extractor.parallel == 0 ? processors() : load.extractor.parallel;
  if (files.size() >= threads) load.extractor.parallel = 1;  // the files keep all processors busy
  std::vector<std::optional<Result<Document>>> read(files.size());
  std::atomic<std::size_t> total_bytes = 0;
  const Status done = parallel_for(
      files.size(), threads,
      [&](std::size_t i) -> Status {
        read[i] = load_below(*root, files[i], load);
        if (!*read[i] && read[i]->error().cause == Cause::kNoSandbox)
          return fail(Error(read[i]->error()).in(printable(files[i])));
        if (*read[i]) total_bytes += text_bytes(**read[i]);
        if (total_bytes <= options.max_text_bytes) return {};
        return fail(ErrorCode::kTooLarge,
                    fmt::format("has more than {} bytes of text, the limit", options.max_text_bytes));
      },
      options.progress);
  if (!done) return fail(named(done.error()));

  FolderDocuments found{{}, std::move(walk.skipped())};
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (*read[i]) {
      found.documents.push_back(**std::move(read[i]));
    } else {
      found.skipped.push_back({printable(files[i]), read[i]->error().detail});
    }
  }
  std::sort(found.skipped.begin(), found.skipped.end(),
            [](const Skipped& a, const Skipped& b) { return a.path < b.path; });
  return found;
}

std::string summary_of(const std::vector<Skipped>& skipped) {
  if (skipped.empty()) return {};
  std::map<std::string, std::size_t> counts;
  for (const Skipped& skip : skipped) ++counts[skip.reason];
  std::vector<std::pair<std::string, std::size_t>> reasons(counts.begin(), counts.end());
  std::stable_sort(reasons.begin(), reasons.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  std::string text = fmt::format("{} skipped: ", skipped.size());
  for (std::size_t i = 0; i < reasons.size(); ++i)
    text += fmt::format("{}{} {}", i == 0 ? "" : ", ", reasons[i].second, reasons[i].first);
  return text;
}

}  // namespace minions::documents
