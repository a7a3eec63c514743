#include "make_picture.h"

#include <cstdio>
// It needs the one above.
#include <jpeglib.h>
#include <png.h>
#include <webp/encode.h>
#include <zlib.h>

#include <cstdlib>
#include <map>

namespace minions::test {
namespace {

using namespace std::string_literals;

std::string little(std::size_t value, std::size_t bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i) & 0xFF);
  return text;
}
std::string big(std::size_t value, std::size_t bytes) {
  const std::string text = little(value, bytes);
  return {text.rbegin(), text.rend()};
}

std::string pixel(char letter) {
  if (letter == '.') return "\x20\x40\x60\0"s;  // the colour below what is transparent is not to be seen
  if (letter == ',') return "\xFF\0\0\x80"s;
  const int place = letter - 'a';
  return {static_cast<char>(place * 9), static_cast<char>(255 - place * 7), static_cast<char>(place * 37 % 256),
          '\xFF'};
}

std::uint8_t sample(const Drawing& drawing, std::size_t index, std::size_t channel) {
  return static_cast<std::uint8_t>(drawing.rgba[index * 4 + channel]);
}

// The colours of a drawing in the order of their appearance, and the index of each pixel.
struct Palette {
  std::vector<std::string> colours;  // 4 bytes each
  std::string indices;
};
Palette palette_of(const Drawing& drawing) {
  Palette palette;
  std::map<std::string, char> known;
  for (std::size_t i = 0; i < drawing.rgba.size(); i += 4) {
    const std::string colour = drawing.rgba.substr(i, 4);
    const auto [at, is_new] = known.emplace(colour, static_cast<char>(palette.colours.size()));
    if (is_new) palette.colours.push_back(colour);
    palette.indices += at->second;
  }
  if (palette.colours.size() > 128) std::abort();
  return palette;
}

// Rows of samples of `bits` each, the highest bits first.
std::string packed_row(const std::vector<unsigned>& samples, int bits) {
  std::string row;
  unsigned byte = 0;
  int filled = 0;
  for (const unsigned value : samples) {
    if (bits == 16) {
      row += big(value, 2);
      continue;
    }
    byte = byte << bits | value;
    if ((filled += bits) < 8) continue;
    row += static_cast<char>(byte);
    byte = 0;
    filled = 0;
  }
  if (filled > 0) row += static_cast<char>(byte << (8 - filled));
  return row;
}

int png_type(PngColour colour) {
  switch (colour) {
    case PngColour::kGrey: return PNG_COLOR_TYPE_GRAY;
    case PngColour::kRgb: return PNG_COLOR_TYPE_RGB;
    case PngColour::kPalette: return PNG_COLOR_TYPE_PALETTE;
    case PngColour::kGreyAlpha: return PNG_COLOR_TYPE_GRAY_ALPHA;
    case PngColour::kRgba: return PNG_COLOR_TYPE_RGB_ALPHA;
  }
  return 0;
}

// 16 bits repeat the 8, so that they become them again.
std::string png_row(const Drawing& drawing, const Palette& palette, std::uint32_t y, const PngForm& form) {
  std::vector<unsigned> samples;
  const auto add = [&](std::size_t index, std::size_t channel) {
    const unsigned value = sample(drawing, index, channel);
    samples.push_back(form.bits == 16 ? value * 257 : value >> (8 - form.bits));
  };
  for (std::uint32_t x = 0; x < drawing.width; ++x) {
    const std::size_t index = std::size_t{y} * drawing.width + x;
    if (form.colour == PngColour::kPalette) {
      samples.push_back(static_cast<std::uint8_t>(palette.indices[index]));
      continue;
    }
    add(index, 0);
    if (form.colour == PngColour::kRgb || form.colour == PngColour::kRgba) {
      add(index, 1);
      add(index, 2);
    }
    if (form.colour == PngColour::kGreyAlpha || form.colour == PngColour::kRgba) add(index, 3);
  }
  return packed_row(samples, form.bits);
}

