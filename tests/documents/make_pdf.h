// Writes small but real PDF files for tests: text objects, a font, an xref table.
#pragma once

#include <span>
#include <string>

namespace minions::test {

// One page an element, its lines separated by \n; ASCII. An empty element is a page with a drawing and no text, as a
// scan looks to a reader of text.
[[nodiscard]] std::string make_pdf(std::span<const std::string> pages);
// The pages with those numbers as a scanner gives them: a picture of their one line of capital letters and digits.
[[nodiscard]] std::string make_scanned_pdf(std::span<const std::string> pages, std::span<const std::size_t> scanned);
// Asks for a password that nobody knows.
[[nodiscard]] std::string make_encrypted_pdf(std::span<const std::string> pages);
// Structure intact, with the page tree pointing nowhere.
[[nodiscard]] std::string make_damaged_pdf(std::span<const std::string> pages);

}  // namespace minions::test
