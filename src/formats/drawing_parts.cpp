#include "formats/drawing_parts.h"

#include <algorithm>
#include <charconv>
#include <set>

namespace minions::formats {
namespace {

constexpr std::size_t kMaxBytes = 16 * 1024 * 1024;  // of a part's text and of what holds it
constexpr std::size_t kPointBytes = 64;

std::string without_end_spaces(std::string text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\n')) text.pop_back();
  text.erase(0, std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  return text;
}

}  // namespace

void ChartHandler::start(std::string_view name, const XmlAttributes& attributes) {
  if (name == "ser") {
    series_.emplace_back();
    in_series_ = true;
    bytes_ += kPointBytes;
  } else if (name == "title" && !in_series_) {
    if (in_axis_ && title_depth_ == 0) axes_.emplace_back();
    ++title_depth_;
  } else if (name.ends_with("Ax") && !in_series_ && title_depth_ == 0) {
    in_axis_ = true;
  } else if (name == "cat" || name == "val" || name == "xVal" || name == "yVal" || name == "bubbleSize" ||
             (name == "tx" && in_series_)) {
    holder_ = name;
    format_ = NumberFormat();
  } else if (name == "pt") {
    index_ = 0;
    const std::string_view index = attributes.get("idx");
    std::from_chars(index.data(), index.data() + index.size(), index_);
  } else if (name == "v" || name == "t" || name == "formatCode") {
    in_value_ = true;
    value_.clear();
  }
}

void ChartHandler::end(std::string_view name) {
  if (name == "ser") {
    in_series_ = false;
  } else if (name == "title" && !in_series_) {
    --title_depth_;
  } else if (name.ends_with("Ax") && !in_series_ && title_depth_ == 0) {
    in_axis_ = false;
  } else if (name == holder_) {
    holder_.clear();
  } else if (name == "formatCode") {
    in_value_ = false;
    format_ = NumberFormat(value_);
  } else if (name == "v" || name == "t") {
    in_value_ = false;
    end_value();
  } else if (name == "p" && title_depth_ > 0) {
    value_ = " ";
    end_value();
  }
}

void ChartHandler::text(std::string_view text) {
  if (!in_value_) return;
  value_ += text;
  bytes_ += text.size();
}

Read<void> ChartHandler::status() const {
  if (bytes_ > kMaxBytes) return stop(ExtractExit::kTooMuchText);
  return {};
}

ChartHandler::Points* ChartHandler::points() {
  if (series_.empty() || !in_series_) return nullptr;
  if (holder_ == "cat" || holder_ == "xVal") return &series_.back().labels;
  if (holder_ == "val" || holder_ == "yVal") return &series_.back().values;
  return holder_ == "bubbleSize" ? &series_.back().sizes : nullptr;
}

void ChartHandler::end_value() {
  if (title_depth_ > 0) {
    (in_axis_ ? axes_.back() : title_) += value_;
  } else if (holder_ == "tx" && in_series_) {
    series_.back().name += value_;
  } else if (Points* const to = points(); to != nullptr) {
    std::string& point = (*to)[index_];
    // An outer level of labels comes after the inner one.
    point = point.empty() ? format_.number(value_, Epoch::k1900).value_or("") : value_ + " " + point;
    bytes_ += kPointBytes;
  }
}

std::string ChartHandler::line_of(const Series& series) {
  std::string line = series.name.empty() ? "Series: " : series.name + ": ";
  bool first = true;
  const auto add = [&](std::uint32_t index, const std::string& value) {
    const auto label = series.labels.find(index);
    const auto size = series.sizes.find(index);
    line += first ? "" : "; ";
    if (label != series.labels.end()) line += label->second + (value.empty() ? "" : " = ");
    line += value;
    if (size != series.sizes.end()) line += " (" + size->second + ")";
    first = false;
  };
  for (const auto& [index, value] : series.values) add(index, value);
  if (series.values.empty()) {
    for (const auto& [index, label] : series.labels) add(index, "");
  }
  return line;
}

std::string ChartHandler::shown() const {
  std::string text = "Chart: " + title_;
  for (const std::string& axis : axes_) text = without_end_spaces(std::move(text)) + "\nAxis: " + axis;
  for (const Series& series : series_) text = without_end_spaces(std::move(text)) + "\n" + line_of(series);
  return without_end_spaces(std::move(text));
}

void DiagramHandler::start(std::string_view name, const XmlAttributes& attributes) {
  in_text_ = name == "t";  // dgm:t holds a:p, whose a:t holds the text
  if (name == "pt") {
    points_.push_back({std::string(attributes.get("modelId")), {}});
    bytes_ += kPointBytes;
  } else if (name == "br" && !points_.empty()) {
    points_.back().text += ' ';
  } else if (name == "cxn") {
    const std::string_view type = attributes.get("type");
    if (!type.empty() && type != "parOf") return;
    int order = 0;
    const std::string_view place = attributes.get("srcOrd");
    std::from_chars(place.data(), place.data() + place.size(), order);
    children_[std::string(attributes.get("srcId"))].push_back({order, std::string(attributes.get("destId"))});
    bytes_ += kPointBytes;
  }
}

void DiagramHandler::end(std::string_view name) {
  if (name == "t") in_text_ = false;
  if (name == "p" && !points_.empty() && !points_.back().text.empty()) points_.back().text += ' ';
}

void DiagramHandler::text(std::string_view text) {
  if (!in_text_ || points_.empty()) return;
  points_.back().text += text;
  bytes_ += text.size();
}

Read<void> DiagramHandler::status() const {
  if (bytes_ > kMaxBytes) return stop(ExtractExit::kTooMuchText);
  return {};
}

std::string DiagramHandler::shown() const {
  constexpr std::size_t kMaxIndent = 8;
  std::map<std::string_view, const Point*> by_id;
  for (const Point& point : points_) by_id.emplace(point.id, &point);
  std::set<std::string_view> children;
  for (const auto& [id, list] : children_) {
    for (const Child& child : list) children.insert(child.id);
  }
  struct Step {
    const Point* point;
    std::size_t indent;
  };
  std::string text;
  std::set<const Point*> written;
  const auto write_below = [&](const Point& top) {
    std::vector<Step> steps = {{&top, 0}};
    while (!steps.empty()) {
      const auto [point, indent] = steps.back();
      steps.pop_back();
      if (!written.insert(point).second) continue;
      const std::string line = without_end_spaces(point->text);
      if (!line.empty()) text += (text.empty() ? "" : "\n") + std::string(2 * indent, ' ') + "- " + line;
      const auto list = children_.find(point->id);
      if (list == children_.end()) continue;
      std::vector<Child> below = list->second;
      std::stable_sort(below.begin(), below.end(), [](const Child& a, const Child& b) { return a.order > b.order; });
      for (const Child& child : below) {
        const auto found = by_id.find(child.id);
        if (found != by_id.end()) steps.push_back({found->second, std::min(indent + !line.empty(), kMaxIndent)});
      }
    }
  };
  for (const Point& point : points_) {
    if (!children.contains(point.id)) write_below(point);
  }
  for (const Point& point : points_) write_below(point);  // those in circles
  return text;
}

}  // namespace minions::formats
