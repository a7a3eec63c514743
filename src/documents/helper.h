// One run of minions-extract: its arguments, and what its exit means. Of its messages only fixed phrases are used,
// because they may quote the document.
#pragma once

#include "documents/child_process.h"
#include "documents/extractor.h"
#include "formats/extract_protocol.h"

namespace minions::documents {

struct HelperRun {
  std::string_view mode;
  const FileDescriptor& input;
  std::vector<std::string> arguments = {};  // besides the limits
};

// The remarks of a run that succeeded.
struct HelperRemarks {
  std::vector<std::pair<formats::Remark, std::uint64_t>> remarks;
  bool is_damaged = false;  // in places that the reader could work around
};

[[nodiscard]] Result<HelperRemarks> run_helper(const HelperRun& run, const ExtractorOptions& options, OutputSink& sink);

// The sentence for readers; empty if it is not a note.
[[nodiscard]] std::string note_of(formats::Remark remark, std::uint64_t number);

// Splits output at form feeds into pages as it arrives, within the limits of the options.
class PageCollector final : public OutputSink {
 public:
  PageCollector(const ExtractorOptions& options, std::uint32_t first_number)
      : options_(options), next_number_(first_number) {}
  ~PageCollector() override;
  [[nodiscard]] Status take(std::string_view added) override;
  // kDocument if the text ends inside a page or is not UTF-8.
  [[nodiscard]] Result<std::vector<Page>> finish() &&;

 private:
  void add(std::string_view text);
  [[nodiscard]] Status end_page();
  [[nodiscard]] crypto::SecretText take_page();

  const ExtractorOptions& options_;
  std::uint32_t next_number_;
  std::size_t text_bytes_ = 0;
  // A large page comes in blocks: a growing string would hold it twice each time it grows.
  std::vector<crypto::SecretText> blocks_;
  std::string page_;  // its rest
  std::vector<Page> pages_;
};

// Keeps output unchanged, up to a limit.
class BytesCollector final : public OutputSink {
 public:
  explicit BytesCollector(std::size_t limit_bytes) : limit_bytes_(limit_bytes) {}
  ~BytesCollector() override;
  [[nodiscard]] Status take(std::string_view added) override;
  [[nodiscard]] std::string_view bytes() const { return bytes_; }

 private:
  std::size_t limit_bytes_;
  std::string bytes_;
};

}  // namespace minions::documents
