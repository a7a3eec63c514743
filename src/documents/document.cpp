#include "documents/document.h"

#include <fmt/format.h>

namespace minions::documents {
namespace {

// `[anything, page 12]`, or a heading that the other end would read as the start of another document.
bool looks_like_marker(std::string_view line) {
  if (line.starts_with("--- Content from ") || line.starts_with("### Document ")) return true;
  return line.starts_with('[') && line.find(", page ") != std::string_view::npos;
}

void append_page_text(std::string& to, std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    if (looks_like_marker(line)) to += ' ';
    to.append(line).append("\n");
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
}

}  // namespace

std::string_view name_of(DocumentKind kind) {
  switch (kind) {
    case DocumentKind::kText: return "text";
    case DocumentKind::kMarkdown: return "markdown";
    case DocumentKind::kPdf: return "pdf";
    case DocumentKind::kDocx: return "docx";
    case DocumentKind::kPptx: return "pptx";
    case DocumentKind::kXlsx: return "xlsx";
    case DocumentKind::kOdt: return "odt";
    case DocumentKind::kOdp: return "odp";
    case DocumentKind::kOds: return "ods";
    case DocumentKind::kHtml: return "html";
    case DocumentKind::kCsv: return "csv";
    case DocumentKind::kSource: return "source";
    case DocumentKind::kMail: return "mail";
    case DocumentKind::kImage: return "image";
  }
  return "unknown";
}

std::string ranges_of(const std::vector<std::uint32_t>& numbers) {
  std::string text;
  for (std::size_t i = 0; i < numbers.size();) {
    std::size_t last = i;
    while (last + 1 < numbers.size() && numbers[last + 1] == numbers[last] + 1) ++last;
    if (!text.empty()) text += ", ";
    text += last == i ? fmt::format("{}", numbers[i]) : fmt::format("{}-{}", numbers[i], numbers[last]);
    i = last + 1;
  }
  return text;
}

std::string page_marker(std::string_view name, std::uint32_t number) {
  return fmt::format("[{}, page {}]", name, number);
}

crypto::SecretText render(const Document& document) {
  std::size_t bytes = 0;
  for (const Page& page : document.pages) bytes += page.text.size() + document.name.size() + 32;
  std::string text;
  text.reserve(bytes);
  for (const Page& page : document.pages) {
    if (!text.empty()) text += '\n';
    text.append(page_marker(document.name, page.number)).append("\n");
    append_page_text(text, page.text.reveal());
  }
  return crypto::SecretText(std::move(text));
}

}  // namespace minions::documents
