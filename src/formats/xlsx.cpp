// SpreadsheetML (ECMA-376 part 1, section 18): a page for each sheet with its rows, notes and drawings. Values are
// those that were saved; formulas are not computed.
#include <algorithm>

#include "formats/office.h"
#include "formats/package.h"
#include "formats/xlsx_sheet.h"

namespace minions::formats {
namespace {

constexpr std::size_t kMaxDrawingParts = 20'000;

bool has_cells(std::string_view type) {
  return type == "worksheet" || type == "xlMacrosheet" || type == "xlIntlMacrosheet";
}

// What belongs to the sheets, by the names of parts; the archive's order is arbitrary.
class SheetParts {
 public:
  [[nodiscard]] Read<void> read(Zip& zip, const std::vector<std::string>& sheets) {
    if (auto found = read_relationships(zip, sheets); !found) return found;
    std::vector<std::string> drawings;
    for (const auto& [sheet, handler] : relationships_) {
      for (const auto& [id, target] : handler->found()) {
        if (target.type == "comments" || target.type == "threadedComment") notes_[target.target];
        if (target.type != "drawing") continue;
        drawings_[target.target];
        drawings.push_back(target.target);
      }
    }
    if (notes_.size() + drawings_.size() > kMaxDrawingParts) return stop(ExtractExit::kDamaged);
    if (notes_.empty() && drawings_.empty()) return {};
    if (auto found = read_relationships(zip, drawings); !found) return found;
    for (const std::string& drawing : drawings) {
      for (const auto& [id, target] : relationships_.at(drawing)->found()) {
        if (target.type == "chart" || target.type == "chartEx") charts_[target.target];
      }
    }
    if (charts_.size() > kMaxDrawingParts) return stop(ExtractExit::kDamaged);
    const auto unread = zip.parse_minor_parts([&](std::string_view name) -> XmlHandler* {
      if (const auto found = notes_.find(name); found != notes_.end()) return &found->second;
      if (const auto found = drawings_.find(name); found != drawings_.end()) return &found->second;
      if (const auto found = charts_.find(name); found != charts_.end()) return &found->second;
      return nullptr;
    });
    if (!unread) return stop(unread.error());
    unread_ = *unread;
    return {};
  }

  // Sorted by place. Newer programs repeat a thread as a note for older ones.
  [[nodiscard]] std::vector<CellNote> notes_of(const std::string& sheet, const PersonsHandler& persons) const {
    std::vector<CellNote> notes;
    std::set<CellPlace> threaded;
    for (const std::string_view type : {"threadedComment", "comments"}) {
      for (const auto& [id, target] : relationships_.at(sheet)->found()) {
        if (target.type != type) continue;
        for (CellNote note : notes_.at(target.target).notes()) {
          if (type == "comments" && note.author.starts_with("tc=") && threaded.contains(note.place)) continue;
          if (type == "threadedComment") {
            threaded.insert(note.place);
            note.author = persons.name_of(note.author);
          } else if (note.text.starts_with(note.author + ":")) {  // programs begin a note with its author
            note.text.erase(0, std::min(note.text.find_first_not_of(": \n", note.author.size()), note.text.size()));
          }
          notes.push_back(std::move(note));
        }
      }
    }
    std::stable_sort(notes.begin(), notes.end(), [](const auto& a, const auto& b) { return a.place < b.place; });
    return notes;
  }

  void write_drawings(const std::string& sheet, PageWriter& writer) const {
    for (const auto& [id, target] : relationships_.at(sheet)->found()) {
      if (target.type != "drawing") continue;
      const DrawingHandler& drawing = drawings_.at(target.target);
      for (const std::string& box : drawing.boxes()) writer.text("Text box: " + box + "\n");
      const Relationships& related = relationships_.at(target.target)->found();
      for (const std::string& chart : drawing.charts()) {
        const auto found = related.find(chart);
        if (found == related.end() || !charts_.contains(found->second.target)) continue;
        const std::string title = charts_.at(found->second.target).title();
        writer.text(title.empty() ? "Chart without a title\n" : "Chart: " + title + "\n");
      }
    }
  }