void set_palette(png_structp png, png_infop info, const Palette& palette) {
  std::vector<png_color> colours;
  std::string opacities;
  for (const std::string& colour : palette.colours) {
    const auto byte = [&](std::size_t i) { return static_cast<png_byte>(colour[i]); };
    colours.push_back({byte(0), byte(1), byte(2)});
    opacities += colour[3];
  }
  png_set_PLTE(png, info, colours.data(), static_cast<int>(colours.size()));
  png_set_tRNS(png, info, reinterpret_cast<png_bytep>(opacities.data()), static_cast<int>(opacities.size()), nullptr);
}

std::string riff_chunk(std::string_view name, const std::string& data) {
  return std::string(name) + little(data.size(), 4) + data + (data.size() % 2 == 1 ? "\0"s : ""s);
}
std::string riff(const std::string& chunks) { return riff_chunk("RIFF", "WEBP" + chunks); }

// The chunks of a picture's own.
std::string webp_bitstream(const Drawing& drawing, bool lossless) {
  std::uint8_t* output = nullptr;
  const auto* const rgba = reinterpret_cast<const std::uint8_t*>(drawing.rgba.data());
  const int width = static_cast<int>(drawing.width);
  const int height = static_cast<int>(drawing.height);
  const std::size_t size = lossless ? WebPEncodeLosslessRGBA(rgba, width, height, width * 4, &output)
                                    : WebPEncodeRGBA(rgba, width, height, width * 4, 100, &output);
  if (size == 0) std::abort();
  const std::string file(reinterpret_cast<const char*>(output), size);
  WebPFree(output);
  const std::size_t skipped = file.substr(12, 4) == "VP8X" ? 30 : 12;
  return file.substr(skipped);
}

std::string webp_extended(char flags, std::uint32_t width, std::uint32_t height) {
  return riff_chunk("VP8X", flags + "\0\0\0"s + little(width - 1, 3) + little(height - 1, 3));
}

// Codes of 8 bits for 7-bit colours, with a clear code often enough that they never grow: GIF89a, appendix F.
std::string gif_data(const std::string& indices) {
  constexpr std::size_t kRun = 120;
  std::string codes;
  for (std::size_t at = 0; at < indices.size(); at += kRun) codes += '\x80' + indices.substr(at, kRun);
  codes += '\x81';
  std::string data = "\x07";
  for (std::size_t at = 0; at < codes.size(); at += 255) {
    const std::string block = codes.substr(at, 255);
    data += static_cast<char>(block.size()) + block;
  }
  return data + '\0';
}

std::string gif_colours(const Palette& palette) {
  std::string colours;
  for (const std::string& colour : palette.colours) colours += colour.substr(0, 3);
  colours.resize(128 * 3);
  return colours;
}

std::string interlaced(const std::string& indices, std::uint32_t width, std::uint32_t height) {
  std::string rows;
  const std::pair<std::uint32_t, std::uint32_t> passes[] = {{0, 8}, {4, 8}, {2, 4}, {1, 2}};
  for (const auto& [first, step] : passes) {
    for (std::uint32_t y = first; y < height; y += step) rows += indices.substr(std::size_t{y} * width, width);
  }
  return rows;
}

}  // namespace

Drawing draw(std::string_view letters) {
  Drawing drawing{static_cast<std::uint32_t>(std::min(letters.find(' '), letters.size())), 1, {}};
  for (const char letter : letters) {
    if (letter == ' ') {
      ++drawing.height;
    } else {
      drawing.rgba += pixel(letter);
    }
  }
  return drawing;
}

Drawing enlarge(const Drawing& drawing, std::uint32_t factor) {
  Drawing large{drawing.width * factor, drawing.height * factor, {}};
  for (std::uint32_t y = 0; y < large.height; ++y) {
    for (std::uint32_t x = 0; x < large.width; ++x)
      large.rgba += drawing.rgba.substr((std::size_t{y / factor} * drawing.width + x / factor) * 4, 4);
  }
  return large;
}

