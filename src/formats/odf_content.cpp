#include "formats/odf_content.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace minions::formats {
namespace {

constexpr std::size_t kMaxFlows = 256;
constexpr std::size_t kMaxEntries = 100'000;
constexpr unsigned kMaxBlanks = 64;

unsigned number_or(std::string_view text, unsigned otherwise) {
  std::from_chars(text.data(), text.data() + text.size(), otherwise);
  return otherwise;
}

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\n") == std::string_view::npos; }

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \n\t");
  return first == std::string_view::npos ? std::string_view{}
                                         : text.substr(first, text.find_last_not_of(" \n\t") - first + 1);
}

std::optional<OfficeKind> kind_of(std::string_view media_type) {
  if (media_type.find("opendocument.text") != std::string_view::npos) return OfficeKind::kOdt;
  if (media_type.find("opendocument.presentation") != std::string_view::npos) return OfficeKind::kOdp;
  if (media_type.find("opendocument.spreadsheet") != std::string_view::npos) return OfficeKind::kOds;
  return std::nullopt;
}

}  // namespace

OdfContent::OdfContent(std::optional<OfficeKind> kind, OdfStyles& styles, const OdfObjects& objects, PageWriter& writer)
    : kind_(kind), styles_(styles), objects_(objects), writer_(writer) {
  open_flow("\n\n");
}

void OdfContent::open_flow(std::string_view separator) {
  Flow flow;
  flow.separator = separator;
  flow.lists = lists_.size();
  flows_.push_back(std::move(flow));
}

std::string OdfContent::close_flow() {
  std::string text = std::move(flows_.back().text);
  flows_.pop_back();
  return text;
}

void OdfContent::start(std::string_view name, const XmlAttributes& attributes) {
  if (skipped_depth_ > 0) {
    ++skipped_depth_;
    if (name == "deletion") ++deleted_texts_;
  } else if (formula_ != nullptr || (name == "math" && in_content_)) {
    if (formula_ == nullptr) formula_ = std::make_unique<OdfObject>();
    ++formula_depth_;
    formula_->start(name, attributes);
  } else if (!in_content_) {
    if (name == "document" && !kind_) kind_ = kind_of(attributes.get("mimetype"));
    if (name == "body") {
      in_content_ = true;
      opened_.push_back(Opened::kOther);
    } else {
      styles_.start(name, attributes);
    }
  } else if (!opened_.empty() && opened_.back() == Opened::kForms) {
    form_part(name, attributes);
    opened_.push_back(Opened::kForms);
  } else if (is_hidden(name, attributes)) {
    skip(true);
  } else if (is_left_out(name, attributes)) {
    if (name == "document") ++unread_objects_;
    skip(false);
  } else {
    const Opened opened = opened_by(name, attributes);
    if (skipped_depth_ == 0) opened_.push_back(opened);
  }
}

void OdfContent::skip(bool counts) {
  skipped_depth_ = 1;
  skip_counts_ = counts;
  skip_has_text_ = false;
}

bool OdfContent::is_left_out(std::string_view name, const XmlAttributes& attributes) const {
  if (is_one_of(name, {"tracked-changes", "settings", "script", "scripts", "event-listeners", "dde-links", "desc",
                       "content-validations", "named-expressions", "database-ranges", "consolidation", "document"}))
    return true;
  // The name of a shape, not the field that shows the document's title.
  if (name == "title")
    return opened_.back() == Opened::kFrame || opened_.back() == Opened::kShape || opened_.back() == Opened::kBox;
  if (is_one_of(name, {"date", "creator-initials", "sender-initials"}) && opened_.back() == Opened::kComment)
    return true;
  if (name == "frame" && kind_ == OfficeKind::kOdp) return attributes.get("class") == "page-number";
  // What other documents showed when a sheet last looked at them.
  return name == "table" && in_sheet() && attributes.get("name").starts_with("'") &&
         attributes.get("name").find("'#$") != std::string_view::npos;
}

bool OdfContent::is_hidden(std::string_view name, const XmlAttributes& attributes) const {
  const std::string_view style = attributes.get("style-name");
  if (name == "section") return attributes.get("display") == "none" || attributes.get("is-hidden") == "true";
  if (name == "hidden-text") return attributes.get("is-hidden") == "true";
  if (name == "span") return !style.empty() && styles_.is_hidden("text", style);
  if (name == "p" || name == "h") return !style.empty() && styles_.is_hidden("paragraph", style);
  return name.starts_with("variable-") && attributes.get("display") == "none";
}

