// Finds what would make a model server fetch or open something: addresses and paths of images, sounds, videos and files
// in a passing request, and of MCP servers. Reads the JSON piece by piece in 400 bytes of memory, changes nothing, and
// costs a fraction of opening the records that the pieces came in.
//  Refuses everything but data: URLs, since a path can look like base64:
//   - the value of image_url, video_url, audio_url or file_url, and of image, video, audio, their plurals, those with
//     _data, and file, as a string, in a list, or under "url", "uri" or "path" in an object;
//   - "url", "uri" or "path" in an object, or below one, whose "type" is that of such a part; and "server_url" of a
//   tool. Keys and values are compared with their escapes decoded, keys case-insensitively, since servers in Go accept
//   them so. Refuses invalid Unicode everywhere, and U+0000 in a name: one server drops what is ill-formed, another
//   replaces it, a third ends the name there, and each could read a name that was not looked for. Does not judge
//   definitions of tools and of answer formats: nobody fetches what they mention.
#pragma once

#include <array>
#include <string_view>

#include "base/bytes.h"
#include "gateway/utf8_check.h"

namespace minions::gateway {

class MediaUrlScanner {
 public:
  enum class Finding {
    kNothing,
    kRemoteMedia,
    kMalformed,  // begins as an object and breaks JSON's structure, or nests too deep: servers could read it otherwise
    kIllFormedText,  // invalid UTF-8, half of a surrogate pair, U+0000 in a name, or a control character in a string
  };

  // The next bytes of the body. Once there is a finding, it stays.
  [[nodiscard]] Finding take(ByteView piece);
  // The body has ended.
  [[nodiscard]] Finding finish();

  static constexpr std::size_t kMaxDepth = 256;

 private:
  enum class State : std::uint8_t {
    kStart,
    kNoObject,  // the body is not an object, so no server reads messages from it
    kValue,
    kValueOrEnd,  // of an array that has just begun
    kKeyOrEnd,    // of an object that has just begun
    kKey,
    kColon,
    kScalar,  // a number, true, false, null
    kCommaOrEnd,
    kString,
    kEscape,
    kHexDigits,
    kEnd,
  };
  enum class Key : std::uint8_t { kOther, kUrl, kData, kMedia, kType, kNotJudged, kServerUrl };
  // Of an object or array that is open.
  enum Frame : std::uint8_t {
    kArray = 1,
    kInMedia = 2,     // the value, or within the value, of a key of media
    kTypedMedia = 4,  // its "type" is that of media
    kRemoteUrl = 8,   // it, or something in it, has a "url" that is not a data: URL
    kUnjudged = 16,   // definitions of tools and formats
    kMediaList = 32,  // the list that is the value of such a key
  };

  void step(char c);
  void begin_value(char c);
  void begin_string();
  void string_byte(char c);
  void escape_byte(char c);
  void hex_digit(char c);
  void end_escape();
  void read(std::string_view text);
  void keep(char c);
  void end_string();
  void judge_value();
  void open(std::uint8_t kind);
  void close(std::uint8_t kind);
  [[nodiscard]] Key key_of() const;
  [[nodiscard]] std::uint8_t& top() { return frames_[depth_ - 1]; }

  Utf8Check utf8_;
  State state_ = State::kStart;
  Finding finding_ = Finding::kNothing;
  Key key_ = Key::kOther;  // of the member whose value comes
  bool string_is_key_ = false;
  bool keeps_ = false;  // the string's first bytes are kept
  std::uint8_t hex_left_ = 0;
  std::uint16_t unit_ = 0;  // of UTF-16, being read
  bool low_comes_ = false;  // the second half of a surrogate pair
  std::size_t kept_ = 0;
  std::array<char, 24> text_{};  // the string's first bytes, decoded
  std::size_t depth_ = 0;
  std::array<std::uint8_t, kMaxDepth> frames_{};
};

}  // namespace minions::gateway
