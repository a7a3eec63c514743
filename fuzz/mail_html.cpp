// Mail, HTML and notebooks, and how mail writes other alphabets. The first byte says which.
#include "formats/charset.h"
#include "formats/html.h"
#include "formats/mail.h"
#include "formats/mail_coding.h"
#include "formats/notebook.h"
#include "fuzz/fuzz.h"
#include "fuzz/written.h"

namespace minions::fuzz {
namespace {

using namespace formats;

constexpr std::size_t kLimitBytes = 64 * 1024;

// As the helper does: by the encoding that the page names.
void check_html(ByteView bytes) {
  const Converted html = to_utf8(html_charset(as_text(bytes)), bytes);
  require(is_utf8(html.text), "converted text is UTF-8");
  require(html.replaced <= bytes.size(), "no more is replaced than there is");
  Written written;
  write_html(html.text, written.writer());
  written.writer().finish();
  written.check();
}

void check_mail(std::string_view message) {
  Written written;
  write_mail(message, written.writer());
  written.writer().finish();
  written.check();
}

void check_codings(std::string_view text) {
  require(decode_base64_lenient(text).size() <= text.size(), "base64 becomes smaller");
  require(decode_quoted_printable(text).size() <= text.size(), "quoted-printable becomes no larger");
  for (const std::string& shown : {decode_header(text), parameter(text, "name"), parameter(text, "boundary")}) {
    require(is_utf8(shown), "a header is UTF-8");
    require(shown.find('\n') == std::string::npos, "a header is one line");
  }
  require(main_value(text).find(';') == std::string::npos, "the value ends before its parameters");
}

void check_notebook(std::string_view json) {
  Written written;
  if (!write_notebook(json, written.writer())) return;
  written.writer().finish();
  written.check();
}

// The label stands before a zero byte.
void check_charset(std::string_view input) {
  const std::size_t end = std::min(input.find('\0'), input.size());
  const std::string_view rest = input.substr(std::min(end + 1, input.size()));
  require(is_utf8(to_utf8(input.substr(0, end), as_bytes(rest)).text), "converted text is UTF-8");
}

}  // namespace
}  // namespace minions::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace minions;
  if (size > fuzz::kLimitBytes) return 0;
  ByteView input(data, size);
  const std::uint8_t kind = fuzz::take_byte(input);
  if (kind == 0xFF) {
    fuzz::check_notebook(as_text(input));
    return 0;
  }
  switch (kind % 4) {
    case 0: fuzz::check_mail(as_text(input)); break;
    case 1: fuzz::check_html(input); break;
    case 2: fuzz::check_codings(as_text(input)); break;
    default: fuzz::check_charset(as_text(input)); break;
  }
  return 0;
}
