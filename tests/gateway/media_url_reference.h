// What MediaUrlScanner says of a whole body, said over a parsed document: the same rules, written another way.
#pragma once

#include <simdjson.h>

#include <algorithm>
#include <optional>
#include <string>

#include "gateway/media_url_scanner.h"

namespace minions::gateway {

class MediaUrlReference {
 public:
  // Nothing for what is no object, deeper than the scanner goes, or has U+0000 in a name.
  [[nodiscard]] std::optional<MediaUrlScanner::Finding> judge(std::string_view body) {
    simdjson::dom::element document;
    simdjson::dom::object object;
    if (parser_.parse(body.data(), body.size()).get(document) || document.get(object)) return std::nullopt;
    remote_ = false;
    deepest_ = 0;
    nul_in_name_ = false;
    walk(document, "", Context{});
    if (nul_in_name_ || deepest_ > MediaUrlScanner::kMaxDepth) return std::nullopt;
    return remote_ ? MediaUrlScanner::Finding::kRemoteMedia : MediaUrlScanner::Finding::kNothing;
  }

 private:
  struct Context {
    std::size_t depth = 0;
    bool in_media = false;
    bool unjudged = false;
    bool in_array = false;
    bool media_list = false;
  };

  static std::string lower(std::string_view text) {
    std::string made(text);
    for (char& c : made) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    return made;
  }
  static bool among(std::initializer_list<std::string_view> names, std::string_view text) {
    return std::find(names.begin(), names.end(), text) != names.end();
  }
  static std::string without_blanks(std::string_view text) {
    std::string made;
    for (const char c : text) {
      if (static_cast<unsigned char>(c) > ' ') made += c;
    }
    return made;
  }

  static bool is_media(std::string_view key) {
    return among({"image_url", "video_url", "audio_url", "file_url", "image", "images", "image_data", "video", "videos",
                  "video_data", "audio", "audios", "audio_data", "file"},
                 key);
  }

  // True if it is, or holds, a "url" that is no data: URL.
  bool walk(simdjson::dom::element value, const std::string& key, Context at) {
    const bool media_key = is_media(key);
    if (value.is_string()) return text(std::string_view(value), key, at);
    Context within = at;
    within.in_media = at.in_media || media_key;
    within.media_list = value.is_array() && (media_key || (at.in_array && at.media_list));
    within.depth = at.depth + 1;
    if (value.is_array()) {
      deepest_ = std::max(deepest_, within.depth);
      within.in_array = true;
      bool has_url = false;
      for (const simdjson::dom::element each : simdjson::dom::array(value)) has_url |= walk(each, "", within);
      return has_url;
    }
    if (!value.is_object()) return false;
    deepest_ = std::max(deepest_, within.depth);
    within.in_array = false;
    bool has_url = false;
    bool typed = false;
    for (const auto& [name, member] : simdjson::dom::object(value)) {
      nul_in_name_ |= name.find('\0') != std::string_view::npos;
      Context of_member = within;
      of_member.unjudged = at.unjudged || (within.depth == 1 &&
                                           among({"tools", "functions", "response_format", "text", "metadata"}, name));
      const std::string low = lower(name);
      has_url |= walk(member, low, of_member);
      if (low == "type" && member.is_string() && !of_member.unjudged) {
        typed |= among({"image", "image_url", "input_image", "video", "video_url", "input_video", "audio", "audio_url",
                        "input_audio", "file", "input_file"},
                       lower(without_blanks(std::string_view(member))));
      }
    }
    if (has_url && typed) remote_ = true;
    return has_url;
  }

  bool text(std::string_view raw, const std::string& key, Context at) {
    if (at.unjudged) {
      if (!at.in_array && at.depth == 3 && key == "server_url") remote_ = true;
      return false;
    }
    const std::string value = without_blanks(raw).substr(0, 24);
    const bool data = value.starts_with("data:");
    const bool scheme = !data && value.find(':') != std::string::npos;
    if (at.in_array) {
      if ((at.in_media && scheme) || (at.media_list && !data)) remote_ = true;
      return false;
    }
    if (is_media(key) && !data) remote_ = true;
    if (!among({"url", "uri", "path"}, key) || data) return false;
    if (at.in_media) remote_ = true;
    return true;
  }

  simdjson::dom::parser parser_;
  bool remote_ = false;
  std::size_t deepest_ = 0;
  bool nul_in_name_ = false;
};

}  // namespace minions::gateway
