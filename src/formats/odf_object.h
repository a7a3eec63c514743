// An object within an OpenDocument, a document of its own: of a chart its titles are read, of a formula its signs in
// one line.
#pragma once

#include <string>
#include <vector>

#include "formats/xml.h"

namespace minions::formats {

class OdfObject final : public XmlHandler {
 public:
  void start(std::string_view name, const XmlAttributes& attributes) override;
  void end(std::string_view name) override;
  void text(std::string_view text) override;
  [[nodiscard]] Read<void> status() const override;

  [[nodiscard]] bool is_read() const { return is_chart_ || !formula_.empty(); }
  [[nodiscard]] bool is_chart() const { return is_chart_; }
  // `Chart: Sales / Month`, or `x^2 + 1/2`.
  [[nodiscard]] std::string shown() const;

 private:
  struct Node {
    std::string name;
    std::vector<std::string> children;
    std::string text;
  };
  void end_node();

  std::vector<Node> nodes_;  // of a formula, those that are open
  int flat_depth_ = 0;       // of elements that are nested too deep to be told apart
  int skipped_depth_ = 0;
  std::string formula_;
  bool is_chart_ = false;
  int titles_open_ = 0;
  bool in_paragraph_ = false;
  std::string titles_;
  std::uint64_t bytes_ = 0;
};

}  // namespace minions::formats
