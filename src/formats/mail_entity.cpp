#include "formats/mail_entity.h"

#include <algorithm>

#include "base/text.h"
#include "formats/charset.h"
#include "formats/mail_coding.h"

namespace minions::formats {
namespace {

constexpr std::size_t kMaxHeaders = 1000;

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
std::vector<std::string_view> texts_between(std::string_view body, const std::string& mark) {
  std::vector<std::string_view> texts;
  std::size_t begin = std::string_view::npos;
  for (std::size_t at = 0; at < body.size() && texts.size() <= kMaxMailParts;) {
    const std::size_t end = std::min(body.find('\n', at), body.size());
    if (const Mark found = mark_of(body.substr(at, end - at), mark); found != Mark::kNone) {
      if (begin != std::string_view::npos) texts.push_back(body.substr(begin, at - begin));
      if (found == Mark::kLast) return texts;
      begin = std::min(end + 1, body.size());
    }
    at = end + 1;
  }
  if (begin != std::string_view::npos) texts.push_back(body.substr(begin));  // the last mark is missing
  return texts;
}

// The first line that can be a mark, for a header field that does not name the right one.
std::string guessed_mark(std::string_view body) {
  constexpr std::size_t kSearched = 64 * 1024;
  constexpr std::size_t kLongest = 80;
  body = body.substr(0, kSearched);
  while (!body.empty()) {
    const std::size_t end = std::min(body.find('\n'), body.size());
    const std::string_view line = trimmed(body.substr(0, end));
    body.remove_prefix(std::min(end + 1, body.size()));
    const bool follows_field = body.substr(0, 8).find_first_of("Cc") == 0;  // Content-Type
    if (line.size() > 2 && line.size() <= kLongest && line.starts_with("--") && line != "-- " && follows_field)
      return std::string(line);
  }
  return {};
}

}  // namespace

MailEntity::MailEntity(std::string_view text, std::string_view default_type) {
  while (!text.empty() && headers_.size() < kMaxHeaders) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) break;
    add(line);
  }
  body_ = text;
  type_ = main_value(get("content-type"));
  if (type_.find('/') == std::string::npos) type_ = default_type;
}

void MailEntity::add(std::string_view line) {
  if ((line.front() == ' ' || line.front() == '\t') && !headers_.empty()) {
    headers_.back().value.append(line);
    return;
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return;  // mbox's "From " line, and noise
  headers_.push_back({lower_case(trimmed(line.substr(0, colon))), std::string(line.substr(colon + 1))});
}

std::string_view MailEntity::get(std::string_view name) const {
  for (const Header& header : headers_) {
    if (header.name == name) return header.value;
  }
  return {};
}

bool MailEntity::is_attachment() const { return main_value(get("content-disposition")) == "attachment"; }

std::string MailEntity::file_name() const {
  std::string name = parameter(get("content-disposition"), "filename");
  return name.empty() ? parameter(get("content-type"), "name") : name;
}

std::string MailEntity::bytes() const { return decode_transfer(get("content-transfer-encoding"), body_); }

std::vector<MailEntity> MailEntity::parts() const {
  const std::string boundary = parameter(get("content-type"), "boundary");
  std::vector<std::string_view> texts;
  if (!boundary.empty()) texts = texts_between(body_, "--" + boundary);
  if (texts.empty()) {
    const std::string mark = guessed_mark(body_);
    if (!mark.empty()) texts = texts_between(body_, mark);
  }
  std::vector<MailEntity> parts;
  const std::string_view default_type = is("multipart/digest") ? "message/rfc822" : "text/plain";
  for (const std::string_view text : texts) parts.emplace_back(text, default_type);
  if (texts.empty() && body_.find_first_not_of(" \t\r\n") != std::string_view::npos) {
    MailEntity whole("");
    whole.body_ = body_;
    parts.push_back(std::move(whole));
  }
  return parts;
}

}  // namespace minions::formats
