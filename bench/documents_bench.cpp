// Reads documents as minions does and prints what it took, as one JSON object; started by scripts/bench.
//
// usage: documents_bench file|memory|each|folder PATH [PARALLEL]
// file: one document with that many helpers (0: one a processor). memory: the same, watched for its memory. each: every
// file below, one after the other, each by itself. folder: all at once. Nothing is kept between runs.
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "documents/folder.h"
#include "measuring.h"

namespace minions::bench {
namespace {

struct Taken {
  double seconds = 0;
  std::size_t documents = 0;
  std::size_t pages = 0;
  std::size_t text_bytes = 0;
};

void add(Taken& taken, const documents::Document& document) {
  ++taken.documents;
  taken.pages += document.pages.size();
  for (const documents::Page& page : document.pages) taken.text_bytes += page.text.size();
}

Result<Taken> read_file(const std::filesystem::path& path, const documents::LoadOptions& options) {
  const double start = wall_seconds();
  MINIONS_TRY_ASSIGN(const documents::Document document, documents::load_file(path, options));
  Taken taken{wall_seconds() - start};
  add(taken, document);
  return taken;
}

Result<Taken> read_each(const std::filesystem::path& folder, documents::LoadOptions options) {
  options.extractor.parallel = 1;
  Taken all;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    MINIONS_TRY_ASSIGN(const Taken one, read_file(entry.path(), options));
    all.seconds += one.seconds;
    all.documents += one.documents;
    all.pages += one.pages;
    all.text_bytes += one.text_bytes;
  }
  return all;
}

Result<Taken> read_folder(const std::filesystem::path& folder, const documents::LoadOptions& options) {
  const double start = wall_seconds();
  MINIONS_TRY_ASSIGN(const documents::FolderDocuments found, documents::load_folder(folder, {.load = options}));
  Taken taken{wall_seconds() - start};
  if (!found.skipped.empty()) return fail(ErrorCode::kInternal, documents::summary_of(found.skipped));
  for (const documents::Document& document : found.documents) add(taken, document);
  return taken;
}

// Looks at this program and its children every two milliseconds. What they share counts for each of them.
class MemoryWatch {
 public:
  MemoryWatch() : thread_([this](const std::stop_token& stop) { watch(stop); }) {}
  [[nodiscard]] std::uint64_t peak_bytes() && {
    thread_.request_stop();
    thread_.join();
    return peak_bytes_;
  }

 private:
  static std::uint64_t resident_bytes(const std::filesystem::path& process) {
    std::uint64_t pages = 0;
    std::ifstream(process / "statm") >> pages >> pages;  // the second number
    return pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  }
  void watch(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      std::uint64_t bytes = resident_bytes("/proc/self");
      for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
        std::ifstream children(task.path() / "children");
        for (std::string child; children >> child;) bytes += resident_bytes("/proc/" + child);
      }
      peak_bytes_ = std::max(peak_bytes_, bytes);
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }

  std::uint64_t peak_bytes_ = 0;
  std::jthread thread_;
};

int run(int count, char** words) {
  const std::string mode = count > 2 ? words[1] : "";
  documents::LoadOptions options;
  if (count > 3) options.extractor.parallel = static_cast<unsigned>(std::stoul(words[3]));
  const bool confined = documents::check_extractor(options.extractor).has_value();
  if (!confined) options.extractor.confinement = documents::Confinement::kUnsafeNoSandbox;
  std::optional<MemoryWatch> watch;
  if (mode == "memory") watch.emplace();
  const Result<Taken> taken = mode == "file" || mode == "memory" ? read_file(words[2], options)
                              : mode == "each"                   ? read_each(words[2], options)
                              : mode == "folder"
                                  ? read_folder(words[2], options)
                                  : fail(ErrorCode::kUsage, "usage: documents_bench file|memory|each|folder PATH");
  const std::uint64_t peak_bytes = watch ? std::move(*watch).peak_bytes() : 0;
  if (!taken) {
    std::fprintf(stderr, "documents_bench: error: %s\n", taken.error().detail.c_str());
    return 1;
  }
  const nlohmann::json result = {{"seconds", taken->seconds}, {"documents", taken->documents},
                                 {"pages", taken->pages},     {"text_bytes", taken->text_bytes},
                                 {"peak_bytes", peak_bytes},  {"confined", confined}};
  std::printf("%s\n", result.dump().c_str());
  return 0;
}

}  // namespace
}  // namespace minions::bench

int main(int count, char** words) { return minions::bench::run(count, words); }
