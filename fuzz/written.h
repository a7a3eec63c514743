// What the readers of src/formats write, held against what the other side of the sandbox relies on.
#pragma once

#include <algorithm>
#include <string>

#include "base/encoding.h"
#include "formats/page_writer.h"
#include "fuzz/fuzz.h"

namespace minions::fuzz {

// Small, so that limits are reached.
inline constexpr formats::TextLimits kTextLimits{.max_text_bytes = 256 * 1024, .max_pages = 16};

class Written final : public formats::Output {
 public:
  void text(std::string_view bytes) override { written_ += bytes; }
  void remark(formats::Remark remark, std::uint64_t) override {
    require(static_cast<std::size_t>(remark) < formats::kRemarkNames.size(), "a remark has a name");
  }
  [[nodiscard]] formats::PageWriter& writer() { return writer_; }

  void check() const {
    require(written_.size() <= kTextLimits.max_text_bytes, "the text is within its limit");
    require(is_utf8(written_), "the text is UTF-8");
    for (const char c : written_) {
      const bool odd = static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\f';
      require(!odd && c != 0x7F, "the text has no control characters");
    }
    if (!writer_.status()) return;
    const auto pages = static_cast<std::uint32_t>(std::count(written_.begin(), written_.end(), '\f'));
    require(pages <= kTextLimits.max_pages, "the pages are within their limit");
  }
  // After a reading that went well.
  void check_whole() const {
    check();
    require(written_.ends_with('\f'), "the last page ends");
  }

 private:
  std::string written_;
  formats::PageWriter writer_{*this, kTextLimits};
};

}  // namespace minions::fuzz
