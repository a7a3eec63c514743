#include "reading.h"

#include <unistd.h>

#include "formats/charset.h"
#include "formats/html.h"
#include "formats/image.h"
#include "formats/mail.h"
#include "formats/notebook.h"
#include "formats/office.h"
#include "input.h"

namespace minions::extract {
namespace {

using namespace formats;

class PipeOutput final : public Output {
 public:
  void text(std::string_view bytes) override { say(STDOUT_FILENO, bytes); }
  void remark(Remark remark, std::uint64_t number) override { extract::remark(remark, number); }
};

void remark_on(const Converted& converted, PageWriter& writer) {
  if (converted.replaced > 0) writer.remark(Remark::kReplacedCharacters, converted.replaced);
  if (!converted.charset_is_known) writer.remark(Remark::kUnknownCharsets, 1);
}

// The encoding that the user names outweighs what the page declares.
Read<void> read_html(std::string_view named, PageWriter& writer) {
  auto bytes = input_bytes(kAllOfInput);
  if (!bytes) return stop(bytes.error());
  const bool utf16 = bytes->starts_with("\xFF\xFE") || bytes->starts_with("\xFE\xFF");
  const bool marked = bytes->starts_with("\xEF\xBB\xBF");
  const std::string charset = utf16           ? "utf-16"
                              : marked        ? "utf-8"
                              : named.empty() ? html_charset(*bytes)
                                              : std::string(named);
  const Converted html = to_utf8(charset, *std::move(bytes));
  remark_on(html, writer);
  write_html(std::string_view(html.text).substr(html.text.starts_with("\xEF\xBB\xBF") ? 3 : 0), writer);
  writer.finish();
  return writer.status();
}

Read<void> read_mail(std::string_view named, PageWriter& writer) {
  set_unnamed_charset(named);
  const auto bytes = input_bytes(kAllOfInput);
  if (!bytes) return stop(bytes.error());
  write_mail(*bytes, writer);
  writer.finish();
  return writer.status();
}

// Unchanged but for its encoding: pages and control characters are the caller's.
Read<void> convert_text(std::string_view charset, PageWriter& writer) {
  auto bytes = input_bytes(kAllOfInput);
  if (!bytes) return stop(bytes.error());
  const Converted text = to_utf8(charset, *std::move(bytes));
  if (text.text.size() > writer.limits().max_text_bytes) return stop(ExtractExit::kTooMuchText);
  remark_on(text, writer);
  say(STDOUT_FILENO, text.text);
  return {};
}

Read<void> read_notebook(PageWriter& writer) {
  auto bytes = input_bytes(kAllOfInput);
  if (!bytes) return stop(bytes.error());
  const Converted text = to_utf8("utf-8", *std::move(bytes));
  if (const auto read = write_notebook(text.text, writer); !read) return read;
  remark_on(text, writer);
  writer.finish();
  return writer.status();
}

Read<void> read_image(PageWriter& writer) {
  constexpr std::size_t kHeaderBytes = 1 << 20;  // JPEG puts thumbnails and colour profiles first
  const auto bytes = input_bytes(kHeaderBytes);
  if (!bytes) return stop(bytes.error());
  const auto header = read_image_header(as_bytes(*bytes));
  if (!header) return stop(ExtractExit::kDamaged);
  writer.remark(Remark::kWidth, header->width);
  writer.remark(Remark::kHeight, header->height);
  return {};
}

Read<void> read_office_document(PageWriter& writer) {
  const auto start = input_bytes(2);
  if (!start) return stop(start.error());
  if (*start != "PK") {
    const auto bytes = input_bytes(kAllOfInput);
    if (!bytes) return stop(bytes.error());
    return read_flat_opendocument(as_bytes(*bytes), writer);
  }
  Zip zip(STDIN_FILENO);
  auto document = examine_office(zip);
  if (!document) return stop(document.error());
  return read_office(zip, *document, writer);
}

Read<void> read(std::string_view mode, std::string_view charset, PageWriter& writer) {
  if (mode == "office") return read_office_document(writer);
  if (mode == "html") return read_html(charset, writer);
  if (mode == "mail") return read_mail(charset, writer);
  if (mode == "text") return convert_text(charset, writer);
  if (mode == "notebook") return read_notebook(writer);
  if (mode == "image") return read_image(writer);
  return stop(ExtractExit::kUsage);
}

}  // namespace

int read_document(std::string_view mode, std::string_view charset, const TextLimits& limits) {
  stop_when_out_of_memory();
  PipeOutput output;
  PageWriter writer(output, limits);
  const auto done = read(mode, charset, writer);
  return done ? 0 : static_cast<int>(done.error());
}

}  // namespace minions::extract
