// Text of pictures and of pages without text: pdftoppm draws the page, tesseract reads it, each confined in its own
// helper. Only on request: it takes seconds per page and guesses.
#pragma once

#include "documents/extractor.h"

namespace minions::documents {

// Fills in the pages with those numbers, several at once. The note says which, and that it is a guess.
[[nodiscard]] Result<std::string> read_scanned_pages(const FileDescriptor& pdf,
                                                     const std::vector<std::uint32_t>& numbers,
                                                     std::vector<Page>& pages, const ExtractorOptions& options);
[[nodiscard]] Result<crypto::SecretText> read_picture(const FileDescriptor& picture, const ExtractorOptions& options);

}  // namespace minions::documents
