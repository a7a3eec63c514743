#include "base/json.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <nlohmann/json.hpp>

#include "base/encoding.h"
#include "base/nesting.h"

namespace minions {
namespace {

constexpr std::uint64_t kIntegerLimit = std::uint64_t{1} << 53;

namespace dom = simdjson::dom;

// Copies what simdjson has parsed, unless an object has a duplicate key or nests too deep.
class StrictBuilder {
 public:
  explicit StrictBuilder(int depth_limit) : depth_limit_(depth_limit) {}

  [[nodiscard]] std::optional<Json> build(dom::element element) {
    switch (element.type()) {
      case dom::element_type::OBJECT: return nested([&] { return object(element); });
      case dom::element_type::ARRAY: return nested([&] { return array(element); });
      case dom::element_type::STRING: return Json(std::string(std::string_view(element)));
      case dom::element_type::INT64: return integer(std::int64_t(element));
      case dom::element_type::UINT64: return Json(std::uint64_t(element));
      case dom::element_type::DOUBLE: return Json(double(element));
      case dom::element_type::BOOL: return Json(bool(element));
      case dom::element_type::NULL_VALUE: return Json(nullptr);
    }
    return std::nullopt;
  }
  [[nodiscard]] const std::string& complaint() const { return complaint_; }

 private:
  static Json integer(std::int64_t n) { return n < 0 ? Json(n) : Json(std::uint64_t(n)); }
  template <class Build>
  std::optional<Json> nested(const Build& build_it) {
    if (depth_ == depth_limit_) {
      complaint_ = fmt::format("nested deeper than {}", depth_limit_);
      return std::nullopt;
    }
    ++depth_;
    auto built = build_it();
    --depth_;
    return built;
  }
  std::optional<Json> object(dom::object from) {
    Json::object_t to;
    for (const dom::key_value_pair member : from) {
      auto value = build(member.value);
      if (!value) return std::nullopt;
      if (!to.try_emplace(std::string(member.key), *std::move(value)).second) {
        complaint_ = fmt::format("key {} stands twice in one object", json_quoted(member.key.substr(0, 64)));
        return std::nullopt;
      }
    }
    return Json(std::move(to));
  }
  std::optional<Json> array(dom::array from) {
    Json::array_t to;
    to.reserve(from.size());
    for (const dom::element element : from) {
      auto value = build(element);
      if (!value) return std::nullopt;
      to.push_back(*std::move(value));
    }
    return Json(std::move(to));
  }

  int depth_limit_;
  int depth_ = 0;
  std::string complaint_;
};

// A -0 in a text that is known to be a JSON object. simdjson reads it as 0; without a sign it is not an integer.
bool has_negative_zero(std::string_view text) {
  bool in_string = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (in_string && c == '\\') ++at;
    if (c == '"') in_string = !in_string;
    if (in_string || c != '-' || !text.substr(at).starts_with("-0")) continue;
    if (text[at - 1] == 'e' || text[at - 1] == 'E') continue;  // of an exponent
    if (at + 2 == text.size() || std::string_view(".eE").find(text[at + 2]) == std::string_view::npos) return true;
  }
  return false;
}

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
  if (text.empty()) return fail(ErrorCode::kMalformed, "json: empty");
  if (text.starts_with("\xEF\xBB\xBF")) return fail(ErrorCode::kMalformed, "json: starts with a byte order mark");
  if (!is_utf8(text)) return fail(ErrorCode::kMalformed, "json: not UTF-8");
  dom::parser parser;
  dom::element root;
  if (const auto error = parser.parse(text.data(), text.size()).get(root))
    return fail(ErrorCode::kMalformed, fmt::format("json: not JSON: {}", simdjson::error_message(error)));
  if (!root.is_object()) return fail(ErrorCode::kMalformed, "json: want an object");
  if (has_negative_zero(text)) return fail(ErrorCode::kMalformed, "json: the number -0");
  StrictBuilder builder(limits.depth);
  auto value = builder.build(root);
  if (!value) return fail(ErrorCode::kMalformed, "json: " + builder.complaint());
  return *std::move(value);
}

Json parse_json(std::string_view text, std::size_t depth) {
  if (json_nests_deeper(text, depth)) return Json(Json::value_t::discarded);
  return Json::parse(text, nullptr, false);
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
    const Json decoded = parse_json(key);
    if (decoded.is_string() && decoded.get_ref<const std::string&>() == name) return value;
  } while (scanner.take(','));
  return std::nullopt;
}

std::string json_quoted(std::string_view text) {
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace minions
