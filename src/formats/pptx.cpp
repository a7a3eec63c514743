// PresentationML (ECMA-376 part 1, section 19): slides in the order of the presentation, each with its notes and
// comments.
#include <memory>

#include "formats/drawing_parts.h"
#include "formats/office.h"
#include "formats/package.h"
#include "formats/slide_text.h"

namespace minions::formats {
namespace {

constexpr std::size_t kMaxSlides = 100'000;

class SlideList final : public XmlHandler {
 public:
  void start(std::string_view name, const XmlAttributes& attributes) override {
    if (name == "sldId") ids_.emplace_back(attributes.get("relationships", "id"));
  }
  void end(std::string_view) override {}
  void text(std::string_view) override {}
  [[nodiscard]] const std::vector<std::string>& ids() const { return ids_; }
  [[nodiscard]] Read<void> status() const override {
    if (ids_.size() > kMaxSlides) return stop(ExtractExit::kTooManyPages);
    return {};
  }

 private:
  std::vector<std::string> ids_;
};

// Authors and comments of either generation: p:cmAuthor, p:cm with p:text; p188:author, p188:cm with replies.
class SlideComments final : public XmlHandler {
 public:
  struct Comment {
    std::string author;  // an id
    std::string text;
  };

  explicit SlideComments(TextBudget& budget) : budget_(budget) {}
  void start(std::string_view name, const XmlAttributes& attributes) override {
    if (name == "cmAuthor" || name == "author") {
      add(authors_[std::string(attributes.get("id"))], attributes.get("name"));
    } else if (name == "cm" || name == "reply") {
      open_.push_back(comments_.size());
      comments_.push_back({std::string(attributes.get("authorId")), {}});
      budget_.used += sizeof(Comment);
    } else if (name == "text" || name == "t") {
      in_text_ = true;
    }
  }
  void end(std::string_view name) override {
    if (name == "text" || name == "t") in_text_ = false;
    if ((name == "cm" || name == "reply") && !open_.empty()) open_.pop_back();
    if (name == "p" && !open_.empty()) add(comments_[open_.back()].text, " ");
  }
  void text(std::string_view text) override {
    if (in_text_ && !open_.empty()) add(comments_[open_.back()].text, text);
  }
  [[nodiscard]] Read<void> status() const override {
    if (budget_.used > budget_.limit) return stop(ExtractExit::kTooMuchText);
    return {};
  }
  [[nodiscard]] const std::vector<Comment>& comments() const { return comments_; }
  [[nodiscard]] const std::map<std::string, std::string>& authors() const { return authors_; }

 private:
  void add(std::string& to, std::string_view text) {
    to += text;
    budget_.used += text.size();
  }

  TextBudget& budget_;
  std::vector<Comment> comments_;
  std::vector<std::size_t> open_;  // comments, and the replies in them
  std::map<std::string, std::string> authors_;
  bool in_text_ = false;
};

class Presentation {
 public:
  Presentation(Zip& zip, PageWriter& writer) : zip_(zip), writer_(writer), budget_{writer.limits().max_text_bytes} {}

  [[nodiscard]] Read<void> read(const std::string& main_part) {
    SlideList list;
    if (auto read = zip_.parse_part(main_part, list); !read) return read;
    auto related = relationships_of(zip_, main_part);
    if (!related) return stop(related.error());
    if (auto read = read_relationships(*related); !read) return read;
    if (auto read = read_parts(*related); !read) return read;
    for (const std::string& id : list.ids()) {
      const auto relationship = related->find(id);
      const std::string part = relationship == related->end() ? "" : part_key(relationship->second.target);
      const auto slide = texts_.find(part);
      if (slide == texts_.end() || !found_.contains(part) || !relationships_.contains(part))
        return stop(ExtractExit::kDamaged);  // listed, but missing
      write_slide(part, *slide->second);
      if (auto good = writer_.status(); !good) return good;
    }
    remark();
    writer_.finish();
    return writer_.status();
  }

 private:
  [[nodiscard]] Read<void> read_relationships(const Relationships& related);
  [[nodiscard]] Read<void> read_parts(const Relationships& related);
  void expect(const Relationship& relationship);
  void write_slide(const std::string& part, const SlideText& slide);
  void write_text(const SlideText& slide, const Relationships& related);
  void write_comments(const std::string& part);
  void remark();

