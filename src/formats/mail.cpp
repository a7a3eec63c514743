#include "formats/mail.h"

#include <algorithm>
#include <vector>

#include "formats/charset.h"
#include "formats/html.h"
#include "formats/mail_coding.h"

namespace minions::formats {
namespace {

constexpr int kMaxDepth = 16;
constexpr int kMaxParts = 1000;
constexpr std::size_t kMaxHeaders = 1000;

struct Header {
  std::string name;   // lower case
  std::string value;  // unfolded, still encoded
};

// One entity: its headers, and where its body begins.
class Entity {
 public:
  explicit Entity(std::string_view text) {
    while (!text.empty() && headers_.size() < kMaxHeaders) {
      const std::size_t end = text.find('\n');
      std::string_view line = text.substr(0, end);
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (line.empty()) break;
      add(line);
    }
    body_ = text;
  }

  [[nodiscard]] std::string_view body() const { return body_; }
  [[nodiscard]] std::string_view get(std::string_view name) const {
    for (const Header& header : headers_) {
      if (header.name == name) return header.value;
    }
    return {};
  }
  // text/plain if nothing is stated (RFC 2045 section 5.2).
  [[nodiscard]] std::string type() const {
    const std::string type = main_value(get("content-type"));
    return type.find('/') == std::string::npos ? "text/plain" : type;
  }

 private:
  void add(std::string_view line) {
    if ((line.front() == ' ' || line.front() == '\t') && !headers_.empty()) {
      headers_.back().value.append(line);
      return;
    }
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return;  // mbox's "From " line, and noise
    headers_.push_back({lower_case(line.substr(0, colon)), std::string(line.substr(colon + 1))});
  }

  std::vector<Header> headers_;
  std::string_view body_;
};

enum class Mark { kNone, kNext, kLast };
// A line of `--boundary`, or of `--boundary--`, and white space: the boundary of an inner part may begin like the outer
// one.
Mark mark_of(std::string_view line, std::string_view mark) {
  if (!line.starts_with(mark)) return Mark::kNone;
  line.remove_prefix(mark.size());
  const bool last = line.starts_with("--");
  if (last) line.remove_prefix(2);
  if (line.find_first_not_of(" \t\r") != std::string_view::npos) return Mark::kNone;
  return last ? Mark::kLast : Mark::kNext;
}

// The text between such lines (RFC 2046 section 5.1.1).
std::vector<std::string_view> parts_of(std::string_view body, const std::string& boundary) {
  std::vector<std::string_view> parts;
  const std::string mark = "--" + boundary;
  std::size_t begin = std::string_view::npos;
  for (std::size_t at = 0; at < body.size() && parts.size() <= kMaxParts;) {
    const std::size_t end = std::min(body.find('\n', at), body.size());
    if (const Mark found = mark_of(body.substr(at, end - at), mark); found != Mark::kNone) {
      if (begin != std::string_view::npos) parts.push_back(body.substr(begin, at - begin));
      if (found == Mark::kLast) return parts;
      begin = std::min(end + 1, body.size());
    }
    at = end + 1;
  }
  if (begin != std::string_view::npos) parts.push_back(body.substr(begin));  // the last mark is missing
  return parts;
}

class MailWriter {
 public:
  explicit MailWriter(PageWriter& writer) : writer_(writer) {}

  void message(std::string_view text, int depth) {
    const Entity mail(text);
    constexpr std::pair<std::string_view, std::string_view> kShown[] = {
        {"From", "from"}, {"To", "to"}, {"Cc", "cc"}, {"Date", "date"}, {"Subject", "subject"}};
    for (const auto& [shown, name] : kShown) {
      const std::string value = decode_header(mail.get(name));
      if (!value.empty()) writer_.text(std::string(shown) + ": " + value + "\n");
    }
    writer_.end_paragraph();
    part(mail, depth);
  }

