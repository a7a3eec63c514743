#include "models/schema_bounds.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>

namespace minions::models {
namespace {

using nlohmann::json;

// Under these names stand values, whose members are no keywords.
constexpr std::string_view kValues[] = {"const", "enum", "default", "examples"};
constexpr std::string_view kLists[] = {"enum", "anyOf", "oneOf", "allOf", "prefixItems", "items", "type"};
constexpr std::string_view kCounts[] = {"minLength", "maxLength", "minItems", "maxItems"};
// Under these names stand schemas by names of the user's own.
constexpr std::string_view kMaps[] = {"properties", "$defs", "definitions"};

template <std::size_t N>
bool is_among(std::string_view name, const std::string_view (&names)[N]) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

// What a class of characters or a rule of the grammar would be ended, or turned round, by.
bool is_plain(std::string_view name) {
  return std::none_of(name.begin(), name.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F ||
           std::string_view("[]\\^\"").find(c) != std::string_view::npos;
  });
}

class Walk {
 public:
  explicit Walk(const json& root) : root_(root) {}

  Status schema(const json& value, const std::string& at, std::size_t depth) {
    MINIONS_TRY(count(value, at, depth));
    if (value.is_boolean()) return {};
    if (!value.is_object()) return fail(ErrorCode::kMalformed, fmt::format("{}: want a schema", at));
    for (const auto& [name, member] : value.items()) MINIONS_TRY(keyword(name, member, at + '/' + name, depth + 1));
    MINIONS_TRY(check_ranges(value, at));
    return check_optional(value, at);
  }

 private:
  static tl::unexpected<Error> too_many(const std::string& at, std::uint64_t most, std::string_view what) {
    return fail(ErrorCode::kTooLarge, fmt::format("{}: over {} {}", at, most, what));
  }

  Status count(const json& value, const std::string& at, std::size_t depth) {
    if (depth > kSchemaDepth) return too_many(at, kSchemaDepth, "levels");
    if (at.size() > kSchemaPathBytes) return too_many(at.substr(0, 64) + "...", kSchemaPathBytes, "bytes of names");
    if (++values_ > kSchemaValues) return too_many(at, kSchemaValues, "values");
    if (value.is_object() && ++objects_ > kSchemaObjects) return too_many(at, kSchemaObjects, "objects");
    return {};
  }

  // Of a constant, or of a keyword that no engine here reads.
  Status data(const json& value, const std::string& at, std::size_t depth) {
    MINIONS_TRY(count(value, at, depth));
    if (!value.is_structured()) return {};
    for (const auto& [name, member] : value.items()) MINIONS_TRY(data(member, at, depth + 1));
    return {};
  }

  Status keyword(const std::string& name, const json& member, const std::string& at, std::size_t depth) {
    if (name.size() > kSchemaNameBytes) return too_many(at.substr(0, 64) + "...", kSchemaNameBytes, "bytes in a name");
    if (name == "pattern")
      return fail(ErrorCode::kMalformed,
                  fmt::format("{}: this engine does not hold its answers to a regular expression; leave it out", at));
    if (name == "$ref") return reference(member, at, depth);
    if (is_among(name, kCounts)) MINIONS_TRY(amount(member, at));
    if (is_among(name, kLists) && member.is_array() && member.size() > kSchemaAlternatives)
      return too_many(at, kSchemaAlternatives, "entries");
    if (name == "type") MINIONS_TRY(types(member, at));
    if (is_among(name, kValues)) return data(member, at, depth);
    if (is_among(name, kMaps) && member.is_object()) return map(name, member, at, depth);
    if (member.is_object()) return schema(member, at, depth);
    if (member.is_array() && is_among(name, kLists) && name != "type") return list(member, at, depth);
    return data(member, at, depth);
  }

  Status map(std::string_view keyword, const json& schemas, const std::string& at, std::size_t depth) {
    MINIONS_TRY(count(schemas, at, depth));
    for (const auto& [name, member] : schemas.items()) {
      const std::string below = at + '/' + name;
      if (name.size() > kSchemaNameBytes) return too_many(at, kSchemaNameBytes, "bytes in a name");
      if (keyword == "properties" && !is_plain(name))
        return fail(ErrorCode::kMalformed,
                    fmt::format("{}: a name with brackets, quotes, backslashes, ^ or control characters", at));
      MINIONS_TRY(schema(member, below, depth + 1));
    }
    return {};
  }

  Status list(const json& schemas, const std::string& at, std::size_t depth) {
    MINIONS_TRY(count(schemas, at, depth));
    std::size_t index = 0;
    for (const json& member : schemas) MINIONS_TRY(schema(member, fmt::format("{}/{}", at, index++), depth + 1));
    return {};
  }

