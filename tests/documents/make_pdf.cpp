#include "make_pdf.h"

#include "make_scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

namespace minions::test {
namespace {

constexpr std::size_t kFirstPage = 4;  // objects 1 to 3: catalog, page tree, font

std::string text_operators(std::string_view text) {
  std::string stream = "BT /F1 10 Tf 12 TL 50 780 Td\n";
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    stream += '(';
    for (const char c : text.substr(0, end)) {
      if (c == '(' || c == ')' || c == '\\') stream += '\\';
      stream += c;
    }
    stream += ") Tj T*\n";
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return stream + "ET\n";
}

class PdfFile {
 public:
  void object(std::string_view body) {
    offsets_.push_back(text_.size());
    text_ += fmt::format("{} 0 obj\n{}\nendobj\n", offsets_.size(), body);
  }
  void stream(std::string_view content) {
    object(fmt::format("<< /Length {} >>\nstream\n{}endstream", content.size(), content));
  }
  [[nodiscard]] std::string finish(std::string_view more_trailer) && {
    const std::size_t table = text_.size();
    text_ += fmt::format("xref\n0 {}\n0000000000 65535 f \n", offsets_.size() + 1);
    for (const std::size_t offset : offsets_) text_ += fmt::format("{:010} 00000 n \n", offset);
    text_ += fmt::format("trailer\n<< /Size {} /Root 1 0 R {}>>\nstartxref\n{}\n%%EOF\n", offsets_.size() + 1,
                         more_trailer, table);
    return std::move(text_);
  }

 private:
  std::string text_ = "%PDF-1.4\n%\xE2\xE3\xCF\xD3\n";
  std::vector<std::size_t> offsets_;
};

PdfFile write_streams(std::span<const std::string> pages, std::string_view page_tree) {
  PdfFile file;
  std::string kids;
  for (std::size_t i = 0; i < pages.size(); ++i) kids += fmt::format("{} 0 R ", kFirstPage + 2 * i);
  file.object(fmt::format("<< /Type /Catalog /Pages {} >>", page_tree));
  file.object(fmt::format("<< /Type /Pages /Count {} /Kids [{}] >>", pages.size(), kids));
  file.object("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>");
  for (std::size_t i = 0; i < pages.size(); ++i) {
    file.object(
        fmt::format("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] "
                    "/Resources << /Font << /F1 3 0 R >> >> /Contents {} 0 R >>",
                    kFirstPage + 2 * i + 1));
    file.stream(pages[i]);
  }
  return file;
}

PdfFile write_pages(std::span<const std::string> pages, std::string_view page_tree) {
  std::vector<std::string> streams;
  for (const std::string& page : pages)
    streams.push_back(page.empty() ? "100 100 200 200 re f\n" : text_operators(page));
  return write_streams(streams, page_tree);
}

// An inline image, as wide as the page (ISO 32000-1, 8.9.7).
std::string picture_operators(std::string_view line) {
  const Bitmap bitmap = draw_text(line);
  const double height = 595.0 * static_cast<double>(bitmap.height) / static_cast<double>(bitmap.width);
  return fmt::format("q 595 0 0 {:.2f} 0 400 cm\nBI /W {} /H {} /CS /G /BPC 8 ID ", height, bitmap.width,
                     bitmap.height) +
         bitmap.pixels + "\nEI Q\n";
}

}  // namespace

std::string make_scanned_pdf(std::span<const std::string> pages, std::span<const std::size_t> scanned) {
  std::vector<std::string> streams;
  for (std::size_t i = 0; i < pages.size(); ++i) {
    const bool picture = std::find(scanned.begin(), scanned.end(), i + 1) != scanned.end();
    streams.push_back(picture ? picture_operators(pages[i]) : text_operators(pages[i]));
  }
  return write_streams(streams, "2 0 R").finish("");
}

std::string make_pdf(std::span<const std::string> pages) { return write_pages(pages, "2 0 R").finish(""); }

std::string make_encrypted_pdf(std::span<const std::string> pages) {
  // ISO 32000-1, 7.6.3: 40-bit standard handler with entries that no password fits.
  const std::string entry(64, '5');
  return write_pages(pages, "2 0 R")
      .finish(fmt::format("/ID [<00112233445566778899AABBCCDDEEFF> <00112233445566778899AABBCCDDEEFF>] "
                          "/Encrypt << /Filter /Standard /V 1 /R 2 /O <{0}> /U <{0}> /P -4 >> ",
                          entry));
}

std::string make_damaged_pdf(std::span<const std::string> pages) { return write_pages(pages, "9999 0 R").finish(""); }

}  // namespace minions::test
