// PresentationML (ECMA-376 part 1, section 19): slides in the order of the presentation, each with its notes.
#include "formats/office.h"
#include "formats/package.h"

namespace minions::formats {
namespace {

class SlideList final : public XmlHandler {
 public:
  void start(std::string_view name, const XmlAttributes& attributes) override {
    if (name == "sldId") ids_.emplace_back(attributes.get("relationships", "id"));
  }
  void end(std::string_view) override {}
  void text(std::string_view) override {}
  [[nodiscard]] const std::vector<std::string>& ids() const { return ids_; }
  [[nodiscard]] Read<void> status() const override {
    if (ids_.size() > 100'000) return stop(ExtractExit::kTooManyPages);
    return {};
  }

 private:
  std::vector<std::string> ids_;
};

// Gathers the text of one slide or notes page.
class SlideHandler final : public XmlHandler {
 public:
  SlideHandler(std::string& text, std::uint64_t& total, std::uint64_t limit)
      : text_(text), total_(total), limit_(limit) {}

  void start(std::string_view name, const XmlAttributes& attributes) override {
    if (skipped_depth_ > 0 || name == "Fallback") {
      ++skipped_depth_;
    } else if (name == "t") {
      in_text_ = true;
    } else if (name == "br") {
      add("\n");
    } else if (name == "tc") {
      in_cell_ = true;
    } else if (name == "fld") {
      in_slide_number_ = attributes.get("type") == "slidenum";
    } else if (name == "blip") {
      ++pictures_;
    }
  }
  void end(std::string_view name) override {
    if (skipped_depth_ > 0) {
      --skipped_depth_;
    } else if (name == "t") {
      in_text_ = false;
    } else if (name == "fld") {
      in_slide_number_ = false;
    } else if (name == "p") {
      add(in_cell_ ? " " : "\n");
    } else if (name == "tc") {
      in_cell_ = false;
      add("\t");
    } else if (name == "tr" || name == "txBody") {
      if (!in_cell_) add("\n");
    }
  }
  void text(std::string_view text) override {
    if (in_text_ && skipped_depth_ == 0 && !in_slide_number_) add(text);
  }
  [[nodiscard]] Read<void> status() const override {
    if (total_ > limit_) return stop(ExtractExit::kTooMuchText);
    return {};
  }
  [[nodiscard]] std::uint64_t pictures() const { return pictures_; }

 private:
  void add(std::string_view text) {
    text_ += text;
    total_ += text.size();
  }

  std::string& text_;
  std::uint64_t& total_;
  std::uint64_t limit_;
  int skipped_depth_ = 0;
  bool in_text_ = false;
  bool in_cell_ = false;
  bool in_slide_number_ = false;
  std::uint64_t pictures_ = 0;
};

bool lies_in(std::string_view part, std::string_view folder) { return part.find(folder) != std::string_view::npos; }

// One pass over the archive, whose order is arbitrary.
class Slides {
 public:
  explicit Slides(std::uint64_t limit) : limit_(limit) {}

  [[nodiscard]] Read<void> read(Zip& zip) {
    return zip.parse_parts([&](std::string_view name) -> XmlHandler* {
      if (!name.ends_with(".xml") && !name.ends_with(".rels")) return nullptr;
      if (lies_in(name, "slides/_rels/")) return relationships(name);
      if (!lies_in(name, "slides/") && !lies_in(name, "notesSlides/")) return nullptr;
      handlers_.push_back(std::make_unique<SlideHandler>(texts_[std::string(name)], total_, limit_));
      return handlers_.back().get();
    });
  }
  [[nodiscard]] const std::string* text_of(const std::string& part) const {
    const auto text = texts_.find(part);
    return text == texts_.end() ? nullptr : &text->second;
  }
  [[nodiscard]] std::string notes_of(const std::string& slide) {
    const auto found = relationships_.find(relationships_part(slide));
    return found == relationships_.end() ? std::string() : target_of_type(found->second->found(), "notesSlide");
  }
  [[nodiscard]] std::uint64_t pictures() const {
    std::uint64_t sum = 0;
    for (const auto& handler : handlers_) sum += handler->pictures();
    return sum;
  }

 private:
  // `ppt/slides/_rels/slide1.xml.rels` belongs to `ppt/slides/slide1.xml`.
  [[nodiscard]] XmlHandler* relationships(std::string_view name) {
    std::string slide(name);
    slide.erase(slide.find("_rels/"), 6);
    slide.resize(slide.size() - std::string_view(".rels").size());
    auto& handler = relationships_[std::string(name)];
    handler = std::make_unique<RelationshipsHandler>(slide);
    return handler.get();
  }

  std::map<std::string, std::string> texts_;
  std::map<std::string, std::unique_ptr<RelationshipsHandler>> relationships_;
  std::vector<std::unique_ptr<SlideHandler>> handlers_;
  std::uint64_t total_ = 0;
  std::uint64_t limit_;
};

}  // namespace

Read<void> read_pptx(Zip& zip, const std::string& main_part, PageWriter& writer) {
  SlideList list;
  if (auto read = zip.parse_part(main_part, list); !read) return read;
  auto related = relationships_of(zip, main_part);
  if (!related) return stop(related.error());
  Slides slides(writer.limits().max_text_bytes);
  if (auto read = slides.read(zip); !read) return read;
  for (const std::string& id : list.ids()) {
    const auto relationship = related->find(id);
    const std::string* text = relationship == related->end() ? nullptr : slides.text_of(relationship->second.target);
    if (text == nullptr) return stop(ExtractExit::kDamaged);  // a slide that is listed but missing
    writer.text(*text);
    if (const std::string* notes = slides.text_of(slides.notes_of(relationship->second.target));
        notes != nullptr && notes->find_first_not_of(" \n\t") != std::string::npos) {
      writer.end_paragraph();
      writer.text("Notes: ");
      writer.text(*notes);
    }
    writer.end_page();
    if (auto good = writer.status(); !good) return good;
  }
  if (slides.pictures() > 0) writer.remark(Remark::kUnreadPictures, slides.pictures());
  writer.finish();
  return writer.status();
}

}  // namespace minions::formats