  // A schema of several types is read once for each: twice the same would be twice the work, at each level.
  static Status types(const json& member, const std::string& at) {
    if (!member.is_array()) return {};
    if (std::set<json>(member.begin(), member.end()).size() == member.size()) return {};
    return fail(ErrorCode::kMalformed, fmt::format("{}: a type twice", at));
  }

  Status amount(const json& member, const std::string& at) {
    if (!member.is_number_unsigned())
      return fail(ErrorCode::kMalformed, fmt::format("{}: want a whole number, 0 or more", at));
    const auto wanted = member.get<std::uint64_t>();
    if (wanted > kSchemaCount)
      return fail(ErrorCode::kTooLarge, fmt::format("{}: {}, want {} at most", at, wanted, kSchemaCount));
    counts_ += wanted;
    if (counts_ > kSchemaCounts) return too_many(at, kSchemaCounts, "characters and items in all counts together");
    return {};
  }

  // A chain of references is a recursion in whoever follows it, and a circle has no end.
  Status reference(const json& member, const std::string& at, std::size_t depth) {
    MINIONS_TRY(count(member, at, depth));
    if (!member.is_string() || member.get_ref<const std::string&>().size() > kSchemaNameBytes)
      return fail(ErrorCode::kMalformed, fmt::format("{}: want a text of {} bytes at most", at, kSchemaNameBytes));
    const auto& text = member.get_ref<const std::string&>();
    const json* const target = target_of(text);
    if (target == nullptr)
      return fail(ErrorCode::kMalformed, fmt::format("{}: it leads to nothing in this schema; want #/...", at));
    if (target->is_object() && target->contains("$ref"))
      return fail(ErrorCode::kMalformed, fmt::format("{}: it leads to another reference", at));
    return {};
  }

  // As the readers behind this one split it: by slashes, nothing escaped.
  [[nodiscard]] const json* target_of(std::string_view text) const {
    if (!text.starts_with('#') || !is_plain(text)) return nullptr;
    const json* target = &root_;
    text.remove_prefix(1);
    while (!text.empty()) {
      text.remove_prefix(1);  // the slash
      const std::string name(text.substr(0, text.find('/')));
      text.remove_prefix(name.size());
      if (target->is_object() && target->contains(name)) {
        target = &target->at(name);
      } else if (target->is_array() && !name.empty() && name.size() < 6 &&
                 name.find_first_not_of("0123456789") == std::string::npos && std::stoul(name) < target->size()) {
        target = &target->at(std::stoul(name));
      } else {
        return nullptr;
      }
    }
    return target;
  }

  // A range without an end is repeated without one.
  static Status check_ranges(const json& schema, const std::string& at) {
    constexpr std::pair<const char*, const char*> kRanges[] = {
        {"minLength", "maxLength"}, {"minItems", "maxItems"}, {"minimum", "maximum"}};
    for (const auto& [least, most] : kRanges) {
      const auto from = schema.find(least);
      const auto to = schema.find(most);
      if (from == schema.end() || to == schema.end() || !from->is_number() || !to->is_number()) continue;
      if (from->get<double>() > to->get<double>())
        return fail(ErrorCode::kMalformed, fmt::format("{}: {} over {}", at, least, most));
    }
    return {};
  }

  // Each of them may be there or not, in every combination with those behind it.
  static Status check_optional(const json& schema, const std::string& at) {
    const auto properties = schema.find("properties");
    if (properties == schema.end() || !properties->is_object()) return {};
    std::set<std::string> required;
    const auto listed = schema.find("required");
    if (listed != schema.end() && listed->is_array()) {
      for (const json& name : *listed) {
        if (name.is_string()) required.insert(name.get<std::string>());
      }
    }
    std::size_t optional = 0;
    for (const auto& [name, member] : properties->items()) {
      if (!required.contains(name)) ++optional;
    }
    if (optional <= kSchemaOptional) return {};
    return too_many(at, kSchemaOptional, "properties that are not required");
  }

  const json& root_;
  std::size_t values_ = 0;
  std::size_t objects_ = 0;
  std::uint64_t counts_ = 0;
};

}  // namespace

Status check_schema_bounds(std::string_view schema) {
  if (schema.size() > kSchemaBytes) return fail(ErrorCode::kTooLarge, fmt::format("over {} bytes", kSchemaBytes));
  const json root = json::parse(schema, nullptr, false);
  if (root.is_discarded()) return fail(ErrorCode::kMalformed, "not JSON");
  return Walk(root).schema(root, "#", 1);
}

}  // namespace minions::models
