#include "document_reading.h"

#include "exit_code.h"

namespace minions::app {

DocumentReading::DocumentReading(const DocumentOptions& options) {
  if (options.unsafe_no_sandbox) load_.extractor.confinement = documents::Confinement::kUnsafeNoSandbox;
  if (!options.ocr_language.empty()) {
    load_.extractor.ocr = documents::Ocr::kOn;
    load_.extractor.ocr_language = options.ocr_language;
  }
  if (!options.no_cache) open_cache();
}

void DocumentReading::open_cache() {
  const auto folder = documents::DocumentCache::default_folder();
  if (!folder) return;
  auto cache = documents::DocumentCache::open(*folder, random_);
  if (!cache) return warn("no document cache: " + cache.error().detail);
  cache_.emplace(*std::move(cache));
  load_.cache = &*cache_;
}

}  // namespace minions::app
