#include "formats/mail_text.h"

#include <algorithm>

#include "formats/charset.h"
#include "formats/html.h"
#include "formats/mail_calendar.h"
#include "formats/mail_coding.h"

namespace minions::formats {
namespace {

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

class StringOutput final : public Output {
 public:
  void text(std::string_view bytes) override { written += bytes; }
  void remark(Remark, std::uint64_t) override {}
  std::string written;
};

std::string extension_of(const std::string& name) {
  const std::size_t dot = name.rfind('.');
  return dot == std::string::npos ? std::string() : lower_case(name.substr(dot));
}

// Types that senders give to any file.
bool says_nothing(std::string_view type) {
  return is_one_of(type, {"application/octet-stream", "application/x-unknown", "application/download",
                          "application/force-download", "application/unknown"});
}

TextKind kind_of_name(const std::string& name) {
  const std::string extension = extension_of(name);
  if (extension == ".ics") return TextKind::kCalendar;
  if (extension == ".vcf") return TextKind::kContact;
  if (is_one_of(extension, {".html", ".htm", ".xhtml"})) return TextKind::kHtml;
  const bool plain = is_one_of(extension, {".txt", ".csv", ".tsv", ".md", ".log", ".json", ".xml", ".yaml", ".yml"});
  return plain ? TextKind::kPlain : TextKind::kNone;
}

// format=flowed: a line that ends with a blank goes on in the next one of the same quote depth; a blank at the front
// was stuffed in. delsp=yes: the blank itself was put there.
std::string without_flow(std::string_view text, bool removes_blank) {
  std::string joined;
  bool goes_on = false;
  std::size_t last_depth = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t depth = std::min(line.find_first_not_of('>'), line.size());
    std::string_view content = line.substr(depth);
    if (content.starts_with(' ')) content.remove_prefix(1);
    const bool joins = goes_on && depth == last_depth;
    if (goes_on && !joins) joined += '\n';
    if (!joins && depth > 0) joined.append(depth, '>').append(" ");
    const bool is_signature = content == "-- ";
    goes_on = content.ends_with(' ') && !is_signature;
    if (goes_on && removes_blank) content.remove_suffix(1);
    joined.append(content);
    if (!goes_on) joined += '\n';
    last_depth = depth;
  }
  return joined;
}

std::string shown_size(std::size_t bytes) {
  constexpr std::size_t kKilo = 1000;
  if (bytes < kKilo) return std::to_string(bytes) + (bytes == 1 ? " byte" : " bytes");
  if (bytes < kKilo * kKilo) return std::to_string((bytes + kKilo / 2) / kKilo) + " kB";
  const std::size_t tenths = (bytes + kKilo * kKilo / 20) / (kKilo * kKilo / 10);
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " MB";
}

// A media type is ASCII (RFC 2045 section 5.1); an invalid one is not repeated. What programs put into mails gets its
// name.
std::string shown_type(const MailEntity& entity) {
  constexpr std::size_t kLongest = 80;
  const std::string& type = entity.type();
  if (is_one_of(type, {"application/ms-tnef", "application/vnd.ms-tnef"}))
    return "text and attachments in the form of Outlook (TNEF)";
  if (is_one_of(type, {"application/pkcs7-mime", "application/x-pkcs7-mime"})) {
    const std::string kind = lower_case(parameter(entity.get("content-type"), "smime-type"));
    return kind == "signed-data" ? "a signed message (S/MIME)" : "an encrypted message (S/MIME)";
  }
  if (type == "application/pgp-encrypted" || type == "multipart/encrypted") return "an encrypted message (PGP)";
  const auto is_graphic = [](char c) { return c > 0x20 && c < 0x7F; };
  const bool sound = type.size() <= kLongest && std::all_of(type.begin(), type.end(), is_graphic);
  return sound ? type : "of an unknown type";
}

}  // namespace

TextKind text_kind_of(const MailEntity& entity) {
  const std::string& type = entity.type();
  if (is_one_of(type, {"text/html", "application/xhtml+xml"})) return TextKind::kHtml;
  if (is_one_of(type, {"text/calendar", "application/ics", "text/x-vcalendar"})) return TextKind::kCalendar;
  if (is_one_of(type, {"text/vcard", "text/x-vcard", "text/directory"})) return TextKind::kContact;
  if (is_one_of(type, {"text/rtf", "text/richtext"})) return TextKind::kNone;
  if (type.starts_with("text/")) {
    const TextKind named =
        type == "text/plain" && entity.is_attachment() ? kind_of_name(entity.file_name()) : TextKind::kPlain;
    return named == TextKind::kNone ? TextKind::kPlain : named;
  }
  if (is_one_of(type, {"message/delivery-status", "message/disposition-notification", "message/feedback-report",
                       "message/global-delivery-status", "application/json", "application/xml", "application/csv"}))
    return TextKind::kPlain;
  return says_nothing(type) ? kind_of_name(entity.file_name()) : TextKind::kNone;
}

std::string utf8_of(const MailEntity& entity, TextKind kind, TextFaults& faults) {
  std::string bytes = entity.bytes();
  const std::string_view content_type = entity.get("content-type");
  std::string charset = parameter(content_type, "charset");
  const bool marked = bytes.starts_with("\xEF\xBB\xBF");
  if (marked)
    charset = "utf-8";
  else if (charset.empty() && kind == TextKind::kHtml)
    charset = html_charset(bytes);
  else if (bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF"))
    charset = "utf-16";
  Converted converted = to_utf8(charset, std::move(bytes));
  faults.replaced += converted.replaced;
  if (!converted.charset_is_known) ++faults.unknown_charsets;
  std::string text = std::move(converted.text);
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  std::erase(text, '\r');
  if (kind == TextKind::kPlain && lower_case(parameter(content_type, "format")) == "flowed")
    text = without_flow(text, lower_case(parameter(content_type, "delsp")) == "yes");
  return text;
}

void write_text(const MailEntity& entity, TextKind kind, const std::string& utf8, PageWriter& writer) {
  std::string lines;
  if (kind == TextKind::kCalendar) lines = calendar_lines(utf8, parameter(entity.get("content-type"), "method"));
  if (kind == TextKind::kContact) lines = contact_lines(utf8);
  if (kind == TextKind::kHtml) {
    write_html(utf8, writer);
  } else {
    writer.text(lines.empty() ? utf8 : lines);
  }
  writer.end_paragraph();
}

std::string sample_of(const MailEntity& entity, TextKind kind) {
  constexpr std::uint64_t kMostBytes = 512 * 1024;
  TextFaults faults;
  std::string text = utf8_of(entity, kind, faults);
  if (kind != TextKind::kHtml) return text;
  StringOutput output;
  TextLimits limits;
  limits.max_text_bytes = kMostBytes;
  PageWriter writer(output, limits);
  write_html(text, writer);
  writer.finish();
  return std::move(output.written);
}

std::string description_of(const MailEntity& entity) {
  const std::string name = entity.file_name();
  return (name.empty() ? "without a name" : name) + ", " + shown_type(entity) + ", " +
         shown_size(entity.bytes().size());
}

}  // namespace minions::formats