  void remark(PageWriter& writer) const {
    std::uint64_t pictures = 0;
    std::uint64_t unread = unread_;
    for (const auto& [part, drawing] : drawings_) {
      pictures += drawing.pictures();
      unread += drawing.diagrams();
    }
    if (pictures > 0) writer.remark(Remark::kUnreadPictures, pictures);
    if (unread > 0) writer.remark(Remark::kUnreadObjects, unread);
  }

 private:
  [[nodiscard]] Read<void> read_relationships(Zip& zip, const std::vector<std::string>& parts) {
    std::map<std::string, RelationshipsHandler*, std::less<>> wanted;
    for (const std::string& part : parts) {
      auto& handler = relationships_[part];
      if (handler == nullptr) handler = std::make_unique<RelationshipsHandler>(part);
      wanted[relationships_part(part)] = handler.get();
    }
    if (wanted.empty()) return {};
    return zip.parse_parts([&](std::string_view name) -> XmlHandler* {
      const auto found = wanted.find(name);
      return found == wanted.end() ? nullptr : found->second;
    });
  }

  std::map<std::string, std::unique_ptr<RelationshipsHandler>> relationships_;  // by sheet or drawing
  std::map<std::string, NotesHandler, std::less<>> notes_;
  std::map<std::string, DrawingHandler, std::less<>> drawings_;
  std::map<std::string, ChartTitleHandler, std::less<>> charts_;
  std::uint64_t unread_ = 0;  // parts that are damaged
};

Read<void> read_workbook(Zip& zip, const std::string& main_part, const Relationships& related, Workbook& workbook) {
  if (auto read = zip.parse_part(main_part, workbook.sheets); !read) return read;
  const std::string styles = target_of_type(related, "styles");
  const std::string strings = target_of_type(related, "sharedStrings");
  const std::string persons = target_of_type(related, "person");
  return zip.parse_parts([&](std::string_view name) -> XmlHandler* {
    if (!styles.empty() && name == styles) return &workbook.styles;
    if (!strings.empty() && name == strings) return &workbook.strings;
    if (!persons.empty() && name == persons) return &workbook.persons;
    return nullptr;
  });
}

struct SheetCounts {
  std::uint64_t hidden_sheets = 0;
  std::uint64_t hidden_cells = 0;
  std::uint64_t uncached = 0;
};

Read<void> read_sheet(Zip& zip, const Relationship& target, const Sheet& sheet, const Workbook& workbook,
                      const SheetParts& parts, PageWriter& writer, SheetCounts& counts) {
  writer.text("Sheet: " + sheet.name + "\n");
  if (sheet.hidden) ++counts.hidden_sheets;
  if (has_cells(target.type)) {  // chart sheets and dialogs have none
    const std::vector<CellNote> notes = parts.notes_of(target.target, workbook.persons);
    SheetHandler handler(workbook, notes, writer);
    if (auto read = zip.parse_part(target.target, handler); !read) return read;
    handler.finish(sheet.name);
    counts.uncached += handler.uncached_formulas();
    counts.hidden_cells += handler.hidden();
  }
  parts.write_drawings(target.target, writer);
  writer.end_page();
  return {};
}

}  // namespace

Read<void> read_xlsx(Zip& zip, const std::string& main_part, PageWriter& writer) {
  auto related = relationships_of(zip, main_part);
  if (!related) return stop(related.error());
  Workbook workbook;
  if (auto read = read_workbook(zip, main_part, *related, workbook); !read) return read;
  std::vector<std::string> names;
  for (const Sheet& sheet : workbook.sheets.sheets()) {
    const auto relationship = related->find(sheet.id);
    if (relationship == related->end()) return stop(ExtractExit::kDamaged);
    names.push_back(relationship->second.target);
  }
  SheetParts parts;
  if (auto read = parts.read(zip, names); !read) return read;
  SheetCounts counts;
  for (const Sheet& sheet : workbook.sheets.sheets()) {
    if (auto read = read_sheet(zip, related->find(sheet.id)->second, sheet, workbook, parts, writer, counts); !read)
      return read;
  }
  if (counts.hidden_sheets > 0) writer.remark(Remark::kHiddenSheets, counts.hidden_sheets);
  if (counts.hidden_cells > 0) writer.remark(Remark::kHiddenCells, counts.hidden_cells);
  if (counts.uncached > 0) writer.remark(Remark::kUncachedFormulas, counts.uncached);
  parts.remark(writer);
  writer.finish();
  return writer.status();
}

}  // namespace minions::formats
