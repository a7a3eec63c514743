// What the exit status of minions-extract means, and what it remarks on while it reads: the whole of what the confined
// side can say beside the text itself. Both are fixed lists, so that nothing of a document gets into an error or a
// note.
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
  kBomb = 102,          // far more inside than outside: made to fill memory
  kDocumentType = 103,  // XML that declares a document type, as entity bombs do and office documents never
  kTooMuchText = 104,
  kTooManyPages = 105,
  kNoDocument = 106,  // a ZIP archive that is no office document
  kOutOfMemory = 107,
  kUnknownPicture = 108,  // no PNG, JPEG, GIF or WebP
  kTooManyPixels = 109,
  kPictureCoding = 110,  // a coding of pictures that the format has and its library here does not read
  kUsage = 120,
  kNoLandlock = 121,  // the kernel has none, or it is switched off
  kNoSeccomp = 122,
  kNoLimits = 123,  // setrlimit or prctl failed
  kNoReader = 124,  // the program that reads this kind is not installed or cannot be started
};

enum class OfficeKind { kDocx, kPptx, kXlsx, kOdt, kOdp, kOds };

// A line `NAME NUMBER` on standard error each.
enum class Remark {
  kKind,                // an OfficeKind
  kSavedPageNumbers,    // pages are those of the last layout that the writing program saved
  kHiddenSheets,        // how many
  kUnreadAttachments,   // how many parts of a mail are not text
  kUnreadPictures,      // how many pictures stand in the document
  kReplacedCharacters,  // how many bytes made no sense in their encoding
  kUnknownCharsets,     // how many texts name an encoding that this system does not know; it was guessed
  kUncachedFormulas,    // how many cells have a formula and no value
  kWidth,               // of an image, in pixels
  kHeight,
};
inline constexpr std::array<std::string_view, 10> kRemarkNames = {"kind",
                                                                  "saved-page-numbers",
                                                                  "hidden-sheets",
                                                                  "unread-attachments",
                                                                  "unread-pictures",
                                                                  "replaced-characters",
                                                                  "unknown-charsets",
                                                                  "uncached-formulas",
                                                                  "width",
                                                                  "height"};

// What readers return: nothing, or why they stopped.
template <class T>
using Read = tl::expected<T, ExtractExit>;
[[nodiscard]] inline tl::unexpected<ExtractExit> stop(ExtractExit why) { return tl::unexpected<ExtractExit>(why); }

}  // namespace minions::formats