  Zip& zip_;
  PageWriter& writer_;
  TextBudget budget_;
  // By the keys of parts.
  std::map<std::string, std::unique_ptr<RelationshipsHandler>> relationships_;
  std::map<std::string, std::unique_ptr<SlideText>> texts_;  // slides and notes
  std::map<std::string, ChartHandler> charts_;
  std::map<std::string, DiagramHandler> diagrams_;
  std::map<std::string, std::unique_ptr<SlideComments>> comments_;  // and authors
  std::map<std::string, bool> found_;
  std::map<std::string, std::string> authors_;
  std::uint64_t hidden_ = 0;
  std::uint64_t pictures_ = 0;
  std::uint64_t objects_ = 0;
};

Read<void> Presentation::read_relationships(const Relationships& related) {
  std::map<std::string, RelationshipsHandler*> wanted;
  for (const auto& [id, relationship] : related) {
    if (relationship.type != "slide") continue;
    auto& handler = relationships_[part_key(relationship.target)];
    handler = std::make_unique<RelationshipsHandler>(relationship.target);
    wanted[part_key(relationships_part(relationship.target))] = handler.get();
  }
  return zip_.parse_parts([&](std::string_view name) -> XmlHandler* {
    const auto handler = wanted.find(part_key(name));
    return handler == wanted.end() ? nullptr : handler->second;
  });
}

void Presentation::expect(const Relationship& relationship) {
  const std::string key = part_key(relationship.target);
  if (relationship.type == "slide" || relationship.type == "notesSlide") {
    if (auto& text = texts_[key]; text == nullptr) text = std::make_unique<SlideText>(budget_);
  } else if (relationship.type == "chart") {
    charts_[key];
  } else if (relationship.type == "diagramData") {
    diagrams_[key];
  } else if (relationship.type == "comments" || relationship.type == "commentAuthors" ||
             relationship.type == "authors") {
    if (auto& comments = comments_[key]; comments == nullptr) comments = std::make_unique<SlideComments>(budget_);
  }
}

// One pass over the archive, whose order is arbitrary.
Read<void> Presentation::read_parts(const Relationships& related) {
  for (const auto& [id, relationship] : related) expect(relationship);
  for (const auto& [slide, handler] : relationships_) {
    for (const auto& [id, relationship] : handler->found()) {
      if (relationship.type != "slide") expect(relationship);  // a link to another slide
    }
  }
  auto read = zip_.parse_parts([&](std::string_view name) -> XmlHandler* {
    const std::string key = part_key(name);
    if (const auto text = texts_.find(key); text != texts_.end()) {
      found_[key] = true;
      return text->second.get();
    }
    if (const auto chart = charts_.find(key); chart != charts_.end()) return &chart->second;
    if (const auto diagram = diagrams_.find(key); diagram != diagrams_.end()) return &diagram->second;
    const auto comments = comments_.find(key);
    return comments == comments_.end() ? nullptr : comments->second.get();
  });
  for (const auto& [key, comments] : comments_) {
    for (const auto& [id, name] : comments->authors()) authors_[id] = name;
  }
  return read;
}

void Presentation::write_text(const SlideText& slide, const Relationships& related) {
  std::size_t at = 0;
  for (const SlideText::Drawing& drawing : slide.drawings()) {
    writer_.text(std::string_view(slide.shown()).substr(at, drawing.at - at));
    at = drawing.at;
    const auto relationship = related.find(drawing.id);
    const std::string key = relationship == related.end() ? "" : part_key(relationship->second.target);
    const auto chart = charts_.find(key);
    const auto diagram = diagrams_.find(key);
    if (chart == charts_.end() && diagram == diagrams_.end()) {
      ++objects_;
      continue;
    }
    writer_.end_line();
    writer_.text(chart == charts_.end() ? diagram->second.shown() : chart->second.shown());
    writer_.end_paragraph();
  }
  writer_.text(std::string_view(slide.shown()).substr(at));
  pictures_ += slide.pictures();
  objects_ += slide.objects();
}

void Presentation::write_comments(const std::string& part) {
  for (const auto& [id, relationship] : relationships_.at(part)->found()) {
    const auto comments = comments_.find(part_key(relationship.target));
    if (relationship.type != "comments" || comments == comments_.end()) continue;
    for (const SlideComments::Comment& comment : comments->second->comments()) {
      const auto author = authors_.find(comment.author);
      writer_.end_paragraph();
      writer_.text(author == authors_.end() ? "Comment: " : "Comment by " + author->second + ": ");
      writer_.text(comment.text);
      writer_.end_line();
    }
  }
}

void Presentation::write_slide(const std::string& part, const SlideText& slide) {
  const Relationships& related = relationships_.at(part)->found();
  write_text(slide, related);
  const std::string notes = part_key(target_of_type(related, "notesSlide"));
  const auto text = texts_.find(notes);
  if (text != texts_.end() && text->second->shown().find_first_not_of(" \n\t") != std::string::npos) {
    writer_.end_paragraph();
    writer_.text("Notes: ");
    write_text(*text->second, {});
  }
  write_comments(part);
  if (slide.is_hidden()) ++hidden_;
  writer_.end_page();
}

void Presentation::remark() {
  if (pictures_ > 0) writer_.remark(Remark::kUnreadPictures, pictures_);
  if (objects_ > 0) writer_.remark(Remark::kUnreadObjects, objects_);
  if (hidden_ > 0) writer_.remark(Remark::kHiddenSlides, hidden_);
}

}  // namespace

Read<void> read_pptx(Zip& zip, const std::string& main_part, PageWriter& writer) {
  return Presentation(zip, writer).read(main_part);
}

}  // namespace minions::formats
