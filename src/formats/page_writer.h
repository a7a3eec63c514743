// The text of a document on output: pages that end with a form feed, as pdftotext writes them, within size limits.
// Readers give words, lines and pages; how they are joined is decided here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "formats/extract_protocol.h"

namespace minions::formats {

struct TextLimits {
  std::uint64_t max_text_bytes = 64 * 1024 * 1024;
  std::uint32_t max_pages = 5000;
};

class Output {
 public:
  virtual ~Output() = default;
  virtual void text(std::string_view bytes) = 0;
  virtual void remark(Remark remark, std::uint64_t number) = 0;
};

class PageWriter {
 public:
  PageWriter(Output& output, const TextLimits& limits) : output_(output), limits_(limits) {}

  // Unchanged, except that control characters other than tab and line feed become spaces.
  void text(std::string_view utf8);
  void end_line();       // nothing where a line begins
  void end_paragraph();  // an empty line; nothing at the start of a page
  void end_page();
  // The last page too, if anything is on it or it is the only one.
  void finish();
  void remark(Remark remark, std::uint64_t number) { output_.remark(remark, number); }

  [[nodiscard]] const TextLimits& limits() const { return limits_; }
  [[nodiscard]] bool page_is_blank() const { return page_is_blank_; }
  [[nodiscard]] bool at_line_start() const { return line_ends_ > 0 || page_is_empty_; }
  // kTooMuchText or kTooManyPages once a limit is passed; then nothing more is written.
  [[nodiscard]] Read<void> status() const;

 private:
  void put(std::string_view bytes);
  void flush();

  Output& output_;
  TextLimits limits_;
  std::string buffer_;
  std::uint64_t text_bytes_ = 0;
  std::uint32_t pages_ = 0;
  int line_ends_ = 0;  // at the end of what was written
  bool page_is_empty_ = true;
  bool page_is_blank_ = true;
};

}  // namespace minions::formats