OdfContent::Opened OdfContent::opened_by(std::string_view name, const XmlAttributes& attributes) {
  if (const auto opened = text_part(name, attributes)) return *opened;
  if (const auto opened = list_part(name, attributes)) return *opened;
  if (const auto opened = table_part(name, attributes)) return *opened;
  if (const auto opened = drawing_part(name, attributes)) return *opened;
  if (const auto opened = slide_part(name, attributes)) return *opened;
  return Opened::kOther;
}

std::optional<OdfContent::Opened> OdfContent::text_part(std::string_view name, const XmlAttributes& attributes) {
  if (name == "p" || name == "h") {
    start_paragraph(name, attributes);
    return Opened::kParagraph;
  }
  if (name == "span" && styles_.is_raised("text", attributes.get("style-name"))) {
    flows_.back().mark = '^';
    return Opened::kRaised;
  }
  if (name == "s") {
    add(std::string(std::clamp(number_or(attributes.get("c"), 1), 1U, kMaxBlanks), ' '));
  } else if (name == "tab") {
    add("\t");
  } else if (name == "line-break") {
    add("\n");
  } else if (name == "soft-page-break") {
    break_page();
  } else if (name == "hidden-paragraph") {
    if (attributes.get("is-hidden") == "true") flows_.back().is_hidden = true;
  } else if (name == "ruby-text") {
    add(" (");
    return Opened::kReading;
  } else if (name == "note-citation") {
    add("[^");
    return Opened::kCitation;
  } else if (name == "note-body") {
    open_flow(" ");
    return Opened::kNote;
  } else if (name == "annotation") {
    authors_.emplace_back();
    open_flow(" ");
    return Opened::kComment;
  } else if (name == "creator" && opened_.back() == Opened::kComment) {
    open_flow(" ");
    ++flows_.back().open_paragraphs;
    return Opened::kAuthor;
  } else if (name == "fieldmark" || name == "fieldmark-start") {
    mark_type_ = attributes.get("type");
    mark_value_.clear();
    mark_entries_.clear();
    return Opened::kFieldMark;
  } else if (name == "param" && opened_.back() == Opened::kFieldMark && mark_entries_.size() < 1000) {
    if (attributes.get("name") == "Dropdown_ListEntry") mark_entries_.emplace_back(attributes.get("value"));
    if (attributes.get("name") == "Dropdown_Selected" || attributes.get("name") == "Checkbox_Checked")
      mark_value_ = attributes.get("value");
  } else {
    return std::nullopt;
  }
  return Opened::kOther;
}

std::optional<OdfContent::Opened> OdfContent::list_part(std::string_view name, const XmlAttributes& attributes) {
  if (name == "list" || name == "numbered-paragraph") {
    List list{std::string(attributes.get("style-name")), std::string(attributes.get("id")), {}, 0, false};
    const bool is_inner = lists_.size() > flows_.back().lists;
    if (list.style.empty() && is_inner) list.style = lists_.back().style;
    const bool goes_on = attributes.get("continue-numbering") == "true" || name == "numbered-paragraph";
    if (const std::string_view other = attributes.get("continue-list"); !is_inner && !other.empty()) {
      list.numbers = list_memory_.of_id(std::string(other));
    } else if (!is_inner && goes_on) {
      list.numbers = list_memory_.of_style(list.style);
    }
    list.waits = name == "numbered-paragraph";
    lists_.push_back(std::move(list));
    return Opened::kList;
  }
  const bool is_item = name == "list-item";
  if ((is_item || name == "list-header") && !lists_.empty()) {
    lists_.back().waits = is_item;
    lists_.back().start = number_or(attributes.get("start-value"), 0);
    return Opened::kItem;
  }
  return std::nullopt;
}

std::optional<OdfContent::Opened> OdfContent::table_part(std::string_view name, const XmlAttributes& attributes) {
  if (name == "table") {
    const bool is_sheet = in_sheet() && tables_.empty();
    if (is_sheet) {
      writer_.text("Sheet: " + std::string(attributes.get("name")) + "\n");
      if (styles_.is_hidden("table", attributes.get("style-name")) || attributes.get("display") == "false")
        ++hidden_sheets_;
    } else if (in_body() && in_paragraph()) {
      end_paragraph();
      ++flows_.back().open_paragraphs;
    } else if (in_body() && !writer_.at_line_start()) {
      writer_.end_paragraph();
    }
    tables_.emplace_back(in_body() ? OdfTable::Place::kPage : OdfTable::Place::kCell);
    return Opened::kTable;
  }
  if (tables_.empty()) return std::nullopt;
  OdfTable& table = tables_.back();
  if (name == "table-column") {
    table.start_column(attributes);
  } else if (name == "table-row") {
    table.start_row(attributes);
    return Opened::kRow;
  } else if (name == "table-cell" || name == "covered-table-cell") {
    table.start_cell(attributes, name == "covered-table-cell");
    open_flow(" ");
    return Opened::kCell;
  } else {
    return std::nullopt;
  }
  return Opened::kOther;
}

