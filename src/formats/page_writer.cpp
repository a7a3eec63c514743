#include "formats/page_writer.h"

#include <algorithm>

namespace minions::formats {
namespace {

constexpr std::size_t kBufferBytes = 64 * 1024;

bool is_odd_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t' && c != '\n') || byte == 0x7F;
}

}  // namespace

Read<void> PageWriter::status() const {
  if (text_bytes_ > limits_.max_text_bytes) return stop(ExtractExit::kTooMuchText);
  if (pages_ > limits_.max_pages) return stop(ExtractExit::kTooManyPages);
  return {};
}

void PageWriter::put(std::string_view bytes) {
  text_bytes_ += bytes.size();
  if (!status()) return;
  while (!bytes.empty()) {
    const std::size_t room = std::min(kBufferBytes - buffer_.size(), bytes.size());
    buffer_.append(bytes.substr(0, room));
    bytes.remove_prefix(room);
    if (buffer_.size() == kBufferBytes) flush();
  }
}

void PageWriter::flush() {
  output_.text(buffer_);
  buffer_.clear();
}

void PageWriter::text(std::string_view utf8) {
  while (!utf8.empty()) {
    std::size_t plain = 0;
    while (plain < utf8.size() && !is_odd_control(utf8[plain])) ++plain;
    const std::string_view run = utf8.substr(0, plain);
    if (!run.empty()) {
      put(run);
      page_is_empty_ = false;
      const std::size_t last = run.find_last_not_of('\n');
      line_ends_ = static_cast<int>(std::min<std::size_t>(2, last == std::string_view::npos
                                                                 ? run.size() + static_cast<std::size_t>(line_ends_)
                                                                 : run.size() - 1 - last));
      if (page_is_blank_ && run.find_first_not_of(" \t\n") != std::string_view::npos) page_is_blank_ = false;
    }
    utf8.remove_prefix(plain);
    if (!utf8.empty()) {
      put(" ");
      utf8.remove_prefix(1);
      line_ends_ = 0;
      page_is_empty_ = false;
    }
  }
}

void PageWriter::end_line() {
  if (!at_line_start()) {
    put("\n");
    line_ends_ = 1;
  }
}

void PageWriter::end_paragraph() {
  if (page_is_empty_) return;
  while (line_ends_ < 2) {
    put("\n");
    ++line_ends_;
  }
}

void PageWriter::end_page() {
  end_line();
  ++pages_;
  put("\f");
  page_is_empty_ = page_is_blank_ = true;
  line_ends_ = 0;
}

void PageWriter::finish() {
  if (!page_is_empty_ || pages_ == 0) end_page();
  flush();
}

}  // namespace minions::formats
