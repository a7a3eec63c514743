#include "base/json.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "base/encoding.h"

namespace minions {
namespace {

constexpr std::uint64_t kIntegerLimit = std::uint64_t{1} << 53;

// The keys of one object. Most objects have few, which are found faster one after another than in a tree.
class Keys {
 public:
  // Whether it is new.
  bool add(const std::string& name) {
    constexpr std::size_t kFew = 16;
    if (std::find(few_.begin(), few_.end(), name) != few_.end()) return false;
    if (few_.size() == kFew) return more_.insert(name).second;
    few_.push_back(name);
    return true;
  }
  void clear() {
    few_.clear();
    more_.clear();
  }

 private:
  std::vector<std::string> few_;
  std::set<std::string> more_;
};

// Builds the value and refuses a second key of one name, and depth beyond the limit, while parsing.
class StrictBuilder final : public nlohmann::detail::json_sax_dom_parser<Json> {
 public:
  StrictBuilder(Json& value, int depth_limit) : json_sax_dom_parser(value, false), depth_limit_(depth_limit) {}

  bool start_object(std::size_t elements) {
    if (objects_ == keys_.size()) keys_.emplace_back();
    keys_[objects_++].clear();
    return deeper() && json_sax_dom_parser::start_object(elements);
  }
  bool key(std::string& name) {
    if (!keys_[objects_ - 1].add(name)) {
      complaint_ = fmt::format("key {} stands twice in one object", json_quoted(name.substr(0, 64)));
      return false;
    }
    return json_sax_dom_parser::key(name);
  }
  bool end_object() {
    --objects_;
    --depth_;
    return json_sax_dom_parser::end_object();
  }
  bool start_array(std::size_t elements) { return deeper() && json_sax_dom_parser::start_array(elements); }
  bool end_array() {
    --depth_;
    return json_sax_dom_parser::end_array();
  }
  template <class Exception>
  bool parse_error(std::size_t position, const std::string&, const Exception&) {
    complaint_ = fmt::format("not JSON at byte {}", position);
    return false;
  }

  [[nodiscard]] const std::string& complaint() const { return complaint_; }

 private:
  bool deeper() {
    if (++depth_ <= depth_limit_) return true;
    complaint_ = fmt::format("nested deeper than {}", depth_limit_);
    return false;
  }

  std::vector<Keys> keys_;  // of the objects that are open, and more to be used again
  std::size_t objects_ = 0;
  int depth_ = 0;
  int depth_limit_;
  std::string complaint_;
};

Result<const Json*> member(const Json& object, std::string_view name) {
  const auto found = object.find(name);
  if (found == object.end()) return fail(ErrorCode::kMalformed, fmt::format("{} is missing", name));
  return &*found;
}

tl::unexpected<Error> wrong_type(std::string_view name, std::string_view want, const Json& found) {
  return fail(ErrorCode::kMalformed, fmt::format("{}: want {}, found {}", name, want, found.type_name()));
}

// A cursor over a text that is known to be valid JSON.
class ValidScanner {
 public:
  explicit ValidScanner(std::string_view text) : text_(text) {}

  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r'))
      ++at_;
  }
  [[nodiscard]] bool take(char wanted) {
    skip_space();
    if (at_ >= text_.size() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }
  // The next value as it stands in the text.
  [[nodiscard]] std::string_view value() {
    skip_space();
    const std::size_t start = at_;
    int depth = 0;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"') {
        skip_string();
        if (depth == 0) break;
        continue;
      }
      if (depth == 0 && at_ > start && (c == ',' || c == '}' || c == ']' || is_space(c))) break;
      ++at_;
      if (c == '{' || c == '[') ++depth;
      if ((c == '}' || c == ']') && --depth == 0) break;
    }
    return text_.substr(start, at_ - start);
  }

 private:
  static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
  void skip_string() {
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      if (text_[at_] == '\\') ++at_;
    }
    if (at_ < text_.size()) ++at_;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

Result<Json> parse_strict_json(std::string_view text, JsonLimits limits) {
  if (text.size() > limits.bytes) {
    return fail(ErrorCode::kTooLarge, fmt::format("json: {} bytes, at most {} are taken", text.size(), limits.bytes));
  }
  // nlohmann skips a BOM and checks UTF-8 inside strings only.
  if (text.starts_with("\xEF\xBB\xBF")) return fail(ErrorCode::kMalformed, "json: starts with a byte order mark");
  if (!is_utf8(text)) return fail(ErrorCode::kMalformed, "json: not UTF-8");
  Json value;
  StrictBuilder builder(value, limits.depth);
  if (!Json::sax_parse(text.begin(), text.end(), &builder))
    return fail(ErrorCode::kMalformed, "json: " + builder.complaint());
  if (!value.is_object())
    return fail(ErrorCode::kMalformed, fmt::format("json: want an object, found {}", value.type_name()));
  return value;
}

Result<std::string> string_member(const Json& object, std::string_view name) {
  MINIONS_TRY_ASSIGN(const Json* value, member(object, name));
  if (!value->is_string()) return wrong_type(name, "a string", *value);
  return value->get<std::string>();
}

Result<std::uint64_t> integer_member(const Json& object, std::string_view name) {
  MINIONS_TRY_ASSIGN(const Json* value, member(object, name));
  if (!value->is_number_unsigned()) return wrong_type(name, "an integer of zero or more", *value);
  const auto number = value->get<std::uint64_t>();
  if (number >= kIntegerLimit)
    return fail(ErrorCode::kMalformed, fmt::format("{}: {} is not below 2^53", name, number));
  return number;
}

Result<bool> bool_member(const Json& object, std::string_view name) {
  MINIONS_TRY_ASSIGN(const Json* value, member(object, name));
  if (!value->is_boolean()) return wrong_type(name, "true or false", *value);
  return value->get<bool>();
}

Result<Bytes> base64url_member(const Json& object, std::string_view name) {
  MINIONS_TRY_ASSIGN(const Json* value, member(object, name));
  if (!value->is_string()) return wrong_type(name, "a string", *value);
  return from_base64url(value->get_ref<const std::string&>()).map_error([&](Error error) {
    return std::move(error).in(name);
  });
}

Result<const Json*> object_member(const Json& object, std::string_view name) {
  MINIONS_TRY_ASSIGN(const Json* value, member(object, name));
  if (!value->is_object()) return wrong_type(name, "an object", *value);
  return value;
}

Result<const Json*> array_member(const Json& object, std::string_view name) {
  MINIONS_TRY_ASSIGN(const Json* value, member(object, name));
  if (!value->is_array()) return wrong_type(name, "an array", *value);
  return value;
}

std::optional<std::string_view> raw_member(std::string_view object_text, std::string_view name) {
  ValidScanner scanner(object_text);
  if (!scanner.take('{') || scanner.take('}')) return std::nullopt;
  do {
    const std::string_view key = scanner.value();
    if (!scanner.take(':')) return std::nullopt;
    const std::string_view value = scanner.value();
    const Json decoded = Json::parse(key, nullptr, false);
    if (decoded.is_string() && decoded.get_ref<const std::string&>() == name) return value;
  } while (scanner.take(','));
  return std::nullopt;
}

std::string json_quoted(std::string_view text) {
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace minions