std::optional<OdfContent::Opened> OdfContent::drawing_part(std::string_view name, const XmlAttributes& attributes) {
  if (name == "frame") {
    frames_.emplace_back();
    return Opened::kFrame;
  }
  if (is_one_of(name, {"text-box", "custom-shape", "rect", "ellipse", "circle", "line", "connector", "path", "polygon",
                       "polyline", "regular-polygon", "caption", "measure"})) {
    const bool is_apart = !in_body() || in_paragraph() || in_sheet();
    if (!is_apart) return Opened::kShape;
    open_flow("\n");
    return Opened::kBox;
  }
  if (name == "g") return Opened::kShape;
  if (name == "image") {
    if (frames_.empty()) {
      ++pictures_;
    } else {
      frames_.back().has_picture = true;
    }
  } else if (name == "object") {
    start_object(attributes);
  } else if (is_one_of(name, {"object-ole", "applet", "plugin", "floating-frame"})) {
    if (!frames_.empty()) frames_.back().has_object = true;
    ++unread_objects_;
  } else if (name == "forms") {
    return Opened::kForms;
  } else if (name == "control") {
    const auto shown = controls_.find(attributes.get("control"));
    if (shown != controls_.end()) add_apart(shown->second);
  } else {
    return std::nullopt;
  }
  return Opened::kOther;
}

std::optional<OdfContent::Opened> OdfContent::slide_part(std::string_view name, const XmlAttributes& attributes) {
  if (kind_ != OfficeKind::kOdp) return std::nullopt;
  if (name == "page") {
    if (styles_.is_hidden("drawing-page", attributes.get("style-name"))) ++hidden_slides_;
    page_declarations_.clear();
    for (const auto& [use, label] : {std::pair("use-header-name", "Header: "), std::pair("use-footer-name", "Footer: "),
                                     std::pair("use-date-time-name", "Date: ")}) {
      const auto found = declarations_.find(attributes.get(use));
      if (!attributes.get(use).empty() && found != declarations_.end() && !is_blank(found->second))
        page_declarations_.push_back(label + found->second);
    }
    return Opened::kPage;
  }
  if (name == "notes") {
    has_notes_ = true;
    return Opened::kNotes;
  }
  if (is_one_of(name, {"header-decl", "footer-decl", "date-time-decl"})) {
    declaration_name_ = attributes.get("name");
    open_flow(" ");
    ++flows_.back().open_paragraphs;
    return Opened::kDeclaration;
  }
  return std::nullopt;
}

// What a control of a form shows; it is placed elsewhere.
void OdfContent::form_part(std::string_view name, const XmlAttributes& attributes) {
  if (controls_.size() > kMaxEntries) return;
  if (name != "option" && name != "item" && !attributes.get("id").empty()) control_id_ = attributes.get("id");
  if (name == "checkbox" || name == "radio") {
    const bool chosen = attributes.get("current-state") == "checked" || attributes.get("current-selected") == "true" ||
                        (attributes.get("current-state").empty() && attributes.get("state") == "checked");
    controls_[control_id_] = (chosen ? "[x] " : "[ ] ") + std::string(attributes.get("label"));
  } else if (name == "option") {
    if (attributes.get("current-selected") == "true" || attributes.get("selected") == "true")
      controls_[control_id_] = attributes.get("label");
  } else if (is_one_of(name, {"text", "textarea", "combobox", "date", "time", "number", "formatted-text"})) {
    const std::string_view now = attributes.get("current-value");
    if (const std::string_view shown = now.empty() ? attributes.get("value") : now; !shown.empty())
      controls_[control_id_] = shown;
  } else if (name == "fixed-text") {
    controls_[control_id_] = attributes.get("label");
  }
}

void OdfContent::start_object(const XmlAttributes& attributes) {
  if (!frames_.empty()) frames_.back().has_object = true;
  std::string_view href = attributes.get("href");
  if (href.empty()) return;  // it stands within
  if (href.starts_with("./")) href.remove_prefix(2);
  const auto object = objects_.find(std::string(href) + "/content.xml");
  if (object == objects_.end() || !object->second.is_read()) {
    ++unread_objects_;
  } else {
    add_object(object->second);
  }
}

// A formula is part of its sentence.
void OdfContent::add_object(const OdfObject& object) {
  if (!object.is_chart() && in_paragraph()) {
    add(object.shown());
  } else {
    add_apart(object.shown());
  }
}

