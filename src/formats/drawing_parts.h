// Parts that a document, a slide or a sheet shows as drawings: charts and diagrams (ECMA-376 part 1, section 21).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "formats/number_format.h"
#include "formats/xml.h"

namespace minions::formats {

// A chart's titles, and a line for each series: `Sales: 2019 = 5; 2020 = 7`. Values are those that were saved.
class ChartHandler final : public XmlHandler {
 public:
  void start(std::string_view name, const XmlAttributes& attributes) override;
  void end(std::string_view name) override;
  void text(std::string_view text) override;
  [[nodiscard]] Read<void> status() const override;
  // Lines, without the end of the last.
  [[nodiscard]] std::string shown() const;

 private:
  using Points = std::map<std::uint32_t, std::string>;
  struct Series {
    std::string name;
    Points labels;
    Points values;
    Points sizes;  // of bubbles
  };
  [[nodiscard]] Points* points();
  void end_value();
  [[nodiscard]] static std::string line_of(const Series& series);

  std::string title_;
  std::vector<std::string> axes_;
  std::vector<Series> series_;
  std::string holder_;  // the element whose points come: cat, val, ...
  std::string value_;
  NumberFormat format_;
  std::uint32_t index_ = 0;
  std::size_t bytes_ = 0;
  int title_depth_ = 0;
  bool in_series_ = false;
  bool in_axis_ = false;
  bool in_value_ = false;
};

// The text of SmartArt, a line for each of its points below the one that it belongs to.
class DiagramHandler final : public XmlHandler {
 public:
  void start(std::string_view name, const XmlAttributes& attributes) override;
  void end(std::string_view name) override;
  void text(std::string_view text) override;
  [[nodiscard]] Read<void> status() const override;
  [[nodiscard]] std::string shown() const;

 private:
  struct Point {
    std::string id;
    std::string text;
  };
  struct Child {
    int order;
    std::string id;
  };
  std::vector<Point> points_;
  std::map<std::string, std::vector<Child>> children_;  // by the id of the one that they belong to
  std::size_t bytes_ = 0;
  bool in_text_ = false;
};

}  // namespace minions::formats
