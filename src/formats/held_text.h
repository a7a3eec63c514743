// Text that is written now and placed later: a text box, a header, a part that another names.
#pragma once

#include <string>

#include "formats/page_writer.h"

namespace minions::formats {

class HeldText final : public Output {
 public:
  // Within the limits of `place`, which gets the remarks.
  explicit HeldText(PageWriter& place) : writer(*this, place.limits()), place_(place) {}
  HeldText(const HeldText&) = delete;
  HeldText& operator=(const HeldText&) = delete;
  ~HeldText() override = default;
  void text(std::string_view bytes) override { held_ += bytes; }
  void remark(Remark remark, std::uint64_t number) override { place_.remark(remark, number); }

  // What was written, without the line and page ends after it.
  [[nodiscard]] std::string take() {
    writer.finish();
    while (!held_.empty() && (held_.back() == '\f' || held_.back() == '\n' || held_.back() == ' ')) held_.pop_back();
    for (char& c : held_) c = c == '\f' ? '\n' : c;
    return std::move(held_);
  }

  PageWriter writer;

 private:
  PageWriter& place_;
  std::string held_;
};

}  // namespace minions::formats