std::string shown(const Drawing& drawing) {
  std::string rgb;
  for (std::size_t i = 0; i < drawing.rgba.size() / 4; ++i) {
    const unsigned opacity = sample(drawing, i, 3);
    for (std::size_t channel = 0; channel < 3; ++channel)
      rgb += static_cast<char>((sample(drawing, i, channel) * opacity + 255 * (255 - opacity) + 127) / 255);
  }
  return rgb;
}

std::string make_exif(int orientation, bool big_endian) {
  const auto number = [&](std::size_t value, std::size_t bytes) {
    return big_endian ? big(value, bytes) : little(value, bytes);
  };
  // The tag of the vendor's name stands in front, as cameras write it.
  return (big_endian ? "MM" : "II") + number(42, 2) + number(8, 4) + number(2, 2) + number(0x010F, 2) + number(2, 2) +
         number(4, 4) + "me\0\0"s + number(0x0112, 2) + number(3, 2) + number(1, 4) +
         number(static_cast<std::size_t>(orientation), 2) + "\0\0\0\0\0\0"s;
}

std::string png_chunk(std::string_view name, std::string_view data) {
  const std::string body = std::string(name).append(data);
  const auto checksum = crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()));
  return big(data.size(), 4) + body + big(checksum, 4);
}

std::string make_png(const Drawing& drawing, const PngForm& form) {
  const Palette palette = form.colour == PngColour::kPalette ? palette_of(drawing) : Palette{};
  std::string file;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  const auto write = [](png_structp to, png_bytep data, std::size_t size) {
    static_cast<std::string*>(png_get_io_ptr(to))->append(reinterpret_cast<const char*>(data), size);
  };
  png_set_write_fn(png, &file, write, nullptr);
  png_set_IHDR(png, info, drawing.width, drawing.height, form.bits, png_type(form.colour),
               form.interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
               PNG_FILTER_TYPE_DEFAULT);
  if (form.colour == PngColour::kPalette) set_palette(png, info, palette);
  if (form.transparent_grey >= 0) {
    png_color_16 grey{};
    grey.gray = static_cast<png_uint_16>(form.transparent_grey);
    png_set_tRNS(png, info, nullptr, 0, &grey);
  }
  png_write_info(png, info);
  std::vector<std::string> rows;
  std::vector<png_bytep> pointers;
  for (std::uint32_t y = 0; y < drawing.height; ++y) rows.push_back(png_row(drawing, palette, y, form));
  for (std::string& row : rows) pointers.push_back(reinterpret_cast<png_bytep>(row.data()));
  png_write_image(png, pointers.data());
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
  if (!form.exif.empty()) file.insert(33, png_chunk("eXIf", form.exif));  // behind the header
  return file;
}

