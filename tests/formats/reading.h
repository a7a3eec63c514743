// What a reader writes, kept for a test to look at.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <map>

#include "base/file_descriptor.h"
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
inline FileDescriptor archive_file(std::string_view bytes) {
  FileDescriptor file(memfd_create("archive", MFD_CLOEXEC));
  if (write_all(file.get(), as_bytes(bytes))) std::abort();
  return file;
}

// Reads an office document; the text, pages ended by form feeds, is in `reading.written` whatever the outcome.
inline formats::Read<formats::OfficeKind> read_office_bytes(std::string_view bytes, Reading& reading) {
  const FileDescriptor file = archive_file(bytes);
  formats::Zip zip(file.get());
  const auto document = formats::examine_office(zip);
  if (!document) return formats::stop(document.error());
  const auto read = formats::read_office(zip, *document, reading.writer);
  if (!read) return formats::stop(read.error());
  return document->kind;
}

}  // namespace minions::test