  void finish() {
    if (unread_ > 0) writer_.remark(Remark::kUnreadAttachments, unread_);
    if (replaced_ > 0) writer_.remark(Remark::kReplacedCharacters, replaced_);
    if (unknown_charsets_ > 0) writer_.remark(Remark::kUnknownCharsets, unknown_charsets_);
  }

 private:
  void part(const Entity& entity, int depth) {
    if (!writer_.status()) return;
    const std::string type = entity.type();
    const std::string disposition = main_value(entity.get("content-disposition"));
    if (++parts_ > kMaxParts || depth >= kMaxDepth) {
      unread(entity, type);
    } else if (type.starts_with("multipart/")) {
      multipart(entity, type, depth);
    } else if (type == "message/rfc822") {
      writer_.text("Forwarded message:\n");
      message(decode_transfer(entity.get("content-transfer-encoding"), entity.body()), depth + 1);
    } else if (type.starts_with("text/")) {
      if (disposition == "attachment") writer_.text("Attachment " + file_name(entity) + ":\n");
      text(entity, type);
    } else {
      unread(entity, type);
    }
  }

  void multipart(const Entity& entity, const std::string& type, int depth) {
    const std::string boundary = parameter(entity.get("content-type"), "boundary");
    const std::vector<std::string_view> parts =
        boundary.empty() ? std::vector<std::string_view>() : parts_of(entity.body(), boundary);
    if (type == "multipart/alternative" && !parts.empty()) {
      part(Entity(best_of(parts)), depth + 1);
      return;
    }
    for (const std::string_view text : parts) part(Entity(text), depth + 1);
  }

  // The same content in several forms: plain text is closest to what is wanted, unless it is empty.
  static std::string_view best_of(const std::vector<std::string_view>& parts) {
    std::string_view best = parts.back();
    for (const std::string_view text : parts) {
      const Entity entity(text);
      const bool blank = entity.body().find_first_not_of(" \t\r\n") == std::string_view::npos;
      if (entity.type() == "text/plain" && !blank) return text;
      if (entity.type() == "text/html") best = text;
    }
    return best;
  }

  void text(const Entity& entity, const std::string& type) {
    std::string bytes = decode_transfer(entity.get("content-transfer-encoding"), entity.body());
    std::string charset = parameter(entity.get("content-type"), "charset");
    if (charset.empty() && type == "text/html") charset = html_charset(bytes);
    Converted converted = to_utf8(charset, std::move(bytes));
    replaced_ += converted.replaced;
    if (!converted.charset_is_known) ++unknown_charsets_;
    std::erase(converted.text, '\r');
    if (type == "text/html") {
      write_html(converted.text, writer_);
    } else {
      writer_.text(converted.text);
    }
    writer_.end_paragraph();
  }

  void unread(const Entity& entity, const std::string& type) {
    ++unread_;
    writer_.text("[not read: " + file_name(entity) + ", " + shown_type(type) + "]\n");
  }

  // A media type is ASCII (RFC 2045 section 5.1); an invalid one is not repeated.
  static std::string shown_type(const std::string& type) {
    constexpr std::size_t kLongest = 80;
    const auto is_graphic = [](char c) { return c > 0x20 && c < 0x7F; };
    const bool sound = type.size() <= kLongest && std::all_of(type.begin(), type.end(), is_graphic);
    return sound ? type : "of an unknown type";
  }

  static std::string file_name(const Entity& entity) {
    std::string name = parameter(entity.get("content-disposition"), "filename");
    if (name.empty()) name = parameter(entity.get("content-type"), "name");
    return name.empty() ? "without a name" : name;
  }

  PageWriter& writer_;
  int parts_ = 0;
  std::uint64_t unread_ = 0;
  std::uint64_t replaced_ = 0;
  std::uint64_t unknown_charsets_ = 0;
};

}  // namespace

void write_mail(std::string_view text, PageWriter& writer) {
  MailWriter mail(writer);
  mail.message(text, 0);
  mail.finish();
}

}  // namespace minions::formats
