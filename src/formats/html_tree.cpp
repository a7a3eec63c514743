#include "formats/html_tree.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstdint>

#include "formats/charset.h"

namespace minions::formats {
namespace {

constexpr std::size_t kBlockBytes = 256 * 1024;
constexpr std::size_t kStep = 16;
constexpr std::size_t kStepped = 512;  // above, sizes are powers of two

// Pieces of one class have one size: 16 bytes to 512 in steps of 16, then powers of two.
std::size_t class_of(std::size_t bytes) {
  if (bytes <= kStepped) return (bytes + kStep - 1) / kStep - 1;
  return kStepped / kStep + static_cast<std::size_t>(std::bit_width(bytes - 1)) - 10;
}
std::size_t size_of(std::size_t kind) {
  constexpr std::size_t kSteps = kStepped / kStep;
  return kind < kSteps ? (kind + 1) * kStep : kStepped << (kind - kSteps + 1);
}

}  // namespace

// Before each piece stand 8 bytes with its class.
void* HtmlArena::allocate(std::size_t bytes) {
  const std::size_t kind = class_of(std::max<std::size_t>(bytes, 1));
  if (kind >= kClasses) throw std::bad_alloc();
  if (void* const reused = free_[kind]; reused != nullptr) {
    free_[kind] = *static_cast<void**>(reused);
    return reused;
  }
  auto* const piece = static_cast<std::uint64_t*>(carve(sizeof(std::uint64_t) + size_of(kind)));
  *piece = kind;
  return piece + 1;
}

void HtmlArena::release(void* memory) {
  if (memory == nullptr) return;
  const std::size_t kind = static_cast<std::uint64_t*>(memory)[-1];
  *static_cast<void**>(memory) = free_[kind];
  free_[kind] = memory;
}

void* HtmlArena::carve(std::size_t bytes) {
  if (bytes > kBlockBytes / 4) {
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(bytes));
    return blocks_.back().get();
  }
  if (bytes > left_) {
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(kBlockBytes));
    next_ = blocks_.back().get();
    left_ = kBlockBytes;
  }
  void* const piece = next_;
  next_ += bytes;
  left_ -= bytes;
  return piece;
}

HtmlTree::HtmlTree(std::string_view utf8) : source_(html_source(utf8)) {
  GumboOptions options = kGumboDefaultOptions;
  options.max_errors = 0;
  options.userdata = &arena_;
  options.allocator = [](void* arena, std::size_t bytes) { return static_cast<HtmlArena*>(arena)->allocate(bytes); };
  options.deallocator = [](void* arena, void* memory) { static_cast<HtmlArena*>(arena)->release(memory); };
  output_ = gumbo_parse_with_options(&options, source_.html.data(), source_.html.size());
  std::vector<std::pair<GumboNode*, unsigned>> open = {{output_->root, 0}};
  while (!open.empty()) {
    auto& [node, next] = open.back();
    if (next == children(*node)) {
      open.pop_back();
      continue;
    }
    auto* const inner = static_cast<GumboNode*>(node->v.element.children.data[next++]);
    if (is_text(*inner))
      put_back(*inner);
    else if (children(*inner) > 0)
      open.emplace_back(inner, 0);
  }
}

// The text that a mark at the front stands for, and the length of the mark; 0 if it stands for none.
std::pair<std::string_view, std::size_t> HtmlTree::marked(std::string_view text) const {
  std::size_t number = source_.texts.size();
  const auto [end, error] = std::from_chars(text.data() + kTextBegin.size(), text.data() + text.size(), number);
  const auto length = static_cast<std::size_t>(end - text.data());
  const bool sound = error == std::errc() && text.substr(length).starts_with(kTextEnd);
  if (!sound || number >= source_.texts.size()) return {{}, 0};
  return {source_.texts[number], length + kTextEnd.size()};
}

// Puts texts in the place of their marks, as the original text of the node.
void HtmlTree::put_back(GumboNode& node) {
  std::string_view rest = node.v.text.text;
  std::string_view whole = rest;
  std::size_t mark = rest.find(kTextBegin);
  if (mark == 0) {
    const auto [text, length] = marked(rest);
    if (length > 0 && length == rest.size()) {
      whole = text;
      mark = std::string_view::npos;
    }
  }
  if (mark != std::string_view::npos) {
    std::string& joined = joined_.emplace_back();
    for (; mark != std::string_view::npos; mark = rest.find(kTextBegin)) {
      const auto [text, length] = marked(rest.substr(mark));
      joined.append(rest.substr(0, mark)).append(text);
      rest.remove_prefix(mark + std::max(length, kTextBegin.size()));
    }
    whole = joined.append(rest);
  }
  node.v.text.original_text = {whole.data(), whole.size()};
}

std::string tag_name(const GumboNode& element) {
  const GumboElement& found = element.v.element;
  if (found.tag != GUMBO_TAG_UNKNOWN) return gumbo_normalized_tagname(found.tag);
  GumboStringPiece name = found.original_tag;
  if (name.data == nullptr) return {};
  gumbo_tag_from_original_text(&name);
  return lower_case({name.data, name.length});
}

const char* attribute(const GumboNode& element, const char* name) {
  const GumboAttribute* const found = gumbo_get_attribute(&element.v.element.attributes, name);
  return found == nullptr ? nullptr : found->value;
}

std::string_view attribute_or_empty(const GumboNode& element, const char* name) {
  const char* const value = attribute(element, name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

}  // namespace minions::formats