std::string make_jpeg(const Drawing& drawing, const JpegForm& form) {
  const bool has_four = form.colour == JpegColour::kCmyk || form.colour == JpegColour::kYcck;
  const bool is_grey = form.colour == JpegColour::kGrey;
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* output = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &output, &size);
  info.image_width = drawing.width;
  info.image_height = drawing.height;
  info.input_components = has_four ? 4 : is_grey ? 1 : 3;
  info.in_color_space = has_four ? JCS_CMYK : is_grey ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(&info);
  if (form.colour == JpegColour::kRgb) jpeg_set_colorspace(&info, JCS_RGB);
  if (form.colour == JpegColour::kYcck) jpeg_set_colorspace(&info, JCS_YCCK);
  for (int i = 0; i < info.num_components; ++i) info.comp_info[i].h_samp_factor = info.comp_info[i].v_samp_factor = 1;
  jpeg_set_quality(&info, 100, TRUE);
  if (form.progressive) jpeg_simple_progression(&info);
  const jpeg_scan_info scans[] = {{1, {0}, 0, 63, 0, 0}, {1, {1}, 0, 63, 0, 0}, {1, {2}, 0, 63, 0, 0}};
  if (form.scan_each) {
    info.scan_info = scans;
    info.num_scans = 3;
  }
  jpeg_start_compress(&info, TRUE);
  if (!form.exif.empty()) {
    const std::string marker = "Exif\0\0"s + form.exif;
    jpeg_write_marker(&info, JPEG_APP0 + 1, reinterpret_cast<const JOCTET*>(marker.data()),
                      static_cast<unsigned>(marker.size()));
  }
  for (std::uint32_t y = 0; y < drawing.height; ++y) {
    std::string row;
    for (std::uint32_t x = 0; x < drawing.width; ++x) {
      const std::size_t index = std::size_t{y} * drawing.width + x;
      for (std::size_t channel = 0; channel < (is_grey ? 1U : 3U); ++channel)
        row += static_cast<char>(sample(drawing, index, channel));
      if (has_four) row += '\xFF';  // no black: as Adobe writes it
    }
    auto* pointer = reinterpret_cast<JSAMPROW>(row.data());
    (void)jpeg_write_scanlines(&info, &pointer, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  std::string file(reinterpret_cast<const char*>(output), size);
  std::free(output);
  return file;
}

std::string make_gif(std::uint32_t width, std::uint32_t height, const std::vector<GifFrame>& frames) {
  const Palette first = frames.empty() ? Palette{} : palette_of(frames.front().drawing);
  std::string file = "GIF89a" + little(width, 2) + little(height, 2) + "\xF6\0\0"s + gif_colours(first);
  for (const GifFrame& frame : frames) {
    const Drawing& drawing = frame.drawing;
    const Palette palette = palette_of(drawing);
    for (std::size_t i = 0; i < palette.colours.size(); ++i) {
      if (palette.colours[i][3] == '\0') file += "\x21\xF9\x04\x01\0\0"s + static_cast<char>(i) + '\0';
    }
    const int flags = (frame.interlaced ? 0x40 : 0) | (frame.own_colours ? 0x86 : 0);
    file += "," + little(frame.left, 2) + little(frame.top, 2) + little(drawing.width, 2) + little(drawing.height, 2) +
            static_cast<char>(flags);
    if (frame.own_colours) file += gif_colours(palette);
    file += gif_data(frame.interlaced ? interlaced(palette.indices, drawing.width, drawing.height) : palette.indices);
  }
  return file + ";";
}

std::string make_webp(const Drawing& drawing, const std::string& exif) {
  const std::string bitstream = webp_bitstream(drawing, true);
  if (exif.empty()) return riff(bitstream);
  return riff(webp_extended(0x18, drawing.width, drawing.height) + bitstream + riff_chunk("EXIF", exif));
}

std::string make_lossy_webp(const Drawing& drawing) {
  const std::string bitstream = webp_bitstream(drawing, false);
  if (bitstream.starts_with("VP8 ")) return riff(bitstream);
  return riff(webp_extended(0x10, drawing.width, drawing.height) + bitstream);
}

std::string make_animated_webp(std::uint32_t width, std::uint32_t height, const std::vector<WebpFrame>& frames) {
  std::string chunks = webp_extended(0x12, width, height) + riff_chunk("ANIM", "\0\0\xFF\xFF\0\0"s);
  for (const WebpFrame& frame : frames) {
    chunks += riff_chunk("ANMF", little(frame.left / 2, 3) + little(frame.top / 2, 3) +
                                     little(frame.drawing.width - 1, 3) + little(frame.drawing.height - 1, 3) +
                                     little(100, 3) + '\0' + webp_bitstream(frame.drawing, true));
  }
  return riff(chunks);
}

}  // namespace minions::test
