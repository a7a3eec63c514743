// What is read outside the sandbox: the bytes of text files, headers of pictures, the guess at a file's type, ignore
// rules; and the cells of spreadsheets. The first byte says which.
#include "base/encoding.h"
#include "documents/document.h"
#include "documents/file_type.h"
#include "documents/ignore_rules.h"
#include "formats/cell_value.h"
#include "formats/image.h"
#include "formats/number_format.h"
#include "formats/text_decoding.h"
#include "fuzz/fuzz.h"

namespace minions::fuzz {
namespace {

constexpr std::size_t kLimitBytes = 64 * 1024;

// Both sides of the first zero byte.
std::pair<std::string_view, std::string_view> halves(std::string_view input) {
  const std::size_t end = std::min(input.find('\0'), input.size());
  return {input.substr(0, end), input.substr(std::min(end + 1, input.size()))};
}

void check_text(std::string_view bytes) {
  const auto decoded = formats::decode_text(std::string(bytes));
  if (!decoded) {
    require(!decoded.error().detail.empty(), "a refusal says why");
    return;
  }
  require(is_utf8(decoded->text), "decoded text is UTF-8");
  require(decoded->text.find('\r') == std::string::npos, "lines end with a line feed");
  require(decoded->text.size() <= 3 * bytes.size(), "text grows within bounds");
}

// The text under a marker cannot pass for another document's.
void check_marker(std::string_view text) {
  documents::Document document{"a", documents::DocumentKind::kText, {}, {}};
  document.pages.push_back({1, crypto::SecretText(std::string(text))});
  const crypto::SecretText rendered = documents::render(document);
  const std::string_view rest = rendered.reveal();
  require(rest.starts_with("[a, page 1]\n"), "a page has its marker");
  require(rest.find("\n[a, page 1]\n") == std::string_view::npos, "a marker stands once");
}

void check_image(ByteView bytes) {
  const std::string_view type = formats::image_type(bytes);
  const auto header = formats::read_image_header(bytes);
  if (!header) return;
  require(header->media_type == type, "a header is of the type that the start says");
  require(header->width > 0 && header->height > 0, "a picture has pixels");
}

void check_type(std::string_view name, ByteView bytes) {
  const documents::FileFacts facts = documents::examine(bytes, name);
  require(!facts.what.empty(), "a file is called something");
  const bool image = facts.type == documents::FileType::kImage;
  require(!image || facts.what == formats::image_type(bytes), "a picture is one by its start");
  const documents::DocumentKind kind = image ? documents::DocumentKind::kImage : documents::text_kind(name);
  (void)documents::note_on_name(name, kind, image ? facts.what : "");
}

void check_rules(std::string_view rules, std::string_view path) {
  const documents::IgnoreRules ignore(rules);
  for (const auto type : {documents::EntryType::kFile, documents::EntryType::kFolder}) (void)ignore.judge(path, type);
  if (path.find_first_of("*?[\\") == std::string_view::npos)
    require(documents::fits_pattern(path, path), "a plain pattern fits itself");
}

void check_cell(std::string_view code, std::string_view value) {
  const formats::NumberFormat format(code);
  const std::size_t longest = 1024 + 4 * (code.size() + value.size());
  for (const auto epoch : {formats::Epoch::k1900, formats::Epoch::k1904}) {
    const auto shown = format.number(value, epoch);
    require(!shown || shown->size() <= longest, "a cell stays short");
  }
  const auto text = format.text(value);
  require(!text || text->size() <= code.size() * (value.size() + 1) + longest, "a text stays short");
  const formats::CellPlace place = formats::place_of(value);
  require(formats::place_of(formats::reference_of(place)) == place, "a place is what its reference says");
  (void)formats::on_one_line(formats::unescaped(value));
}

}  // namespace
}  // namespace minions::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace minions;
  if (size > fuzz::kLimitBytes) return 0;
  ByteView input(data, size);
  const std::uint8_t choice = fuzz::take_byte(input);
  const auto [first, second] = fuzz::halves(as_text(input));
  switch (choice % 6) {
    case 0: fuzz::check_text(as_text(input)); break;
    case 1: fuzz::check_marker(as_text(input)); break;
    case 2: fuzz::check_image(input); break;
    case 3: fuzz::check_type(first, as_bytes(second)); break;
    case 4: fuzz::check_rules(first, second); break;
    default: fuzz::check_cell(first, second); break;
  }
  return 0;
}
