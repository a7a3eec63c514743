// The pixels of an untrusted picture, decoded inside the confined helper minions-extract and never in this process.
// Spawns a process and waits for it: call it where blocking is allowed; several threads may call at once.
#pragma once

#include "documents/extractor.h"

namespace minions::documents {

struct PictureOptions {
  std::filesystem::path helper = {};  // empty: minions-extract next to the program or library
  Confinement confinement = Confinement::kRequired;
  std::uint64_t max_pixels = 50'000'000;                  // width times height, checked against the header first
  std::size_t max_memory_bytes = std::size_t{512} << 20;  // address space of the helper
  std::chrono::milliseconds time_limit{60'000};
};

// Uses the helper and the confinement of other documents.
[[nodiscard]] PictureOptions picture_options(const ExtractorOptions& options);

struct Picture {
  std::uint32_t width;  // in pixels, as displayed
  std::uint32_t height;
  crypto::SecretText rgb;  // width * height * 3 bytes: rows from the top, 8 bits each of red, green and blue
};

// PNG, JPEG, GIF (its first frame) or WebP (likewise), recognised by content. Rotated as its Exif data states,
// transparency over white, colour profiles not applied.
//  kDocument: another kind of file, damaged, truncated, or with an unsupported coding. kTooLarge: over the limit of
//  pixels or memory. kTimeout. kUnsupported: no sandbox on this machine, or no helper. No error quotes the picture.
[[nodiscard]] Result<Picture> decode_picture(ByteView bytes, const PictureOptions& options);

struct ReducedPicture {
  std::uint32_t from_width;  // in pixels, as displayed
  std::uint32_t from_height;
  std::uint32_t to_width;
  std::uint32_t to_height;
  crypto::SecretText file;  // JPEG from JPEG, PNG from all others; without metadata
};

// The same picture with at most this many pixels, in its proportions; nothing if it has no more already. Decoded and
// written in the helper, as above. Refuses BMP.
[[nodiscard]] Result<std::optional<ReducedPicture>> reduce_picture(ByteView bytes, std::uint64_t max_pixels_out,
                                                                   const PictureOptions& options);
// "reduced from 4000 x 3000 to 1154 x 866 pixels"
[[nodiscard]] std::string summary_of(const ReducedPicture& picture);

}  // namespace minions::documents
