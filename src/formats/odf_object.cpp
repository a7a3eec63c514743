#include "formats/odf_object.h"

#include "formats/cell_value.h"

namespace minions::formats {
namespace {

constexpr std::uint64_t kMaxObjectBytes = 256 * 1024;
constexpr std::size_t kMaxNodes = 100;

// In parentheses if it is more than a word or a number.
std::string grouped(const std::string& part) {
  for (const char c : part) {
    const bool is_plain = static_cast<unsigned char>(c) >= 0x80 || (c >= '0' && c <= '9') || c == '.' ||
                          ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
    if (!is_plain) return "(" + part + ")";
  }
  return part;
}

std::string joined(const std::vector<std::string>& parts, std::string_view separator) {
  std::string whole;
  for (const std::string& part : parts) {
    if (!whole.empty() && !part.empty()) whole += separator;
    whole += part;
  }
  return whole;
}

bool is_sign(std::string_view name) { return name == "mi" || name == "mn" || name == "mo" || name == "mtext"; }

}  // namespace

void OdfObject::start(std::string_view name, const XmlAttributes&) {
  if (skipped_depth_ > 0 || name.starts_with("annotation")) {  // the formula as its editor writes it
    ++skipped_depth_;
  } else if (flat_depth_ > 0 || nodes_.size() >= kMaxNodes) {
    ++flat_depth_;
  } else if (!nodes_.empty() || name == "math") {
    nodes_.push_back({std::string(name), {}, {}});
  } else if (name == "chart") {
    is_chart_ = true;
  } else if (name == "title") {
    ++titles_open_;
  } else if (name == "p" && titles_open_ > 0) {
    in_paragraph_ = true;
    if (!titles_.empty()) titles_ += " / ";
  }
}

void OdfObject::end(std::string_view name) {
  if (skipped_depth_ > 0) {
    --skipped_depth_;
  } else if (flat_depth_ > 0) {
    --flat_depth_;
  } else if (!nodes_.empty()) {
    end_node();
  } else if (name == "title") {
    --titles_open_;
  } else if (name == "p") {
    in_paragraph_ = false;
  }
}

void OdfObject::text(std::string_view text) {
  if (skipped_depth_ > 0) return;
  bytes_ += text.size();
  if (in_paragraph_) titles_ += text;
  if (!nodes_.empty() && (is_sign(nodes_.back().name) || flat_depth_ > 0)) nodes_.back().text += text;
}

void OdfObject::end_node() {
  Node node = std::move(nodes_.back());
  nodes_.pop_back();
  auto& parts = node.children;
  parts.resize(std::max<std::size_t>(parts.size(), node.name.starts_with("m") && node.name.size() > 3 ? 3 : 0));
  std::string shown;
  if (node.name == "mfrac") {
    shown = grouped(parts[0]) + "/" + grouped(parts[1]);
  } else if (node.name == "msup" || node.name == "mover") {
    shown = grouped(parts[0]) + "^" + grouped(parts[1]);
  } else if (node.name == "msub" || node.name == "munder") {
    shown = grouped(parts[0]) + "_" + grouped(parts[1]);
  } else if (node.name == "msubsup" || node.name == "munderover") {
    shown = grouped(parts[0]) + "_" + grouped(parts[1]) + "^" + grouped(parts[2]);
  } else if (node.name == "msqrt") {
    shown = "\u221A(" + joined(parts, " ") + ")";
  } else if (node.name == "mroot") {
    shown = grouped(parts[1]) + "\u221A(" + parts[0] + ")";
  } else if (node.name == "mfenced") {
    shown = "(" + joined(parts, ", ") + ")";
  } else if (node.name == "mtr") {
    shown = joined(parts, " , ");
  } else if (node.name == "mtable") {
    shown = joined(parts, " ; ");
  } else {
    shown = joined(parts, " ");
  }
  shown = on_one_line(node.text) + shown;
  if (nodes_.empty()) {
    formula_ = std::move(shown);
  } else {
    nodes_.back().children.push_back(std::move(shown));
  }
}

Read<void> OdfObject::status() const {
  if (bytes_ > kMaxObjectBytes) return stop(ExtractExit::kDamaged);
  return {};
}

std::string OdfObject::shown() const {
  if (!is_chart_) return formula_;
  return titles_.empty() ? "Chart without a title" : "Chart: " + on_one_line(titles_);
}

}  // namespace minions::formats
