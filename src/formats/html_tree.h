// A page as the tree that browsers build of it, through gumbo. Its memory is an arena that goes as a whole: gumbo frees
// trees by recursion, which deep ones would end in. Long texts stay in the page, which must outlive the tree.
#pragma once

#include <gumbo.h>

#include <array>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "formats/html_source.h"

namespace minions::formats {

class HtmlArena {
 public:
  [[nodiscard]] void* allocate(std::size_t bytes);
  void release(void* memory);

 private:
  [[nodiscard]] void* carve(std::size_t bytes);

  static constexpr std::size_t kClasses = 64;
  std::array<void*, kClasses> free_{};  // lists of released pieces of one size
  std::vector<std::unique_ptr<char[]>> blocks_;
  char* next_ = nullptr;
  std::size_t left_ = 0;
};

class HtmlTree {
 public:
  explicit HtmlTree(std::string_view utf8);
  [[nodiscard]] const GumboNode* root() const { return output_->root; }

 private:
  [[nodiscard]] std::pair<std::string_view, std::size_t> marked(std::string_view text) const;
  void put_back(GumboNode& node);

  HtmlSource source_;
  std::deque<std::string> joined_;  // texts of which a part stood in the page
  HtmlArena arena_;
  GumboOutput* output_ = nullptr;
};

// Lower case; of an element that HTML does not know as well.
[[nodiscard]] std::string tag_name(const GumboNode& element);
// The value; nullptr without such an attribute.
[[nodiscard]] const char* attribute(const GumboNode& element, const char* name);
[[nodiscard]] std::string_view attribute_or_empty(const GumboNode& element, const char* name);
[[nodiscard]] inline bool is_element(const GumboNode& node) {
  return node.type == GUMBO_NODE_ELEMENT || node.type == GUMBO_NODE_TEMPLATE;
}
[[nodiscard]] inline bool is_text(const GumboNode& node) {
  return node.type == GUMBO_NODE_TEXT || node.type == GUMBO_NODE_WHITESPACE || node.type == GUMBO_NODE_CDATA;
}
[[nodiscard]] inline std::string_view text_of(const GumboNode& node) {
  return {node.v.text.original_text.data, node.v.text.original_text.length};
}
[[nodiscard]] inline const GumboNode& child(const GumboNode& element, unsigned index) {
  return *static_cast<const GumboNode*>(element.v.element.children.data[index]);
}
[[nodiscard]] inline unsigned children(const GumboNode& node) {
  return is_element(node) ? node.v.element.children.length : 0;
}

}  // namespace minions::formats
