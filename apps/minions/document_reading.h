// How documents are read as the options say: the sandbox, OCR and the cache. The same for every subcommand.
#pragma once

#include "crypto/random.h"
#include "documents/loader.h"
#include "options.h"

namespace minions::app {

class DocumentReading {
 public:
  // A cache that cannot be had is told about, and none is used.
  explicit DocumentReading(const DocumentOptions& options);
  DocumentReading(const DocumentReading&) = delete;
  DocumentReading& operator=(const DocumentReading&) = delete;

  // Refers to this.
  [[nodiscard]] const documents::LoadOptions& load() const { return load_; }

 private:
  void open_cache();

  crypto::SystemRandom random_;
  std::optional<documents::DocumentCache> cache_;
  documents::LoadOptions load_;
};

}  // namespace minions::app