void OdfContent::end_in_formula(std::string_view name) {
  formula_->end(name);
  if (--formula_depth_ > 0) return;
  add_object(*formula_);
  formula_.reset();
}

void OdfContent::end(std::string_view name) {
  if (skipped_depth_ > 0) {
    if (--skipped_depth_ == 0 && skip_counts_ && skip_has_text_) ++hidden_texts_;
    return;
  }
  if (formula_ != nullptr) return end_in_formula(name);
  if (!in_content_) return styles_.end(name);
  const Opened opened = opened_.back();
  opened_.pop_back();
  if (opened_.empty()) in_content_ = false;
  switch (opened) {
    case Opened::kParagraph: return end_paragraph();
    case Opened::kRaised: flows_.back().mark = 0; break;
    case Opened::kReading: add(")"); break;
    case Opened::kCitation: add("]"); break;
    case Opened::kNote: return end_note();
    case Opened::kAuthor: authors_.back() = std::move(flows_.back().paragraph); return flows_.pop_back();
    case Opened::kComment: return end_comment();
    case Opened::kBox: return end_box();
    case Opened::kFrame:
      if (frames_.back().has_picture && !frames_.back().has_object) ++pictures_;
      return frames_.pop_back();
    case Opened::kList: return end_list();
    case Opened::kItem: lists_.back().waits = false; break;
    case Opened::kCell: {
      const std::string text = on_one_line(close_flow());
      return tables_.back().end_cell(std::string(trimmed(text)));
    }
    case Opened::kRow: return end_row();
    case Opened::kTable: return end_table();
    case Opened::kPage: return end_page();
    case Opened::kNotes: has_notes_ = false; break;
    case Opened::kDeclaration:
      if (declarations_.size() < kMaxEntries) declarations_[declaration_name_] = on_one_line(flows_.back().paragraph);
      return flows_.pop_back();
    case Opened::kFieldMark: return end_field_mark();
    case Opened::kForms:
    case Opened::kShape:
    case Opened::kOther: break;
  }
}

void OdfContent::text(std::string_view text) {
  if (skipped_depth_ > 0) {
    skip_has_text_ = skip_has_text_ || !is_blank(text);
  } else if (formula_ != nullptr) {
    formula_->text(text);
  } else if (!in_content_) {
    styles_.text(text);
  } else if (in_paragraph()) {
    constexpr std::string_view kSoftHyphen = "\u00AD";
    for (std::size_t hyphen; (hyphen = text.find(kSoftHyphen)) != std::string_view::npos;) {
      add(text.substr(0, hyphen));
      text.remove_prefix(hyphen + kSoftHyphen.size());
    }
    add(text);
  }
}

void OdfContent::add(std::string_view text) {
  Flow& flow = flows_.back();
  if (text.empty() || flow.open_paragraphs == 0) return;
  if (flow.mark != 0 && !is_blank(text)) {
    if (!flow.paragraph.empty() && flow.paragraph.back() != ' ') flow.paragraph += flow.mark;
    flow.mark = 0;
  }
  flow.paragraph += text;
}

Read<void> OdfContent::status() const {
  if (formula_ != nullptr && !formula_->status()) return formula_->status();
  if (flows_.size() > kMaxFlows || tables_.size() > kMaxFlows) return stop(ExtractExit::kDamaged);
  std::uint64_t bytes = held_bytes_;
  for (const Flow& flow : flows_) bytes += flow.text.size() + flow.paragraph.size();
  for (const OdfTable& table : tables_) bytes += table.held_bytes();
  if (bytes > writer_.limits().max_text_bytes) return stop(ExtractExit::kTooMuchText);
  return writer_.status();
}

void OdfContent::finish() {
  write_margins();
  const std::pair<Remark, std::uint64_t> remarks[] = {{Remark::kSavedPageNumbers, saved_breaks_ ? 1 : 0},
                                                      {Remark::kUnreadPictures, pictures_},
                                                      {Remark::kUnreadObjects, unread_objects_},
                                                      {Remark::kHiddenSheets, hidden_sheets_},
                                                      {Remark::kHiddenSlides, hidden_slides_},
                                                      {Remark::kHiddenCells, hidden_cells_},
                                                      {Remark::kHiddenText, hidden_texts_},
                                                      {Remark::kDeletions, deleted_texts_},
                                                      {Remark::kShortenedRepeats, shortened_},
                                                      {Remark::kUncachedFormulas, uncached_}};
  for (const auto& [remark, number] : remarks) {
    if (number > 0) writer_.remark(remark, number);
  }
}

}  // namespace minions::formats
