#include "documents/ocr.h"

#include <fmt/format.h>

#include "documents/helper.h"
#include "documents/parallel_for.h"

namespace minions::documents {
namespace {

constexpr std::size_t kMaxImageBytes = 64 * 1024 * 1024;

// The picture reader keeps several copies of one.
ExtractorOptions with_room(const ExtractorOptions& options) {
  ExtractorOptions roomy = options;
  roomy.max_memory_bytes *= 2;
  return roomy;
}

Result<crypto::SecretText> read_page(const FileDescriptor& pdf, std::uint32_t number, const ExtractorOptions& options) {
  BytesCollector image(kMaxImageBytes);
  MINIONS_TRY(run_helper({"pdf-image", pdf, {fmt::format("--pages={0}-{0}", number)}}, options, image));
  MINIONS_TRY_ASSIGN(const FileDescriptor picture, file_in_memory(as_bytes(image.bytes())));
  return read_picture(picture, options);
}

}  // namespace

Result<crypto::SecretText> read_picture(const FileDescriptor& picture, const ExtractorOptions& options) {
  MINIONS_TRY(rewind(picture));
  const ExtractorOptions roomy = with_room(options);
  BytesCollector text(options.max_text_bytes);
  MINIONS_TRY(run_helper({"ocr", picture, {"--language=" + options.ocr_language}}, roomy, text));
  std::string plain(text.bytes());
  std::replace(plain.begin(), plain.end(), '\f', '\n');  // a form feed ends each page
  return crypto::SecretText(std::move(plain));
}

Result<std::string> read_scanned_pages(const FileDescriptor& pdf, const std::vector<std::uint32_t>& numbers,
                                       std::vector<Page>& pages, const ExtractorOptions& options) {
  const unsigned threads = options.parallel == 0 ? processors() : options.parallel;
  MINIONS_TRY(parallel_for(
      numbers.size(), threads,
      [&](std::size_t i) -> Status {
        auto text = read_page(pdf, numbers[i], options);
        if (!text) return fail(std::move(text).error().in(fmt::format("page {}", numbers[i])));
        pages[numbers[i] - 1].text = *std::move(text);
        return {};
      },
      options.progress));
  return fmt::format("read by OCR ({}), which makes mistakes: page {}", options.ocr_language, ranges_of(numbers));
}

}  // namespace minions::documents
