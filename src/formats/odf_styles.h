// What OpenDocument's styles (ISO/IEC 26300-1, section 16) say about the text that is shown: numbers of lists and
// headings, raised and hidden text, hidden sheets and slides, and the headers and footers of master pages.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "formats/xml.h"

namespace minions::formats {

inline constexpr std::size_t kListLevels = 10;

struct ListLevel {
  enum class Kind { kPlain, kBullet, kNumber };
  Kind kind = Kind::kPlain;
  std::string format;  // 1, a, A, i or I; empty for none
  std::string prefix;
  std::string suffix;
  unsigned start = 1;
  unsigned shown_levels = 1;
  bool repeats_letters = false;  // z, aa, bb instead of z, aa, ab
};
using ListStyle = std::array<ListLevel, kListLevels>;

// A paragraph, a span, a table or a slide.
struct OdfStyle {
  std::string parent;
  std::optional<bool> is_raised;
  std::optional<bool> is_hidden;
  std::optional<std::string> list;  // the name of its list style; empty for no list
};

class OdfStyles final : public XmlHandler {
 public:
  void start(std::string_view name, const XmlAttributes& attributes) override;
  void end(std::string_view name) override;
  void text(std::string_view text) override;
  [[nodiscard]] Read<void> status() const override;

  // By family, as `paragraph`; with what the style's parents say.
  [[nodiscard]] bool is_raised(const std::string& family, std::string_view style) const;
  [[nodiscard]] bool is_hidden(const std::string& family, std::string_view style) const;
  [[nodiscard]] std::optional<std::string> list_of(std::string_view paragraph_style) const;
  [[nodiscard]] const ListStyle* list_style(std::string_view name) const;  // null if there is none
  [[nodiscard]] const ListStyle& outline() const { return outline_; }
  // A line each, with its label; each once.
  [[nodiscard]] const std::vector<std::string>& margins() const { return margins_; }

 private:
  void start_style(const XmlAttributes& attributes);
  void start_level(std::string_view name, const XmlAttributes& attributes);
  void take_properties(std::string_view name, const XmlAttributes& attributes);
  void start_in_master(std::string_view name, const XmlAttributes& attributes);
  void end_in_master(std::string_view name);
  void end_margin();
  template <class Of>
  [[nodiscard]] auto inherited(const std::string& family, std::string_view style, Of of) const
      -> decltype(of(std::declval<const OdfStyle&>()));

  std::map<std::string, OdfStyle, std::less<>> styles_;  // by family and name
  std::map<std::string, ListStyle, std::less<>> lists_;
  ListStyle outline_;
  OdfStyle* style_ = nullptr;
  ListStyle* list_ = nullptr;
  ListLevel* level_ = nullptr;
  bool in_master_ = false;
  int skipped_depth_ = 0;  // in a master page
  int paragraphs_ = 0;
  int fields_open_ = 0;
  bool has_fields_ = false;
  std::string label_;
  std::string margin_;
  std::string words_;  // of the margin, without its fields
  std::vector<std::string> margins_;
  std::set<std::string> written_;
};

}  // namespace minions::formats
