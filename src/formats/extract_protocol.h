// What the exit status of minions-extract means, and what it remarks on while it reads: everything the confined side
// can report besides the text itself. Both are fixed lists, so that nothing of a document gets into an error or a note.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <tl/expected.hpp>

namespace minions::formats {

// Above the codes of the PDF reader that it turns into.
enum class ExtractExit : int {
  kEncrypted = 100,
  kDamaged = 101,
  kBomb = 102,          // far larger inside than outside: made to fill memory
  kDocumentType = 103,  // XML that declares a document type, as entity bombs do and office documents never do
  kTooMuchText = 104,
  kTooManyPages = 105,
  kNoDocument = 106,  // a ZIP archive that is not an office document
  kOutOfMemory = 107,
  kUnknownPicture = 108,  // not PNG, JPEG, GIF or WebP
  kTooManyPixels = 109,
  kPictureCoding = 110,   // a picture coding of the format that its library here does not read
  kBinaryWorkbook = 111,  // XLSB
  kUsage = 120,
  kNoLandlock = 121,  // the kernel has none, or it is switched off
  kNoSeccomp = 122,
  kNoLimits = 123,  // setrlimit or prctl failed
  kNoReader = 124,  // the program that reads this kind is not installed or cannot be started
};

enum class OfficeKind { kDocx, kPptx, kXlsx, kOdt, kOdp, kOds };

// Each is a line `NAME NUMBER` on standard error.
enum class Remark {
  kKind,                // an OfficeKind
  kSavedPageNumbers,    // pages are those of the last layout that the writing program saved
  kHiddenSheets,        // how many
  kUnreadAttachments,   // how many parts of a mail are not text
  kUnreadPictures,      // how many pictures stand in the document
  kReplacedCharacters,  // how many bytes were invalid in their encoding
  kUnknownCharsets,     // how many texts name an encoding unknown to this system; it was guessed
  kUncachedFormulas,    // how many cells have a formula and no value
  kDeletions,           // how many tracked deletions are left out
  kHiddenText,          // how many pieces of text are formatted as hidden and left out
  kUnreadObjects,       // how many embedded objects, such as a workbook in a report
  kHiddenSlides,        // how many
  kControlCharacters,   // how many characters that XML cannot hold became spaces
  kHiddenCells,         // how many rows, columns and cells of sheets are hidden
  kShortenedRepeats,    // how many rows or cells repeat more often than is written
  kUnreadOutputs,       // how many outputs of a notebook are HTML, widgets and the like
  kWidth,               // of an image, in pixels
  kHeight,
};
inline constexpr std::array<std::string_view, 18> kRemarkNames = {"kind",
                                                                  "saved-page-numbers",
                                                                  "hidden-sheets",
                                                                  "unread-attachments",
                                                                  "unread-pictures",
                                                                  "replaced-characters",
                                                                  "unknown-charsets",
                                                                  "uncached-formulas",
                                                                  "deletions",
                                                                  "hidden-text",
                                                                  "unread-objects",
                                                                  "hidden-slides",
                                                                  "control-characters",
                                                                  "hidden-cells",
                                                                  "shortened-repeats",
                                                                  "unread-outputs",
                                                                  "width",
                                                                  "height"};

// What readers return: nothing, or why they stopped.
template <class T>
using Read = tl::expected<T, ExtractExit>;
[[nodiscard]] inline tl::unexpected<ExtractExit> stop(ExtractExit why) { return tl::unexpected<ExtractExit>(why); }

}  // namespace minions::formats
