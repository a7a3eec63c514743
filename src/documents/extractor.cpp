#include "documents/extractor.h"

#include "documents/helper.h"
#include "documents/ocr.h"

namespace minions::documents {
namespace {

using formats::OfficeKind;
using formats::Remark;

DocumentKind kind_of(std::uint64_t office_kind) {
  switch (static_cast<OfficeKind>(office_kind)) {
    case OfficeKind::kDocx: return DocumentKind::kDocx;
    case OfficeKind::kPptx: return DocumentKind::kPptx;
    case OfficeKind::kXlsx: return DocumentKind::kXlsx;
    case OfficeKind::kOdt: return DocumentKind::kOdt;
    case OfficeKind::kOdp: return DocumentKind::kOdp;
    case OfficeKind::kOds: return DocumentKind::kOds;
  }
  return DocumentKind::kText;
}

Result<Extracted> extract(std::string_view mode, DocumentKind kind, const FileDescriptor& input,
                          const ExtractorOptions& options, std::vector<std::string> arguments = {}) {
  PageCollector collector(options, 1);
  MINIONS_TRY_ASSIGN(const HelperRemarks found, run_helper({mode, input, std::move(arguments)}, options, collector));
  Extracted extracted{kind, {}, {}};
  for (const auto& [remark, number] : found.remarks) {
    if (remark == Remark::kKind) extracted.kind = kind_of(number);
    if (std::string note = note_of(remark, number); !note.empty()) extracted.notes.push_back(std::move(note));
  }
  MINIONS_TRY_ASSIGN(extracted.pages, std::move(collector).finish());
  return extracted;
}

std::vector<std::string> charset_of(const ExtractorOptions& options) {
  return options.encoding.empty() ? std::vector<std::string>() : std::vector{"--charset=" + options.encoding};
}

}  // namespace

Result<Extracted> extract_office(const FileDescriptor& archive, const ExtractorOptions& options) {
  MINIONS_TRY(rewind(archive));
  return extract("office", DocumentKind::kText, archive, options);
}

Result<Extracted> extract_html(const FileDescriptor& html, const ExtractorOptions& options) {
  return extract("html", DocumentKind::kHtml, html, options, charset_of(options));
}

Result<Extracted> extract_mail(const FileDescriptor& mail, const ExtractorOptions& options) {
  return extract("mail", DocumentKind::kMail, mail, options, charset_of(options));
}

Result<Extracted> extract_notebook(const FileDescriptor& notebook, const ExtractorOptions& options) {
  return extract("notebook", DocumentKind::kSource, notebook, options);
}

Result<ConvertedText> convert_text(const FileDescriptor& text, const ExtractorOptions& options) {
  BytesCollector collector(options.max_text_bytes);
  MINIONS_TRY_ASSIGN(const HelperRemarks found, run_helper({"text", text, charset_of(options)}, options, collector));
  ConvertedText converted{std::string(collector.bytes()), {}};
  for (const auto& [remark, number] : found.remarks) {
    if (std::string note = note_of(remark, number); !note.empty()) converted.notes.push_back(std::move(note));
  }
  return converted;
}

Result<Extracted> extract_image(const FileDescriptor& image, std::string_view media_type,
                                const ExtractorOptions& options) {
  BytesCollector nothing(0);
  MINIONS_TRY_ASSIGN(const HelperRemarks found, run_helper({"image", image}, options, nothing));
  Extracted extracted{DocumentKind::kImage, {}, {}};
  extracted.image = ImageFacts{std::string(media_type), 0, 0};
  for (const auto& [remark, number] : found.remarks) {
    if (remark == Remark::kWidth) extracted.image->width = static_cast<std::uint32_t>(number);
    if (remark == Remark::kHeight) extracted.image->height = static_cast<std::uint32_t>(number);
  }
  if (options.ocr == Ocr::kOff) return extracted;
  MINIONS_TRY_ASSIGN(crypto::SecretText text, read_picture(image, options));
  extracted.pages.push_back({1, std::move(text)});
  extracted.notes.push_back("read by OCR (" + options.ocr_language + "), which makes mistakes");
  return extracted;
}

Status check_extractor(const ExtractorOptions& options) {
  MINIONS_TRY_ASSIGN(const FileDescriptor nothing, file_in_memory({}));
  BytesCollector silence(0);
  MINIONS_TRY(run_helper({"check", nothing}, options, silence));
  return {};
}

}  // namespace minions::documents
