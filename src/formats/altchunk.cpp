#include "formats/altchunk.h"

#include "formats/charset.h"
#include "formats/html.h"
#include "formats/mail.h"

namespace minions::formats {
namespace {

constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";

std::string decoded(std::string bytes, bool is_html, PageWriter& writer) {
  const bool utf16 = bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF");
  const std::string charset = utf16                          ? "utf-16"
                              : bytes.starts_with(kUtf8Mark) ? "utf-8"
                              : is_html                      ? html_charset(bytes)
                                                             : std::string();
  Converted converted = to_utf8(charset, std::move(bytes));
  if (converted.replaced > 0) writer.remark(Remark::kReplacedCharacters, converted.replaced);
  if (!converted.charset_is_known) writer.remark(Remark::kUnknownCharsets, 1);
  std::string text = std::move(converted.text);
  if (text.starts_with(kUtf8Mark)) text.erase(0, kUtf8Mark.size());
  return text;
}

}  // namespace

bool write_chunk(std::string_view part, std::string bytes, PageWriter& writer) {
  const std::string name = lower_case(part);
  const std::string start = lower_case(std::string_view(bytes).substr(0, 1024));
  const auto has = [&](std::string_view words) { return start.find(words) != std::string::npos; };
  if (bytes.empty() || start.starts_with("pk\x03\x04") || start.starts_with("{\\rtf")) return false;
  if (name.ends_with(".mht") || name.ends_with(".mhtml") || has("mime-version:")) {
    write_mail(bytes, writer);
  } else if (name.ends_with("htm") || name.ends_with("html") || has("<html") || has("<body") || has("<p>")) {
    write_html(decoded(std::move(bytes), true, writer), writer);
  } else if (name.ends_with(".txt")) {
    writer.text(decoded(std::move(bytes), false, writer));
  } else {
    return false;
  }
  return true;
}

}  // namespace minions::formats
