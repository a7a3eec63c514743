#include "formats/notebook.h"

#include <nlohmann/json.hpp>

#include "base/nesting.h"
#include "formats/control_characters.h"

namespace minions::formats {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxDepth = 64;
constexpr std::size_t kShortData = 32;  // what merely speaks of such addresses has less

const Json& member(const Json& object, const char* name) {
  static const Json kNothing;
  if (!object.is_object()) return kNothing;
  const auto found = object.find(name);
  return found == object.end() ? kNothing : *found;
}

std::string string_of(const Json& value) {
  return value.is_string() ? value.get_ref<const std::string&>() : std::string();
}

// A string, or a list of its lines, each with its line end.
std::string text_of(const Json& value) {
  if (!value.is_array()) return string_of(value);
  std::string text;
  for (const Json& line : value) text += string_of(line);
  return text;
}

bool is_base64(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '/' || c == '=';
}

// `data:image/png;base64,...` in Markdown; counts what it takes out.
std::string without_data(std::string_view text, std::uint64_t& pictures) {
  constexpr std::string_view kMark = ";base64,";
  std::string kept;
  for (std::size_t mark = text.find(kMark); mark != std::string_view::npos; mark = text.find(kMark)) {
    std::size_t end = mark + kMark.size();
    while (end < text.size() && is_base64(text[end])) ++end;
    const bool is_data = end - mark - kMark.size() >= kShortData;
    kept.append(text.substr(0, is_data ? mark : end));
    text.remove_prefix(end);
    if (is_data) ++pictures;
  }
  return kept.append(text);
}

class NotebookWriter {
 public:
  explicit NotebookWriter(PageWriter& writer) : writer_(writer) {}

  void cell(const Json& cell) {
    const std::string type = string_of(member(cell, "cell_type"));
    const Json& source = cell.contains("source") ? member(cell, "source") : member(cell, "input");
    if (type == "code") {
      const Json& number =
          cell.contains("execution_count") ? member(cell, "execution_count") : member(cell, "prompt_number");
      paragraph("In [" + shown(number) + "]:", text_of(source));
      const Json& outputs = member(cell, "outputs");
      if (outputs.is_array()) {
        for (const Json& each : outputs) output(each);
      }
      return;
    }
    const Json& level = member(cell, "level");  // of a heading, in nbformat 3
    const std::size_t depth = level.is_number_unsigned() ? std::min<std::size_t>(level.get<std::size_t>(), 6) : 0;
    const std::string mark = depth == 0 ? "" : std::string(depth, '#') + " ";
    paragraph("", mark + without_data(text_of(source), pictures_));
    if (member(cell, "attachments").is_object()) pictures_ += member(cell, "attachments").size();
  }

  void finish() {
    if (pictures_ > 0) writer_.remark(Remark::kUnreadPictures, pictures_);
    if (others_ > 0) writer_.remark(Remark::kUnreadOutputs, others_);
  }

 private:
  void output(const Json& output) {
    const std::string type = string_of(member(output, "output_type"));
    if (type == "stream") {
      paragraph("", text_of(member(output, "text")));
    } else if (type == "error" || type == "pyerr") {
      error(output);
    } else {
      const Json& data = output.contains("data") ? member(output, "data") : output;
      const bool result = type == "execute_result" || type == "pyout";
      const Json& number =
          output.contains("execution_count") ? member(output, "execution_count") : member(output, "prompt_number");
      paragraph(result ? "Out [" + shown(number) + "]:" : "", text_among(data));
      count(data);
    }
  }

  void error(const Json& output) {
    const std::string name = string_of(member(output, "ename")) + ": " + string_of(member(output, "evalue"));
    std::string trace;
    if (const Json& lines = member(output, "traceback"); lines.is_array()) {
      for (const Json& line : lines) trace += string_of(line) + "\n";
    }
    leave_out_controls(trace);
    if (trace.find(string_of(member(output, "ename"))) == std::string::npos || trace.empty()) trace += name;
    paragraph("", trace);
  }

  // Of the forms of one output the one that is text. IPython's plain form of Markdown and formulas is their type's
  // name.
  static std::string text_among(const Json& data) {
    const std::string plain = text_of(data.contains("text/plain") ? member(data, "text/plain") : member(data, "text"));
    const bool is_name = plain.empty() || plain.starts_with("<IPython.core.display.");
    for (const char* form : {"text/markdown", "text/latex"}) {
      if (is_name && data.contains(form)) return text_of(member(data, form));
    }
    return plain;
  }

  // What an output holds besides, by its media type or, in nbformat 3, its short name.
  void count(const Json& data) {
    if (!data.is_object()) return;
    for (const auto& [form, value] : data.items()) {
      const std::string_view name = form;
      if (name.starts_with("image/") || name == "png" || name == "jpeg" || name == "svg") {
        ++pictures_;
      } else if (name == "html" || (name.find('/') != std::string_view::npos && name != "text/plain" &&
                                    name != "text/markdown" && name != "text/latex")) {
        ++others_;
      }
    }
  }

  static std::string shown(const Json& number) { return number.is_number_integer() ? number.dump() : " "; }

  void paragraph(std::string_view mark, std::string text) {
    leave_out_controls(text);
    std::replace(text.begin(), text.end(), '\r', '\n');
    const std::size_t end = text.find_last_not_of("\n ");
    if (mark.empty() && end == std::string::npos) return;
    writer_.end_paragraph();
    if (!mark.empty()) {
      writer_.text(mark);
      writer_.text("\n");
    }
    writer_.text(std::string_view(text).substr(0, end == std::string::npos ? 0 : end + 1));
    writer_.end_paragraph();
  }

  PageWriter& writer_;
  std::uint64_t pictures_ = 0;
  std::uint64_t others_ = 0;
};

bool write_cells(const Json& cells, NotebookWriter& notebook, const PageWriter& writer) {
  if (!cells.is_array()) return false;
  for (const Json& cell : cells) {
    if (cell.is_object() && writer.status()) notebook.cell(cell);
  }
  return true;
}

}  // namespace

Read<void> write_notebook(std::string_view utf8, PageWriter& writer) {
  if (json_nests_deeper(utf8, kMaxDepth)) return stop(ExtractExit::kDamaged);
  const Json root = Json::parse(utf8, nullptr, false);
  if (!root.is_object()) return stop(ExtractExit::kDamaged);
  NotebookWriter notebook(writer);
  bool has_cells = write_cells(member(root, "cells"), notebook, writer);
  if (const Json& sheets = member(root, "worksheets"); !has_cells && sheets.is_array()) {
    for (const Json& sheet : sheets) has_cells = write_cells(member(sheet, "cells"), notebook, writer) || has_cells;
  }
  if (!has_cells) return stop(ExtractExit::kDamaged);
  notebook.finish();
  return writer.status();
}

}  // namespace minions::formats
