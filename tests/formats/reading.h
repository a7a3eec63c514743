// What a reader writes, kept for a test to look at.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <map>

#include "formats/office.h"

namespace minions::test {

class Reading final : public formats::Output {
 public:
  explicit Reading(const formats::TextLimits& limits = {}) : writer(*this, limits) {}
  void text(std::string_view bytes) override { written += bytes; }
  void remark(formats::Remark remark, std::uint64_t number) override { remarks[remark] = number; }

  std::string written;
  std::map<formats::Remark, std::uint64_t> remarks;
  formats::PageWriter writer;
};

// An archive on a descriptor, as the helper has it.
class ArchiveFile {
 public:
  explicit ArchiveFile(std::string_view bytes) : descriptor_(memfd_create("archive", MFD_CLOEXEC)) {
    if (write(descriptor_, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) std::abort();
  }
  ArchiveFile(const ArchiveFile&) = delete;
  ArchiveFile& operator=(const ArchiveFile&) = delete;
  ~ArchiveFile() { close(descriptor_); }
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

// Reads an office document; the text, pages ended by form feeds, is in `reading.written` whatever the outcome.
inline formats::Read<formats::OfficeKind> read_office_bytes(std::string_view bytes, Reading& reading) {
  const ArchiveFile file(bytes);
  formats::Zip zip(file.descriptor());
  const auto document = formats::examine_office(zip);
  if (!document) return formats::stop(document.error());
  const auto read = formats::read_office(zip, *document, reading.writer);
  if (!read) return formats::stop(read.error());
  return document->kind;
}

}  // namespace minions::test
